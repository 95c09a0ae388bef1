# The doors of the repository. `make help` lists them.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
MAKEFLAGS += --no-print-directory

PYTHON_VENV := .venv/bin/python
# Pytest's worker processes. The tests of a file stay together in one of them (tests/conftest.py).
WORKERS ?= 2
# Files are taken as they come: those against real daemons first, so that in the end no worker waits for a long one.
DISTRIBUTED := -n $(WORKERS) --dist loadfile --no-loadscope-reorder
# More words for pytest: make test PYTEST="-k geneve -x"
PYTEST ?=

# Images of containers often set it. The tests start hundreds of interpreters: each would compile all that it imports.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo check test suites bench format lock install clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

demo: ## install what is missing, bring up a lab of two hypervisors and show what cpal does
	@tools/demo

# $(call checked,WORDS OF PYTEST): format, lint, then the tests with the types beside them.
define checked
	@tools/install --dev
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	@types=$$(mktemp); .venv/bin/mypy >"$$types" 2>&1 & checking=$$!; code=0; \
	    $(PYTHON_VENV) -m pytest $(DISTRIBUTED) $(1) $(PYTEST) || code=$$?; \
	    wait $$checking || code=1; echo mypy; cat "$$types"; rm "$$types"; exit $$code
endef

check: ## format, lint, types, unit and property tests, documents: under two minutes
	$(call checked,-q $(wildcard tests/unit tests/property))

test: ## everything, against real daemons and real packets too (root)
	$(call checked,tests)

suites: ## what is too long for `make test`: tempest with Neutron's plugin, Gophercloud, openstacksdk's own tests, Ansible, Horizon, Nova, the cutover from Neutron, the long fuzz (root)
	@tools/install --dev
	@code=0; for suite in tempest tempest_neutron tempest_identity gophercloud openstacksdk ansible_collection ansible_devices horizon nova cutover fuzz; do \
	    echo "== $$suite"; $(PYTHON_VENV) -m "tests.suites.$$suite" || code=1; \
	done; exit $$code

bench: ## each benchmark beside its peer
	@tools/install --dev
	@for file in bench/*.py; do \
	    grep -q '^if __name__ == "__main__"' "$$file" || continue; \
	    name=$$(basename "$$file" .py); echo "== $$name"; $(PYTHON_VENV) -m "bench.$$name"; \
	done

format: ## let ruff lay out and mend the sources
	@tools/install --dev
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

lock: ## resolve the dependencies again into the lock files
	@tools/install --dev
	@tools/lock

install: ## only install what is missing
	@tools/install

clean: ## remove what tools made here: caches, builds and the virtual environment
	@rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist *.egg-info
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
