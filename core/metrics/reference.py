"""How near an answer is to a reference answer, in words. Pure.

Words say little of meaning: a right answer in other words scores low, a wrong number in the right
words scores high. They serve to find the questions worth reading.
"""

import re
from collections import Counter

WORD = re.compile(r"\w+")
ARTICLES = frozenset({"a", "an", "the"})
ALIKE = 0.05  # shares that differ by no more are the same: a word or so of a short answer


def token_f1(answer: str, reference: str) -> float:
    """The harmonic mean of the shares of words (0..1) that both have in common, repeated words
    counted as often as both hold them; 1 if neither has any.

    As in SQuAD (Rajpurkar et al. 2016): lower case, without punctuation and English articles.
    """
    ours, theirs = _content(answer), _content(reference)
    common = sum((Counter(ours) & Counter(theirs)).values())
    return _f1(common, len(ours), len(theirs))


def _words(text: str) -> list[str]:
    return WORD.findall(text.lower())


def _content(text: str) -> list[str]:
    return [word for word in _words(text) if word not in ARTICLES]


def _f1(common: int, ours: int, theirs: int) -> float:
    if not ours and not theirs:
        return 1.0
    return 2 * common / (ours + theirs)
