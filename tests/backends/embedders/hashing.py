"""An embedder without a model: each word adds to or takes from one dimension, by its hash."""

from collections.abc import Sequence
from zlib import crc32

import numpy as np
from tokenizers import Tokenizer

from core.settings import Settings
from core.types import Model
from tests.backends.words import tokenizer, words


def models(_settings: Settings) -> list[Model]:
    return [
        Model(
            name="hashing",
            family="embedder",
            source="packaged",
            available=True,
            reason="",
            revision="1",
        )
    ]


def load(_model: Model, _settings: Settings) -> "HashingEmbedder":
    return HashingEmbedder()


def reading(_model: Model) -> tuple[Tokenizer, int]:
    return tokenizer(), HashingEmbedder.window


class HashingEmbedder:
    """`embedded` holds every text it was ever given, in order."""

    window = 256
    dimensions = 64

    def __init__(self) -> None:
        self.tokenizer = tokenizer()
        self.embedded: list[str] = []

    def embed(self, texts: Sequence[str], *, query: bool = False) -> np.ndarray:
        if not query:
            self.embedded += texts
        vectors = np.zeros((len(texts), self.dimensions), np.float32)
        for vector, text in zip(vectors, texts, strict=True):
            for word in words(self.tokenizer, text, self.window):
                number = crc32(word.encode())
                vector[number % self.dimensions] += 1 if number & 1024 else -1
            if not vector.any():
                vector[0] = 1
            vector /= np.linalg.norm(vector)
        return vectors
