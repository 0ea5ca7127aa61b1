# The words: demo studio test check bench docs. Each sets up .venv by itself the first time (a minute or two).
#   make demo    three small acts on real tables    make studio  the same in a browser, on this machine
#   make test    the fast tests            make slow    the ones that take longer
#   make check   ruff, types, floors       make bench   against every rival, in .bench
#   make tables  default runs beside a mean and a line      make uci   the UCI tables beside rivals
#   make docs    the documentation         make lock    write requirements.txt anew

.DEFAULT_GOAL := help
.PHONY: help demo studio test slow compare check bench mnist uci tables docs lock clean
MAKEFLAGS += --no-print-directory

PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# one BLAS thread a worker: the workers are the parallelism; hundreds of tests start a command, which compiled once is enough
TESTS := PYTHONDONTWRITEBYTECODE= OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -q -n auto --dist worksteal

help:
	@sed -n '2,6s/^# *//p' Makefile

.venv/.ready: requirements.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "deltarule needs Python 3.11 or newer, and none was found: install it, or say make PYTHON=/path/to/python3."; exit 2; }
	@echo "Setting up .venv with $$($(PYTHON) --version) (once, a minute or two) …"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(PIP) install --no-compile --require-hashes --requirement requirements.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@$(BIN)/python -W ignore -m compileall -qq -j 0 -x '/(tests?|pip|setuptools)/' .venv/lib || true # pip would take one core and thrice as long
	@touch $@

.venv/.compare: .venv/.ready
	@echo "Adding PyTorch and JAX to compare with …"
	@$(PIP) install torch==2.13.0
	@$(PIP) install jax
	@touch $@

demo: .venv/.ready
	@$(BIN)/deltarule demo

studio: .venv/.ready
	@$(BIN)/deltarule studio

test: .venv/.ready
	@$(TESTS) -m "not slow and not compare"

slow: .venv/.ready
	@$(TESTS) -m "slow and not compare"

compare: .venv/.compare
	@$(TESTS) -m compare

check: .venv/.ready
	@$(BIN)/ruff check .
	@$(BIN)/basedpyright --warnings
	@$(BIN)/lint-imports --no-logo

.bench/.ready: requirements.txt pyproject.toml
	@echo "Setting up .bench, with the rivals in it (once, some minutes) …"
	@test -x .bench/bin/python || $(PYTHON) -m venv .bench
	@.bench/bin/python -m pip --disable-pip-version-check --quiet install --require-hashes --requirement requirements.txt
	@.bench/bin/python -m pip --disable-pip-version-check --quiet install --no-deps --no-build-isolation --editable .
	@.bench/bin/python -m pip --disable-pip-version-check --quiet install torch==2.13.0
	@.bench/bin/python -m pip --disable-pip-version-check --quiet install jax
	@.bench/bin/python -m pip --disable-pip-version-check --quiet install --no-deps torch-levenberg-marquardt==1.2.3
	@touch $@

bench: .bench/.ready .venv/.ready
	@.bench/bin/python -m benchmarks
	@.bench/bin/python -m benchmarks.estimators
	@.bench/bin/python -m benchmarks.second_order
	@.bench/bin/python -m benchmarks.goals
	@$(BIN)/python -m benchmarks.health_overhead

mnist: .bench/.ready
	@.bench/bin/python -m benchmarks.mnist

uci: .bench/.ready
	@.bench/bin/python -m benchmarks.uci

tables: .venv/.ready
	@$(BIN)/python -m benchmarks.tables

docs: .venv/.ready
	@$(BIN)/sphinx-build --quiet --fail-on-warning docs docs/_build/html
	@echo "Open docs/_build/html/index.html"

lock:
	@$(PYTHON) -m uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
		--extra studio --extra test --extra check --extra docs --group build --no-annotate --no-header --quiet --output-file requirements.txt

clean:
	@rm -rf .venv .bench docs/_build build dist .pytest_cache .ruff_cache .hypothesis .import_linter_cache
