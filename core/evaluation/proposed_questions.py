"""Test questions that a generator proposes from passages of papers, each with the exact sentences
that answer it, or why it is refused. None is added here: a person looks at them first."""

import re
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from threading import Event

from core.cards import Proposals, proposals
from core.errors import BadInput
from core.gold import QuestionBook
from core.models import Models
from core.papers import Papers
from core.tasks import Priority, Progress, Worker
from core.text import parted
from core.types import GENERATED, Delta, Generation, Message, Question, Request, Span

BARE = "Answer the question of the user in a few words."
COPIED = 0.6  # share of a question's words that stand in a row in the text
KNOWN = 0.5  # share of the answer's new words that the model says without the text
ALIKE = 0.8  # shared among all telling words of two questions
NOTHING, COPY, UNAIDED, TWICE = (
    "no question and answer were written",
    "a copy of the text",
    "answered without the text",
    "much like another question",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedQuestion:
    """What was written, with its gold, or None where nothing stands in the text; `why` it is
    refused, empty if it is not."""

    passage: Span
    question: Question | None
    why: str = ""


class QuestionProposals:
    """Errors of every method: BadInput for what is invalid, MissingModel."""

    def __init__(
        self,
        papers: Papers,
        questions: QuestionBook,
        models: Models,
        worker: Worker,
        cards: Proposals,
    ) -> None:
        self._papers = papers
        self._questions = questions
        self._models = models
        self._worker = worker
        self._cards = cards

    def passages(self, paper_ids: Sequence[str], count: int) -> list[Span]:
        """So many passages that are long enough to ask about, at equal distances over all."""
        every = [span for each in paper_ids for span in self._cards.of_paper(each)]
        if count < 1 or not every:
            raise BadInput(
                "There is no passage to ask about; name papers, and a count of 1 or more."
            )
        count = min(count, len(every))
        return [every[number * len(every) // count] for number in range(count)]

    def propose(
        self, passages: Sequence[Span], generator: str, stop: Event
    ) -> Iterator[ProposedQuestion]:
        """What becomes of each passage in turn, until it is told to stop."""
        self._models.find("generator", generator)
        every = (*self._questions.all(), *self._questions.all(held_out=True))
        known = [kept.question.text for kept in every]
        for span in passages:
            for found in self._judged(span, generator, known, stop):
                if stop.is_set():
                    return
                if found.question and not found.why:
                    known.append(found.question.text)
                yield found

    def _judged(
        self, span: Span, name: str, known: Sequence[str], stop: Event
    ) -> Iterator[ProposedQuestion]:
        text = self._papers.get(span.paper_id).text[span.start : span.end]
        said = self._said(name, proposals.messages(text), stop)
        pairs = list(proposals.pairs(said))
        if not pairs:
            yield ProposedQuestion(passage=span, question=None, why=NOTHING)
        for asked, answer in pairs:
            # Stricter than for cards: no other sentence stands in for an answer that was made up.
            why = proposals.fault(asked, answer, text)
            place = proposals.place(answer, text)
            if why or not place:
                yield ProposedQuestion(passage=span, question=None, why=why)
                continue
            gold = replace(span, start=span.start + place[0], end=span.start + place[1])
            why = COPY if copied(asked, text) >= COPIED else ""
            why = why or (TWICE if any(alike(asked, other) for other in known) else "")
            if not why:
                bare = (Message(role="system", content=BARE), Message(role="user", content=asked))
                why = UNAIDED if says(self._said(name, bare, stop), asked, answer) else ""
            question = Question(
                text=asked, gold=(gold,), reference=answer, origin=f"{GENERATED}{name}"
            )
            yield ProposedQuestion(passage=span, question=question, why=why)

    def _said(self, name: str, messages: tuple[Message, ...], stop: Event) -> str:
        """The answer without its reasoning. Errors: BadInput for what a generator failed at."""
        generation = Generation(generator=name, max_tokens=proposals.MAX_TOKENS)
        request = Request(messages=messages, generation=generation)

        def written() -> Generator[Delta | Progress, None, None]:
            generator = yield from self._models.generator(name)
            yield from generator.generate([request], stop)

        if self._models.is_served(name):
            served = self._models.served(name, Priority.SWEEP)
            deltas = list(served.generate([request], stop))
        else:
            steps = self._worker.stream(written, Priority.SWEEP)
            deltas = [each for each in steps if isinstance(each, Delta)]
        if deltas and deltas[-1].finish == "error":
            raise BadInput(deltas[-1].note)
        return parted("".join(delta.text for delta in deltas))[1]


def copied(question: str, text: str) -> float:
    """The share of a question's words that stand in one row in the text, 0..1."""
    asked, there = (re.findall(r"\w+", each.casefold()) for each in (question, text))
    found = SequenceMatcher(None, asked, there, autojunk=False).find_longest_match()
    return found.size / max(1, len(asked))


def alike(question: str, other: str) -> bool:
    """Whether two questions have nearly the same telling words."""
    one, two = proposals.telling(question), proposals.telling(other)
    return len(one & two) >= ALIKE * max(1, len(one | two))


def says(said: str, question: str, answer: str) -> bool:
    """Whether what was said holds enough of the words that the answer adds to the question."""
    new = proposals.telling(answer) - proposals.telling(question)
    return len(new & proposals.telling(said)) >= KNOWN * max(1, len(new))
