"""What a generator may propose, by hand; and the work itself, over small backends."""

import threading
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from core.cards import proposals
from core.errors import BadInput
from core.lab import Lab
from core.store import EVERY
from core.types import Delta, Request, Span
from tests.backends.generators import echo
from tests.support.labs import NOTES

TEXT = (
    "The lamp of Varn was lit in 1874. It burns whale oil to this day, and no ship was lost since."
    " The keeper is called Ida Falk."
)
SPAN = Span(paper_id="p", start=100, end=100 + len(TEXT))


@pytest.mark.parametrize(
    ("question", "answer", "why"),
    [
        ("When was the lamp of Varn lit?", "In 1874.", ""),
        ("What does the lamp of Varn burn?", "whale oil", ""),
        ("Who keeps the lamp of Varn?", "Ida Falk", ""),
        ("When was the lamp of Varn lit?", "In 1875.", "its answer does not stand in the text"),
        ("What burns in the lamp?", "whale oil since 1874, no ship, Ida Falk of Rome",
         "its answer does not stand in the text"),
        ("When was the lamp lit?", "The lamp was lit.", "the question says its own answer"),
        ("When was the lamp of Varn lit?", "[Answer]", "a placeholder"),
        ("The lamp of Varn was lit?", "1874", "no whole question"),
        ("When was the lamp of Varn lit", "1874", "no whole question"),
        ("Why?", "1874", "no whole question"),
        ("What does this text say of the lamp?", "1874", "it only makes sense beside the text"),
        ("Which colour had the first train to Rome?", "1874", "it asks about something else"),
        ("When was the lamp of Varn lit?", "1874 " * 100, "too long for a card"),
    ],
)  # fmt: skip
def test_what_is_let_through(question: str, answer: str, why: str) -> None:
    assert proposals.fault(question, answer, TEXT) == why


def test_the_span_is_the_sentence_that_answers() -> None:
    said = "Question: Who keeps the lamp of Varn?\nAnswer: Ida Falk\n"
    (found,) = proposals.judged(said, SPAN, TEXT, "Varn")
    assert found.card
    assert found.card.span
    start, end = found.card.span.start - 100, found.card.span.end - 100
    assert TEXT[start:end] == "The keeper is called Ida Falk."
    assert (found.card.deck, found.card.tags) == ("Varn", ("proposed",))


def test_a_made_up_answer_gives_way_to_the_sentence_that_answers() -> None:
    said = "Question: Why has no whale been saved?\nAnswer: Because the sea is calm."
    (found,) = proposals.judged(said, SPAN, TEXT, "Varn")
    assert found.card is None
    said = "Question: What does the lamp burn to this day?\nAnswer: It burns coal."
    text = f"# What does the lamp burn to this day and more?\n\n{TEXT}"
    (found,) = proposals.judged(said, SPAN, text, "Varn")
    assert found.card is None  # "lamp" stands in another sentence than "burns"
    said = "Question: What was burning to this day?\nAnswer: It burns coal."
    (found,) = proposals.judged(said, SPAN, text, "Varn")
    assert found.card
    assert found.card.answer == "It burns whale oil to this day, and no ship was lost since."


def test_a_round_answer_is_refused() -> None:
    answer = "whale oil " * 9
    assert proposals.fault("What does the lamp of Varn burn?", answer, TEXT) == "it repeats itself"


def test_what_a_generator_says_around_its_cards() -> None:
    said = "Sure! Question: When\nwas it lit?\n\nAnswer: 1874\n"
    said += "Question: What burns?\nAnswer: oil\n\nBye"
    assert list(proposals.pairs(said)) == [("When was it lit?", "1874"), ("What burns?", "oil")]
    (nothing,) = proposals.judged("I cannot.", SPAN, TEXT, "Varn")
    assert nothing.why == "no question and answer were written"


class Scribe(echo.Echo):
    """Writes the cards it was given, one a passage, and waits where it is told to."""

    def __init__(self, *said: str) -> None:
        super().__init__()
        self.said = list(said)
        self.go_on = threading.Event()
        self.go_on.set()

    def generate(
        self, requests: Iterable[Request | None], _stop: threading.Event
    ) -> Iterator[Delta]:
        self.go_on.wait(10)
        (_,) = requests
        yield Delta(index=0, text=self.said.pop(0), finish="stop")


@pytest.fixture
def paper(lab: Lab, tmp_path: Path) -> str:
    """A paper of two passages that are worth asking about."""
    (tmp_path / "long.md").write_text("\n\n".join(NOTES["lamp.md"] * 5 for _ in range(2)))
    added = lab.papers.add(tmp_path / "long.md").paper
    assert added
    return added.id


def writing(monkeypatch: pytest.MonkeyPatch, *said: str) -> Scribe:
    scribe = Scribe(*said)
    monkeypatch.setattr(echo, "load", lambda *_: scribe)
    return scribe


GOOD = "Question: When was the lamp of Varn lit?\nAnswer: 1874"


def test_proposals_wait_for_a_verdict(
    lab: Lab, paper: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    spans = lab.proposals.of_paper(paper)
    writing(monkeypatch, GOOD, *["nothing"] * len(spans))
    job = lab.proposals.start(spans, "echo")
    job.join()
    assert job.error is None
    assert (job.done, job.kept) == (len(spans), 1)
    (card,) = lab.proposals.waiting(paper)
    assert card.span
    assert "1874" in lab.papers.get(paper).text[card.span.start : card.span.end]
    assert lab.cards.count(EVERY) == 0
    lab.proposals.accept(card.id, replace(card, answer="In 1874."))
    assert lab.proposals.waiting(paper) == []
    assert lab.cards.get(card.id).answer == "In 1874."


def test_nothing_is_proposed_twice(lab: Lab, paper: str, monkeypatch: pytest.MonkeyPatch) -> None:
    spans = lab.proposals.of_paper(paper)[:1]
    for verdict in ("first", "again"):
        writing(monkeypatch, GOOD)
        lab.models._generator.kept = None
        job = lab.proposals.start(spans, "echo")
        job.join()
        if verdict == "first":
            lab.proposals.reject(lab.proposals.waiting(paper)[0].id)
    assert job.refused == {"much like another card": 1}
    assert lab.proposals.waiting(paper) == []


def test_stop_keeps_what_is_done(lab: Lab, paper: str, monkeypatch: pytest.MonkeyPatch) -> None:
    spans = lab.proposals.of_paper(paper)
    scribe = writing(monkeypatch, GOOD, *["nothing"] * 9)
    scribe.go_on.clear()
    job = lab.proposals.start(spans, "echo")
    with pytest.raises(BadInput, match="being read"):
        lab.proposals.start(spans, "echo")
    job.stop()
    scribe.go_on.set()
    job.join()
    assert job.done < len(spans)
    assert job.over


def test_no_passage_is_a_sentence(lab: Lab) -> None:
    with pytest.raises(BadInput, match="no passage"):
        lab.proposals.start([], "echo")
    paper_id = lab.papers.all()[0].id
    with pytest.raises(BadInput, match="has no text from 0 to 9999"):
        lab.proposals.start([Span(paper_id=paper_id, start=0, end=9999)], "echo")
