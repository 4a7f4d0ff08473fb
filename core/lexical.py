"""Chunks found by their words: BM25 in memory, the only file that imports bm25s.

Knows no model and no similarity: a word matches itself alone, in any case, but not its plural and
no synonym. How rare a word is, is counted over the chunks that are searched.

Source of the formula: Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and
Beyond" (2009), with Lucene's inverse document frequency, k1 = 1.5 and b = 0.75.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence

from core.types import Chunk

VERSION = "1"  # of what a word is and how it counts
IDEOGRAPH = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
PART = rf"[^\W_{IDEOGRAPH}]+"
WORD = re.compile(rf"[{IDEOGRAPH}]|{PART}(?:[-._,'’/]{PART})*")

TELL_NOTHING = frozenset(
    """a about an and any are as at be been but by can could did do does for from had has have how
    if in into is it its of on or should so than that the their them then there these they this
    those to was were what when where which while who whom whose why will with would""".split()  # noqa: SIM905
)


def words(text: str) -> list[str]:
    """The words BM25 counts: lower case, and compounds both whole and in parts, so that "GPT-4",
    "3.14" and "fine-tuning" match themselves best, but "tuning" matches as well. Of Chinese and
    Japanese each character is a word. English words that tell nothing of a subject are left out:
    papers ask so seldom that "what" would count as rare."""
    plain = unicodedata.normalize("NFKC", text).casefold().replace("\u2010", "-")
    found = (word for match in WORD.finditer(plain) for word in _whole_and_parts(match[0]))
    return [word for word in found if word not in TELL_NOTHING]


def _whole_and_parts(word: str) -> Iterator[str]:
    yield word
    parts = re.findall(PART, word)
    if len(parts) > 1:
        yield from parts


class WordIndex:
    """Chunks, ready to be searched by their words."""

    def __init__(self, chunks: Sequence[Chunk]) -> None:
        from bm25s import BM25

        self._chunks = list(dict.fromkeys(chunks))
        counted = [words(chunk.text) for chunk in self._chunks]
        self._bm25 = None
        if any(counted):  # bm25s takes no collection without words
            self._bm25 = BM25(method="lucene", k1=1.5, b=0.75, dtype="float64")
            self._bm25.index(counted, show_progress=False)

    def search(self, question: str, count: int) -> list[tuple[Chunk, float]]:
        """The `count` chunks with the highest BM25 scores (above 0, without an upper bound), best
        first; equal ones stand in the order they were given. Only chunks that hold a word of the
        question are found, so there may be fewer, or none."""
        asked = words(question)
        if self._bm25 is None or not asked:
            return []
        scores = self._bm25.get_scores(asked)
        found = scores.nonzero()[0]
        best = found[(-scores[found]).argsort(kind="stable")][:count]
        return [(self._chunks[place], float(scores[place])) for place in best]
