"""Cards from papers: a generator proposes, a person judges. None is added unseen.

Runs in the background through the one worker, a passage at a time, after what people ask; what an
endpoint writes does not hold the worker, and it is asked for all passages at once. What was let
through is kept at once, so that stopping, or a server that ends, loses none.
"""

from collections import Counter
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from functools import partial
from threading import Event
from typing import TYPE_CHECKING

from core import chunkers
from core.cards import proposals
from core.cards.decks import checked
from core.errors import BadInput
from core.models import Models
from core.papers import Papers
from core.store import Store
from core.tasks import Priority, Progress, Task, Worker
from core.text import parted
from core.types import (
    Card,
    Chunking,
    Delta,
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
Known = dict[str, "list[np.ndarray]"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A passage was read: the cards let through, and why others were not."""

    cards: tuple[Card, ...]
    refused: tuple[str, ...]


@dataclass(kw_only=True)
class Proposing(Task[Read | Progress, None]):
    """Proposals being written; stopped, what was let through is kept."""

    name: str = "proposing"
    papers: tuple[str, ...]
    passages: int
    done: int = 0
    kept: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    sentence: str = ""  # what is going on besides reading passages

    def show(self, step: Read | Progress) -> None:
        match step:
            case Progress(sentence=sentence):
                self.sentence = sentence
            case Read(cards=cards, refused=refused):
                self.sentence = ""
                self.done += 1
                self.kept += len(cards)
                self.refused.update(refused)


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
        stop = proposing.stopping
        if self._models.is_served(generator):
            proposing.follow(self._propose_beside(spans, generator, deck, stop))
        else:
            proposing.follow(
                self._worker.stream(
                    lambda: self._propose(spans, generator, deck, stop), Priority.SWEEP
                )
            )
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
    ) -> Generator[Read | Progress, None, None]:
        """In the worker's thread, passage by passage."""
        known: Known = {}
        for span in spans:
            if stop.is_set():
                return
            generator = yield from self._models.generator(name)
            said = list(generator.generate([self._request(span, name)], stop))
            if stop.is_set():
                return
            yield from self._judge(
                span, deck, "".join(delta.text for delta in said), said[-1], known
            )

    def _propose_beside(
        self, spans: Sequence[Span], name: str, deck: str, stop: Event
    ) -> Generator[Read | Progress, None, None]:
        """Written by an endpoint; only what tells cards apart runs in the worker's thread."""
        known: Known = {}
        texts = [""] * len(spans)
        generator = self._models.served(name, Priority.SWEEP)
        for delta in generator.generate([self._request(span, name) for span in spans], stop):
            texts[delta.index] += delta.text
            if delta.finish and not stop.is_set():
                judge = partial(
                    self._judge, spans[delta.index], deck, texts[delta.index], delta, known
                )
                yield from self._worker.stream(judge, Priority.SWEEP)

    def _request(self, span: Span, name: str) -> Request:
        paper = self._papers.get(span.paper_id)
        return Request(
            messages=proposals.messages(paper.text[span.start : span.end]),
            generation=Generation(generator=name, max_tokens=proposals.MAX_TOKENS),
        )

    def _judge(
        self, span: Span, deck: str, said: str, end: Delta, vectors: "Known"
    ) -> Generator[Read | Progress, None, None]:
        """Let through what is a card and none that is known; in the worker's thread. `vectors` are
        those of each paper's cards, known and proposed."""
        if end.finish == "error":
            yield Read(cards=(), refused=(end.note,))
            return
        paper = self._papers.get(span.paper_id)
        text = paper.text[span.start : span.end]
        _, answer = parted(said)
        found = proposals.judged(answer, span, text, deck or paper.title)
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
