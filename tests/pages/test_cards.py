"""Cards under Streamlit's own test harness."""

from datetime import UTC, datetime

import pytest
from streamlit.testing.v1 import AppTest

from core.cards.proposing import Proposing
from core.lab import Lab
from core.settings import ROOT
from core.store import EVERY, Scope
from core.types import Card, Span
from tests.pages.conftest import texts

RICH = Card(
    id="rich",
    deck="Sea",
    title="High <b>water</b>",
    background="Known: \\(a < b\\), for $23 or $5.",
    question="What is \\[x^2\\]?",
    answer="```java\nint a = 1; // $x$\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n<script>x</script> $\\frac{1$",  # noqa: E501
    tags=("salt",),
)


@pytest.fixture
def cards(app: AppTest, lab: Lab) -> AppTest:
    """On the page Cards, with three cards in two decks."""
    lab._store.cards.keep(
        [RICH]
        + [
            Card(id=f"c{n}", deck="Land", question=f"Question {n}?", answer=f"Answer {n}.")
            for n in range(2)
        ]
    )
    app.run()
    return app.switch_page("pages/cards.py").run()


def begin(cards: AppTest, name: str = "Ada") -> AppTest:
    cards.text_input(key="cards.name").set_value(name)
    return cards.button(key="cards.name.go").click().run()


def view(cards: AppTest, name: str) -> AppTest:
    cards.segmented_control(key="cards.view").set_value(name)
    return cards.run()


def pressed(cards: AppTest, beginning: str) -> AppTest:
    """Click the one button whose key begins so."""
    (button,) = [b for b in cards.button if b.key and b.key.startswith(beginning)]
    return button.click().run()


def test_smoke(cards: AppTest) -> None:
    assert not cards.exception
    assert "Who studies?" in texts(cards)
    assert "All decks" in cards.selectbox(key="cards.deck").options


def test_an_empty_page_offers_the_samples(app: AppTest, lab: Lab) -> None:
    app.run()
    app.switch_page("pages/cards.py").run()
    assert "No cards yet" in texts(app)
    app.button(key="cards.samples").click().run()
    assert not app.exception
    assert lab.cards.count(EVERY) == 24
    assert "**10 cards**, 0 repaired, 0 dropped" in texts(app)
    app.button(key="cards.report.dismiss").click().run()
    assert "repaired" not in texts(app)


def test_story_study_rate_and_undo(cards: AppTest, lab: Lab) -> None:
    begin(cards)
    said = texts(cards)
    assert "**3** new" in said
    assert "What is $$x^2$$?" in said
    assert "int a" not in said
    pressed(cards, "cards.turn.rich")
    said = texts(cards)
    assert "int a = 1; // $x$" in said
    assert "Known: $a < b$" in said
    assert "for \\$23 or \\$5" in said
    assert "\\$\\frac{1\\$" in said.replace("\\\\", "\\")
    labels = [b.label for b in cards.button if b.key and b.key.startswith("cards.rate")]
    assert labels == ["Again · 1 min", "Hard · 6 min", "Good · 10 min", "Easy · 8 days"]
    pressed(cards, "cards.rate.4.rich")
    assert "**2** new" in texts(cards)
    assert "Question 0?" in texts(cards)
    ada = lab.study.learner("Ada")
    assert [review.rating for review in lab.study.reviews(ada)] == [4]
    cards.button(key="cards.back").click().run()
    assert lab.study.reviews(ada) == []
    assert "What is $$x^2$$?" in texts(cards)
    cards.button(key="cards.suspend").click().run()
    assert "Question 0?" in texts(cards)
    view(cards, "Browse")
    cards.selectbox(key="cards.which").set_value("Left out").run()
    cards.button(key="cards.open.rich").click().run()
    cards.button(key="cards.out").click().run()
    assert "0 cards" in texts(cards)
    assert not cards.exception


def test_two_learners_on_one_page(cards: AppTest, lab: Lab) -> None:
    begin(cards)
    pressed(cards, "cards.turn.rich")
    pressed(cards, "cards.rate.4.rich")
    cards.text_input(key="cards.name.menu").set_value("Ben")
    cards.button(key="cards.name.menu.go").click().run()
    assert "**3** new" in texts(cards)
    cards.button(key="cards.be.0").click().run()
    assert "**2** new" in texts(cards)


