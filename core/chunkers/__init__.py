"""Text -> spans. One file = one way to cut, a `Chunker`.

Chunkers return spans, never strings: the core slices, so that an offset cannot be wrong. They know
neither papers nor models.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Protocol

import core.text
from core.chunkers import _probe
from core.errors import BadInput
from core.models import modules
from core.types import Chunk, Chunking, Paper, digest

__all__ = [
    "Tokens",
    "check",
    "completed",
    "cut",
    "does",
    "headings",
    "measured",
    "names",
    "recursive_tokens",
    "revision",
    "sources",
    "unit",
    "usual",
    "words",
]

WORD = re.compile(r"\w+")

Tokens = Callable[[str], Sequence[tuple[int, int]]]  # start and end of each token of a text


class Chunker(Protocol):
    """A file here, or an object that offers the same.

    What else it knows (a threshold, a list of words) are constants of its file: recipes hold a hash
    of what it does. What it needs of a model it is handed by Finder, as those who count tokens are
    handed `tokens`. None needs vectors so far; one that does is handed `embed` in the same way.
    """

    UNIT: str  # what size and overlap count: "character", "word", "token" or "page"

    @property
    def USUAL(self) -> Sequence[tuple[int, int]]:  # noqa: N802 - a constant of the file
        """Sizes and overlaps that make sense, the first by default."""
        ...

    def spans(
        self, text: str, size: int, overlap: int, tokens: Tokens | None, /
    ) -> list[tuple[int, int]]:
        """Start and end of each chunk. They ascend, lie inside the text and lose nothing of it but
        white space. `tokens` are there where UNIT is "token"."""
        ...


def names() -> list[str]:
    """The chunkers there are. All functions here that are given another raise BadInput."""
    return list(modules(__name__))


def unit(chunker: str) -> str:
    """What its size and overlap count, in the singular; "page": they do not apply."""
    return _named(chunker).UNIT


def usual(chunker: str) -> Sequence[tuple[int, int]]:
    """Sizes and overlaps that make sense for it; the first is the default."""
    return _named(chunker).USUAL


def completed(chunking: Chunking, embedder: str) -> Chunking:
    """The same with nothing left open and nothing that changes nothing: whose tokens are counted,
    by default the embedder's; no numbers where none apply."""
    if unit(chunking.chunker) == "page":
        chunking = replace(chunking, size=0, overlap=0)
    counts_tokens = unit(chunking.chunker) == "token"
    return replace(chunking, tokenizer=(chunking.tokenizer or embedder) if counts_tokens else None)


def check(chunking: Chunking) -> None:
    """Errors: BadInput for an unknown chunker and for invalid numbers."""
    if unit(chunking.chunker) == "page":
        if chunking.across_pages:
            raise BadInput(
                "Chunks that are whole pages cannot go across pages; choose one of both."
            )
        return
    if chunking.size < 1:
        raise BadInput(f"The chunk size is {chunking.size}; it must be at least 1.")
    if not 0 <= chunking.overlap < chunking.size:
        raise BadInput(
            f"The overlap is {chunking.overlap}; it must be at least 0 and smaller than the "
            f"chunk size, which is {chunking.size}."
        )


def cut(paper: Paper, chunking: Chunking, tokens: Tokens | None = None) -> tuple[Chunk, ...]:
    """The chunks of a paper in order, without white space at their ends; none is empty.

    Unless the chunking goes across pages, no chunk touches two of them, but that a word which goes
    on over a page stays whole, where it begins. Chunks that differed in white space alone come out
    as the same chunk twice. `tokens` are those of the chunking's tokenizer, needed where it counts
    tokens. Errors: as `check`.
    """
    check(chunking)
    spans = _named(chunking.chunker).spans
    chunks = []
    for first, last in _parts(paper, chunking):
        part = paper.text[first:last]
        for start, end in spans(part, chunking.size, chunking.overlap, tokens):
            piece = part[start:end].lstrip()
            text = piece.rstrip()
            if text:
                at = first + end - len(piece)
                chunks.append(Chunk(paper_id=paper.id, start=at, end=at + len(text), text=text))
    return tuple(chunks)


def revision(chunker: str) -> str | None:
    """What the chunker does, as `does` tells; None where that is what it did before recipes held
    it."""
    found = does(chunker)
    return None if found == _probe.FIRST.get(chunker) else found


def does(chunker: str) -> str:
    """What the chunker does, as a hash of the chunks that it cuts a fixed text into. Loads no
    model."""
    if unit(chunker) == "page":
        ways = [Chunking(chunker=chunker, size=0, overlap=0)]
    else:
        ways = [
            Chunking(chunker=chunker, size=size, overlap=overlap, across_pages=across)
            for size, overlap in _probe.SIZES
            for across in (False, True)
        ]
    made = [[(c.start, c.end) for c in cut(_probe.PAPER, way, _probe.tokens)] for way in ways]
    return digest(made)


@cache
def sources() -> str:
    """A hash of all files that have to do with cutting: what is kept of cuts is kept for these."""
    rooms = (Path(__file__).parent, Path(core.text.__file__).parent)
    files = sorted(file for room in rooms for file in room.glob("*.py"))
    return digest([file.read_text(encoding="utf-8") for file in files])


def _named(chunker: str) -> Chunker:
    known = modules(__name__)
    if chunker not in known:
        raise BadInput(f"There is no chunker called {chunker!r}; known are: {', '.join(known)}.")
    return known[chunker]


def _parts(paper: Paper, chunking: Chunking) -> Iterator[tuple[int, int]]:
    if chunking.across_pages:
        yield 0, paper.body_end
    else:
        edges = [_behind_word(paper.text, start) for start in paper.page_starts]
        yield from pairwise([*edges, paper.body_end])


def _behind_word(text: str, place: int) -> int:
    """The place, or the end of the word that it lies in."""
    word = WORD.match(text, place) if WORD.match(text, place - 1) and place else None
    return word.end() if word else place
