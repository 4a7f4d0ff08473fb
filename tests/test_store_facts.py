"""Past runs as rows: what the database takes out of them, and how they are filtered."""

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import BadInput
from core.store import Store
from core.store.migrations import STEPS
from core.types import (
    CHOICES,
    Answer,
    Chunk,
    Chunking,
    Generation,
    Given,
    Hit,
    Recipe,
    Retrieval,
    Run,
    Span,
    View,
    from_link,
    to_link,
)

HIT = Hit(
    chunk=Chunk(paper_id="p1", start=0, end=8, text="The lamp"),
    title="Lamp",
    pages=(1,),
    similarity=0.5,
    rank_before=1,
    rank=1,
)
PLAIN = Run(
    id="plain",
    key="k",
    question="When was the lamp lit?",
    paper_ids=(),
    recipe=Recipe(),
    answer=Answer(text="In 1900, I think.", finish_reason="stop", prompt_tokens=9, seconds=1.5),
    at="2026-01-01T10:00:00",
)
FOUND = replace(
    PLAIN,
    id="found",
    recipe=Recipe(
        chunking=Chunking(size=1200, overlap=200),
        evidence=Retrieval(reranker="ranker", candidates=10),
    ),
    hits=(HIT, replace(HIT, rank=2)),
    answer=Answer(text="In 1874 [1]; 注意力.", finish_reason="length", answer_tokens=5),
    at="2026-01-02T23:59:59",
)
GIVEN = replace(
    PLAIN,
    id="given",
    question="Was die Ampel sagt?",
    recipe=Recipe(evidence=Given(spans=(Span(paper_id="p2", start=0, end=4),)), generation=None),
    hits=(replace(HIT, chunk=replace(HIT.chunk, paper_id="p2")),),
    answer=None,
    at="2026-01-03T00:00:00",
    origin="import:a;b,c:d.txt",
)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(tmp_path / "triptych.sqlite")
    store.runs.keep_all([PLAIN, FOUND, GIVEN])
    return store


def ids(store: Store, view: View) -> list[str]:
    rows = store.facts.rows(view, 10)
    assert store.facts.count(view) == len(rows)
    return [row.id for row in rows]


def test_what_is_taken_out_of_a_run(store: Store) -> None:
    given_row, found, plain = store.facts.rows(View(), 10)
    assert (plain.arm, plain.chunker, plain.size, plain.top_k) == ("no_context", None, None, None)
    assert (plain.generator, plain.max_tokens) == (Generation().generator, 256)
    assert (plain.finish, plain.prompt_tokens, plain.seconds) == ("stop", 9, 1.5)
    assert (plain.cited, plain.hits, plain.answer_characters) == (0, 0, 17)
    assert (found.arm, found.size, found.overlap, found.reranker) == (
        "reranked",
        1200,
        200,
        "ranker",
    )
    assert (found.cited, found.hits, found.context_characters) == (1, 2, 16)
    assert (given_row.arm, given_row.size, given_row.finish) == ("given", None, None)
    assert given_row.answer_characters is None


def test_unknown_numbers_of_a_log_are_none(store: Store) -> None:
    gaps = Recipe(
        chunking=Chunking(chunker="unknown", size=800, overlap=0),
        evidence=Retrieval(),
        generation=Generation(max_tokens=0),
    )
    store.runs.keep(replace(PLAIN, id="log", recipe=gaps, at="2027"))
    row = store.facts.rows(View(), 1)[0]
    assert (row.size, row.overlap, row.max_tokens) == (800, None, None)


