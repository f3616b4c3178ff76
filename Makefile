# `make demo` and `make test` need nothing but Python 3.10-3.13 with pip: each makes .venv first.
# Another interpreter: `make test PYTHON=python3.12`. More test processes: `make test JOBS=8`.

PYTHON ?= python3
JOBS ?= 2

VENV := .venv
BIN := $(VENV)/bin
MADE := $(VENV)/.made
INSTALLED := $(VENV)/.installed
# The trained pipeline xx_mluke_tiny. Its wheel is installed where it lies there.
WHEEL := $(wildcard project/pretrained/*.whl)

# Everything that is fetched or cached stays inside the checkout.
export PIP_NO_CACHE_DIR := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export HF_HOME := $(CURDIR)/.cache/huggingface

# JOBS processes share the processors: one thread each.
test: export OMP_NUM_THREADS := 1
test: export MKL_NUM_THREADS := 1
test: export TOKENIZERS_PARALLELISM := false
test: export HF_HUB_OFFLINE := 1

.DEFAULT_GOAL := help
.PHONY: help demo test lint docs install clean

help:
	@echo "make demo     install everything, then show what xx_mluke_tiny finds in 24 languages"
	@echo "make test     run the tests, with coverage"
	@echo "make install  only make .venv, with the package and xx_mluke_tiny"
	@echo "make lint     run ruff and mypy"
	@echo "make docs     build the documentation in docs/_build"
	@echo "make clean    remove .venv and everything that was built or cached"

demo: $(INSTALLED)
	$(BIN)/python project/scripts/demo.py

test: $(INSTALLED)
	$(BIN)/python -m pytest -n $(JOBS) --cov --cov-report=term tests

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/mypy

docs: $(INSTALLED)
	$(BIN)/python -m sphinx -W --keep-going docs docs/_build

install: $(INSTALLED)

# A venv for one interpreter is kept: `make clean` before another PYTHON.
# Debian's python3 can come without ensurepip: then the interpreter's own pip fills the venv.
$(MADE):
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; (3, 10) <= v < (3, 14) or sys.exit(\
		f"Python 3.10-3.13 is needed, but $(PYTHON) is {v[0]}.{v[1]}: try PYTHON=python3.12")'
	$(PYTHON) -m venv --clear $(VENV) || { $(PYTHON) -m venv --clear --without-pip $(VENV) \
		&& $(PYTHON) -m pip --python $(BIN)/python install pip; }
	touch $@

$(INSTALLED): $(MADE) setup.py pyproject.toml constraints.txt $(WHEEL)
	@echo "Installing into $(VENV): some minutes, most of them for PyTorch"
	$(BIN)/python -m pip install --quiet --editable ".[dev,docs,pretraining,transformers]" --constraint constraints.txt
	$(if $(word 2,$(WHEEL)),$(error One wheel is wanted in project/pretrained, not $(WHEEL)))
	$(if $(WHEEL),$(BIN)/python -m pip install --quiet --no-deps --force-reinstall $(WHEEL))
	touch $@

clean:
	rm -rf $(VENV) .cache .coverage .coverage.* .hypothesis .mypy_cache .pytest_cache .ruff_cache
	rm -rf build dist demo_output docs/_build spacy_mluke.egg-info
	find spacy_mluke tests project benchmarks -name __pycache__ -type d -exec rm -rf {} +
