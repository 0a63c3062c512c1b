# Two commands are enough on a fresh machine with Python 3.11 or later: make generate, make test.

PYTHON ?= python3
VENV ?= .venv
JOBS ?= auto
PYTEST_ARGS ?=
BIN := $(VENV)/bin
# google/api is input of generated/: another version of it may give other descriptors.
GOOGLE_API := googleapis-common-protos==1.76.0

.PHONY: generate check check-oldest test lint format serve conformance conformance-compiled differential fuzz bench bench-compiled clean help

help:
	@echo 'make generate     regenerate generated/ from proto/ and print what changed'
	@echo 'make check        fail where generated/ is not what proto/ gives'
	@echo 'make check-oldest the same with the oldest dependencies that pyproject.toml admits'
	@echo 'make test         run all tests'
	@echo 'make lint         ruff, mypy and pyright, on the generator and on generated/'
	@echo 'make format       let ruff rewrite the generator and the tests'
	@echo 'make serve        start the example service on this machine'
	@echo 'make conformance  run the official protobuf conformance suite'
	@echo 'make conformance-compiled  the same over codecs that mypyc has compiled, which takes minutes'
	@echo 'make fuzz         random texts and messages, with protovalidate as the judge (FORMATS= MESSAGES= SEED=)'
	@echo 'make differential  compare codecs with google.protobuf on DECODES=$(DECODES) damaged messages (SEED=)'
	@echo 'make bench        run the measurements of bench/'
	@echo 'make bench-compiled  compile a generated codec with mypyc and measure it'
	@echo 'variables: PYTHON=$(PYTHON) VENV=$(VENV) JOBS=$(JOBS) PYTEST_ARGS='

.DEFAULT_GOAL := help

# The generator alone: what `make generate` and `make check` need.
$(VENV)/.generator: pyproject.toml hatch_build.py
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "$(PYTHON) is %d.%d; Python 3.11 or later is needed: make PYTHON=..." % sys.version_info[:2])'
	@test -x $(BIN)/python || { echo 'creating $(VENV)'; $(PYTHON) -m venv $(VENV); }
	@echo 'installing the generator into $(VENV)'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[rules]' $(GOOGLE_API)
	@touch $@

# And what tests, linters and the example need.
$(VENV)/.dev: $(VENV)/.generator
	@echo 'installing the development tools into $(VENV)'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

generate: $(VENV)/.generator
	@$(BIN)/protoc-gen-pds generate --clean

check: $(VENV)/.generator
	@$(BIN)/protoc-gen-pds check

# The same answer with the oldest dependencies that pyproject.toml admits.
$(VENV)-oldest/.generator: pyproject.toml hatch_build.py
	@$(PYTHON) -m venv $(VENV)-oldest
	@$(PYTHON) -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["dependencies"], sep="\n")' \
		| sed 's/>=/==/' > $(VENV)-oldest/constraints.txt
	@$(VENV)-oldest/bin/python -m pip install --quiet --disable-pip-version-check \
		--constraint $(VENV)-oldest/constraints.txt --editable '.[rules]'
	@touch $@

check-oldest: $(VENV)/.generator $(VENV)-oldest/.generator
	@cat $(VENV)-oldest/constraints.txt
	@$(VENV)-oldest/bin/protoc-gen-pds check -I proto -I "$$($(BIN)/python -c \
		'import google.api.annotations_pb2 as a, pathlib; print(pathlib.Path(a.__file__).parents[2])')"

# betterproto 2 and betterproto 1, which the development tools bring, are one package: each needs its own environment.
$(VENV)-betterproto2/.installed:
	@echo 'installing betterproto 2 into $(VENV)-betterproto2'
	@$(PYTHON) -m venv $(VENV)-betterproto2
	@$(VENV)-betterproto2/bin/python -m pip install --quiet --disable-pip-version-check betterproto==2.0.0b7
	@touch $@

test: $(VENV)/.dev $(VENV)-betterproto2/.installed
	BETTERPROTO2_PYTHON=$(abspath $(VENV)-betterproto2/bin/python) $(BIN)/python -m pytest -n $(JOBS) --dist loadfile $(PYTEST_ARGS)

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/ruff format --isolated --check generated
	$(BIN)/mypy
	$(BIN)/mypy --strict generated
	$(BIN)/pyright --pythonpath $(BIN)/python --project generated.pyright.json

format: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

serve: $(VENV)/.dev
	$(BIN)/python -m examples.backup_service

conformance: $(VENV)/.dev
	$(BIN)/python tests/conformance/run.py

conformance-compiled: $(VENV)/.dev
	$(BIN)/python tests/conformance/run.py --compiled

# For the night: another seed each time, which is printed with the command that repeats the run.
SEED ?=
seeded = seed=$(SEED); seed=$${seed:-$$($(BIN)/python -c 'import random; print(random.randrange(1, 2**32))')}; echo "make $@ $(1) SEED=$$seed"

# About four minutes. The tests run the same with fewer.
FORMATS ?= 1000000
MESSAGES ?= 1000000

fuzz: $(VENV)/.dev
	@$(call seeded,FORMATS=$(FORMATS) MESSAGES=$(MESSAGES)); \
	$(BIN)/python tests/test_formats.py $(FORMATS) $$seed && \
	$(BIN)/python tests/test_validators_fuzz.py $(MESSAGES) $$seed

# How many damaged messages are decoded, by ours and by google.protobuf.
DECODES ?= 100000

differential: $(VENV)/.dev
	@$(call seeded,DECODES=$(DECODES)); \
	DECODES=$(DECODES) $(BIN)/python -m pytest -n $(JOBS) tests/test_differential.py --hypothesis-seed=$$seed

# All of bench/, or some: make bench BENCHES='codec generate'.
BENCHES ?= $(patsubst bench/%/__main__.py,%,$(wildcard bench/*/__main__.py))

bench: $(VENV)/.dev
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[bench]'
	for each in $(BENCHES); do $(BIN)/python -m bench.$$each || exit; done

bench-compiled: $(VENV)/.dev
	$(BIN)/python -m bench.codec --compiled

clean:
	rm -rf $(VENV) $(VENV)-oldest $(VENV)-betterproto2 .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist
