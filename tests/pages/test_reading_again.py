"""Papers read again under Streamlit's own test harness: the ways to it, and what is shown then."""

from dataclasses import replace
from threading import Event

import pytest
from streamlit.testing.v1 import AppTest

from core.lab import Lab
from core.tasks import result_of
from core.types import Card, Span, file_id_of
from tests.pages.conftest import texts
from tests.support import pdfs
from tests.support.labs import asked, uploaded
from tests.support.readings import as_before

RAGGED = (
    "The tide at Varn\n\nThe tide rises\nfour metres and\nfalls twice a day.\n\nQvgr gur gvqr.\n"
)
NOTE = "earlier reading of"


def library(app: AppTest, **query: str) -> AppTest:
    app.run()
    app.switch_page("pages/library.py")
    for name, value in query.items():
        app.query_params[name] = value
    return app.run()


def tide(lab: Lab) -> str:
    (row,) = [row for row in lab.papers.all() if row.source == "tide.txt"]
    return as_before(lab, row.id, RAGGED)


def at(paper_id: str, words: str) -> Span:
    start = RAGGED.index(words)
    return Span(paper_id=paper_id, start=start, end=start + len(words))


def pressed(app: AppTest, key: str) -> AppTest:
    app.button(key=key).click().run()
    if "library.reading" in app.session_state:
        assert app.session_state["library.reading"].join(20)
        app.run()
    assert not app.exception
    return app


def test_one_click_reads_the_opened_paper_again_and_leads_to_its_new_text(
    app: AppTest, lab: Lab
) -> None:
    old = tide(lab)
    lab.questions.mark("How far?", [at(old, "four metres"), at(old, "Qvgr gur gvqr")])
    pressed(library(app, paper=old, at="20-30"), f"library.again.{old}")
    said = texts(app)
    assert "Read again: **1 with a new text, 1 passage moved along**" in said
    assert "kept with its question or card: “Qvgr gur gvqr”" in said
    assert old not in app.query_params["paper"]
    assert "at" not in app.query_params
    assert "A passage of an earlier reading stands no more in this text: “Qvgr gur gvqr”" in said
    pressed(app, "library.reading.dismiss")
    assert "with a new text" not in texts(app)


def test_those_selected_are_read_again_together(app: AppTest, lab: Lab) -> None:
    tide(lab)
    library(app)
    app.button(key="library.select.all").click().run()
    pressed(app, "library.again")
    assert "**1 with a new text, 1 as before**" in texts(app)


def test_what_the_first_version_read_is_offered_at_once(app: AppTest, lab: Lab) -> None:
    paper = uploaded(lab, "sea.pdf", pdfs.pdf(pdfs.text("The sea is wide."))).paper
    assert paper
    first = replace(lab.papers.get(paper.id), id=file_id_of(paper.id), text="The sea\nis wide.")
    lab._store.readings.put(paper.id, first, {}, {})
    lab.papers.get.cache_clear()
    assert "1 PDF read by an earlier version" in texts(library(app))
    pressed(app, "library.first")
    assert "Read again: **" in texts(app)


def test_a_sweep_under_way_is_named_instead(
    app: AppTest, lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lab.sweeps, "running", lambda: "All sizes")
    old = tide(lab)
    pressed(library(app, paper=old), f"library.again.{old}")
    assert "The sweep “All sizes” is under way" in texts(app)
    assert lab.papers.row(old)


def test_compare_and_runs_mark_what_an_earlier_text_answered(app: AppTest, lab: Lab) -> None:
    old = tide(lab)
    comparison = asked(lab, question="The tide rises four metres and falls twice a day?")
    app.run()
    app.query_params["run"] = comparison.id
    assert NOTE not in texts(app.run())
    result_of(lab.read_again([old], Event()))
    assert texts(app.run()).count(NOTE) == 2
    assert not [each for each in app.button if str(each.key).startswith("off-")]
    app.switch_page("pages/runs.py")
    app.query_params["view"] = "origin:lab"
    app.run()
    assert "2 runs on this page made with other readings" in texts(app)
    assert list(app.dataframe[0].value["reading"]).count("another") == 2


def test_a_cards_lost_place_is_shown_by_its_words(app: AppTest, lab: Lab) -> None:
    old = tide(lab)
    span = at(old, "Qvgr gur gvqr")
    lab._store.cards.keep([Card(id="one", deck="Varn", question="?", answer="!", span=span)])
    result_of(lab.read_again([old], Event()))
    app.run()
    app.switch_page("pages/cards.py")
    app.query_params["card"] = "one"
    app.run()
    shown = [each.key for each in app.button if "Show the place" in each.label]
    app.button(key=shown[0]).click().run()
    assert "these words stand no more in its text" in texts(app)
    assert "Qvgr gur gvqr" in texts(app)
