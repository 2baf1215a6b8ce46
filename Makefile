# Each target works alone on a fresh checkout: it makes its virtual environment first, and that is quick when it is there.
# Variables: PYTHON (which to use), VENV (where the environment lies), ARGS (more arguments for run, test, fuzz, soak and bench),
# WORKERS (how many tests run at once: 4 for test, for half of the time most of them wait, and 6 for test-slow, which waits more).

VENV ?= .venv
ARGS ?=
WORKERS ?=
SECONDS_EACH ?= 60
SEEDS ?= 2000
LIVES ?= 20000
LINES ?= 10000000
MINUTES ?= 0
ROUTERS ?= 200
SOURCES := communicator timekeeper canary exporters bellwether
BIN := $(VENV)/bin
# Images of containers often set it: then each daemon that a test starts would compile all that it imports.
unexport PYTHONDONTWRITEBYTECODE
export PATH := $(PATH):$(CURDIR)/.cache/debian/root/usr/bin

.DEFAULT_GOAL := help
.PHONY: help run test test-slow alone lint audit fmt types cover fuzz attack soak bench clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' Makefile | while IFS='|' read -r name what; do printf '  make %-10s %s\n' "$$name" "$$what"; done

run: ## the whole suite on this machine, on real input; stop it with Ctrl-C
	@tools/venv $(VENV) run
	@exec $(BIN)/bellwether up $(ARGS)

test: ## what takes at most 4 minutes, a short run of every component too (PYTHON=python3.11 for another, with VENV=.venv-3.11)
	@tools/venv $(VENV) test
	@tools/test-packages
	@exec $(BIN)/python -m pytest -n $(or $(WORKERS),4) --dist worksteal -m "not slow or short" --hypothesis-profile quick $(ARGS)

test-slow: ## the rest: clusters of processes, simulations, real programs at length, and properties with all examples
	@tools/venv $(VENV) test
	@tools/test-packages
	@exec $(BIN)/python -m pytest -n $(or $(WORKERS),6) --dist worksteal -m "slow and not short or hypothesis" $(ARGS)

alone: ## what failed last, three times and with nothing beside it: does it take a busy machine to fail?
	@tools/test-alone $(BIN)/python

lint: ## ruff, the formatter, the import contracts, the size rules, the checks of layout and pages, the shell scripts
	@tools/venv $(VENV) dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/python tools/check-sizes $(SOURCES)
	$(BIN)/python -m pytest --quiet checks
	@if command -v shellcheck >/dev/null; then shellcheck tools/find-python tools/venv tools/debian-* tools/test-* .ci/run; fi

audit: ## whether a version of what Bellwether needs has a known vulnerability, where PyPI can be asked
	@tools/venv $(VENV) dev
	@exec $(BIN)/python tools/audit-dependencies

fmt: ## format, and mend what ruff can mend
	@tools/venv $(VENV) dev
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

types: ## mypy, strict
	@tools/venv $(VENV) dev
	$(BIN)/mypy

cover: ## all tests under coverage; the report goes to build/coverage
	@tools/venv $(VENV) dev
	@tools/test-packages
	$(BIN)/coverage run -m pytest $(ARGS)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage html --quiet --directory build/coverage
	$(BIN)/coverage report --skip-covered

fuzz: ## end a router 200 times while others connect; fuzz each reader and each door of a live router and exporter for SECONDS_EACH=60; ARGS="--seed N" repeats a run
	@tools/venv $(VENV) test
	@$(BIN)/python -m fuzz.stops
	@exec $(BIN)/python -m fuzz --seconds $(SECONDS_EACH) $(ARGS)

attack: ## misbehave as members at the doors that two live routers have for each other for SECONDS_EACH=60
	@tools/venv $(VENV) test
	@exec $(BIN)/python -m fuzz --seconds $(SECONDS_EACH) --only mesh --only mesh_passwords $(ARGS)

soak: ## simulate clocks, orders and routers of SEEDS=2000 clusters, LINES=10000000 of shadows that reach nobody, LIVES=20000 of a new version on servers that differ, the convergence of ROUTERS=200, 30 books on real hosts, shadows in all states, and all of the laboratory, for MINUTES=60 say; ARGS="--first N" begins with another seed
	@tools/venv $(VENV) test
	@tools/test-packages
	@$(BIN)/python -m tests.timekeeper.simulation --seeds $(SEEDS) $(ARGS)
	@$(BIN)/python -m tests.canary.simulation.arms --lives $(LIVES)
	@$(BIN)/python -m tests.canary.simulation.deployments --deployments $(LIVES)
	@$(BIN)/python -m tests.canary.deployment.analysis.good_versions --deployments $(LIVES)
	@$(BIN)/python -m tests.canary.book.simulation --seeds $(SEEDS)
	@$(BIN)/python -m tests.canary.book.live --seeds 30
	@$(BIN)/python -m tests.canary.deployment.live
	@$(BIN)/python -m tests.cluster.shadows
	@$(BIN)/python -m simulation --seeds $(SEEDS) --liars $(SEEDS) --colours $(SEEDS) --fence $(LINES) --graphs --mixed $(SEEDS) --routers $(ROUTERS) $(ARGS)
	@exec $(BIN)/python -m laboratory --minutes $(MINUTES)

bench: ## measure beside nats-server, redis-server and mosquitto, as ratios
	@tools/venv $(VENV) test
	@exec $(BIN)/python -m benchmarks $(ARGS)

clean: ## remove what the targets made, the environments too
	rm -rf .venv .venv-* .cache build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage*
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
