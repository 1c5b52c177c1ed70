# `make demo` and `make test` do all their own set-up; a second run installs nothing again.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test setup lint types

demo: $(VENV)/demo.done
	$(BIN)/python app.py

test: setup
	$(BIN)/python -m pytest

setup: $(VENV)/test.done $(VENV)/browser.done

lint: $(VENV)/test.done
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .

types: $(VENV)/test.done
	$(BIN)/python -m mypy

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/demo.done: requirements.txt | $(VENV)/bin/python
	@echo "Installing the app's packages into $(VENV): once, and some minutes, PyTorch is large"
	$(BIN)/python -m pip install --quiet -r requirements.txt
	@touch $@

$(VENV)/test.done: requirements-dev.txt requirements-train.txt $(VENV)/demo.done
	@echo "Installing the training and test tools into $(VENV)"
	$(BIN)/python -m pip install --quiet -r requirements-dev.txt
	@touch $@

# A browser for the tests of the page: an installed one, else Playwright's, else Debian's.
$(VENV)/browser.done: $(VENV)/test.done
	@sh tests/get_browser.sh $(BIN)/python
	@touch $@
