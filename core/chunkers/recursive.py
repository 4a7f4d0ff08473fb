"""Recursive characters: cut at paragraphs, where these are too long at lines, then at spaces, then
anywhere. Sizes and overlaps count characters.

It cuts where LangChain's RecursiveCharacterTextSplitter cuts with its default settings, so that
results can be compared with others', but works on offsets from the start.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from core.chunkers._packing import packed

UNIT = "character"
USUAL = ((800, 100), (1200, 200), (1600, 300))
SEPARATORS = ("\n\n", "\n", " ", "")


def spans(text: str, size: int, overlap: int, _tokens: object = None) -> list[tuple[int, int]]:
    """Start and end of each chunk, white space at its ends included."""
    return list(_cut(text, 0, len(text), size, overlap, SEPARATORS))


def _cut(
    text: str, start: int, end: int, size: int, overlap: int, separators: Sequence[str]
) -> Iterator[tuple[int, int]]:
    """Cut `text[start:end]` at the coarsest separator it holds, and longer pieces at finer ones."""
    level = next(i for i, each in enumerate(separators) if text.find(each, start, end) >= 0)
    pieces = _pieces(text, start, end, separators[level])
    if not separators[level]:
        yield from packed(pieces, size, overlap)
        return
    small: list[tuple[int, int]] = []  # neighbouring pieces that are short enough
    for left, right in pieces:
        if right - left < size:
            small.append((left, right))
        else:
            yield from packed(small, size, overlap)
            yield from _cut(text, left, right, size, overlap, separators[level + 1 :])
            small = []
    yield from packed(small, size, overlap)


def _pieces(text: str, start: int, end: int, separator: str) -> list[tuple[int, int]]:
    """Each piece but the first begins with its separator."""
    if not separator:
        return [(at, at + 1) for at in range(start, end)]
    edges = [start]
    at = text.find(separator, start, end)
    while at >= 0:
        if at > start:
            edges.append(at)
        at = text.find(separator, at + len(separator), end)
    return list(pairwise([*edges, end]))
