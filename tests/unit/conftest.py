"""How hypothesis searches here: the same examples each time, few enough to run at every save.

`HYPOTHESIS_PROFILE=thorough make test-unit` looks for long.
"""

from __future__ import annotations

import os

from hypothesis import settings

settings.register_profile("quick", deadline=None, derandomize=True, max_examples=12)
settings.register_profile("thorough", deadline=None, max_examples=500)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))
