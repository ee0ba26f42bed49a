# One verb per task. Everything is installed into .venv, from hash-pinned requirements.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
RUNTIME := $(VENV)/.runtime
DEV := $(VENV)/.dev
PEERS := $(VENV)/peers
NODE_PEERS := benchmarks/peers/node
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
# Four at a time, also on two cores: most tests wait for sockets, or for servers of their own.
# In the order of tests/conftest.py, and not by the number of a file's tests.
PYTEST ?= $(BIN)/pytest --numprocesses 4 --dist loadfile --no-loadscope-reorder
unexport PYTHONDONTWRITEBYTECODE

# npm, where there is a Node that the client's tools run on.
NPM := $(shell node -e 'const [major, minor] = process.versions.node.split("."); process.exit(major > 18 || major == 18 && minor >= 18 ? 0 : 1)' \
	>/dev/null 2>&1 && command -v npm)
CLIENT := client/node_modules/.installed
CLIENT_BUILT := client/dist/index.js
CLIENT_SOURCES = $(shell find client/src -type f) client/tsconfig.json client/tsconfig.build.json
PAGE := web/node_modules/.installed
PAGE_SOURCES = $(shell find web/src web/public -type f) web/index.html web/vite.config.ts web/tsconfig.json
DOCUMENTS := openapi/tools/node_modules/.installed

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
	@$(MAKE) --no-print-directory web || echo "the page is left out: it could not be built"
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

# The server under other interpreters, where the machine has them: some tests run it there (tests/support/interpreters.py).
OTHER_PYTHONS := 3.12 3.13
find_python = $(firstword $(wildcard $(HOME)/.pyenv/versions/$(1).*/bin/python) \
	$(shell python$(1) -c 'import ensurepip, sys; print(sys.executable)' 2>/dev/null))

.PHONY: venvs
venvs: $(foreach version,$(OTHER_PYTHONS),$(if $(call find_python,$(version)),.venv-$(version)/.runtime)) ## the server under Python 3.12 and 3.13, where there is one

.venv-%/.runtime: requirements.txt pyproject.toml
	@echo "installing the server into .venv-$*"
	@$(call find_python,$*) -m venv .venv-$*
	@.venv-$*/bin/python -m pip --quiet --disable-pip-version-check install --require-hashes --requirement requirements.txt
	@.venv-$*/bin/python -m pip --quiet --disable-pip-version-check install --no-deps --no-build-isolation --editable .
	@touch $@

.PHONY: unit
unit: $(DEV) ## the tests; the few that fail beside others are run once more, alone
	$(PYTEST) --cache-clear --junitxml build/junit.xml || { test $$? -eq 1 && $(BIN)/python -m tests.again; }

.PHONY: contract
contract: $(DEV) ## the wire contract: every promise of docs/reference/protocol.md, and how it went
	$(PYTEST) -m covers $$(grep -rl --include='test_*.py' 'covers(' tests)

.PHONY: hostile
hostile: $(DEV) ## what the server survives: every line of docs/RELIABILITY.md, and how it went
	$(PYTEST) -m survives $$(grep -rl --include='test_*.py' 'survives(' tests)

# For example: make chaos CHAOS="--seconds 60 --restarts 0 --kills 0 --seed 7 --report chaos.md"
.PHONY: chaos
chaos: $(DEV) ## have everything fail at random for ten minutes, then kill nodes 200 times
	$(BIN)/python -m tests.chaos $(CHAOS)

FUZZ_INPUTS ?= 100000
SEED ?= $(shell date +%s)

.PHONY: fuzz
fuzz: $(DEV) ## 100,000 generated inputs on every way in; SEED=N repeats a run
	@echo "make fuzz SEED=$(SEED) FUZZ_INPUTS=$(FUZZ_INPUTS)"
	FUZZ_INPUTS=$(FUZZ_INPUTS) $(BIN)/pytest -n0 --timeout 7200 --hypothesis-seed=$(SEED) tests/hostile/test_fuzz.py

# For example: make soak SOAK="--minutes 1 --clients 200 --seed 7"
.PHONY: soak
soak: $(DEV) ## have 2,000 clients come and go for half an hour, and see that nothing grows
	$(BIN)/python -m tests.soak $(SOAK)

ifneq ($(NPM),)
$(CLIENT): client/package.json client/package-lock.json
	@echo "installing the client's tools into client/node_modules"
	@cd client && npm ci --silent --ignore-scripts
	@touch $@

$(CLIENT_BUILT): $(CLIENT) $(CLIENT_SOURCES)
	@echo "building the client into client/dist"
	@cd client && npm run --silent build

.PHONY: client
client: $(CLIENT_BUILT) ## build the TypeScript client
	@:

.PHONY: web
web: web/dist/index.html ## build the page that is served at /
	@:

$(PAGE): web/package.json web/package-lock.json $(CLIENT)
	@echo "installing the page's tools into web/node_modules"
	@cd web && npm ci --silent --ignore-scripts
	@touch $@

