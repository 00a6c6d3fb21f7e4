# Bare `make` prints this file's targets. Every target brings its own set-up; python3 and make are all it needs.
# ARGS go to the command behind a target: make test ARGS="-k budget", make demo ARGS="--help".

PYTHON ?= python3
ARGS ?=
BIN := .venv/bin
CODE := shared/freio functions tests tools bench

# Somebody's own module path would stand before the pinned libraries.
unexport PYTHONPATH PYTHONHOME
export MAKECMDGOALS

.DEFAULT_GOAL := help
.PHONY: help setup demo e2e test check lint types imports fmt bundle bench browser emulators terraform terraform-test terraform-readme screenshot pins clean

help: ## print this list
	@echo 'Freio: a brake for the cost of AI on Google Cloud'
	@echo
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/\1|\2/p' Makefile | while IFS='|' read -r name what; do \
		printf '  make %-16s %s\n' "$$name" "$$what"; done
	@echo
	@echo 'ARGS="…" reaches the command behind a target; PYTHON=… names another Python (3.11 to 3.14).'

setup: ## bring .venv to the pinned versions (every target below does it by itself)
	@command -v $(PYTHON) >/dev/null || { echo 'Freio needs Python 3.11 to 3.14, and there is no $(PYTHON) here.' >&2; exit 1; }
	@$(PYTHON) tools/setup.py

demo: setup ## run the whole brake on this machine, with a pretend Slack and a pretend Google Cloud
	@$(BIN)/freio demo $(ARGS)

e2e: setup ## play the demo on the emulators of Firestore, Pub/Sub and BigQuery; fails unless the loop closes
	@$(BIN)/freio demo --emulators --headless $(ARGS)

test: setup ## run the tests
	$(BIN)/pytest --numprocesses=auto --maxprocesses=4 --dist=loadgroup $(ARGS)

check: lint types imports test ## everything that must hold before a change is merged

lint: setup ## ruff: rules and format
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: setup ## mypy, strict
	$(BIN)/mypy $(CODE)

imports: setup ## import-linter: arrows between layers point down only
	$(BIN)/lint-imports --no-logo

fmt: setup ## let ruff rewrite what it can
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bundle: setup ## build dist/<function>.zip, the same bytes every time
	$(BIN)/python tools/bundle.py

bench: setup ## measure: latency, detection, cold start
	$(BIN)/python -m bench $(ARGS)

browser: ## install the Chromium that the browser tests drive (Debian, root)
	@tools/browser.sh

emulators: ## build the BigQuery emulator that the tests meet, pinned (Go)
	@tools/emulators.sh

terraform: setup ## bring what the checks of infra/terraform need (npm, Go)
	@tools/terraform.sh $(ARGS)

terraform-test: terraform bundle ## terraform validate and terraform test on the module and its examples
	@tools/terraform_test.sh

terraform-readme: terraform bundle ## write the tables of infra/terraform/README.md and of who may do what anew
	@$(BIN)/python -m tools.terraform.docs
	@$(BIN)/python -m tools.terraform.access

screenshot: setup ## draw docs/slack.png anew, in the Chromium of `make browser`
	$(BIN)/python -m tools.screenshot $(ARGS)

pins: setup ## write requirements/*.txt anew from pyproject.toml (ARGS=--upgrade takes newer versions)
	@tools/pins.sh $(ARGS)

clean: ## remove everything that make made
	rm -rf .venv .tools build dist out .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +
