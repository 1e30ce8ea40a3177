# Everything that a developer or a build server runs. Needs git, make and Python 3.11 or newer.
# Every target but `newest` and `oldest` uses the exact versions of requirements/locked.txt.
# On Windows it runs in the shell of Git for Windows.
SCRIPTS := $(if $(filter Windows_NT,$(OS)),Scripts,bin)
PYTHON ?= $(if $(filter Windows_NT,$(OS)),python,python3)
BIN := .venv/$(SCRIPTS)

.PHONY: dist demo test long stories portable faults check bench docs newest oldest relock clean

demo: .venv/installed  ## a tour: publish, install, edit, drift, update
	@PATH="$(CURDIR)/$(BIN):$$PATH" sh examples/demo.sh

test: .venv/installed  ## all tests, the slow ones too
	$(BIN)/pytest -m "not faults and not long"

long: .venv/long  ## what needs other tools, a browser, the network, or many examples of each property
	$(BIN)/pytest -m long
	$(BIN)/pytest --hypothesis-profile=many -m "hypothesis and not long and not faults"

stories: .venv/installed  ## what a person does: here, and on Linux on the systems that it imitates
	$(BIN)/pytest -m "not long" tests/portable

portable: .venv/installed  ## what a system makes a difference for, on each that Linux imitates: hours
	$(BIN)/python -m tests.portable all

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
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --strict --clean

dist: .venv/installed  ## what is published, into dist/: wheel, sources, and a file that needs no pip
	$(BIN)/python -m release dist

newest: pyproject.toml  ## all tests, with the newest versions that pyproject.toml allows
	$(call new-venv,.venv-newest)
	.venv-newest/$(SCRIPTS)/pip install --quiet --upgrade --editable '.[dev]'
	AGENTSYNC_TEST_STARTS=fresh .venv-newest/$(SCRIPTS)/pytest -m "not faults and not long"

oldest: requirements/oldest.txt  ## all tests, with the oldest versions that pyproject.toml allows
	$(call new-venv,.venv-oldest)
	$(call install-list,.venv-oldest,requirements/oldest.txt)
	AGENTSYNC_TEST_STARTS=fresh .venv-oldest/$(SCRIPTS)/pytest -m "not faults and not long"

relock:  ## decide requirements/*.txt anew from pyproject.toml, for every Python and system
	$(call new-venv,.venv-relock)
	.venv-relock/$(SCRIPTS)/pip install --quiet uv
	$(UV_COMPILE) --extra dev --upgrade --output-file requirements/locked.txt
	$(UV_COMPILE) --extra dev --upgrade --resolution lowest-direct --output-file requirements/oldest.txt
	$(UV_COMPILE) --extra dev --extra long --constraint requirements/locked.txt --output-file requirements/long.txt

UV_COMPILE = .venv-relock/$(SCRIPTS)/uv pip compile --quiet pyproject.toml --universal --python-version 3.11 \
  --no-emit-index-url --no-emit-find-links --custom-compile-command 'make relock'

clean:  ## remove everything that make made
	rm -rf .venv .venv-* site build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis

.venv/installed: pyproject.toml requirements/locked.txt
	$(call new-venv,.venv)
	$(call install-list,.venv,requirements/locked.txt)
	@touch $@

.venv/long: .venv/installed requirements/long.txt
	.venv/$(SCRIPTS)/pip install --quiet --disable-pip-version-check --requirement requirements/long.txt
	@touch $@

# A virtual environment in a folder, where there is none.
define new-venv
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "error: agentsync needs Python 3.11 or newer, and $(PYTHON) is not"; \
	  echo " hint: make PYTHON=python3.12 (or wherever yours is)"; exit 1; } >&2
	@test -x $(1)/$(SCRIPTS)/python || $(PYTHON) -m venv $(1)
endef

# The packages of a list, at its exact versions, and agentsync from this folder.
define install-list
	$(1)/$(SCRIPTS)/pip install --quiet --disable-pip-version-check --requirement $(2)
	$(1)/$(SCRIPTS)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
endef
