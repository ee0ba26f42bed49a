# One verb per task. Everything is installed into .venv, from hash-pinned requirements.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
RUNTIME := $(VENV)/.runtime
DEV := $(VENV)/.dev
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
# Two at a time: most tests wait for sockets, and some start servers of their own.
PYTEST ?= $(BIN)/pytest --numprocesses 2 --dist loadfile
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help

.PHONY: help
help: ## what there is to make
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-12s %s\n", $$1, $$2}'

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "IT Cook needs Python 3.11 or newer; try: make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(RUNTIME): requirements.txt pyproject.toml | $(BIN)/python
	@echo "installing the server into $(VENV)"
	@$(PIP) install --require-hashes --requirement requirements.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(DEV): requirements-dev.txt $(RUNTIME)
	@echo "installing the development tools into $(VENV)"
	@$(PIP) install --require-hashes --requirement requirements-dev.txt
	@touch $@

.PHONY: install
install: $(DEV) ## everything that developing needs

.PHONY: serve
serve: $(RUNTIME) ## serve on port 3000 with an embedded database
	@exec $(BIN)/itcook serve

.PHONY: format
format: $(DEV) ## put the code into its format
	@$(BIN)/ruff check --quiet --fix-only .
	@$(BIN)/ruff format --quiet .

.PHONY: lint
lint: $(DEV) ## format, lint, types, import rules
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/mypy docs/examples
	$(BIN)/lint-imports

.PHONY: unit
unit: $(DEV) ## the tests
	$(PYTEST)

.PHONY: test
test: lint unit ## everything

.PHONY: bench
bench: $(DEV) ## the benchmarks
	$(BIN)/python -m benchmarks

.PHONY: migration
migration: $(DEV) ## write the migration for changed models: make migration name=what_changed
	$(BIN)/tortoise -c itcook.database.MIGRATION_CONFIG makemigrations $(if $(name),--name $(name))
	@$(BIN)/ruff check --quiet --fix-only itcook/models/migrations
	@$(BIN)/ruff format --quiet itcook/models/migrations

.PHONY: generate
generate: $(DEV) ## write the documents and types that are made from the code
	$(BIN)/python -m openapi.generate

.PHONY: lock
lock: ## pin the requirements anew (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		--group build --output-file requirements.txt pyproject.toml
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		--group build --group dev --constraint requirements.txt --output-file requirements-dev.txt pyproject.toml

.PHONY: clean
clean: ## remove what was installed and cached, never the data
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis build *.egg-info
