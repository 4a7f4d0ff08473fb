"""Cutting at the coarsest separator a text holds, and what is still too long at finer ones."""

from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate, pairwise

from core.chunkers._packing import packed


def cut(
    text: str,
    start: int,
    end: int,
    size: int,
    overlap: int,
    separators: Sequence[str],
    length: Callable[[str], int],
) -> Iterator[tuple[int, int]]:
    """The chunks of `text[start:end]`. The last separator must be the empty one.

    `length` says how long a piece is in the unit of size and overlap; a chunk is as long as its
    pieces together.
    """
    level = next(i for i, each in enumerate(separators) if text.find(each, start, end) >= 0)
    pieces = _pieces(text, start, end, separators[level])
    lengths = [length(text[left:right]) for left, right in pieces]
    small: list[int] = []  # neighbouring pieces that are short enough, by their number
    for number in range(len(pieces)):
        if lengths[number] < size or not separators[level]:
            small.append(number)
        else:
            yield from _joined(pieces, lengths, small, size, overlap)
            yield from cut(text, *pieces[number], size, overlap, separators[level + 1 :], length)
            small = []
    yield from _joined(pieces, lengths, small, size, overlap)


def _joined(
    pieces: Sequence[tuple[int, int]],
    lengths: Sequence[int],
    numbers: Sequence[int],
    size: int,
    overlap: int,
) -> Iterator[tuple[int, int]]:
    edges = accumulate((lengths[number] for number in numbers), initial=0)
    some = [pieces[number] for number in numbers]
    yield from packed(some, size, overlap, list(pairwise(edges)))


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
