PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 7860

.PHONY: help demo test check format notebooks bench model docs wheel

help: ## this list
	@echo "make COMMAND, where COMMAND is"
	@bold=; plain=; if [ -t 1 ]; then bold=$$(printf '\033[1m'); plain=$$(printf '\033[0m'); fi; \
	awk -F ':.*## ' -v bold="$$bold" -v plain="$$plain" \
	    '/^[a-z]+:.*## / {printf "  %s%-10s%s %s\n", bold, $$1, plain, $$2}' $(MAKEFILE_LIST)
	@echo "What is needed is installed into .venv at first use. PYTHON=python3.12 chooses the Python, PORT=8000 the port of the page."

demo: $(VENV)/.demo ## open the page on http://localhost:7860
	GRADIO_SERVER_PORT=$(PORT) $(BIN)/python app.py

test: $(VENV)/.test ## run all tests
	$(BIN)/python -m pytest -n 2 --dist loadfile

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

docs: $(VENV)/.test ## take the pictures and make the drawings of README and docs again
	$(BIN)/python docs/make_drawings.py
	$(BIN)/python docs/make_pictures.py

wheel: $(VENV)/.test ## build the package into dist/, with the built-in model in it
	$(BIN)/python -m build

$(VENV)/.demo: requirements.txt
	@$(PYTHON) -c 'import sys; assert sys.version_info >= (3, 11), f"Python 3.11 or newer is needed, this is {sys.version.split()[0]}: make PYTHON=python3.12 ..."'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

$(VENV)/.test: $(VENV)/.demo pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt -e '.[test]'
	touch $@
