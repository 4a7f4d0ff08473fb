"""Two ways to make chunks of pieces that a chunker has found: as many as fit, or so many each."""

from collections.abc import Iterator, Sequence


def packed(
    pieces: Sequence[tuple[int, int]],
    size: int,
    overlap: int,
    extents: Sequence[tuple[int, int]] | None = None,
) -> Iterator[tuple[int, int]]:
    """The longest runs of neighbouring pieces that fit `size`; each run begins with those last
    pieces of the run before that fit `overlap` and leave room for the next piece.

    `extents` says where each piece begins and ends in the unit that is counted; without it, these
    are characters. No piece may be longer than `size`.
    """
    if not pieces:
        return
    extents = extents or pieces
    first = 0
    for last in range(1, len(pieces)):
        end = extents[last][1]
        if end - extents[first][0] > size:
            whole = extents[last - 1][1]
            yield pieces[first][0], pieces[last - 1][1]
            while first < last and (
                whole - extents[first][0] > overlap or end - extents[first][0] > size
            ):
                first += 1
    yield pieces[first][0], pieces[-1][1]


def counted(starts: Sequence[int], end: int, size: int, overlap: int) -> Iterator[tuple[int, int]]:
    """Chunks of `size` units each, the last `overlap` of which begin the next chunk.

    `starts` says where each unit begins, ascending. A unit owns what follows it, up to the next
    one or to `end`, and the first also what precedes it: nothing is lost, whatever a tokenizer
    passes over. Units that begin at the same place share a character; the last of them owns it.
    """
    edges = [0, *starts[1:], end]
    units = len(edges) - 1
    covered = 0
    for first in range(0, max(1, units - overlap), size - overlap):
        until = edges[min(first + size, units)]
        if until > covered:
            yield edges[first], until
            covered = until
