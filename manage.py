#!/usr/bin/env python
"""Django's command line."""

import os
import signal
import sys

if __name__ == "__main__":
    if "qcluster" in sys.argv[1:2]:
        # While it loads, Python would make an exception of Ctrl-C, which an import can swallow.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
