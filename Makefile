# Everything that a developer or a build server runs. Needs git, make and Python 3.11 or newer.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test faults check bench docs clean

demo: .venv/installed  ## a tour: publish, install, edit, drift, update
	@PATH="$(CURDIR)/$(BIN):$$PATH" sh examples/demo.sh

test: .venv/installed  ## all tests, the slow ones too
	$(BIN)/pytest -m "not faults"

faults: .venv/installed  ## a fault at every step of every command that writes: about an hour
	$(BIN)/python -m tests.faults --jobs 2
	$(BIN)/pytest -m faults

check: .venv/installed docs  ## style, types and documentation
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: .venv/installed  ## how long things take, as ratios within one run
	$(BIN)/python -m bench

docs: .venv/installed  ## the documentation, into site/
	$(BIN)/mkdocs build --quiet --strict --clean

clean:  ## remove everything that make made
	rm -rf .venv site build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis

.venv/installed: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "error: agentsync needs Python 3.11 or newer, and $(PYTHON) is not"; \
	  echo " hint: make PYTHON=python3.12 (or wherever yours is)"; exit 1; } >&2
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@
