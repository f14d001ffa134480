# Everything a newcomer needs: `make run` and `make test`. `make help` lists the rest.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--custom-compile-command "make lock" pyproject.toml --group build

.DEFAULT_GOAL := help
.PHONY: help setup run try-telegram test test-long lint lock bench clean

help:  ## say what each command does
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 18

$(VENV)/.ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Giọt Hồng needs Python 3.11 or newer")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) install --require-hashes -r requirements.lock
	$(PIP) install --no-deps --no-build-isolation --editable .
	touch $@

$(VENV)/.ready-dev: requirements-dev.lock $(VENV)/.ready
	$(PIP) install --require-hashes -r requirements-dev.lock
	touch $@

setup: $(VENV)/.ready  ## build .venv only

run: $(VENV)/.ready  ## start the demonstration on http://127.0.0.1:8080
	@$(BIN)/giothong demo

try-telegram: $(VENV)/.ready  ## a Telegram on this computer, to try the bot without an account
	@$(BIN)/python -m tests.platforms.try_telegram

test: $(VENV)/.ready-dev  ## every test, on SQLite and PostgreSQL
	$(BIN)/python -m pytest -q -n auto

test-long: $(VENV)/.ready-dev  ## the long crash and load runs
	HYPOTHESIS_PROFILE=further $(BIN)/python -m pytest -q -m long --override-ini=addopts=

lint: $(VENV)/.ready-dev  ## ruff, mypy, the arrows of the house, the content, known weaknesses
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/giothong content check
	$(BIN)/python -m tests.audit requirements.lock

lock: $(VENV)/.ready-dev  ## renew requirements.lock and requirements-dev.lock
	$(COMPILE) -o requirements.lock
	$(COMPILE) --group dev -c requirements.lock -o requirements-dev.lock

bench: $(VENV)/.ready-dev  ## the benchmarks, one JSON object each
	$(BIN)/giothong bench intake

clean:  ## remove .venv and caches (never data/)
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