def test_runs_that_were_kept_before_are_taken_in(tmp_path: Path) -> None:
    path = tmp_path / "triptych.sqlite"
    store = Store(path)
    store.runs.keep_all([PLAIN, FOUND, GIVEN])
    rows = store.facts.rows(View(), 10)
    with sqlite3.connect(path) as connection:  # as it was before the step
        for kind, name in [
            ("TRIGGER", "run_kept"),
            ("VIEW", "run_values"),
            ("TABLE", "run_facts"),
            ("TABLE", "run_papers"),
            ("TABLE", "run_texts"),
        ]:
            connection.execute(f"DROP {kind} {name}")
        connection.execute(
            "DELETE FROM migrations WHERE name IN ('0004_run_facts', '0010_run_index')"
        )
    again = Store(path)
    assert again.facts.rows(View(), 10) == rows
    assert ids(again, View(text="1874")) == ["found"]
    assert ids(again, View(paper="p2")) == ["given"]


def test_a_run_kept_twice_is_one_row(store: Store) -> None:
    store.runs.keep(PLAIN)
    assert store.facts.count(View()) == 3


@pytest.mark.parametrize(
    ("view", "expected"),
    [
        (View(), ["given", "found", "plain"]),
        (View(text="lamp"), ["found", "plain"]),
        (View(text="LAM 19"), ["plain"]),
        (View(text="注意"), ["found"]),
        (View(text="意力"), ["found"]),
        (View(text="注力"), []),
        (View(text='"quoted" AND ('), []),
        (View(text="?!"), ["given", "found", "plain"]),
        (View(question="Was die Ampel sagt?"), ["given"]),
        (View(paper="p1"), ["found"]),
        (View(since="2026-01-02"), ["given", "found"]),
        (View(until="2026-01-02"), ["found", "plain"]),
        (View(chosen=(("arm", ("no_context", "given")),)), ["given", "plain"]),
        (View(chosen=(("size", ("1200",)),)), ["found"]),
        (View(chosen=(("reranker", ("none",)),)), ["given", "plain"]),
        (View(chosen=(("origin", ("import:a;b,c:d.txt",)),)), ["given"]),
        (View(text="lamp", chosen=(("finish", ("length",)),)), ["found"]),
    ],
)
def test_filters(store: Store, view: View, expected: list[str]) -> None:
    assert ids(store, view) == expected
    assert from_link(to_link(view)) == view


def test_pages_of_rows(store: Store) -> None:
    assert [row.id for row in store.facts.rows(View(), 2, 1)] == ["found", "plain"]


def test_values_to_choose_from_ignore_their_own_choice(store: Store) -> None:
    values = store.facts.values(View(chosen=(("arm", ("given",)),)))
    assert values["arm"] == [("given", 1), ("no_context", 1), ("reranked", 1)]
    assert values["generator"] == [("none", 1)]
    assert set(values) == set(CHOICES)
    assert store.facts.questions(View(), 1) == [("When was the lamp lit?", 2)]


def test_whole_runs_come_in_the_order_asked_for(store: Store) -> None:
    assert store.facts.runs(("found", "nothing", "plain")) == [FOUND, PLAIN]
    assert store.facts.known(("found", "nothing")) == {"found"}
    assert store.facts.runs(()) == []


def test_a_link_can_be_read() -> None:
    view = (
        View(text="whale oil").choosing("arm", ("retrieved", "reranked")).choosing("size", ("800",))
    )
    assert to_link(view) == "text:whale oil;arm:retrieved,reranked;size:800"
    assert to_link(view.choosing("arm", ())) == "text:whale oil;size:800"
    assert to_link(View()) == ""


@pytest.mark.parametrize("link", ["colour:blue", "arm", "since:yesterday", "text:a,b"])
def test_a_link_that_is_none_is_a_sentence(link: str) -> None:
    with pytest.raises(BadInput):
        from_link(link)


@settings(deadline=None)
@given(st.text(min_size=1, max_size=20), st.lists(st.text(min_size=1, max_size=8), min_size=1))
def test_any_view_comes_back_from_its_link(text: str, values: list[str]) -> None:
    view = View(text=text, chosen=(("origin", tuple(values)),))
    assert from_link(to_link(view)) == view


def test_the_steps_have_names_of_their_own() -> None:
    names = [name for name, _ in STEPS]
    assert len(names) == len(set(names))
