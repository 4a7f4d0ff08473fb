"""Sentences: as many whole ones as fit. Sizes and overlaps count characters; what two chunks share
is whole sentences too, none at all where the last one is longer than the overlap.

Where a sentence ends is told by rules, not by a model: a full stop after a known abbreviation, an
initial or a list's number, or before a small letter, ends none. A sentence that is longer than a
chunk is cut as the recursive chunker cuts.
"""

import re
from collections.abc import Iterator

from core.chunkers import recursive
from core.chunkers._packing import packed

UNIT = "character"
USUAL = recursive.USUAL
ABBREVIATION = re.compile(
    "al|approx|cf|dr|eqs?|est|figs?|incl|mr|mrs|ms|prof|refs?|resp|sec|st|tab|vs", re.IGNORECASE
)
BEFORE_NUMBER = re.compile("app|art|ch|nos?|pp?|pt|vol", re.IGNORECASE)
END = re.compile(
    r"[.!?…]+[\"'”’»)\]]*(?=\s|$)"  # a space must follow: 3.14 and example.org are no ends
    r"|[。！？｡]+[」』）”’]*"  # none follows in Chinese and Japanese
    r"|\n[^\S\n]*\n"  # a heading has no full stop
)
LETTERS = re.compile(r"(\w\.)*[^\W\d_]")  # an initial, "U.S", "e.g"
LONGEST_SIGN = 20  # characters before a full stop that are looked at


def spans(text: str, size: int, overlap: int, _tokens: object = None) -> list[tuple[int, int]]:
    pieces = []
    for start, end in _sentences(text):
        if end - start <= size:
            pieces.append((start, end))
        else:
            for first, last in recursive.spans(text[start:end], size, 0):
                pieces += _stripped(text, start + first, start + last)
    return list(packed(pieces, size, overlap))


def _sentences(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for sign in END.finditer(text):
        if _ends(text, sign):
            yield from _stripped(text, start, sign.end())
            start = sign.end()
    yield from _stripped(text, start, len(text))


def _ends(text: str, sign: re.Match[str]) -> bool:
    """Whether a sentence ends at this sign."""
    if sign[0][0] not in ".!?…":
        return True
    after = text[sign.end() : sign.end() + LONGEST_SIGN].lstrip()[:1]
    if after.islower():
        return False
    before = text[max(0, sign.start() - LONGEST_SIGN) : sign.start()]
    if sign[0] != "." or not before or before[-1].isspace():
        return True
    line = before.rpartition("\n")[2]
    word = line.split()[-1].lstrip("([“\"'")
    if LETTERS.fullmatch(word) or ABBREVIATION.fullmatch(word):
        return False
    if BEFORE_NUMBER.fullmatch(word):
        return not after.isdigit()
    numbers_a_list = len(word) <= 2 and word.isdigit() and line.strip() == word
    return not numbers_a_list


def _stripped(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The span without white space at its ends; none if nothing is left."""
    piece = text[start:end].lstrip()
    length = len(piece.rstrip())
    if length:
        yield end - len(piece), end - len(piece) + length
