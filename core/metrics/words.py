"""What counts as a word where texts are compared. Knows no language but for a list of English words
that tell nothing."""

import re
import unicodedata
from collections.abc import Iterator

from core.text import IDEOGRAPH, TELL_NOTHING

# A number keeps its separators: 3.14 and 294,912 are one word each. A run of Chinese or Japanese
# characters has no spaces: its pairs of neighbours stand for words.
WORD = re.compile(rf"[{IDEOGRAPH}]+|\d+(?:[.,]\d+)*|[^\W\d_{IDEOGRAPH}]+")
BEGINNING = 4  # letters that two forms of a word share at least
ENDING = 3  # letters that they may differ by


def words(text: str) -> list[str]:
    """All words in order, in one case; of Chinese and Japanese every pair of neighbours."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return [word for match in WORD.finditer(plain) for word in _pairs(match[0])]


def telling(text: str) -> list[str]:
    """The words without those that tell nothing of a subject ("the", "is")."""
    return [word for word in words(text) if word not in TELL_NOTHING]


def _pairs(word: str) -> Iterator[str]:
    if re.match(f"[{IDEOGRAPH}]", word) and len(word) > 1:
        yield from (word[place : place + 2] for place in range(len(word) - 1))
    else:
        yield word


class Vocabulary:
    """The words of a text, asked whether they hold another one.

    A word is held when it is there, or when it and one that is there begin alike and one of the
    two goes on for at most three letters: "train" and "training", "Modell" and "Modellen".
    """

    def __init__(self, text: str) -> None:
        self._words = frozenset(words(text))
        self._beginnings = frozenset(
            beginning for word in self._words for beginning in _beginnings(word)
        )

    def __contains__(self, word: str) -> bool:
        return (
            word in self._words
            or word in self._beginnings
            or any(beginning in self._words for beginning in _beginnings(word))
        )


def _beginnings(word: str) -> Iterator[str]:
    if word.isalpha():
        for letters in range(max(BEGINNING, len(word) - ENDING), len(word)):
            yield word[:letters]
