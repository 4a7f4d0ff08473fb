"""The questions of the whole library under Streamlit's own test harness."""

import json
from collections.abc import Callable
from types import SimpleNamespace

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.lab import Lab
from core.types import Card, Question, Span
from pages.ui.library import finding
from tests.pages.conftest import texts


@pytest.fixture
def library(app: AppTest) -> AppTest:
    app.run()
    return app.switch_page("pages/library.py").run()


def test_the_samples_come_with_their_papers(library: AppTest, lab: Lab) -> None:
    assert "Open a paper, select a passage" in texts(library)
    library.button(key="library.questions.samples").click().run()
    assert not library.exception
    assert len(lab.papers.all()) == 8
    assert "**24 added**, 0 known before, 0 not taken" in texts(library)
    assert "**24 questions**" in texts(library)
    assert "library.questions.samples" not in {button.key for button in library.button}
    library.button(key="library.questions.dismiss").click().run()
    assert "24 added" not in texts(library)


def test_a_file_comes_in_with_a_report(library: AppTest, lab: Lab) -> None:
    gold = [{"paper": "lamp.md", "quote": "lit in 1874"}]
    near = [{"paper": "lamp.md", "quote": "burns fish oil to this day"}]
    lines = [
        {"question": "When?", "gold": gold},
        {"question": "When?", "gold": gold},
        {"question": "What?", "gold": near},
    ]
    data = "\n".join([*map(json.dumps, lines), "no json"]).encode()
    library.checkbox(key="library.questions.aside.0").check()
    library.file_uploader(key="library.questions.file.0").set_value(
        ("q.jsonl", data, "application/json")
    ).run()
    assert not library.exception
    assert "q\\.jsonl: **1 added**, 1 known before, 2 not taken" in texts(library)
    assert "**0 questions** to choose settings with · **1** kept for the test set" in texts(library)
    (table,) = library.dataframe
    assert list(table.value["line"]) == [3, 4]
    assert list(table.value["most like it"]) == ["burns whale oil to this day.", ""]
    assert "does not stand in" in table.value["why"][0]
    (pasted,) = library.code
    assert json.loads(pasted.value)["quote"] == "burns whale oil to this day."
    assert "Line 3 · page 1" in texts(library)
    assert [each.question.text for each in lab.questions.all(held_out=True)] == ["When?"]


def test_a_file_that_is_none_of_questions(library: AppTest, lab: Lab) -> None:
    library.file_uploader(key="library.questions.file.0").set_value(
        ("q.csv", b"question,answer\n", "text/csv")
    ).run()
    assert "no column called" in library.error[0].value
    assert lab.questions.all() == []


def test_cards_become_questions(library: AppTest, lab: Lab) -> None:
    assert "No card knows its place" in texts(library)
    paper = lab.papers.all()[0].id
    span = Span(paper_id=paper, start=2, end=6)
    cards = [Card(id="a", deck="D", question="Why?", answer="So.", span=span)]
    lab._store.cards.keep([*cards, Card(id="b", deck="D", question="Who?", answer="Ada.")])
    library.run()
    assert library.button(key="library.questions.take").label == "Take 1 card as questions"
    library.button(key="library.questions.take").click().run()
    assert not library.exception
    (kept,) = lab.questions.all()
    assert (kept.question.text, kept.question.gold) == ("Why?", (span,))
    library.button(key="library.questions.take").click().run()
    assert "D: **0 added**, 1 known before" in texts(library)


def test_all_are_looked_through(library: AppTest, lab: Lab) -> None:
    paper = lab.papers.all()[0]
    for number in range(3):
        gold = (Span(paper_id=paper.id, start=number, end=9),) if number else ()
        lab.questions.keep(Question(text=f"Number {number}?", gold=gold, origin="q.jsonl"))
    library.run()
    library.button(key="library.questions.all").click().run()
    assert not library.exception
    (table,) = library.dataframe
    assert list(table.value["question"]) == ["Number 0?", "Number 1?", "Number 2?"]
    assert list(table.value["in"]) == ["", paper.title, paper.title]
    assert library.button(key="library.questions.delete").disabled


def test_what_was_deleted_comes_back(
    library: AppTest, lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    for text in ("Why?", "Who?", "When?"):
        lab.questions.keep(Question(text=text))
    library.run()
    monkeypatch.setattr(st, "dataframe", chosen(0, 2))
    library.button(key="library.questions.all").click().run()
    library.button(key="library.questions.delete").click().run()
    assert not library.exception
    assert [each.question.text for each in lab.questions.all()] == ["Who?"]
    assert "2 questions deleted" in texts(library)
    library.button(key="library.questions.undo").click().run()
    assert {each.question.text for each in lab.questions.all()} == {"Why?", "Who?", "When?"}


def test_some_are_held_out_and_taken_in_again(
    library: AppTest, lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    for text in ("Why?", "Who?", "When?"):
        lab.questions.keep(Question(text=text))
    library.run()
    monkeypatch.setattr(st, "dataframe", chosen(1))
    library.button(key="library.questions.all").click().run()
    library.button(key="library.questions.move").click().run()
    assert [each.question.text for each in lab.questions.all(held_out=True)] == ["Who?"]
    assert "**2 questions** to choose settings with · **1** kept for the test set" in texts(library)
    monkeypatch.setattr(st, "dataframe", chosen(0))
    library.session_state["library.questions.held_out"] = True
    library.button(key="library.questions.all").click().run()
    library.button(key="library.questions.move").click().run()
    assert lab.questions.all(held_out=True) == []


def chosen(*rows: int) -> Callable[..., SimpleNamespace]:
    """A table in which a person has chosen these rows; the harness knows no such click."""
    return lambda *_, **__: SimpleNamespace(selection=SimpleNamespace(rows=list(rows)))


def test_a_passage_is_found_and_kept_for_a_question(
    library: AppTest, lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = "When was the lamp of Varn lit?"
    library.button(key="library.finding.open").click().run()
    assert "found without embedder, index or reranker" in texts(library)
    # The harness closes a dialog with every click.
    monkeypatch.setattr(finding, "button", lambda: finding.search(None))
    library.run()
    library.text_input(key="library.finding.question").set_value("Of what?").run()
    assert "None of its words tells of a subject" in texts(library)
    library.text_input(key="library.finding.question").set_value("Any zebras?").run()
    assert "No place holds any" in texts(library)
    library.text_input(key="library.finding.question").set_value(asked).run()
    assert "lamp, varn, lit" in texts(library).replace("\\", "")
    assert library.button(key="library.finding.keep").disabled
    boxes = [each for each in library.checkbox if str(each.key).startswith("library.finding.pick")]
    for box in boxes[:2]:
        box.check()
    library.run()
    assert library.button(key="library.finding.keep").label == "Keep with 2 passages"
    library.button(key="library.finding.keep").click().run()
    assert not library.exception
    (kept,) = lab.questions.all()
    assert (kept.question.text, kept.question.origin) == (asked, "found by its words")
    assert len(kept.question.alternatives) == 2
    assert "Kept with 2 passages, any of 2 alternatives" in texts(library)
    assert library.text_input(key="library.finding.question").value == ""
    library.button(key="library.finding.undo").click().run()
    assert lab.questions.all() == []
