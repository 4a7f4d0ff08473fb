"""Test questions that a generator proposes from passages of papers, each with the exact sentences
that answer it, or why it is refused. None is added unseen: a person accepts, edits or refuses it.

What waits to be judged lives as long as this program runs.
"""

import re
from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from threading import Event

from core.cards import Proposals, proposals
from core.errors import BadInput
from core.gold import Change, QuestionBook
from core.models import Models
from core.papers import Papers
from core.tasks import Priority, Progress, Task, Worker
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
    """What was `asked` and answered, if anything; the question with its gold, or None where the
    answer does not stand in the text; `why` it is refused, empty if it is not."""

    passage: Span
    asked: str = ""
    answer: str = ""
    question: Question | None = None
    why: str = ""

    @property
    def let_through(self) -> bool:
        return self.question is not None and not self.why


@dataclass(kw_only=True)
class ProposingQuestions(Task[ProposedQuestion, None]):
    """Questions being proposed by a generator; stopped, what was found is kept."""

    name: str = "proposing questions"
    generator: str
    passages: int
    found: tuple[ProposedQuestion, ...] = ()

    def show(self, step: ProposedQuestion) -> None:
        self.found += (step,)

    @property
    def done(self) -> int:
        """How many passages were read."""
        return len({each.passage for each in self.found})

    @property
    def kept(self) -> int:
        return sum(each.let_through for each in self.found)

    @property
    def refused(self) -> list[ProposedQuestion]:
        """What the filters did not let through."""
        return [each for each in self.found if not each.let_through]


class QuestionProposals:
    """Errors of every method: BadInput for what is invalid, MissingModel."""

    latest: ProposingQuestions | None = None

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
        self._earlier: tuple[ProposedQuestion, ...] = ()  # let through before the latest
        self._settled: frozenset[ProposedQuestion] = frozenset()

    def start(self, paper_ids: Sequence[str], count: int, generator: str) -> ProposingQuestions:
        """Propose questions from so many passages of these papers in the background. Errors:
        BadInput also while others are proposed."""
        if self.latest and not self.latest.over:
            raise BadInput("Other questions are being proposed; wait for them, or stop them first.")
        passages = self.passages(paper_ids, count)
        self._models.find("generator", generator)
        task = ProposingQuestions(generator=generator, passages=len(passages))
        self._earlier = self._let_through()
        self.latest = task
        task.follow(self.propose(passages, generator, task.stopping))
        return task

    def waiting(self) -> list[ProposedQuestion]:
        """Those let through that nobody has judged yet, of papers that are here."""
        left = [each for each in self._let_through() if each not in self._settled]
        here = {row.id for row in self._papers.rows({each.passage.paper_id for each in left})}
        return [each for each in left if each.passage.paper_id in here]

    def accept(self, proposed: ProposedQuestion, text: str, reference: str) -> Change:
        """Keep one, with the words that a person gave it; it stays marked as generated. Errors:
        BadInput for an empty question, and for one that is asked here already."""
        assert proposed.question
        if any(self._questions.asking(text, held_out=each) for each in (False, True)):
            raise BadInput("This is asked here already: ask it in other words, or refuse it.")
        change = self._questions.mark(
            text, proposed.question.gold, reference, origin=proposed.question.origin
        )
        self._settled |= {proposed}
        return change

    def reject(self, proposed: ProposedQuestion) -> None:
        """It does not come again as long as this program runs."""
        self._settled |= {proposed}

    def take_back(self, proposed: ProposedQuestion, change: Change | None) -> None:
        """Let one wait again that was refused, or accepted by this change. Errors: BadInput where
        the question changed since."""
        if change:
            self._questions.undo(change)
        self._settled -= {proposed}

    def _let_through(self) -> tuple[ProposedQuestion, ...]:
        latest = self.latest.found if self.latest else ()
        return (*self._earlier, *(each for each in latest if each.let_through))

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
    ) -> Generator[ProposedQuestion, None, None]:
        """What becomes of each passage in turn, until it is told to stop."""
        self._models.find("generator", generator)
        every = (*self._questions.all(), *self._questions.all(held_out=True))
        known = [kept.question.text for kept in every]
        known += [each.asked for each in self._let_through()]
        for span in passages:
            for found in self._judged(span, generator, known, stop):
                if stop.is_set():
                    return
                if found.question and found.let_through:
                    known.append(found.question.text)
                yield found

    def _judged(
        self, span: Span, name: str, known: Sequence[str], stop: Event
    ) -> Generator[ProposedQuestion, None, None]:
        text = self._papers.get(span.paper_id).text[span.start : span.end]
        said = self._said(name, proposals.messages(text), stop)
        pairs = list(proposals.pairs(said))
        if not pairs:
            yield ProposedQuestion(passage=span, why=NOTHING)
        for asked, answer in pairs:
            # Stricter than for cards: no other sentence stands in for an answer that was made up.
            why = proposals.fault(asked, answer, text)
            place = proposals.place(answer, text)
            if why or not place:
                yield ProposedQuestion(passage=span, asked=asked, answer=answer, why=why)
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
            yield ProposedQuestion(
                passage=span, asked=asked, answer=answer, question=question, why=why
            )

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
