"""Texts for the benchmarks: real chunks, cut from the sample papers, and made-up papers."""

from functools import cache
from itertools import product

import numpy as np

from core import papers
from core.chunkers import cut
from core.settings import SAMPLES, Settings
from core.types import Chunking

SIZES = (800, 1200, 500, 1600, 300)  # several, for enough chunks of different lengths
WORDS = 60_000  # that made-up papers know
SENTENCE, PARAGRAPH = 18, 7  # words, sentences


def chunks(count: int) -> list[str]:
    """At most `count` different texts, the same ones each time."""
    files = sorted((SAMPLES / "papers").iterdir())
    read = [papers.read(file, file.name, Settings()) for file in files]
    texts = [
        chunk.text
        for size in SIZES
        for paper in read
        for chunk in cut(paper, Chunking(size=size, overlap=size // 8))
    ]
    return list(dict.fromkeys(texts))[:count]


def made_up(number: int, words: int) -> str:
    """A text of so many words that no other number has, the same one each time. Words are as
    frequent as in English: the second half as often as the first, and so on."""
    vocabulary, shares = _vocabulary()
    drawn = shares.searchsorted(np.random.default_rng(number).random(words))
    sentences = np.split(vocabulary[drawn], range(SENTENCE, words, SENTENCE))
    said = [f"{' '.join(sentence).capitalize()}." for sentence in sentences]
    paragraphs = (said[at : at + PARAGRAPH] for at in range(0, len(said), PARAGRAPH))
    return f"Paper {number}\n\n" + "\n\n".join(" ".join(some) for some in paragraphs)


@cache
def _vocabulary() -> tuple[np.ndarray, np.ndarray]:
    """Words, and up to which share of all words each of them reaches."""
    syllables = [a + b for a, b in product("bdfgklmnprstvz", ("a", "e", "i", "o", "ur", "en"))]
    words = ["".join(parts) for length in (1, 2, 3) for parts in product(syllables, repeat=length)]
    frequent = 1 / np.arange(1, WORDS + 1)
    shares = frequent.cumsum() / frequent.sum()
    return np.array(words[:WORDS], object), shares
