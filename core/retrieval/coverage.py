"""How papers are cut, measured against what an embedder reads.

Loads no model: the tokenizer and the window are enough.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache, partial
from typing import TYPE_CHECKING

from core import chunkers
from core.models import Models, covered, lengths, offsets, room
from core.papers import Papers
from core.retrieval import reading
from core.store import PaperRow
from core.types import Chunk, Chunking, Model, Paper

if TYPE_CHECKING:
    from tokenizers import Tokenizer


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredChunk:
    """A chunk, its length in the embedder's tokens (special ones not included), and how many of
    its leading characters the embedder reads."""

    chunk: Chunk
    tokens: int
    reads: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """How much of a text an embedder sees in its chunks.

    `characters` are those of the text that lie in a chunk (all but white space between chunks),
    `unseen` those of them that it reads in none: what one chunk's end hides, the overlap may show
    at the next one's beginning. `too_long` counts the chunks that it does not read to their end.
    """

    chunks: int = 0
    too_long: int = 0
    characters: int = 0
    unseen: int = 0

    @property
    def share(self) -> float:
        """The share of the characters that the embedder never sees, 0..1."""
        return self.unseen / self.characters if self.characters else 0.0

    def __add__(self, other: "Coverage") -> "Coverage":
        return Coverage(
            chunks=self.chunks + other.chunks,
            too_long=self.too_long + other.too_long,
            characters=self.characters + other.characters,
            unseen=self.unseen + other.unseen,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """A paper cut one way. `room`: how many tokens of a chunk the embedder reads."""

    chunking: Chunking
    chunks: tuple[MeasuredChunk, ...]
    room: int
    coverage: Coverage

    def within(self, start: int, end: int) -> tuple[tuple[int, MeasuredChunk], ...]:
        """The chunks that touch `text[start:end]`, with their numbers, from 1."""
        return tuple(
            (number, each)
            for number, each in enumerate(self.chunks, 1)
            if each.chunk.start < end and each.chunk.end > start
        )


class Ruler:
    """Cuts of papers. What was cut once is kept in memory, so asking again costs nothing."""

    def __init__(self, models: Models, papers: Papers) -> None:
        self._models = models
        self._papers = papers
        self._reading = cache(self._read)
        self._cuts = lru_cache(maxsize=256)(self._cut)

    def cut(self, paper_id: str, chunking: Chunking, embedder: str) -> Cut:
        """Errors: BadInput for an invalid chunking or an unknown name, MissingModel
        for an embedder that is not here."""
        model = self._models.find("embedder", embedder)
        return self._cuts(paper_id, chunkers.completed(chunking, embedder), model)

    def passage(self, paper: Paper, cut: Cut, number: int, read: str) -> Chunk:
        """What a model would read of chunk `number` (from 1) of this paper's cut. Errors: as
        `reading.check`."""
        reading.check(read)
        places = list(dict.fromkeys((each.chunk.start, each.chunk.end) for each in cut.chunks))
        span = cut.chunks[number - 1].chunk.span
        start, end = reading.stretch(span, read, paper, places)
        return Chunk(paper_id=paper.id, start=start, end=end, text=paper.text[start:end])

    def coverage(
        self, paper_ids: Iterable[str], chunkings: Sequence[Chunking], embedder: str
    ) -> Iterator[tuple[PaperRow, tuple[Coverage, ...]]]:
        """Paper by paper, of those that are here, how much the embedder sees with each chunking.
        Errors: as `cut`."""
        for row in self._papers.rows(paper_ids):
            yield row, tuple(self.cut(row.id, each, embedder).coverage for each in chunkings)

    def _read(self, model: Model) -> "tuple[Tokenizer, int]":
        tokenizer, window = self._models.reading(model.name)
        return tokenizer, room(tokenizer, window)

    def _cut(self, paper_id: str, chunking: Chunking, model: Model) -> Cut:
        tokenizer, most = self._reading(model)
        paper = self._papers.get(paper_id)
        # The tokens that are counted here are always the embedder's own.
        chunks = chunkers.cut(paper, chunking, partial(offsets, tokenizer))
        measured = tuple(
            MeasuredChunk(chunk=chunk, tokens=tokens, reads=reads)
            for chunk, (tokens, reads) in zip(
                chunks, lengths(tokenizer, most, [chunk.text for chunk in chunks]), strict=True
            )
        )
        characters = covered((chunk.start, chunk.end) for chunk in chunks)
        seen = covered((each.chunk.start, each.chunk.start + each.reads) for each in measured)
        return Cut(
            chunking=chunking,
            chunks=measured,
            room=most,
            coverage=Coverage(
                chunks=len(chunks),
                too_long=sum(each.tokens > most for each in measured),
                characters=characters,
                unseen=characters - seen,
            ),
        )
