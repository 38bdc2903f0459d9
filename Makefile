# `make run` and `make test` do everything, on a machine with Python 3.11 or newer and nothing else.
SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

# The first interpreter that is new enough; PYTHON=... chooses another.
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)

# Many processes are started: none shall compile anew what another has compiled.
unexport PYTHONDONTWRITEBYTECODE

# Tests read neither the database nor the keys that .env names.
TEST_ENV := env DATABASE_URL=sqlite:///$(CURDIR)/var/unused.sqlite3 USE_SIMULATOR=1
PYTEST := $(TEST_ENV) $(BIN)/python -m pytest
# Without Django and the plugins of other tests, which take longer to load than these to run.
CORES := -c tests/unit.ini --rootdir=. --confcutdir=tests/unit tests/unit -n 2
ON_POSTGRESQL := $(BIN)/python -m tests.postgresql --
# In small portions, so that not one process gets all of those that wait more than they work.
ON_BOTH := $(wildcard tests/functional tests/integration) -n 4 --maxschedchunk 12
# What a deployment sets, so that `check --deploy` judges that and not a developer's machine.
DEPLOYED := env DEBUG=0 PUBLIC_URL=https://orchestrator.example ALLOWED_HOSTS=orchestrator.example \
	SECRET_KEY=only-checked-never-served-0123456789-abcdefghijklmnopqrstuvwxyz

.PHONY: help install run test test-unit test-coverage test-component test-sqlite test-postgresql test-browser lint format bench
.DEFAULT_GOAL := help

help:
	@echo "make run      install, migrate, and run it all on this machine (PORT=8000 SIM_PORT=8100)"
	@echo "make test     every test, on SQLite and on PostgreSQL"
	@echo "make lint     style, types, import rules, migrations, deployment settings"
	@echo "make format   let ruff rewrite what it can"
	@echo "make bench    measure; results in docs/benchmarks.md's form"
	@echo "make install  only make $(VENV)"

install: $(INSTALLED)

$(INSTALLED): requirements.txt
	@if [ -z "$(PYTHON)" ]; then \
		echo "Python 3.11 or newer is needed; 'make PYTHON=/path/to/python3' tells where it is." >&2; exit 1; fi
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Python 3.11 or newer is needed, and $(PYTHON) is not." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "$(PYTHON) lacks its venv module. Debian, Ubuntu: apt install python3-venv" >&2; exit 1; }
	@[ -x $(BIN)/python ] || $(PYTHON) -m venv $(VENV)
	@echo "Installing packages into $(VENV); the first time takes a minute or two."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements.txt
	@touch $@

run: install
	@exec $(BIN)/python manage.py start

test: test-coverage test-component test-sqlite test-postgresql test-browser

test-unit: install
	$(PYTEST) $(CORES)

test-coverage: install
	$(PYTEST) $(CORES) --cov --cov-report=
	$(BIN)/python -m coverage report --include='*/core/*' --skip-covered --show-missing --fail-under=100

test-component: install
	$(PYTEST) tests/component -n 2

test-sqlite: install
	$(PYTEST) $(ON_BOTH)

test-postgresql: install
	$(TEST_ENV) $(ON_POSTGRESQL) $(BIN)/python -m pytest $(ON_BOTH)

test-browser: install
	@if [ -n "$(wildcard tests/browser/test_*.py)" ]; then $(PYTEST) tests/browser -n 2; fi

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .
	$(BIN)/lint-imports
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(DEPLOYED) $(BIN)/python manage.py check --deploy --fail-level WARNING

format: install
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: install
	$(TEST_ENV) $(BIN)/python -m tests.benchmarks
	$(TEST_ENV) $(BIN)/python -m tests.postgresql --durable -- $(BIN)/python -m tests.benchmarks
