"""What two answers say differently, word by word. Pure: knows texts alone."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from core.text import IDEOGRAPH

# A word with the space behind it, so that the pieces put together are the text again. Of Chinese
# and Japanese each character is one.
PIECE = re.compile(rf"[{IDEOGRAPH}]\s*|[^\s{IDEOGRAPH}]+\s*|\s+")


LONG = 1_500  # words; answers have a few hundred


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Words of both texts, or of the first ("before") or the second ("after") alone."""

    where: Literal["both", "before", "after"]
    text: str


def differences(before: str, after: str) -> list[Piece]:
    """The two texts as one row of pieces. Those in "both" and "before" joined are `before`, and
    those in "both" and "after" are `after`, but for the white space around words."""
    # A space behind the last word too: whatever follows it in the row must not be glued to it.
    left, right = (PIECE.findall(text.strip() + " ") for text in (before, after))
    return list(_pieces(left, right))


def _pieces(left: list[str], right: list[str]) -> Iterator[Piece]:
    same = _matcher([word.strip() for word in left], [word.strip() for word in right])
    for kind, start, end, first, last in same.get_opcodes():
        if kind == "equal":
            yield Piece(where="both", text="".join(right[first:last]))
        else:
            if end > start:
                yield Piece(where="before", text="".join(left[start:end]))
            if last > first:
                yield Piece(where="after", text="".join(right[first:last]))


def likeness(before: str, after: str) -> float:
    """The share (0..1) of words that two texts have in common, in the same order; 1 if both are
    empty. (Ratcliff and Obershelp's measure, as in difflib.)"""
    return _matcher(before.split(), after.split()).ratio()


def _matcher(left: list[str], right: list[str]) -> SequenceMatcher[str]:
    """Long texts are not held against each other by their commonest words: one word, said 5,000
    times, would take a quarter of a minute."""
    return SequenceMatcher(None, left, right, autojunk=len(right) > LONG)
