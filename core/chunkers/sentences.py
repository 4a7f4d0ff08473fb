"""Sentences: as many whole ones as fit. Sizes and overlaps count characters; what two chunks share
is whole sentences too, none at all where the last one is longer than the overlap.

A sentence that is longer than a chunk is cut as the recursive chunker cuts.
"""

from core.chunkers import recursive
from core.chunkers._packing import packed
from core.text import sentences, stripped

UNIT = "character"
USUAL = recursive.USUAL


def spans(text: str, size: int, overlap: int, _tokens: object = None) -> list[tuple[int, int]]:
    pieces = []
    for start, end in sentences(text):
        if end - start <= size:
            pieces.append((start, end))
        else:
            for first, last in recursive.spans(text[start:end], size, 0):
                pieces += stripped(text, start + first, start + last)
    return list(packed(pieces, size, overlap))
