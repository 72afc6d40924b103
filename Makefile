# Two commands are enough: `make run` and `make test`. Both set up what they need.
UV_VERSION := 0.13.9
PYTHON ?= python3
DATA ?=
MLFLOW_PORT ?= 5500
TRACKED = $(or $(DATA_DIR),.data)/mlflow
PRODUCT ?=

BIN := .venv/bin
PY := $(BIN)/python
STAMP := .venv/.installed
WITH_SERVERS := $(PY) -m creditportal.embedded run --

.DEFAULT_GOAL := help
.PHONY: help setup run stop test check fix demo train compare tune mlflow backup restore bench bench-crowd bench-officers faults docs screens messages

help:  ## list what make can do
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

setup: $(STAMP)  ## install from the lock and compile the translations
	@$(PY) -m creditportal.translations

$(STAMP): uv.lock pyproject.toml Makefile
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; $(PYTHON) is $$($(PYTHON) -V 2>&1). Say which: make setup PYTHON=python3.12"; exit 1; }
	@test -x $(PY) || { echo "making .venv"; $(PYTHON) -m venv .venv; }
	@$(BIN)/uv --version 2>/dev/null | grep -q '^uv $(UV_VERSION) ' || { echo "installing uv $(UV_VERSION)"; \
	  $(PY) -m pip --version >/dev/null 2>&1 || $(PY) -m ensurepip >/dev/null; \
	  $(PY) -m pip install -q --disable-pip-version-check uv==$(UV_VERSION); }
	@echo "installing the packages of the lock (the first time takes a while)"
	@UV_PROJECT_ENVIRONMENT=.venv $(BIN)/uv sync --frozen --compile-bytecode --inexact
	@touch $@

run: export PORTAL_STARTED_AT := $(shell date +%s)
run: setup  ## serve the portal with everything it needs, until Ctrl-C
	@exec $(PY) -m creditportal.serve run

stop:  ## end the portal that runs from here
	@if test -x $(PY); then $(PY) -m creditportal.serve stop; else echo "the portal does not run"; fi

test: setup  ## run all tests (ARGS="-k name" for some)
	@$(WITH_SERVERS) $(PY) -m pytest -n 2 $(ARGS)

check: setup  ## everything that is checked without running the portal
	@$(PY) -m creditportal.checks

fix: setup  ## format, and repair what can be repaired
	@$(BIN)/ruff check --fix-only -q .
	@$(BIN)/ruff format .
	@$(BIN)/djlint templates --reformat --quiet || true

demo: setup  ## make or complete the demo, without serving
	@$(PY) -m creditportal.serve with-servers -- $(PY) manage.py demo

train: setup  ## train a model on DATA=folder, or for PRODUCT=name on the data that come with it, and register it
	@test -n "$(DATA)$(PRODUCT)" || { echo "Say which folder or product: make train DATA=path, make train PRODUCT=card_default"; exit 2; }
	@$(PY) -m creditportal.serve train "$(DATA)" $(if $(PRODUCT),--product "$(PRODUCT)")

compare: setup  ## compare strategies on DATA=folder (PAGE=file for a second copy of the page)
	@test -n "$(DATA)" || { echo "Say which folder: make compare DATA=path"; exit 2; }
	@OMP_NUM_THREADS=1 $(PY) -m ml.strategies.compare --data "$(DATA)" $(if $(PAGE),--page "$(PAGE)") $(ARGS)

tune: setup  ## search parameters on DATA=folder; again goes on (NESTED=1 to judge fairly)
	@test -n "$(DATA)" || { echo "Say which folder: make tune DATA=path"; exit 2; }
	@OMP_NUM_THREADS=1 $(PY) -m ml.tuning --data "$(DATA)" $(if $(NESTED),--nested) $(ARGS)

mlflow: setup  ## open the tracked training runs in MLflow's own pages (MLFLOW_PORT=5500)
	@test -f "$(TRACKED)/mlflow.db" || { echo "No training was tracked in $(TRACKED) yet: make train DATA=path"; exit 2; }
	@version=$$($(PY) -c 'from importlib.metadata import version; print(version("mlflow-skinny"))') && \
	  echo "MLflow $$version on http://127.0.0.1:$(MLFLOW_PORT) (Ctrl-C ends it)" && \
	  MLFLOW_DISABLE_TELEMETRY=true DO_NOT_TRACK=true exec $(BIN)/uv tool run --quiet --from "mlflow==$$version" mlflow ui \
	    --backend-store-uri "sqlite:///$(abspath $(TRACKED))/mlflow.db" --host 127.0.0.1 --port $(MLFLOW_PORT) --workers 1

backup: export PORTAL_STARTED_AT := $(shell date +%s)
backup: setup  ## back everything up into a new folder in TO=folder, and the keys into another
	@test -n "$(TO)" || { echo "Say where to: make backup TO=folder"; exit 2; }
	@$(PY) -m creditportal.serve backup "$(TO)"

restore: export PORTAL_STARTED_AT := $(shell date +%s)
restore: setup  ## restore FROM=backup with KEYS=backup-keys into an empty installation, and prove it
	@test -n "$(FROM)" -a -n "$(KEYS)" || { echo "Say which: make restore FROM=backup-TIME KEYS=backup-TIME-keys"; exit 2; }
	@$(PY) -m creditportal.serve restore "$(FROM)" "$(KEYS)"

bench-crowd: setup  ## the queue among a million applications (about five minutes)
	@LOG_LEVEL=ERROR $(WITH_SERVERS) $(PY) -m benchmarks.crowd

bench-officers: setup  ## 16 officers at once on the portal that runs here with its demo
	@$(PY) -m benchmarks.officers

bench: setup  ## measure speed
	@OMP_NUM_THREADS=1 LOG_LEVEL=ERROR $(WITH_SERVERS) $(PY) -m benchmarks

faults: setup  ## kill, cut and fill things up, and see that nothing is lost
	@FAULTS=full API_CASES=1000 $(WITH_SERVERS) $(PY) -m pytest tests/faults tests/fuzzing -p no:randomly -s

docs: setup  ## write what is generated from the code (API schema, data and feature dictionaries)
	@$(PY) -m creditportal.generated

screens: setup  ## keep a picture of every page in docs/screens
	@SCREENS=docs/screens $(WITH_SERVERS) $(PY) -m pytest -q tests/browser/test_every_page.py

messages: setup  ## collect the strings to translate into locale/, and list those without a translation
	@$(PY) manage.py messages_extract