def test_cram_logs_nothing(cards: AppTest, lab: Lab) -> None:
    begin(cards)
    cards.button(key="cards.cram.begin").click().run()
    assert "**3** left" in texts(cards)
    cards.button(key="cards.cram.turn").click().run()
    cards.button(key="cards.cram.again").click().run()
    assert "**3** left" in texts(cards)
    for _ in range(3):
        cards.button(key="cards.cram.turn").click().run()
        cards.button(key="cards.cram.known").click().run()
    assert not cards.exception
    assert "**3** new" in texts(cards)
    assert lab.study.reviews(lab.study.learner("Ada")) == []


def test_the_wished_retention_is_a_setting(cards: AppTest, lab: Lab) -> None:
    begin(cards)
    cards.slider(key="cards.retention").set_value(80)
    cards.number_input(key="cards.new").set_value(1)
    cards.button(key="cards.wishes.keep").click().run()
    assert not cards.exception
    assert lab.study.learner("Ada").retention == 0.8
    assert "**1** new" in texts(cards)


def test_story_search_edit_delete_and_undo(cards: AppTest, lab: Lab) -> None:
    view(cards, "Browse")
    cards.text_input(key="cards.words").set_value("question 1").run()
    assert "1 card" in texts(cards)
    cards.button(key="cards.open.c1").click().run()
    assert cards.query_params["card"] == "c1"
    assert "Answer 1." in texts(cards)
    cards.button(key="cards.edit").click().run()
    cards.text_area(key="cards.edit.answer.c1").set_value("Better.")
    cards.button(key="cards.edit.keep").click().run()
    assert lab.cards.get("c1").answer == "Better."
    cards.button(key="cards.delete").click().run()
    assert lab.cards.count(Scope(deck="Land")) == 1
    cards.button(key="cards.undo.go").click().run()
    assert not cards.exception
    assert lab.cards.get("c1").answer == "Better."


def test_a_card_that_cannot_be_kept_says_why(cards: AppTest, lab: Lab) -> None:
    view(cards, "Browse")
    cards.button(key="cards.open.c1").click().run()
    cards.button(key="cards.edit").click().run()
    cards.text_area(key="cards.edit.answer.c1").set_value(" ")
    cards.button(key="cards.edit.keep").click().run()
    assert "no answer" in cards.error[0].value
    assert lab.cards.get("c1").answer == "Answer 1."


def test_an_upload_reports_its_lines(cards: AppTest, lab: Lab) -> None:
    deck = b"#### A\n:p a?\n??x\n1\n??x\n---\n#### B\n:p b?\n---\n"
    cards.file_uploader(key="cards.upload.0").set_value(
        [("new.md", deck, "text/markdown"), ("bad.apkg", b"no", "application/zip")]
    ).run()
    assert not cards.exception
    said = texts(cards)
    assert "**1 card**, 1 repaired, 1 dropped" in said
    assert "no Anki package" in said.replace("\\", "")
    assert "a question without an answer" in str(cards.dataframe[0].value)
    assert lab.cards.count(Scope(deck="new")) == 1


def test_many_files_are_counted_together_and_an_empty_one_is_no_success(cards: AppTest) -> None:
    deck = b"#### A\n:p a?\n??x\n1\n??x\n---\n#### B\n:p b?\n---\n"
    cards.file_uploader(key="cards.upload.0").set_value(
        [("new.md", deck, "text/markdown"), ("empty.md", b"", "text/markdown")]
    ).run()
    assert not cards.exception
    assert "**2 files**: 1 card, 1 repaired, 2 dropped" in texts(cards)
    assert ":material/info: empty\\.md: **no card**; the file is empty" in texts(cards)


def test_the_deck_of_the_address(cards: AppTest, lab: Lab) -> None:
    begin(cards)
    cards.selectbox(key="cards.deck").set_value("Land").run()
    assert cards.query_params["deck"] == "Land"
    assert "**2** new" in texts(cards)


def test_charts(cards: AppTest, lab: Lab) -> None:
    ada = lab.study.learner("Ada")
    view(cards, "Charts")
    assert "Nothing was reviewed" in texts(cards)
    turn = lab.study.turn(ada, EVERY, datetime.now(UTC))
    assert turn
    lab.study.answer(ada, turn, 3, datetime.now(UTC))
    cards.run()
    assert not cards.exception


