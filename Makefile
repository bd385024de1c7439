# The verbs of the house. `make` lists them.
.DEFAULT_GOAL := help
SHELL := /bin/bash
# The distribution's own, where it can make environments: pyenv builds a slower one unless told otherwise.
PYTHON ?= $(shell /usr/bin/python3.11 -c "import ensurepip" 2>/dev/null && echo /usr/bin/python3.11 || echo python3)
BIN := .venv/bin
DEMO := demo/.work
DEMO_BIN := $(DEMO)/venv/bin
LOCK := $(BIN)/uv pip compile -q --generate-hashes --no-emit-index-url --no-emit-find-links \
	--custom-compile-command 'make lock' --python-version 3.11
UI := services/clew/api/static/index.html
NODE_FITS = $(shell command -v npm >/dev/null && node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)' 2>/dev/null && echo yes)
export NYC_DUCKDB ?= $(CURDIR)/$(DEMO)/nyc.duckdb
export DBT_ARTIFACTS ?= $(CURDIR)/$(DEMO)/target
export NYC_YESTERDAY ?= $(dir $(NYC_DUCKDB))yesterday/$(notdir $(NYC_DUCKDB))
export MLFLOW_STORE ?= $(CURDIR)/$(DEMO)/mlflow

.PHONY: help setup demo servers serve ui check test test-ui test-quick test-all fuzz bench lock transcript pictures clean

help:  ## list the verbs
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: .venv/.ready  ## install everything that development and tests need

.venv/.ready: requirements/dev.txt requirements/uv.txt pyproject.toml
	@tools/need.sh $(PYTHON) python3 strace strace
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip >/dev/null
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/uv.txt
	$(BIN)/uv pip sync -q -p $(BIN)/python --compile-bytecode --require-hashes requirements/dev.txt requirements/uv.txt
	$(BIN)/uv pip install -q -p $(BIN)/python --no-deps --no-build-isolation -e .
	$(BIN)/python -m compileall -q services schemas connectors
	touch $@

$(DEMO)/.ready: requirements/demo.txt .venv/.ready
	mkdir -p $(DEMO)
	$(BIN)/uv venv -q --clear -p $(BIN)/python $(DEMO)/venv
	$(BIN)/uv pip sync -q -p $(DEMO_BIN)/python --require-hashes requirements/demo.txt
	touch $@

$(DEMO)/.built: $(DEMO)/.ready $(wildcard demo/*.py demo/*.sql demo/dbt/*.yml) $(shell find demo/dbt -name '*.sql' -o -name '*.yml' 2>/dev/null)
	$(DEMO_BIN)/python demo/build.py --database $(NYC_DUCKDB) --target-dir $(DBT_ARTIFACTS)
	$(DEMO_BIN)/python demo/train.py --database $(NYC_DUCKDB) --store $(MLFLOW_STORE)
	touch $@

demo: $(DEMO)/.built $(if $(NODE_FITS),$(UI))  ## catalogue New York's 2013 flights and serve them; ONCE=1 ends by itself, BACKEND=servers
	$(BIN)/python -m demo.$(if $(filter servers,$(BACKEND)),on_servers --home $(DEMO)/servers,show --home $(DEMO)/home) \
		$(if $(ONCE),--once)

servers: setup  ## run Kafka, registry, PostgreSQL, Neo4j and OpenSearch from packages, until Ctrl-C
	$(BIN)/python -m tools.servers up

serve: setup  ## run Clew on its home (.clew, or CLEW_HOME)
	$(BIN)/clew up

ui: $(UI)  ## build the web UI into the API's folder (Node 20.19 or newer)

$(UI): services/web/package-lock.json services/web/index.html services/web/vite.config.ts services/web/codegen.mjs \
		services/web/schema.graphql $(shell find services/web/src services/web/public -type f 2>/dev/null)
	$(if $(NODE_FITS),,$(error the web UI needs Node 20.19 or newer, and npm))
	cd services/web && npm ci --no-fund --no-audit && npm run build
	cd services/web && npm run --silent size

check: setup  ## lint, types, contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy --strict tools/servers
	$(BIN)/python -m clew_schemas.contracts

test: check $(DEMO)/.built test-ui  ## the suite, real servers and a browser included, without the slow faults
	$(BIN)/python -m tools.servers fetch
	$(BIN)/pytest -n 3 -m 'not slow'

test-ui: $(UI)  ## types, lint and plain TypeScript of the web UI
	@tools/need.sh chromium chromium
	cd services/web && npm run --silent check && npm run --silent test

test-quick: check $(DEMO)/.built  ## the suite of one process, without servers
	$(BIN)/pytest -n 2 -m 'not slow and not servers'

test-all: check $(DEMO)/.built test-ui  ## every test, every fault
	$(BIN)/python -m tools.servers fetch
	CLEW_FUZZ_FACTOR=1 $(BIN)/pytest -n 3

fuzz: setup  ## readers of bytes under guidance by coverage; READERS="sql http", SECONDS=60 each
	cd tests && PYTHONPATH=../services:../schemas:../connectors:..:. ../$(BIN)/python -W ignore -m fuzz.guided \
		$(READERS) --seconds $(or $(SECONDS),60)

bench: $(DEMO)/.built $(UI)  ## measure, and write docs/benchmarks.md; CHECK=1 fails where a budget is missed
	@tools/need.sh chromium chromium
	test -d $(DEMO)/home || $(BIN)/python -m demo.show --home $(DEMO)/home --once >/dev/null
	$(BIN)/python -m benchmarks --page docs/benchmarks.md $(if $(CHECK),--check)

lock: setup  ## resolve the locks anew, with hashes and without addresses
	$(LOCK) --universal --extra dev pyproject.toml -o requirements/dev.txt
	$(LOCK) --extra all pyproject.toml -o requirements/server.txt
	$(LOCK) requirements/demo.in -o requirements/demo.txt
	echo uv | $(LOCK) - -o requirements/uv.txt

transcript: $(DEMO)/.built  ## write the README's transcript anew from a real run
	$(BIN)/python -m demo.show --home $(DEMO)/transcript --once --transcript README.md

pictures: ui $(DEMO)/.built  ## take the README's pictures of the web UI anew
	$(BIN)/python -m demo.show --home $(DEMO)/pictures --once >/dev/null
	$(BIN)/python -m tools.screenshots --home $(DEMO)/pictures

clean:  ## remove what was built; caches outside the tree stay
	rm -rf .venv $(DEMO) .mypy_cache .ruff_cache .pytest_cache dist services/web/node_modules services/clew/api/static
