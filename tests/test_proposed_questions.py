"""Test questions that a generator proposes: what is let through, and how it is marked."""

import json
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from core.__main__ import main
from core.errors import BadInput
from core.evaluation.proposed_questions import COPY, TWICE, UNAIDED, alike, copied, says
from core.lab import Lab
from core.types import Delta, Question, Request
from tests.backends.generators import echo
from tests.support.labs import NOTES

ASKED = "When was the lamp of Varn lit?"
GOOD = f"Question: {ASKED}\nAnswer: 1874"


class Scribe(echo.Echo):
    """Says what it was given, one after another."""

    def __init__(self, *said: str) -> None:
        super().__init__()
        self.said = list(said)

    def generate(
        self, requests: Iterable[Request | None], _stop: threading.Event
    ) -> Iterator[Delta]:
        (_,) = requests
        yield Delta(index=0, text=self.said.pop(0), finish="stop")


@pytest.fixture
def paper(lab: Lab, tmp_path: Path) -> str:
    (tmp_path / "long.md").write_text(NOTES["lamp.md"] * 5)
    added = lab.papers.add(tmp_path / "long.md").paper
    assert added
    return added.id


def proposed(lab: Lab, paper: str, monkeypatch: pytest.MonkeyPatch, *said: str) -> list[str]:
    """Why each was refused; empty for one that was not."""
    monkeypatch.setattr(echo, "load", lambda *_: Scribe(*said))
    passages = lab.proposed_questions.passages([paper], 1)
    found = list(lab.proposed_questions.propose(passages, "echo", threading.Event()))
    return [each.why for each in found]


def test_a_copy_has_most_of_its_words_in_a_row_in_the_text() -> None:
    text = "The keeper lit the lamp of Varn in 1874."
    assert copied("Who lit the lamp of Varn?", text) == 5 / 6
    assert copied("In which year did the light first burn?", text) == 1 / 8


def test_two_questions_are_alike_by_their_telling_words() -> None:
    assert alike("When was the lamp of Varn lit?", "the lamp of Varn was lit when?")
    assert not alike("When was the lamp of Varn lit?", "Who lit the lamp?")


def test_a_model_knows_an_answer_that_it_says_half_of_without_the_text() -> None:
    assert says("Ida, I think.", "Who lit the lamp?", "Ida Falk")
    assert not says("The lamp was lit by a keeper.", "Who lit the lamp?", "Ida Falk")


def test_each_filter_refuses_what_it_is_for(
    lab: Lab, paper: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert proposed(lab, paper, monkeypatch, GOOD, "In 1874.") == [UNAIDED]
    lab.models._generator.kept = None
    lab.questions.keep(Question(text="The lamp of Varn was lit when?"), held_out=True)
    assert proposed(lab, paper, monkeypatch, GOOD) == [TWICE]
    lab.models._generator.kept = None
    text = lab.papers.get(paper).text
    sentence = next(each for each in text.splitlines() if "1874" in each).split(" in 1874")[0]
    copy = f"Question: Is {sentence}?\nAnswer: 1874"
    assert proposed(lab, paper, monkeypatch, copy) == [COPY]
    lab.models._generator.kept = None
    made_up = "Question: When was the lamp of Varn lit?\nAnswer: 1999"
    (why,) = proposed(lab, paper, monkeypatch, made_up)
    assert why == "its answer does not stand in the text"


def test_what_is_let_through_is_printed_as_add_reads_it_and_stays_marked(
    lab: Lab,
    paper: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(echo, "load", lambda *_: Scribe(GOOD, "No idea."))
    monkeypatch.setenv("TRIPTYCH_DATA", str(lab.settings.data))
    verb = ["questions", "propose", "--papers", paper, "--count", "1", "--generator", "echo"]
    assert main(verb) == 0
    out, err = capsys.readouterr()
    assert "1 proposed by echo from 1 of 1 passages" in err
    assert lab.questions.all() == []
    assert "1874" in json.loads(out)["gold"][0]["quote"]
    file = tmp_path / "proposed.jsonl"
    file.write_text(out)
    (added,) = lab.questions.add(file)
    assert added.question
    assert (added.status, added.question.generated_by) == ("added", "echo")


def test_told_to_stop_it_asks_no_more(
    lab: Lab, paper: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(echo, "load", lambda *_: Scribe(GOOD, "No idea."))
    stop = threading.Event()
    stop.set()
    passages = lab.proposed_questions.passages([paper], 9)
    assert list(lab.proposed_questions.propose(passages, "echo", stop)) == []
    with pytest.raises(BadInput, match="no passage to ask about"):
        lab.proposed_questions.passages([paper], 0)


def test_proposals_wait_in_the_background_for_a_verdict(
    lab: Lab, paper: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(echo, "load", lambda *_: Scribe(GOOD, "No idea."))
    book = lab.proposed_questions
    task = book.start([paper], 1, "echo")
    task.join()
    assert (task.done, task.kept, task.refused, task.error) == (1, 1, [], None)
    (proposed,) = book.waiting()
    lab.questions.keep(Question(text="Here?"), held_out=True)
    with pytest.raises(BadInput, match="asked here already"):
        book.accept(proposed, "Here?", "1874")
    with pytest.raises(BadInput, match="question is empty"):
        book.accept(proposed, " ", "1874")
    change = book.accept(proposed, "When did it burn first?", "In 1874")
    assert change.after
    assert change.after.question.generated_by == "echo"
    assert book.waiting() == []
    book.take_back(proposed, change)
    assert (book.waiting(), lab.questions.all()) == ([proposed], [])


def test_what_was_proposed_before_waits_on_and_what_was_rejected_does_not_come_again(
    lab: Lab, paper: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = lab.proposed_questions
    other = "Question: Which oil does the lamp burn?\nAnswer: whale oil"
    monkeypatch.setattr(echo, "load", lambda *_: Scribe(f"{GOOD}\n{other}", "No.", "No.", GOOD))
    book.start([paper], 1, "echo").join()
    rejected, kept = book.waiting()
    book.reject(rejected)
    again = book.start([paper], 1, "echo")
    again.join()
    assert [each.why for each in again.refused] == [TWICE]
    assert book.waiting() == [kept]