def test_a_card_shows_its_place_on_the_page(cards: AppTest, lab: Lab) -> None:
    paper = lab.papers.add(ROOT / "tests/fixtures/papers/prose.pdf").paper
    assert paper
    places = (Span(paper_id=paper.id, start=0, end=40), Span(paper_id="gone", start=0, end=4))
    for n, span in enumerate(places):
        lab._store.cards.keep(
            [Card(id=f"s{n}", deck="Land", question="Where?", answer="There.", span=span)]
        )
    view(cards, "Browse")
    cards.button(key="cards.open.s0").click().run()
    cards.button(key="cards.source").click().run()
    assert not cards.exception
    cards.button(key="cards.open.s1").click().run()
    cards.button(key="cards.source").click().run()
    assert "not in the library" in texts(cards)


def test_story_propose_accept_and_reject(cards: AppTest, lab: Lab) -> None:
    """The echo says each passage again, so nothing is let through; the proposals are put there."""
    lamp = next(row for row in lab.papers.all() if row.source == "lamp.md")
    span = Span(paper_id=lamp.id, start=12, end=70)
    for n in range(3):
        card = Card(id=f"p{n}", deck="Lamp", question=f"Proposed {n}?", answer="1874", span=span)
        assert lab._store.cards.propose(card)
    view(cards, "Make")
    cards.selectbox(key="cards.make.paper").set_value(lamp.id).run()
    assert "3 proposals" in texts(cards)
    cards.button(key="cards.proposal.p0.accept").click().run()
    assert "Accepted into **Lamp**: Proposed 0\\?" in texts(cards)
    cards.button(key="cards.proposal.p1.reject").click().run()
    assert "Rejected: Proposed 1\\?" in texts(cards)
    cards.button(key="cards.proposal.p2.edit").click().run()
    assert "Rejected" not in texts(cards)
    cards.button(key="cards.proposal.p2.edit").click().run()
    assert not [area for area in cards.text_area if area.key == "cards.proposal.p2.answer"]
    cards.button(key="cards.proposal.p2.edit").click().run()
    cards.text_area(key="cards.proposal.p2.answer").set_value("In 1874.")
    cards.button(key="cards.proposal.p2.accept").click().run()
    assert not cards.exception
    assert lab.cards.get("p0").span == span
    assert lab.cards.get("p2").answer == "In 1874."
    assert lab.cards.count(Scope(deck="Lamp")) == 2
    assert lab.proposals.waiting(lamp.id) == []
    assert "burns whale" not in texts(cards)


def test_what_came_of_proposing_is_said_where_its_paper_is_chosen(cards: AppTest, lab: Lab) -> None:
    lamp, other = sorted(lab.papers.all(), key=lambda row: row.source != "lamp.md")
    job = Proposing(papers=(lamp.id,), passages=14, done=7)
    job.refused.update(["it repeats itself"])
    lab.proposals.latest = job
    view(cards, "Make")
    cards.selectbox(key="cards.make.paper").set_value(lamp.id).run()
    assert cards.button(key="cards.make.go").disabled
    job.stop()
    job.over, job.seconds_taken = True, 80.0
    cards.run()
    assert not cards.button(key="cards.make.go").disabled
    assert "**No card proposed** · Stopped: 7 passages of 14 read in 80 s" in texts(cards)
    assert "1 × it repeats itself" in texts(cards)
    cards.selectbox(key="cards.make.paper").set_value(other.id).run()
    assert "80 s" not in texts(cards)
    assert "Nothing is added unseen" in texts(cards)


def test_passages_of_the_address_stand_in_the_papers_place(cards: AppTest, lab: Lab) -> None:
    other, lamp = sorted(lab.papers.all(), key=lambda row: row.source == "lamp.md")
    span = Span(paper_id=lamp.id, start=12, end=70)
    card = Card(id="p", deck="Lamp", question="Proposed?", answer="1874", span=span)
    assert lab._store.cards.propose(card)
    cards.query_params["span"] = f"{lamp.id}:12-70"
    view(cards, "Make")
    assert not cards.exception
    assert "From **one passage**" in texts(cards)
    assert "1 proposal to judge" in texts(cards)
    assert not [box for box in cards.selectbox if box.key == "cards.make.paper"]
    cards.button(key="cards.make.whole").click().run()
    assert "span" not in cards.query_params
    assert cards.selectbox(key="cards.make.paper").value == lamp.id
    cards.selectbox(key="cards.make.paper").set_value(other.id).run()
    assert "proposal" not in texts(cards)