web/dist/index.html: $(PAGE) $(CLIENT_BUILT) $(PAGE_SOURCES)
	@echo "building the page into web/dist"
	@cd web && npm run --silent build

$(DOCUMENTS): openapi/tools/package.json openapi/tools/package-lock.json
	@echo "installing the documents' tools into openapi/tools/node_modules"
	@cd openapi/tools && npm ci --silent --ignore-scripts
	@touch $@

.PHONY: documents
documents: $(DOCUMENTS) ## what lints the contract documents and makes a client of them, for the tests

.PHONY: web-test
web-test: web $(DEV) ## the page's format, lint, types and tests
	cd web && npm run --silent lint
	cd web && npm test --silent

.PHONY: client-test
client-test: client $(DEV) ## the client's format, lint, types, tests, size and package
	cd client && npm run --silent lint
	cd client && npm test --silent
	cd client && npm run --silent size
	cd client && npm run --silent package
else
.PHONY: client client-test documents web web-test
web: WHAT := the page
client client-test documents web web-test:
	@echo "$(or $(WHAT),$@) is left out: it needs Node 18.18 or newer, and npm"
	@test -z "$$CI"
endif

.PHONY: test
test: $(DEV) ## everything
	@$(MAKE) --no-print-directory --jobs=2 lint venvs web documents client-test web-test
	@$(MAKE) --no-print-directory unit

# What IT Cook is measured against has an environment of its own, and none of it is needed for anything else.
$(PEERS)/.installed: benchmarks/requirements.txt | $(BIN)/python
	@echo "installing the benchmarks' peers into $(PEERS)"
	@$(BIN)/python -m venv $(PEERS)
	@$(PEERS)/bin/python -m pip --quiet --disable-pip-version-check install --require-hashes --requirement $<
	@touch $@

$(NODE_PEERS)/node_modules/.installed: $(NODE_PEERS)/package-lock.json
	@if command -v npm >/dev/null; then \
		echo "installing the benchmarks' Node.js peers" && cd $(NODE_PEERS) && npm ci --silent --ignore-scripts \
			&& touch node_modules/.installed; \
	else echo "no npm: the benchmarks leave Node.js out"; fi

.PHONY: bench
bench: $(DEV) $(PEERS)/.installed $(NODE_PEERS)/node_modules/.installed ## the benchmarks
	$(BIN)/python -m benchmarks

# Known holes, as far as the indexes that this machine installs from tell of any. It needs a network, and so is no part
# of `make test`.
AUDIT := $(VENV)/audit

$(AUDIT)/.installed: requirements-audit.txt | $(BIN)/python
	@echo "installing the audit's tools into $(AUDIT)"
	@$(BIN)/python -m venv $(AUDIT)
	@$(AUDIT)/bin/python -m pip --quiet --disable-pip-version-check install --require-hashes --requirement $<
	@touch $@

.PHONY: audit
audit: $(AUDIT)/.installed ## known vulnerabilities of what is locked; needs a network
	$(AUDIT)/bin/pip-audit --strict --require-hashes --disable-pip --requirement requirements-tracing.txt
	@if command -v npm >/dev/null; then for package in client web openapi/tools; do \
		(cd $$package && echo "npm audit in $$package" && npm audit --audit-level=low) || exit 1; done; \
	else echo "no npm: its packages are left out"; fi

.PHONY: migration
migration: $(DEV) ## write the migration for changed models: make migration name=what_changed
	$(BIN)/tortoise -c itcook.database.MIGRATION_CONFIG makemigrations $(if $(name),--name $(name))
	@$(BIN)/ruff check --quiet --fix-only itcook/models/migrations
	@$(BIN)/ruff format --quiet itcook/models/migrations

.PHONY: fuzz-api
fuzz-api: $(DEV) ## ask the API for what its document does not say, at length: make fuzz-api examples=100 seed=1
	ITCOOK_FUZZ_EXAMPLES=$(or $(examples),100) ITCOOK_FUZZ_SEED=$(or $(seed),$(shell date +%s)) \
		$(BIN)/pytest -n0 -s tests/openapi/test_fuzz_api.py

.PHONY: generate
generate: $(DEV) ## write the documents and types that are made from the code
	$(BIN)/python -m openapi.generate

.PHONY: status
status: generate ## write docs/BACKEND_STATUS_REPORT.md, with the last run of `make unit`
	$(BIN)/python -m openapi.status_report

.PHONY: lock
lock: ## pin the requirements anew (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		--group build --output-file requirements.txt pyproject.toml
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		--extra tracing --group build --group dev --constraint requirements.txt --output-file requirements-dev.txt pyproject.toml
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		--group build --extra tracing --constraint requirements.txt --output-file requirements-tracing.txt pyproject.toml
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		--output-file benchmarks/requirements.txt benchmarks/requirements.in
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		--group audit --output-file requirements-audit.txt

.PHONY: clean
clean: ## remove what was installed and cached, never the data
	rm -rf $(VENV) .venv-* $(NODE_PEERS)/node_modules .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis \
		build *.egg-info client/node_modules client/dist web/node_modules web/dist openapi/tools/node_modules openapi/tools/generated
