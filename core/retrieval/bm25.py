"""Chunks found by their words: BM25 in memory, the only file that imports bm25s.

Knows no model and no similarity: a word matches itself alone, in any case, but not its plural and
no synonym. How rare a word is, is counted over the chunks that are searched.

Source of the formula: Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and
Beyond" (2009), with Lucene's inverse document frequency, k1 = 1.5 and b = 0.75.
"""

from collections.abc import Sequence

from core.text import words
from core.types import Chunk

VERSION = "1"  # of what a word is and how it counts


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
