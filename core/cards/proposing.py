"""Cards from papers: a generator proposes, a person judges. None is added unseen.

Runs in the background through the one worker, a passage at a time, after what people ask. What was
let through is kept at once, so that stopping, or a server that ends, loses none.
"""

import logging
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import TYPE_CHECKING

from core import chunkers
from core.cards import proposals
from core.cards.decks import checked
from core.errors import BadInput, TriptychError
from core.models import Models
from core.papers import Papers
from core.store import Store
from core.tasks import Priority, Progress, Ticket, Worker
from core.types import (
    Card,
    Chunking,
    Embedder,
    Generation,
    Question,
    Request,
    Run,
    Span,
)

if TYPE_CHECKING:
    import numpy as np

CUT = Chunking(size=800, overlap=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A passage was read: the cards let through, and why others were not."""

    cards: tuple[Card, ...]
    refused: tuple[str, ...]


@dataclass
class Proposing:
    """Proposals being written; changed by its own thread alone, read by pages."""

    papers: tuple[str, ...]
    passages: int
    done: int = 0
    kept: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    sentence: str = ""  # what is going on besides reading passages
    error: TriptychError | None = None
    over: bool = False
    started: float = field(default_factory=time.monotonic)
    seconds_taken: float | None = None
    stopping: Event = field(default_factory=Event)

    @property
    def seconds(self) -> float:
        """How long it has been under way, or took."""
        return self.seconds_taken or time.monotonic() - self.started

    def stop(self) -> None:
        """End soon; what was let through is kept."""
        self.stopping.set()

    def join(self) -> None:
        """Wait until it is over."""
        self._thread.join()

    def follow(self, steps: Ticket[Read | Progress]) -> None:
        """Take the steps in a thread of its own until they end."""
        self._thread = Thread(target=self._take, args=(steps,), daemon=True, name="proposing")
        self._thread.start()

    def _take(self, steps: Ticket[Read | Progress]) -> None:
        try:
            with closing(steps):
                for step in steps:
                    if isinstance(step, Progress):
                        self.sentence = step.sentence
                        continue
                    self.sentence = ""
                    self.done += 1
                    self.kept += len(step.cards)
                    self.refused.update(step.refused)
        except TriptychError as error:
            self.error = error
        except Exception as error:  # the last stop: without it a page waits for ever
            logging.getLogger(__name__).exception("proposing failed")
            self.error = TriptychError(
                "Something went wrong inside Triptych; what was proposed before is kept.",
                repr(error),
            )
        finally:
            self.seconds_taken = time.monotonic() - self.started
            self.over = True


class Proposals:
    """Proposed cards by paper."""

    def __init__(self, store: Store, papers: Papers, models: Models, worker: Worker) -> None:
        self._store = store.cards
        self._papers = papers
        self._models = models
        self._worker = worker
        self.latest: Proposing | None = None

    @property
    def _embedder(self) -> str:
        """Which cards are alike is told by the best embedder that is here."""
        return self._models.default("embedder")

    def of_paper(self, paper_id: str) -> list[Span]:
        """The passages of a paper that are long enough to ask about."""
        chunks = chunkers.cut(self._papers.get(paper_id), CUT)
        return [chunk.span for chunk in chunks if len(chunk.text) >= proposals.SHORTEST]

    @staticmethod
    def of_run(run: Run) -> list[Span]:
        """The passages that a run's answer was given."""
        return [hit.chunk.span for hit in run.hits]

    def start(self, spans: Sequence[Span], generator: str, deck: str = "") -> Proposing:
        """Propose cards from these passages in the background; `deck` is by default the paper's
        title. Errors: BadInput without a passage or while others are read, MissingModel."""
        if not spans:
            raise BadInput("There is no passage long enough to ask about.")
        if self.latest and not self.latest.over:
            raise BadInput("Other passages are being read; wait for them, or stop them first.")
        for span in spans:
            paper = self._papers.get(span.paper_id)
            if not 0 <= span.start < span.end <= len(paper.text):
                raise BadInput(f"“{paper.title}” has no text from {span.start} to {span.end}.")
        self._models.find("generator", generator)
        self._models.find("embedder", self._embedder)
        named = tuple(dict.fromkeys(span.paper_id for span in spans))
        proposing = Proposing(papers=named, passages=len(spans))
        self.latest = proposing
        steps = self._worker.stream(
            lambda: self._propose(spans, generator, deck, proposing.stopping), Priority.SWEEP
        )
        proposing.follow(steps)
        return proposing

    def propose(self, question: Question) -> bool:
        """Propose a question with gold as a card: its reference answers it, or else the passages
        themselves. False if it was proposed before. Errors: BadInput without gold, or where its
        first paper is not here (any more)."""
        if not question.gold:
            raise BadInput("The question has no place in a paper, so there is no card to make.")
        papers = [self._papers.get(span.paper_id) for span in question.gold]
        passages = [
            proposals.quoted(paper.text[span.start : span.end], paper.kind)
            for paper, span in zip(papers, question.gold, strict=True)
        ]
        return self._store.propose(proposals.of_question(question, passages, papers[0].title))

    def waiting(self, paper_id: str) -> list[Card]:
        """The cards proposed from a paper that nobody has judged yet."""
        return self._store.proposed(paper_id)

    def accept(self, proposal_id: str, card: Card) -> None:
        """Keep a proposal, with the words a person gave it. Errors: BadInput as `Cards.change`."""
        self._store.judge(proposal_id, checked(card))

    def reject(self, proposal_id: str) -> None:
        """It is not proposed again."""
        self._store.judge(proposal_id, None)

    def _propose(
        self, spans: Sequence[Span], name: str, deck: str, stop: Event
    ) -> Iterator[Read | Progress]:
        vectors: dict[str, list[np.ndarray]] = {}  # of each paper's cards, known and proposed
        for span in spans:
            if stop.is_set():
                return
            paper = self._papers.get(span.paper_id)
            text = paper.text[span.start : span.end]
            generator = yield from self._models.generator(name)
            generation = Generation(generator=name, max_tokens=proposals.MAX_TOKENS)
            request = Request(messages=proposals.messages(text), generation=generation)
            said = "".join(delta.text for delta in generator.generate([request], stop))
            if stop.is_set():
                return
            found = proposals.judged(said, span, text, deck or paper.title)
            refused = [each.why for each in found if each.why]
            kept = []
            for card in (each.card for each in found if each.card):
                embedder = yield from self._models.embedder(self._embedder)
                known = vectors.setdefault(paper.id, self._known(embedder, paper.id))
                (vector,) = embedder.embed([proposals.shown(card)])
                if any(float(vector @ other) >= proposals.ALIKE for other in known):
                    refused.append("much like another card")
                elif self._store.propose(card):
                    known.append(vector)
                    kept.append(card)
            yield Read(cards=tuple(kept), refused=tuple(refused))

    def _known(self, embedder: Embedder, paper_id: str) -> "list[np.ndarray]":
        cards = self._store.ever_proposed(paper_id) + self._store.from_paper(paper_id)
        return list(embedder.embed([proposals.shown(card) for card in cards])) if cards else []
