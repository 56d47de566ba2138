# make detect [PAGE=my.pdf]   find the symbols on a page; results in detections/
# make test                   run the tests
# make docs                   build the documentation, build/docs
# All make the one shared .venv first. See README.md.

PYTHON ?= python3
PAGE ?= examples/page.png
OUT ?= detections
ARGS ?=
BIN := .venv/bin

# Albumentations would ask the network for a newer version of itself.
export NO_ALBUMENTATIONS_UPDATE := 1

.PHONY: detect test check format example docs figures clean
.DEFAULT_GOAL := detect

detect: .venv/installed
	$(BIN)/omr detect "$(PAGE)" -o "$(OUT)" --overlay --html $(ARGS)

test: .venv/installed-dev
	$(BIN)/python -m pytest -q $(ARGS)

check: .venv/installed-dev
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: .venv/installed-dev
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

# Makes the example page anew from its score.
example: .venv/installed
	$(BIN)/python examples/make_page.py

docs: .venv/installed-docs
	$(BIN)/mkdocs build --strict

# Draws the figures of the documentation anew.
figures: .venv/installed
	$(BIN)/python docs/figures.py

# The stamps are renewed whenever the requirements change.
.venv/installed: pyproject.toml tools/make_venv.py
	$(PYTHON) tools/make_venv.py
	@touch $@

.venv/installed-dev: pyproject.toml tools/make_venv.py
	$(PYTHON) tools/make_venv.py dev
	@touch .venv/installed $@

.venv/installed-docs: pyproject.toml tools/make_venv.py
	$(PYTHON) tools/make_venv.py docs
	@touch .venv/installed $@

# Removes what was made, your results in detections/ included.
clean:
	rm -rf .venv build detections .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
