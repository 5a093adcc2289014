# `make help` lists what there is. Needed: make and Python 3.11 or newer with venv; all else comes as wheels.

VENV    := .venv
PYTHON  := $(VENV)/bin/python
PIP     := $(PYTHON) -m pip --disable-pip-version-check -qq install --only-binary :all:
RUNTIME := $(VENV)/.runtime
DEV     := $(VENV)/.dev
SOURCES := academics_app tests benchmarks alembic rxconfig.py
ACADEMICS := $(PYTHON) -m academics_app

.DEFAULT_GOAL := help
.PHONY: help run build serve test fuzz bench lint types fmt migrate migration demo import create-admin reset lock clean

help:  ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s%s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(RUNTIME)  ## Start everything: database, front end, web server on http://localhost:8000
	@exec $(ACADEMICS) run

build: $(RUNTIME)  ## Build the front end, if anything that it depends on has changed
	@$(ACADEMICS) build

serve: $(RUNTIME)  ## Serve the built front end, without building
	@exec $(ACADEMICS) serve

test: $(DEV)  ## Run all tests; those in a browser need a Chromium
	@$(PYTHON) -m pytest -n 2 --dist loadgroup $(ARGS)

fuzz: $(DEV)  ## Try thousands of odd requests on the REST API, as each role
	@$(PYTHON) -m tests.fuzz $(ARGS)

bench: $(DEV)  ## Measure speed on a large institute
	@$(PYTHON) -m benchmarks $(ARGS)

lint: $(DEV)  ## Check style and layering
	@$(VENV)/bin/ruff check $(SOURCES)
	@$(VENV)/bin/ruff format --check $(SOURCES)

types: $(DEV)  ## Check types
	@$(VENV)/bin/pyright

fmt: $(DEV)  ## Format, and fix what can be fixed
	@$(VENV)/bin/ruff check --fix-only $(SOURCES)
	@$(VENV)/bin/ruff format $(SOURCES)

migrate: $(RUNTIME)  ## Bring the database's tables up to date
	@$(ACADEMICS) migrate

migration: $(DEV)  ## Write a migration from the models: make migration m="add a room to sessions"
	@$(ACADEMICS) makemigration "$(m)"

demo: $(RUNTIME)  ## Fill the database with an invented institute: make demo SIZE=large
	@$(ACADEMICS) demo --size $(or $(SIZE),small)

import: $(RUNTIME)  ## Try a OneRoster import: make import path=roster.zip; commit=1 stores it
	@$(ACADEMICS) import oneroster "$(path)" $(if $(commit),--commit)

create-admin: $(RUNTIME)  ## Create a user who may do everything
	@$(ACADEMICS) create-admin

reset: $(RUNTIME)  ## Delete all data, after asking
	@$(ACADEMICS) reset

lock: $(DEV)  ## Pin the newest allowed version of every package
	@for set in requirements requirements-build requirements-dev; do \
	  $(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 --upgrade --no-annotate --no-header \
	    --no-emit-index-url --no-emit-find-links $$set.in --output-file $$set.txt || exit 1; \
	done

clean:  ## Delete what can be made again: the environment, the build, caches; never data
	@rm -rf $(VENV) .web .states .pytest_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(PYTHON):
	@for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	  if $$python -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    exec $$python -m venv $(VENV); \
	  fi; \
	done; \
	echo "Academics needs Python 3.11 or newer with its venv module (on Debian and Ubuntu: apt install python3-venv)." >&2; \
	exit 1

$(RUNTIME): requirements.txt requirements-build.txt | $(PYTHON)
	@echo "  Installing Python packages (about a minute the first time)"
	@$(PIP) -r requirements.txt -r requirements-build.txt
	@touch $@

$(DEV): requirements-dev.txt $(RUNTIME)
	@echo "  Installing the tools for tests and checks"
	@$(PIP) -r requirements.txt -r requirements-build.txt -r requirements-dev.txt
	@touch $@
