"""Recursive characters: cut at paragraphs, where these are too long at lines, then at spaces, then
anywhere. Sizes and overlaps count characters.

It cuts where LangChain's RecursiveCharacterTextSplitter cuts with its default settings, so that
results can be compared with others', but works on offsets from the start.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

SEPARATORS = ("\n\n", "\n", " ", "")


def spans(text: str, size: int, overlap: int) -> list[tuple[int, int]]:
    """Start and end of each chunk, white space at its ends included."""
    return list(_cut(text, 0, len(text), size, overlap, SEPARATORS))


def _cut(
    text: str, start: int, end: int, size: int, overlap: int, separators: Sequence[str]
) -> Iterator[tuple[int, int]]:
    """Cut `text[start:end]` at the coarsest separator it holds, and longer pieces at finer ones."""
    level = next(i for i, each in enumerate(separators) if text.find(each, start, end) >= 0)
    edges = _edges(text, start, end, separators[level])
    if not separators[level]:
        yield from _joined(edges, size, overlap)
        return
    small = [start]  # the edges of neighbouring pieces that are short enough
    for left, right in pairwise(edges):
        if right - left < size:
            small.append(right)
        else:
            yield from _joined(small, size, overlap)
            yield from _cut(text, left, right, size, overlap, separators[level + 1 :])
            small = [right]
    yield from _joined(small, size, overlap)


def _edges(text: str, start: int, end: int, separator: str) -> Sequence[int]:
    """Where the pieces begin, and the end: each piece but the first begins with its separator."""
    if not separator:
        return range(start, end + 1)
    edges = [start]
    at = text.find(separator, start, end)
    while at >= 0:
        if at > start:
            edges.append(at)
        at = text.find(separator, at + len(separator), end)
    return [*edges, end]


def _joined(edges: Sequence[int], size: int, overlap: int) -> Iterator[tuple[int, int]]:
    """The longest runs of neighbouring pieces that fit `size`; each run begins with those last
    pieces of the run before that fit `overlap` and leave room for the next piece."""
    first = 0
    for last in range(1, len(edges) - 1):
        if edges[last + 1] - edges[first] > size:
            yield edges[first], edges[last]
            while first < last and (
                edges[last] - edges[first] > overlap or edges[last + 1] - edges[first] > size
            ):
                first += 1
    if len(edges) > 1:
        yield edges[first], edges[-1]
