"""The price list that comes with litellm, read without litellm."""

from __future__ import annotations

import os
import subprocess
import sys


def test_reading_prices_does_not_import_litellm() -> None:
    code = (
        "import sys; from routing.selectors.price_map import listed_prices;"
        "assert listed_prices('openai/gpt-6-luna'); sys.exit('litellm' in sys.modules)"
    )
    command = [sys.executable, "-c", "import django; django.setup();" + code]
    environment = {"DJANGO_SETTINGS_MODULE": "config.settings"}
    result = subprocess.run(command, env=os.environ | environment, check=False)
    assert result.returncode == 0
