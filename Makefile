# The only door: `make` lists what is behind it. Needs Python >= 3.11 and make; everything else is fetched by locks with hashes.

.DEFAULT_GOAL := help
# Processes are started by the dozen; where this is set each of them compiles everything that it imports.
unexport PYTHONDONTWRITEBYTECODE
.PHONY: help setup lock up demo test test-containers simulate simulate-selftest chaos chaos-selftest drill fuzz audit weekly
.PHONY: check types style imports generated format contracts bench clean

SERVICES := intake scheduling notifications reporting auditor
MEMBERS := libs/common $(SERVICES:%=services/%) libs/loket
PACKAGES := loket-common $(SERVICES:%=loket-%) loket
BIN := .venv/bin
UV := .cache/uv/bin/uv
COMPILE = $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate \
	$(PACKAGES:%=--no-emit-package %) $(if $(UPGRADE),--upgrade)

# Whole files to each of three processes: two cores are kept busy, since some test always waits for something.
AT_ONCE := --numprocesses 3 --dist loadfile --no-loadscope-reorder

# The machine's own python3 when it is new enough, else the newest that has a name of its own.
SUITS := import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c "$(SUITS)" >/dev/null 2>&1 && echo $$python && break; done)

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' Makefile

setup: .venv/.ready ## the environment in .venv, from locks/dev.txt (done by itself when needed)
	@echo "Ready: $(BIN)"

up: .venv/.ready ## Kafka, the mailbox and the four services, until Ctrl-C
	@$(BIN)/python -m loket up $(ARGS)

demo: .venv/.ready ## the same, and a month of South Limburg is played (ONCE=1: then leave)
	@$(BIN)/python -m loket demo $(if $(ONCE),--once) $(ARGS)

test: check ## the whole suite, on a real Kafka (ARGS: what to hand to pytest)
	@$(BIN)/python -m pytest $(AT_ONCE) $(ARGS)

test-containers: .venv/.ready ## the same suites on the official images; needs Docker
	@LOKET_TEST_ON=containers $(BIN)/python -m pytest -m "kafka or mongo" $(ARGS)

simulate: .venv/.ready ## the four services under seeded faults in virtual time (SEEDS=1000, FIRST=1; WHOLE=1: a failing seed uncut)
	@PYTHONPATH=tests $(BIN)/python -m simulation --seeds $(or $(SEEDS),1000) --first $(or $(FIRST),1) $(if $(WHOLE),--whole)

simulate-selftest: .venv/.ready ## breaks the product on purpose and counts the seeds until the simulation notices
	@PYTHONPATH=tests $(BIN)/python -m simulation --selftest

chaos: .venv/.ready ## real processes on three brokers, killed, stopped and cut off (DURATION=600, SEED=1, RATE=32, PROFILE=all|letters|standstill|cutoff|hostile_partner|power_cut|restore, BROKEN=, KEEP=1)
	@PYTHONPATH=tests $(BIN)/python -m chaos --duration $(or $(DURATION),600) --seed $(or $(SEED),1) --rate $(or $(RATE),32) \
		--profile $(or $(PROFILE),all) $(if $(BROKEN),--broken $(BROKEN)) $(if $(KEEP),--keep)

chaos-selftest: .venv/.ready ## runs builds broken on purpose until the judge of chaos names them (ARGS: names of some)
	@PYTHONPATH=tests $(BIN)/python -m chaos.selftest $(ARGS)

drill: .venv/.ready ## back up, go on, restore each store alone and all of them, recover; what must hold afterwards
	@LOKET_DRILL=long $(BIN)/python -m pytest tests/drill $(ARGS)

check: .venv/.ready ## format, lint, types, import rules, generated files up to date
	@$(MAKE) --no-print-directory --jobs 2 types style imports generated

types: .venv/.ready
	@$(BIN)/mypy libs/*/src services/*/src

style: .venv/.ready
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .

imports: .venv/.ready
	@$(BIN)/lint-imports

generated: .venv/.ready
	@$(BIN)/python -m loket contracts --check

format: .venv/.ready ## rewrites the code as `check` wants it
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

contracts: .venv/.ready ## writes docs/contracts from the code
	@$(BIN)/python -m loket contracts

fuzz: .venv/.ready ## every route against its OpenAPI document, the partners' gate, and all four services, at length (CASES=5000, INPUTS=1000000, WHOLE=2000, SEED=1)
	@LOKET_FUZZ=long $(BIN)/python -m pytest tests/fuzz --numprocesses 2 --dist load $(ARGS)

audit: .cache/audit/.ready ## weak patterns, known weaknesses, secrets, licences; writes docs/sbom/ and docs/licences.md
	@.cache/audit/bin/python audit/run.py

weekly: ## what takes too long for every change: audit, long fuzz, a thousand seeds, ten minutes of chaos
	@$(MAKE) audit
	@$(MAKE) fuzz
	@$(MAKE) simulate SEEDS=1000
	@$(MAKE) chaos DURATION=600

bench: .venv/.ready ## how fast, against whom; writes docs/performance.md
	@$(BIN)/python benchmarks/run.py $(ARGS)

lock: $(UV) ## resolves all versions anew into locks/ (UPGRADE=1: the newest)
	@echo "uv" | $(COMPILE) --output-file locks/uv.txt -
	@printf 'hatchling\neditables\n' | $(COMPILE) --group dev --output-file locks/dev.txt -
	@printf '' | $(COMPILE) --group audit --output-file locks/audit.txt -
	@for service in $(SERVICES); do \
		$(COMPILE) --constraint locks/dev.txt --output-file locks/$$service.txt services/$$service/pyproject.toml || exit 1; done
	@$(COMPILE) --constraint locks/dev.txt --output-file locks/loket.txt libs/loket/pyproject.toml
	@echo "Written: locks/*.txt. The jars of Kafka have locks of their own: $(BIN)/python -m loket jars lock"

clean: ## removes what setup and the checks made; the platform's own state is `loket reset`'s business
	rm -rf .venv .cache .mypy_cache .ruff_cache .import_linter_cache .pytest_cache .coverage

$(UV): locks/uv.txt
	@test -n "$(PYTHON)" || { echo "Loket needs Python 3.11 or newer with its venv module (on Debian: apt install python3-venv);" \
		"install one, or name it: make PYTHON=/path/to/python3.12"; exit 1; }
	@echo "Fetching uv into .cache/uv …"
	@$(PYTHON) -m venv --clear .cache/uv
	@.cache/uv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement locks/uv.txt
	@touch $(UV)

.venv/.ready: $(UV) locks/dev.txt pyproject.toml $(MEMBERS:%=%/pyproject.toml)
	@echo "Setting up .venv …"
	@$(UV) venv --quiet --allow-existing --python .cache/uv/bin/python .venv
	@$(UV) pip sync --quiet --require-hashes --python $(BIN)/python locks/dev.txt
	@$(UV) pip install --quiet --no-deps --no-build-isolation --python $(BIN)/python $(MEMBERS:%=--editable %)
	@touch .venv/.ready

.cache/audit/.ready: .venv/.ready locks/audit.txt
	@echo "Setting up .cache/audit …"
	@$(UV) venv --quiet --allow-existing --python .cache/uv/bin/python .cache/audit
	@$(UV) pip sync --quiet --require-hashes --python .cache/audit/bin/python locks/audit.txt
	@touch .cache/audit/.ready
