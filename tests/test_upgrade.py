"""Databases of every released schema, as tests/fixtures/schemas keeps them, opened by this version.

A new step brings a file of its own there: what it makes, and what somebody might put in.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from core.cards import schedule
from core.errors import Damaged
from core.lab import Lab
from core.settings import Settings
from core.store import EVERY, Scope, Store
from core.store.migrations import STEPS
from core.types import PaperFilter, View
from tests.support.databases import SCHEMAS, database_of

PAPER = "4b17122f7e43d0ba2e261a4aec60180cab3dae1cd1d136983da97a9451337ef3"
EACH = pytest.mark.parametrize("schema", range(1, len(SCHEMAS) + 1), ids=lambda n: f"{n:04}")


def test_every_released_schema_has_its_file() -> None:
    names = [name for name, _ in STEPS]
    kept = [file.stem for file in SCHEMAS]
    assert kept == names[: len(kept)]
    assert len(kept) >= len(names) - 1  # the newest step may not have been released yet


@EACH
def test_it_becomes_the_present_one(tmp_path: Path, schema: int) -> None:
    store = Store(database_of(schema, tmp_path / "old" / "triptych.sqlite"))
    done = [row["name"] for row in store.database.rows("SELECT name FROM migrations ORDER BY name")]
    assert done == [name for name, _ in STEPS]
    assert store.database.shape() == Store(tmp_path / "fresh.sqlite").database.shape()
    assert store.database.faults() == []


@EACH
def test_everything_is_still_there(tmp_path: Path, schema: int) -> None:
    data = tmp_path / "data"
    store = Store(database_of(schema, data / "triptych.sqlite"))
    paper = store.papers.get(PAPER)
    assert paper
    assert paper.text.endswith("灯塔很亮。")
    assert [(row.title, row.pages, row.characters) for row in store.papers.all()] == [
        ("The lamp of Varn", 1, len(paper.text))
    ]
    assert [refusal.name for refusal in store.papers.refusals()] == ["scan.pdf"]
    assert store.scores.known(["a key of scores"]) == {"a key of scores": 0.5}
    comparison = store.comparisons.get("both")
    assert comparison
    first, second = comparison.runs
    assert first.answer
    assert (first.answer.text, first.answer.seconds) == ("In 1874 [1]. 灯塔", 1.25)
    (hit,) = first.hits
    assert hit.chunk.text == paper.text[hit.chunk.start : hit.chunk.end] == "was lit in 1874"
    assert (hit.similarity, hit.rank_before, hit.rerank_score) == (0.75, 2, 0.9)
    assert second.recipe.evidence is None
    assert store.runs.for_key("key-one") == first
    assert (first.paper_ids, second.paper_ids) == ((PAPER,), ())
    assert store.runs.for_key("key-two") is None  # it was stopped

    lab = Lab(Settings(data=data))
    for words in ("whale", "灯塔", "varn lit"):
        assert lab.papers.ids(PaperFilter(text=words, languages=("English",))) == (PAPER,)
    assert [row.year for row in lab.papers.all()] == [1874 if schema >= 7 else None]
    assert lab.papers.count(PaperFilter(text="rub")) == (schema >= 7)  # an author, Rübe
    assert store.database.rows("SELECT * FROM removed_papers") == []
    runs = ["run-five"] * (schema >= 10) + ["run-four"] * (schema >= 9)
    runs += ["run-three"] * (schema >= 4) + ["run-two", "run-one"]
    assert [row.id for row in lab.runs.rows(View())] == runs  # their facts, newest first
    found = lab.runs.rows(View(text="灯塔"))
    assert {row.id for row in found} == {*runs} - {"run-two"}
    assert {(row.arm, row.size) for row in found} == {("reranked", 200)}
    by_chroma = [row.id for row in found if row.index != "exact"]
    assert by_chroma == ["run-five"] * (schema >= 10)

    if schema >= 2:
        (row,) = lab.sweeps.all()
        assert (row.status, row.done, row.queued) == ("stopped", 1, 1)
        done, _ = lab.sweeps.cells(row.id)
        assert (done.run_id, done.similarity) == ("run-one", 0.75)
        assert lab.sweeps.sweep(row.id).settings[0].recipe.chunking.size == 200
        assert store.sweeps.unfinished("key-of-sweep") == row.id
        assert lab.sweeps.sweep(row.id).paper_ids == (PAPER,)
    if schema >= 3:
        cards = lab.cards.find(EVERY)
        assert [(card.id, card.answer) for card in cards] == [
            ("card-one", "In 1874."),
            ("card-two", "Very."),
        ]
        span = cards[0].span
        assert span
        assert paper.text[span.start : span.end] == "was lit in 1874"
        assert [card.id for card in lab.cards.find(Scope(words="亮"))] == ["card-two"]
        assert lab.cards.tags() == ["light", "rating-8"]
        ada = lab.study.learner("ada")
        assert ada.zone == "Europe/Berlin"
        assert [review.rating for review in lab.study.reviews(ada)] == [3, 3]  # one taken back
        assert lab.study.studied(ada, "card-one").memory == schedule.remember(
            lab.study.reviews(ada)
        )
        assert lab.study.studied(ada, "card-two").suspended
        assert [card.question for card in store.cards.proposed(PAPER)] == ["What burns?"]
        assert lab.cards.undo(1).answer == "Yes."
    if schema >= 5:
        (kept,) = lab.questions.all()
        assert kept.question.text == "When was the lamp of Varn lit?"
        assert kept.question.gold[0].start == paper.text.index("was lit")
    if schema >= 6:
        (played,) = store.classes.rounds("class-one")
        assert (played.revealed, played.run_ids) == (True, ("run-two", "run-one"))
        assert lab.classes.tally(played) == {"read": {"run-one": 1, "run-two": 1}}
        assert lab.classes.score("class-one") == (1, 2)
        assert lab.classes.now() is None
    if schema >= 9:
        named = store.runs.for_key("key-four")
        assert named
        assert named.paper_ids is first.paper_ids
    if schema >= 13:
        assert [(each.grader, each.said) for each in lab.grades.all()] == [("Ada", "5")]


def test_what_was_indexed_as_it_stood_is_found_folded(tmp_path: Path) -> None:
    path = database_of(10, tmp_path / "triptych.sqlite")
    odd = "３２ micro\u00adscopes, state‑of‑the‑art"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.create_function("searchable", 1, lambda text: text)  # as before
        connection.execute("UPDATE papers SET title = ?", (odd,))
        connection.execute("UPDATE runs SET question = ?", (odd,))
        connection.execute("UPDATE cards SET question = ?", (odd,))
    lab = Lab(Settings(data=tmp_path))
    typed = "32 microscopes state-of-the-art"
    assert lab.papers.ids(PaperFilter(text=typed)) == (PAPER,)
    assert lab.runs.rows(View(text=typed))
    assert lab.cards.find(Scope(words=typed))
    lab.papers.remove(PAPER)
    assert lab.papers.ids(PaperFilter(text=typed)) == ()


@EACH
def test_a_newer_one_is_refused_and_left_alone(tmp_path: Path, schema: int) -> None:
    path = database_of(schema, tmp_path / "triptych.sqlite")
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("INSERT INTO migrations VALUES ('0999_from_the_future')")
    before = contents(path)
    with pytest.raises(Damaged, match=r"newer Triptych \(it knows 0999_from_the_future\)"):
        Lab(Settings(data=tmp_path))
    assert contents(path) == before


def contents(path: Path) -> list[object]:
    with closing(sqlite3.connect(path)) as connection:
        return [
            *connection.execute("SELECT name, sql FROM sqlite_schema ORDER BY name"),
            *connection.execute("SELECT name FROM migrations ORDER BY name"),
            *connection.execute("SELECT * FROM runs ORDER BY id"),
        ]
