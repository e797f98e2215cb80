# The four words a newcomer needs: run, test, check, bench.
.DEFAULT_GOAL := help
.PHONY: help run test check bench bench-scale mutants chaos docs clean

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= python3

help:
	@echo "make run    set up, then the whole system on sample data (embedded database)"
	@echo "make test   set up, then every test, on every PostgreSQL that can be had"
	@echo "make check  lint, types, SQL lint, known flaws"
	@echo "make bench  what the triggers cost, as ratios"
	@echo "make bench-scale  what grows with the database, in ten minutes"
	@echo "make docs   what the database says of itself, written into docs/"
	@echo "make mutants  change every function and guard in small ways: does a test notice? (hours)"
	@echo "make chaos  real processes while everything fails that can: is anything lost? (ten minutes)"

run: $(VENV)/run.stamp
	$(BIN)/peerledger demo

test: $(VENV)/dev.stamp
	$(BIN)/pytest --numprocesses auto --maxprocesses 4 --dist loadgroup $(ARGS)

check: $(VENV)/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/sqlfluff lint --disable-progress-bar migrations sql
	$(BIN)/sqlfluff lint --disable-progress-bar --templater placeholder runner/peerledger/queries
	$(BIN)/bandit --quiet --severity-level medium --recursive runner standin docs
	@$(MAKE) --no-print-directory audit
	@$(MAKE) --no-print-directory typescript

# Known flaws of what is pinned. Where the service that knows them cannot be reached, it says so and is no failure.
.PHONY: audit
audit: $(VENV)/dev.stamp
	@found=$$(timeout 120 $(BIN)/pip-audit --requirement requirements.txt --no-deps --disable-pip --timeout 10 \
		--progress-spinner off 2>&1); code=$$?; \
	if test $$code -eq 0; then echo "pip-audit: no known flaw in what is pinned"; \
	elif echo "$$found" | grep -q "^Found "; then echo "$$found"; exit 1; \
	else echo "pip-audit: skipped, the list of known flaws cannot be reached"; fi

# The example for supabase-js against types/database.ts; nothing to do where Node, or what it installs, is not to be had.
# npm writes that file last: a folder without it was left half done.
.PHONY: typescript
EXAMPLE := examples/supabase-js
typescript:
	@command -v npm > /dev/null || { echo "TypeScript: skipped, Node is not installed"; exit 0; }; \
	test -e $(EXAMPLE)/node_modules/.package-lock.json \
	|| npm install --prefix $(EXAMPLE) --no-package-lock --no-audit --no-fund --silent > /dev/null 2>&1 \
	|| { echo "TypeScript: skipped, supabase-js could not be installed"; exit 0; }; \
	cd $(EXAMPLE) && node node_modules/typescript/bin/tsc --noEmit

bench: $(VENV)/dev.stamp
	$(BIN)/python -m bench

bench-scale: $(VENV)/dev.stamp
	$(BIN)/python -m bench scale

# Each guard taken away and each function changed, one small thing at a time: does a test notice? Hours; it can be
# stopped at any time and goes on where it was. ARGS='--minutes 10', '--subject proxy', '--kind condition', '--list'.
mutants: $(VENV)/dev.stamp
	PYTHONPATH=.:tests $(BIN)/python tests/mutation.py $(ARGS)

# A server, a portal and a receiver of its own; kills, broken connections, full disks, wrong clocks, upgrades, one after
# the other as the seed has it; then an audit. ARGS='--minutes 2 --seed 7 --server plain17 --only upgrade'.
chaos: $(VENV)/dev.stamp
	PYTHONPATH=.:tests $(BIN)/python -m chaos $(ARGS)

docs: $(VENV)/run.stamp
	$(BIN)/python -m docs.generate

clean:
	rm -rf $(VENV) .peerledger peerledger.egg-info

# Editable: the command reads migrations/ and sql/ from the checkout it was installed from.
$(VENV)/run.stamp: requirements.txt pyproject.toml setup.py
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet -r requirements.txt
	$(BIN)/pip install --quiet --no-deps -e .
	@touch $@

$(VENV)/dev.stamp: requirements-dev.txt $(VENV)/run.stamp
	$(BIN)/pip install --quiet -r requirements-dev.txt
	@touch $@
