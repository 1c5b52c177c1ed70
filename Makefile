# `make demo` and `make test` do all their own set-up; a second run installs nothing again.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --quiet --constraint requirements.lock

.PHONY: demo test setup lint types lock

demo: $(VENV)/demo.done
	$(BIN)/python app.py

test: setup
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

setup: $(VENV)/test.done $(VENV)/browser.done $(VENV)/node.done

lint: $(VENV)/test.done
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .

types: $(VENV)/test.done
	$(BIN)/python -m mypy

# After a change of pyproject.toml; `make lock UPGRADE=--upgrade` takes the newest of everything.
lock: $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --quiet --universal --python-version 3.10 --all-extras \
		--no-annotate --custom-compile-command "make lock" --output-file requirements.lock $(UPGRADE)

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/demo.done: requirements.txt requirements.lock | $(VENV)/bin/python
	@echo "Installing the app's packages into $(VENV): once, and some minutes, PyTorch is large"
	$(INSTALL) --requirement requirements.txt
	@touch $@

# The build's backend comes from the lock too, and so the build is not isolated.
$(VENV)/test.done: pyproject.toml $(VENV)/demo.done
	@echo "Installing the training and test tools into $(VENV)"
	$(INSTALL) hatchling
	$(INSTALL) --no-build-isolation --editable '.[dev]'
	@touch $@

# A browser for the tests of the page: an installed one, else Playwright's, else Debian's.
$(VENV)/browser.done: $(VENV)/test.done
	@sh tests/get_browser.sh $(BIN)/python
	@touch $@

# ESLint, for the page's JavaScript. Without it the suite says so, and tests everything else.
$(VENV)/node.done: package-lock.json | $(VENV)/bin/python
	@npm ci --silent || echo "no ESLint: npm is missing, or its registry cannot be reached"
	@touch $@
