# `make` alone prints the menu. Needs Python 3.11 or later (PYTHON=python3.13 picks one), and nothing else.
.DEFAULT_GOAL := menu
.DELETE_ON_ERROR:
.NOTPARALLEL:
SHELL := /bin/sh

PYTHON ?= python3
BIN := .venv/bin
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes
PYTEST_ARGS ?=
MUTANTS_ARGS ?=

.PHONY: menu
menu: ## print this menu
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

.PHONY: demo
demo: .venv/demo.stamp ## the console on 127.0.0.1:8000 over a local AWS; KEEP=1 goes on with the last one's data; SSO=1 adds an identity provider; PORT, DEMO_AWS_PORT, GITHUB_PORT and DEMO_PASSWORD set others
	@exec $(BIN)/python -m deploy.demo

.PHONY: serve
serve: .venv/demo.stamp ## the demo for developing: it loads each change of code, templates and static files; the same variables
	@RELOAD=1 exec $(BIN)/python -m deploy.demo

.PHONY: quick
quick: .venv/dev.stamp ## the tests that need no browser, process, PostgreSQL or Terraform, but for slow ones: at every change
	@exec $(KEEPING_BYTECODE) $(BIN)/python -m pytest -n auto $(BY_FILE) -p no:playwright -m "$(QUICK)" --hypothesis-profile=quick $(PYTEST_ARGS)

.PHONY: test
test: .venv/dev.stamp ## every test, in a real browser too, before a push; PYTEST_ARGS="-k name" picks some
	@sh -c '$(FIND_CHROMIUM)' >/dev/null || { echo "$(NO_CHROMIUM)"; test "$$CI" != true; }
	@exec $(KEEPING_BYTECODE) $(BIN)/python -m pytest -n 2 $(BY_FILE) $(PYTEST_ARGS)

.PHONY: coverage
coverage: .venv/dev.stamp ## every test, and which lines and branches none of them runs (htmlcov/index.html); PYTEST_ARGS as above
	@exec $(KEEPING_BYTECODE) $(BIN)/python -m pytest -n 2 $(BY_FILE) \
		--cov --cov-report=term:skip-covered --cov-report=html $(PYTEST_ARGS)

.PHONY: check
check: .venv/dev.stamp ## ruff, mypy, import law, deployment checks, template lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	@$(PRODUCTION_SETTINGS) && set -x && $(BIN)/mypy
	@$(PRODUCTION_SETTINGS) && set -x && $(BIN)/python manage.py check --deploy --fail-level WARNING
	$(BIN)/djlint templates --lint

.PHONY: checkov
checkov: .checkov/stamp ## Terraform's policies against good practice, by checkov in an environment of its own
	.checkov/bin/checkov --quiet --compact --framework terraform --config-file deploy/terraform/.checkov.yaml

.PHONY: mutants
mutants: .mutants/stamp ## changes the core and counts what no test notices (hours); MUTANTS_ARGS="permissions --sample 150" tries fewer
	@exec .mutants/bin/python -m testkit.mutants $(MUTANTS_ARGS)

.PHONY: bench
bench: .venv/dev.stamp ## the speed of the console as JSON, each figure a ratio taken in one run
	@exec $(BIN)/python -m benchmarks

.PHONY: layer
layer: .venv/dev.stamp ## the Lambda layer with the loader, miyabi-core.zip
	@exec $(BIN)/python deploy/lambda/build_layer.py --out miyabi-core.zip

.PHONY: lock
lock: .venv/dev.stamp ## lock the newest versions that pyproject.toml allows into requirements/
	$(LOCK) --upgrade --group dev -o requirements/dev.txt
	$(LOCK) --group demo -c requirements/dev.txt -o requirements/demo.txt
	$(LOCK) -c requirements/dev.txt -o requirements/base.txt
	$(subst pyproject.toml,--group pyproject.toml:checkov,$(LOCK)) --upgrade -o requirements/checkov.txt
	$(LOCK) --upgrade --group mutants -c requirements/dev.txt -o requirements/mutants.txt

# Names, versions and hashes alone: an address would bind every machine to one index.
LOCK := $(BIN)/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes \
	--no-header --no-annotate --no-emit-index-url

# What a deployment sets; the keys are made for this one check.
RANDOM_KEY = $$($(BIN)/python -c "import secrets; print(secrets.token_urlsafe(48))")
PRODUCTION_SETTINGS = export ENV_FILE=none.env ALLOWED_HOSTS=console.miyabi-world.com BEHIND_TLS_PROXY=true \
	ENVIRONMENTS_FILE=deploy/environments.example.toml SECRET_KEY=$(RANDOM_KEY) AUDIT_KEY=$(RANDOM_KEY) FINGERPRINT_KEY=$(RANDOM_KEY) SECOND_FACTOR_KEY=$(RANDOM_KEY)

QUICK = not browser and not processes and not local_aws and not postgres and not terraform and not slow
BY_FILE = --dist loadfile --no-loadscope-reorder

# Several workers and some hundred processes read the same modules: compiled once, whatever this shell says of it.
KEEPING_BYTECODE = env -u PYTHONDONTWRITEBYTECODE

FIND_CHROMIUM = command -v "$${CHROMIUM:-chromium}" || command -v chromium-browser || command -v google-chrome
NO_CHROMIUM = Chromium is not installed, so the tests in a browser cannot run. Install it (Debian: apt-get install chromium; \
	macOS: brew install --cask chromium), or set CHROMIUM to the path of a Chromium or Chrome.

# .venv is made once; each stamp says which of the locked files is in it. dev.txt holds all of demo.txt.
.venv/demo.stamp: requirements/demo.txt | .venv/bin/python
	@echo "Installing what the demo needs into .venv (a minute at first) ..."
	@$(PIP_INSTALL) -r requirements/demo.txt
	@touch $@

.venv/dev.stamp: requirements/dev.txt | .venv/bin/python
	@echo "Installing what the tests need into .venv (a minute or two at first) ..."
	@$(PIP_INSTALL) -r requirements/dev.txt
	@touch $@ .venv/demo.stamp

# Apart from .venv: checkov pins an old boto3.
.checkov/stamp: requirements/checkov.txt
	@echo "Installing checkov into .checkov (a minute or two at first) ..."
	@$(PYTHON) -m venv .checkov
	@.checkov/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/checkov.txt
	@touch $@

# Apart from .venv: mutmut and what it needs judge the tests, and no test needs them.
.mutants/stamp: requirements/mutants.txt
	@echo "Installing mutmut into .mutants (a minute or two at first) ..."
	@$(PYTHON) -m venv .mutants
	@.mutants/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/mutants.txt
	@touch $@

.venv/bin/python:
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is not there: install Python 3.11 or later, or set PYTHON."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PYTHON) is too old: Python 3.11 or later is needed; PYTHON=python3.13 picks another."; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "$(PYTHON) cannot make virtual environments: install its venv module (Debian: apt-get install python3-venv)."; exit 1; }
	@$(PYTHON) -m venv .venv
