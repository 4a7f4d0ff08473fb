"""Where the sentences of a text lie. Knows no chunk and no answer.

Where a sentence ends is told by rules, not by a model: a full stop after a known abbreviation, an
initial or a list's number, or before a small letter, ends none.
"""

import re
from collections.abc import Iterator

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


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of each sentence, without white space at its ends."""
    start = 0
    for sign in END.finditer(text):
        if _ends(text, sign):
            yield from stripped(text, start, sign.end())
            start = sign.end()
    yield from stripped(text, start, len(text))


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


def stripped(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The span without white space at its ends; none if nothing is left."""
    piece = text[start:end].lstrip()
    length = len(piece.rstrip())
    if length:
        yield end - len(piece), end - len(piece) + length
