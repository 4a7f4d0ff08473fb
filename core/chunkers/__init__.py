"""Text -> spans. One file = one way to cut, with `spans(text, size, overlap)` in it.

Chunkers return spans, never strings: the core slices, so that an offset cannot be wrong. A
chunker's spans ascend, lie inside the text and lose nothing of it but white space; it knows
neither papers nor pages.
"""

from collections.abc import Iterator

from core.backends import modules
from core.errors import BadInput
from core.types import Chunk, Chunking, Paper


def check(chunking: Chunking) -> None:
    """Errors: BadInput for an unknown chunker and for numbers that cannot be meant."""
    known = modules(__name__)
    if chunking.chunker not in known:
        names = ", ".join(known)
        raise BadInput(f"There is no chunker called {chunking.chunker!r}; known are: {names}.")
    if chunking.size < 1:
        raise BadInput(f"The chunk size is {chunking.size}; it must be at least 1.")
    if not 0 <= chunking.overlap < chunking.size:
        raise BadInput(
            f"The overlap is {chunking.overlap}; it must be at least 0 and smaller than the "
            f"chunk size, which is {chunking.size}."
        )


def cut(paper: Paper, chunking: Chunking) -> tuple[Chunk, ...]:
    """The chunks of a paper in order, without white space at their ends; none is empty.

    Unless the chunking goes across pages, no chunk touches two of them. Chunks that differed in
    white space alone come out as the same chunk twice. Errors: as `check`.
    """
    check(chunking)
    spans = modules(__name__)[chunking.chunker].spans
    chunks = []
    for first, last in _parts(paper, chunking):
        part = paper.text[first:last]
        for start, end in spans(part, chunking.size, chunking.overlap):
            piece = part[start:end].lstrip()
            text = piece.rstrip()
            if text:
                at = first + end - len(piece)
                chunks.append(Chunk(paper_id=paper.id, start=at, end=at + len(text), text=text))
    return tuple(chunks)


def _parts(paper: Paper, chunking: Chunking) -> Iterator[tuple[int, int]]:
    if chunking.across_pages:
        yield 0, len(paper.text)
    else:
        yield from map(paper.page_span, range(1, paper.pages + 1))
