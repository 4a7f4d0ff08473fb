"""The store with real SQLite files."""

import sqlite3
import threading
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import Damaged, OutOfSpace, TriptychError
from core.store import Store
from core.types import Answer, Comparison, Paper, Recipe, Run, Sweep

PAPER = Paper(id="a" * 64, title="T", text="one two", source="t.txt", kind="text")
RUN = Run(
    id="r1",
    key="k1",
    question="Why?",
    paper_ids=(),
    recipe=Recipe(),
    answer=Answer(text="Because.", finish_reason="stop"),
    at="2026-01-01T00:00:00",
)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "triptych.sqlite")


def test_papers_come_back_and_go(store: Store) -> None:
    store.papers.keep(PAPER)
    store.papers.keep(replace(PAPER, title="another reading of the same bytes"))
    assert store.papers.get(PAPER.id) == PAPER
    assert [(row.title, row.characters) for row in store.papers.all()] == [("T", 7)]
    store.papers.remove([PAPER.id])
    assert store.papers.get(PAPER.id) is None


def test_runs_are_history(store: Store) -> None:
    store.runs.keep(RUN)
    store.runs.keep(replace(RUN, question="overwritten?"))
    assert store.runs.get("r1") == RUN


def test_a_set_of_papers_is_kept_once_whatever_its_size(store: Store) -> None:
    few, many = (("a" * 64,), tuple(f"{n:064x}" for n in range(1_000)))
    runs = [replace(RUN, id=f"r{n}", paper_ids=(*many[:-1], many[-1])) for n in range(3)]
    store.runs.keep_all([*runs, replace(RUN, id="few", paper_ids=few)])
    (sizes,) = store.database.rows("SELECT min(length(body)), max(length(body)) FROM runs")
    assert sizes[1] - sizes[0] < 10
    assert store.database.rows("SELECT count(*) FROM paper_sets")[0][0] == 2
    again = [store.runs.get(run.id) for run in runs]
    assert again == runs
    assert len({id(run.paper_ids) for run in again if run}) == 1
    assert store.facts.runs(("few", "r0")) == [replace(RUN, id="few", paper_ids=few), runs[0]]


def test_a_set_goes_with_the_last_that_names_it(store: Store) -> None:
    def sets() -> int:
        count: int = store.database.rows("SELECT count(*) FROM paper_sets")[0][0]
        return count

    for name, papers in {"one": "a", "two": "a", "three": "b"}.items():
        sweep = Sweep(
            id=name, name=name, at=RUN.at, questions=("Why?",), settings=(), paper_ids=(papers,)
        )
        store.sweeps.keep(sweep, f"key of {name}", "done", ())
        assert store.sweeps.sweep(name) == sweep
    store.runs.keep(replace(RUN, paper_ids=("b",)))
    assert sets() == 2
    store.sweeps.remove("one")
    store.sweeps.remove("three")
    assert sets() == 2  # another sweep, and a run
    store.sweeps.remove("two")
    assert sets() == 1


def test_a_run_whose_set_is_gone_is_told_and_the_database_is_not_whole(store: Store) -> None:
    store.runs.keep(replace(RUN, paper_ids=("a",)))
    assert store.database.faults() == []
    with closing(sqlite3.connect(store.database.path)) as other, other:
        other.execute("DELETE FROM paper_sets")
    with pytest.raises(Damaged, match="put back the last backup"):
        store.runs.get("r1")
    assert store.database.faults() == [
        "one of its runs names one of its paper_sets that is not there"
    ]


@pytest.mark.parametrize("finish", ["stopped", "error", "unknown"])
def test_unfinished_runs_never_answer(store: Store, finish: str) -> None:
    reply = Answer(text="Beca", finish_reason=finish)  # type: ignore[arg-type]
    store.runs.keep(replace(RUN, answer=reply))
    assert store.runs.for_key("k1") is None
    store.runs.keep(replace(RUN, id="r2", origin="import:log.txt"))
    assert store.runs.for_key("k1") is None
    store.runs.keep(replace(RUN, id="r3"))
    assert store.runs.for_key("k1") == replace(RUN, id="r3")


