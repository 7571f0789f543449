# Betal din kommune. Bare `make` lists what one can do.
PYTHON ?= python3
BIN := .venv/bin
VAR := $(if $(BDK_VAR),$(BDK_VAR),var)

.DEFAULT_GOAL := help
.PHONY: help demo run test lint journeys bench chaos assets lock clean

help: ## list the commands
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 20

demo: .venv/ready assets pango ## everything from nothing: portal, worker, database and the world outside; Ctrl-C stops all of it
	@exec $(BIN)/python -m app.supervisor demo

run: .venv/ready assets ## portal and worker alone, settings from the environment
	@exec $(BIN)/python -m app.supervisor run

test: .venv/ready-dev assets chromium pango broker lint ## everything from nothing, then lint, types, contracts, tests and browser journeys
	$(BIN)/python -m app.supervisor test $(BIN)/python -m pytest -q -n auto
	$(BIN)/python -m pytest -q -n 2 e2e

lint: .venv/ready-dev ## ruff, mypy strict and the import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --cache-dir $(VAR)/import-linter

journeys: .venv/ready-dev assets chromium pango ## only the browser journeys
	$(BIN)/python -m pytest -q -n 2 e2e

bench: .venv/ready-dev assets ## measure, print ratios, write var/bench.json
	$(BIN)/python -m bench

chaos: .venv/ready-dev ## kill portal, worker and ledger 200 times under 20 payments/s, then check every øre (SEED=, KILLS=, RATE=)
	$(BIN)/python -m tests.chaos $(if $(SEED),--seed $(SEED)) $(if $(KILLS),--kills $(KILLS)) $(if $(RATE),--rate $(RATE))

assets: .venv/ready ## bring the design system into static/vendor
	@$(BIN)/python -m app.assets

lock: .venv/ready-dev ## pin the dependencies of pyproject.toml anew, with hashes and no index host
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-header --quiet --output-file requirements.lock
	$(BIN)/uv pip compile pyproject.toml --group dev --constraint requirements.lock --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url --no-header --quiet --output-file requirements-dev.lock

clean: ## take away what was made: environment, assets, data
	rm -rf .venv node_modules static/vendor var .mypy_cache .ruff_cache .hypothesis test-results

# An environment counts as made only when its mark stands: an interrupted first run is begun anew.
.venv/ready: requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
		|| { echo "cannot start: Python 3.11 or newer is needed; name it with: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null \
		|| { echo "cannot start: Python's venv is missing; on Debian: apt-get install python3-venv" >&2; exit 1; }
	@test -x $(BIN)/python && $(BIN)/python -m pip --version >/dev/null 2>&1 || { rm -rf .venv; $(PYTHON) -m venv .venv; }
	@echo "installing what the portal runs on (first time only) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

.venv/ready-dev: requirements-dev.lock .venv/ready
	@echo "installing what the tests need (first time only) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

.PHONY: chromium
chromium:
	@command -v "$${BDK_CHROMIUM:-chromium}" >/dev/null || { test "$$(id -u)" = 0 && command -v apt-get >/dev/null \
		&& echo "installing chromium for the journeys (first time only) ..." \
		&& apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null; } \
		|| { echo "the journeys need chromium: apt-get install chromium, or name one with BDK_CHROMIUM=..." >&2; exit 1; }

# PDFs need these; the portal runs without them and says so, the tests do not. A Mac or a user without root is told.
PANGO := libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0
.PHONY: pango
pango: .venv/ready
	@$(BIN)/python -I app/web/press.py check 2>/dev/null || { test "$$(id -u)" = 0 && command -v apt-get >/dev/null \
		&& echo "installing what PDFs need (first time only) ..." \
		&& apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(PANGO) >/dev/null; } \
		|| echo "no PDFs: apt-get install $(PANGO)" >&2

# The tests of messages over AMQP start a RabbitMQ of their own; the portal needs none. The package would start a server
# as a service, which is stopped. Without root the tests say loudly that they were skipped.
.PHONY: broker
broker:
	@test -x /usr/lib/rabbitmq/bin/rabbitmq-server || command -v rabbitmq-server >/dev/null || { test "$$(id -u)" = 0 && command -v apt-get >/dev/null \
		&& echo "installing RabbitMQ for the tests of messages (first time only) ..." \
		&& apt-get update -qq && RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends rabbitmq-server >/dev/null \
		&& { command -v systemctl >/dev/null && systemctl disable --now rabbitmq-server epmd.service epmd.socket >/dev/null 2>&1 || true; }; } \
		|| echo "MESSAGES OVER AMQP ARE NOT TESTED: apt-get install rabbitmq-server" >&2
