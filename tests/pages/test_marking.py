"""Gold marked in the Library under Streamlit's own test harness: a hand in place of the browser."""

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.lab import Lab
from core.types import Question, Span
from pages.ui.library import gold_editor
from pages.ui.shared.highlighted_text import Asked, Mark, page_text
from tests.pages.conftest import marked, texts
from tests.support import pdfs

WHEN = "When was the lamp lit?"


class Hand:
    """Selects a passage and types a question to it, as the text's own script would tell."""

    def __init__(self, app: AppTest) -> None:
        self.app = app
        self.waiting: list[tuple[str, Asked]] = []
        self.another = ""

    def page_text(
        self,
        key: str,
        text: str,
        marks: Iterable[Mark],
        asked: Callable[[Asked], None],
        another: str,
    ) -> None:
        self.another = another
        while self.waiting:
            passage, typed = self.waiting.pop()
            start = text.index(passage)
            told = Asked(
                start=start,
                end=start + len(passage),
                quote=typed.quote or passage,
                question=typed.question,
                reference=typed.reference,
                held_out=typed.held_out,
                each_answers=typed.each_answers,
            )
            asked(told)
        page_text(key, text, marks, asked, another)

    def types(
        self,
        question: str,
        passage: str,
        reference: str = "",
        *,
        held_out: bool = False,
        quote: str = "",
        each_answers: bool = False,
    ) -> None:
        typed = Asked(
            start=0,
            end=0,
            quote=quote,
            question=question,
            reference=reference,
            held_out=held_out,
            each_answers=each_answers,
        )
        self.waiting.append((passage, typed))
        self.app.run()  # in the browser it is told before the page is drawn
        self.app.run()
        assert not self.app.exception