def test_comparisons_by_their_id_or_a_run_s(store: Store) -> None:
    store.runs.keep(RUN)
    store.runs.keep(replace(RUN, id="r2"))
    asked = Comparison(id="c", question="Why?", runs=(RUN, replace(RUN, id="r2")), at="2026")
    store.comparisons.keep(asked)
    assert store.comparisons.get("c") == asked
    alone = store.comparisons.get("r2")
    assert alone is not None
    assert alone.runs == (replace(RUN, id="r2"),)
    assert store.comparisons.get("nothing") is None
    assert [row.id for row in store.comparisons.latest()] == ["c"]


def test_what_is_kept_is_there_for_another_process(tmp_path: Path) -> None:
    path = tmp_path / "triptych.sqlite"
    Store(path).runs.keep(RUN)
    assert Store(path).runs.get("r1") == RUN


def test_many_threads_write_at_once(store: Store) -> None:
    def write(number: int) -> None:
        for turn in range(5):
            store.runs.keep(replace(RUN, id=f"{number}-{turn}", key=f"{number}"))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(store.runs.get(f"{n}-{t}") for n in range(8) for t in range(5))


def test_a_newer_schema_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "triptych.sqlite"
    Store(path)
    with sqlite3.connect(path) as connection:
        connection.execute("INSERT INTO migrations VALUES ('0999_from_the_future')")
    with pytest.raises(Damaged, match="newer Triptych"):
        Store(path)


def test_what_is_no_database_is_said_to_be_damaged(tmp_path: Path) -> None:
    path = tmp_path / "triptych.sqlite"
    path.write_bytes(b"this is no database, it is a note of some length" * 40)
    with pytest.raises(Damaged, match="damaged"):
        Store(path)


def test_a_full_disk_is_one_sentence_and_loses_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path / "triptych.sqlite")
    store.runs.keep(RUN)
    pages = store.database._connection.execute("PRAGMA page_count").fetchone()[0]
    store.database._connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(OutOfSpace, match="disk is full"):
        store.papers.keep(replace(PAPER, text="long " * 100_000))
    assert store.papers.all() == []
    assert store.runs.get("r1") == RUN


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(TriptychError, match="cannot be used"):
        Store(tmp_path / "file" / "triptych.sqlite")


def test_rerank_scores(store: Store) -> None:
    store.scores.keep({"a": 0.5, "b": 0.25})
    assert store.scores.known(["a", "c"]) == {"a": 0.5}
    assert store.database.faults() == []


def test_a_transaction_that_fails_at_its_end_is_over(store: Store) -> None:
    """As on a full disk: else the next one would be a part of it, and never be kept."""
    with pytest.raises(TriptychError), store.database.writing() as connection:
        connection.execute("PRAGMA defer_foreign_keys = ON")
        connection.execute(
            "INSERT INTO cells (sweep_id, question, setting, status, sentence)"
            " VALUES ('nowhere', 0, 0, 'done', '')"
        )
    store.runs.keep(RUN)
    assert Store(store.database.path).runs.get("r1") == RUN


def test_a_transaction_within_another_is_a_part_of_it(store: Store) -> None:
    other = Store(store.database.path)
    with pytest.raises(ValueError, match="no"), store.database.writing():
        store.runs.keep(RUN)
        raise ValueError("no")
    assert store.runs.get("r1") is None
    with store.database.writing():
        store.runs.keep(RUN)
        assert other.runs.get("r1") is None
    assert other.runs.get("r1") == RUN


def test_what_is_read_together_is_of_one_moment(store: Store) -> None:
    other = Store(store.database.path)
    with store.database.reading():
        assert store.runs.get("r1") is None
        other.runs.keep(RUN)
        assert store.runs.get("r1") is None
    assert store.runs.get("r1") == RUN
