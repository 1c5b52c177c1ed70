# `make demo` and `make test` do all their own set-up; a second run installs nothing again.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Every file is checked against its hash in a lock, and no package's own code builds anything.
INSTALL := $(BIN)/python -m pip install --quiet --require-hashes --only-binary :all: --requirement

.PHONY: demo static test setup lint types lock docs

demo: $(VENV)/demo.done
	$(BIN)/python app.py

# The page as files that any web host serves.
static: $(VENV)/test.done $(VENV)/node.done
	$(BIN)/python -m sr_demo static --out site

# A worker that dies ends the run: a new one and the others may wait for each other for ever.
# Training forks processes and handles their end; it is tested in processes of its own.
PYTEST := $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder --max-worker-restart 0

test: setup
	$(PYTEST) --ignore tests/training
	$(PYTEST) tests/training

setup: $(VENV)/test.done $(VENV)/browser.done $(VENV)/node.done

lint: $(VENV)/test.done
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .

types: $(VENV)/test.done
	$(BIN)/python -m mypy

# Documentation in docs-site/, readable offline; a broken link fails.
docs: $(VENV)/test.done
	$(BIN)/python -m mkdocs build --strict --quiet

# After a change of pyproject.toml; `make lock UPGRADE=--upgrade` takes the newest of everything.
# One lock for the app, one with all extras: the first is a part of the second.
COMPILE := $(BIN)/uv pip compile pyproject.toml --quiet --universal --python-version 3.10 \
	--no-annotate --generate-hashes --custom-compile-command "make lock"

lock: $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet uv
	$(COMPILE) --all-extras --output-file requirements-dev.lock $(UPGRADE)
	$(COMPILE) --constraint requirements-dev.lock --output-file requirements.lock $(UPGRADE)

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/demo.done: requirements.lock | $(VENV)/bin/python
	@echo "Installing the app's packages into $(VENV): once, and some minutes, PyTorch is large"
	$(INSTALL) requirements.lock
	@touch $@

# The build's backend comes from the lock too, and so the build is not isolated.
$(VENV)/test.done: pyproject.toml requirements-dev.lock $(VENV)/demo.done
	@echo "Installing the training and test tools into $(VENV)"
	$(INSTALL) requirements-dev.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

# A browser for the tests of the page: an installed one, else Playwright's, else Debian's.
$(VENV)/browser.done: $(VENV)/test.done
	@sh tests/get_browser.sh $(BIN)/python
	@touch $@

# ESLint and ONNX Runtime for browsers. Without them the suite says so, and tests everything else.
$(VENV)/node.done: package-lock.json | $(VENV)/bin/python
	@npm ci --silent || echo "no ESLint, no ONNX Runtime for browsers: npm is missing, or cannot reach its registry"
	@touch $@
