PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 7860

.PHONY: help demo test check format notebooks bench model

help: ## what each command does
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

demo: $(VENV)/.demo ## open the page on http://localhost:7860
	GRADIO_SERVER_PORT=$(PORT) $(BIN)/python app.py

test: $(VENV)/.test ## run all tests
	$(BIN)/python -m pytest

check: $(VENV)/.test ## format check, lint and tests: what CI runs
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(MAKE) test

format: $(VENV)/.test ## format and mend the code in place
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

notebooks: $(VENV)/.test ## open the notebooks in JupyterLab
	$(BIN)/jupyter lab notebooks

bench: $(VENV)/.test ## measure the built-in model on held-out stories
	$(BIN)/python benchmarks/story_quality.py

model: $(VENV)/.test ## train the built-in model again, from nothing
	$(BIN)/python -m aigc_toolkit.builtin

$(VENV)/.demo: requirements.txt
	@$(PYTHON) -c 'import sys; assert sys.version_info >= (3, 11), f"Python 3.11 or newer is needed, this is {sys.version.split()[0]}: make PYTHON=python3.12 ..."'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

$(VENV)/.test: $(VENV)/.demo pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt -e '.[test]'
	touch $@