@pytest.fixture
def hand(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> Hand:
    hand = Hand(app)
    monkeypatch.setattr(gold_editor, "page_text", hand.page_text)
    return hand


def opened(app: AppTest, paper_id: str) -> None:
    app.run()
    app.switch_page("pages/library.py")
    app.query_params["paper"] = paper_id
    app.run()
    assert not app.exception


def lamp(lab: Lab) -> str:
    return next(row.id for row in lab.papers.all() if row.source == "lamp.md")


def golden(app: AppTest) -> list[str]:
    """What is marked as gold in the text on the page."""
    (text,) = marked(app)
    return [piece["text"] for piece in text if "gold" in piece["kinds"]]


def test_story_mark_list_and_undo(app: AppTest, lab: Lab, hand: Hand) -> None:
    paper = lamp(lab)
    opened(app, paper)
    app.segmented_control(key="library.view.markdown").set_value("Text that is searched").run()
    assert "Select a passage" in texts(app)
    hand.types(WHEN, " lit in 1874 ", "In 1874.")
    (kept,) = lab.questions.all()
    (span,) = kept.question.gold
    assert lab.papers.get(paper).text[span.start : span.end] == "lit in 1874"
    assert (kept.question.text, kept.question.reference) == (WHEN, "In 1874.")
    assert golden(app) == ["lit in 1874"]
    assert f"Kept: {WHEN[:-1]}" in texts(app)
    assert "**1 question** with gold in this paper" in texts(app)

    assert hand.another == WHEN
    hand.types(WHEN, "to this day")
    assert "Asked here already, so it has 2 passages now" in texts(app)
    assert golden(app) == ["lit in 1874", "to this day"]
    hand.types(WHEN, "to this day")
    assert "Known with this passage" in texts(app)
    assert "before that: Asked here already" in texts(app)
    assert app.button(key="library.gold.undo").label == "Undo the one before"

    hand.types("What does it burn?", "whale oil")
    assert "Known with this passage" not in texts(app)
    assert "before that: Asked here already" in texts(app)
    assert len(lab.questions.all()) == 2
    app.button(key="library.gold.undo").click().run()
    (kept,) = lab.questions.all()
    assert len(kept.question.gold) == 2
    app.button(key="library.gold.undo").click().run()
    (once,) = lab.questions.all()
    assert len(once.question.gold) == 1
    app.button(key="library.gold.undo").click().run()
    assert lab.questions.all() == []
    assert "library.gold.undo" not in {button.key for button in app.button}
    hand.types(WHEN, "lit in 1874", "In 1874.")
    (kept,) = lab.questions.all()

    app.button(key=f"library.gold.delete.{kept.id}").click().run()
    assert lab.questions.all() == []
    assert "Deleted" in texts(app)
    app.button(key="library.gold.undo").click().run()
    assert lab.questions.all() == [kept]


def test_another_answer_is_an_alternative_until_a_click(app: AppTest, lab: Lab, hand: Hand) -> None:
    opened(app, lamp(lab))
    app.segmented_control(key="library.view.markdown").set_value("Text that is searched").run()
    hand.types(WHEN, "lit in 1874")
    hand.types(WHEN, "to this day", each_answers=True)
    assert "so it has 2 passages now, in 2 alternatives" in texts(app)
    for label, alternatives in (("any one", 2), ("together", 1), ("any one", 2)):
        (kept,) = lab.questions.all()
        assert len(kept.question.alternatives) == alternatives
        group = app.button(key=f"library.gold.group.{kept.id}")
        assert group.label == label
        group.click().run()
    assert "Needed together" in texts(app)


def test_held_out_questions_are_counted_and_hidden(app: AppTest, lab: Lab, hand: Hand) -> None:
    opened(app, lamp(lab))
    app.segmented_control(key="library.view.markdown").set_value("Text that is searched").run()
    hand.types(WHEN, "lit in 1874", held_out=True)
    assert "Kept, for the test set" in texts(app)
    assert lab.questions.all() == []
    (kept,) = lab.questions.all(held_out=True)
    assert golden(app) == []
    assert app.toggle(key="library.gold.held_out").label == "Show the 1 question of the test set"
    app.toggle(key="library.gold.held_out").set_value(True).run()
    assert golden(app) == ["lit in 1874"]
    app.button(key=f"library.gold.aside.{kept.id}").click().run()
    assert [each.id for each in lab.questions.all()] == [kept.id]
    app.button(key=f"library.gold.aside.{kept.id}").click().run()
    assert [each.id for each in lab.questions.all(held_out=True)] == [kept.id]


def test_what_cannot_be_kept_says_why(app: AppTest, lab: Lab, hand: Hand) -> None:
    opened(app, lamp(lab))
    app.segmented_control(key="library.view.markdown").set_value("Text that is searched").run()
    hand.types(WHEN, "lit in 1874", quote="lit in 1875")
    assert "The text on screen is not" in app.error[0].value
    hand.types(WHEN, "\n\n")
    assert "has no text from" in app.error[0].value
    assert lab.questions.all() == []
    hand.types(WHEN, "lit in 1874")
    (kept,) = lab.questions.all()
    lab.questions.set_aside(kept, True)  # in another window
    app.button(key="library.gold.undo").click().run()
    assert "has changed meanwhile" in app.error[0].value


def test_offsets_count_from_the_paper_and_a_click_turns_the_page(
    app: AppTest, lab: Lab, hand: Hand, tmp_path: Path
) -> None:
    path = tmp_path / "two.pdf"
    path.write_bytes(pdfs.pdf(pdfs.text("The first page"), pdfs.text("a second PAGE here")))
    row = lab.papers.add(path).paper
    assert row
    opened(app, row.id)
    app.number_input(key=f"library.page.{row.id}").set_value(2).run()
    hand.types("Which page?", "second PAGE")
    (kept,) = lab.questions.all()
    (span,) = kept.question.gold
    assert lab.papers.get(row.id).text[span.start : span.end] == "second PAGE"
    app.number_input(key=f"library.page.{row.id}").set_value(1).run()
    assert golden(app) == []
    go = app.button(key=f"library.gold.go.{kept.id}")
    assert go.label == "p. 2 · Which page\\?"
    go.click().run()
    assert not app.exception
    assert app.number_input(key=f"library.page.{row.id}").value == 2
    (text,) = marked(app)
    assert [each["text"] for each in text if "here" in each["kinds"]] == ["second PAGE"]


def test_gold_that_runs_over_a_page_is_marked_on_both(
    app: AppTest, lab: Lab, tmp_path: Path
) -> None:
    path = tmp_path / "two.pdf"
    path.write_bytes(pdfs.pdf(pdfs.text("The first page"), pdfs.text("a second PAGE here")))
    row = lab.papers.add(path).paper
    assert row
    paper = lab.papers.get(row.id)
    start, end = paper.text.index("first"), paper.text.index(" PAGE")
    span = Span(paper_id=row.id, start=start, end=end)
    lab.questions.keep(Question(text="Which?", gold=(span,)))
    opened(app, row.id)
    assert [each.strip() for each in golden(app)] == ["first page"]
    app.number_input(key=f"library.page.{row.id}").set_value(2).run()
    assert golden(app) == ["a second"]
