# Publisher: two commands do all the set-up.
#   make demo    the main job on a sample newsroom into a local mailbox
#   make test    the whole test suite
# Works with GNU make 3.81 (macOS) and newer.

# The first Python that is new enough; say PYTHON=/path/to/python to choose another.
PYTHON ?= $(shell for p in python3.14 python3.13 python3.12 python3.11 python3 python; do \
	if command -v $$p >/dev/null 2>&1 && \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; \
	then echo $$p; break; fi; done)
VENV ?= .venv
BIN = $(VENV)/bin
# A folder that is not the checkout's own: the demo's newsroom.
DEMO_DIR ?= publisher-demo
PIP_INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: help demo test lint check lock torture bench clean

help:
	@sed -n '2,4s/^# *//p' Makefile
	@echo "make check   lint, types, layers, tests: what CI runs"
	@echo "make torture the long fault runs"
	@echo "make bench   speed and memory, side by side with others; one topic: BENCH=collecting"
	@echo "make lock    pin the dependencies anew (needs uv)"
	@echo "make clean   remove what was set up"

demo: $(VENV)/.demo
	$(BIN)/publisher demo --dir $(DEMO_DIR) $(ARGS)

test: $(VENV)/.dev
	$(BIN)/python -m pytest -n auto $(ARGS)

lint: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

check: lint test

torture: $(VENV)/.dev
	$(BIN)/python -m pytest -m torture --timeout 3600 $(ARGS)

bench: $(VENV)/.dev
	$(BIN)/python -m tests.bench $(BENCH) $(if $(ARGS),-- $(ARGS))

lock:
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
		--no-annotate pyproject.toml --extra postgresql --output-file requirements.txt
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
		--no-annotate pyproject.toml --extra postgresql --group dev \
		--constraint requirements.txt --output-file requirements-dev.txt

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis

# --- set-up -------------------------------------------------------------------------------------

$(VENV)/bin/python:
	@if [ -z "$(PYTHON)" ]; then \
		echo "Publisher needs Python 3.11 or newer, and none was found."; \
		echo "On Debian or Ubuntu: sudo apt install python3 python3-venv"; exit 1; fi
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "$(PYTHON) is older than Python 3.11."; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "$(PYTHON) cannot make virtual environments."; \
		echo "On Debian or Ubuntu: sudo apt install python3-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: $(VENV)/bin/python requirements.txt pyproject.toml
	$(PIP_INSTALL) --require-hashes -r requirements.txt
	$(PIP_INSTALL) --no-deps --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.demo requirements-dev.txt
	$(PIP_INSTALL) --require-hashes -r requirements-dev.txt
	@touch $@
