"""Which journeys there are on which database."""

from __future__ import annotations

import os

# SQLite has no server that could go away.
ON_POSTGRESQL = os.environ.get("DATABASE_URL", "").startswith("postgres")
collect_ignore = [] if ON_POSTGRESQL else ["test_database_restart.py"]
