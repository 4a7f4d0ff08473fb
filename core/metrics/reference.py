"""How near an answer is to a reference answer, in words, and what context did to it. Pure.

Words say little of meaning: a right answer in other words scores low, a wrong number in the right
words scores high. They serve to find the questions worth reading.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from core.metrics import statistics

WORD = re.compile(r"\w+")
ARTICLES = frozenset({"a", "an", "the"})
ALIKE = 0.05  # shares that differ by no more are the same: a word or so of a short answer

Change = Literal["helped", "hurt", "same"]


def token_f1(answer: str, reference: str) -> float:
    """The harmonic mean of the shares of words (0..1) that both have in common, repeated words
    counted as often as both hold them; 1 if neither has any.

    As in SQuAD (Rajpurkar et al. 2016): lower case, without punctuation and English articles.
    """
    ours, theirs = _content(answer), _content(reference)
    common = sum((Counter(ours) & Counter(theirs)).values())
    return _f1(common, len(ours), len(theirs))


def rouge_l(answer: str, reference: str) -> float:
    """The same of the longest sequence of words (0..1) that both hold in this order, gaps allowed
    (Lin 2004, ROUGE-L with recall and precision of equal weight); lower case, without punctuation.
    """
    ours, theirs = _words(answer), _words(reference)
    return _f1(_longest_common(ours, theirs), len(ours), len(theirs))


@dataclass(frozen=True, slots=True, kw_only=True)
class Flips:
    """What context did, question by question, to the nearness to the reference; and the sign-flip
    p of its mean."""

    changes: tuple[Change, ...]
    p: float

    @property
    def helped(self) -> int:
        return self.changes.count("helped")

    @property
    def hurt(self) -> int:
        return self.changes.count("hurt")


def flips(without: Sequence[float], with_context: Sequence[float]) -> Flips:
    """Both hold a share (0..1) for each question, in one order. Errors: ValueError for sequences of
    unlike length, or without a question."""
    pairs = list(zip(without, with_context, strict=True))
    (p,) = statistics.sign_flip([after - before for before, after in pairs])
    return Flips(changes=tuple(_change(before, after) for before, after in pairs), p=p)


def _change(before: float, after: float) -> Change:
    if abs(after - before) <= ALIKE:
        return "same"
    return "helped" if after > before else "hurt"


def _words(text: str) -> list[str]:
    return WORD.findall(text.lower())


def _content(text: str) -> list[str]:
    return [word for word in _words(text) if word not in ARTICLES]


def _f1(common: int, ours: int, theirs: int) -> float:
    if not ours and not theirs:
        return 1.0
    return 2 * common / (ours + theirs)


def _longest_common(one: Sequence[str], other: Sequence[str]) -> int:
    """Row by row of the usual table."""
    row = [0] * (len(other) + 1)
    for word in one:
        before = row
        row = [0]
        for at, their in enumerate(other, start=1):
            row.append(before[at - 1] + 1 if word == their else max(before[at], row[-1]))
    return row[-1]
