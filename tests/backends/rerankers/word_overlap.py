"""A reranker without a model: the share of the question's words that the text has."""

from collections.abc import Iterator, Sequence

from core.models.windows import room
from core.settings import Settings
from core.types import Model
from tests.backends.words import tokenizer, words


def models(_settings: Settings) -> list[Model]:
    return [
        Model(
            name="word-overlap",
            family="reranker",
            source="packaged",
            available=True,
            reason="",
            revision="1",
        )
    ]


def load(_model: Model, _settings: Settings) -> "WordOverlap":
    return WordOverlap()


class WordOverlap:
    """`scored` holds every pair it was ever given, in order."""

    window = 256

    def __init__(self) -> None:
        self.tokenizer = tokenizer()
        self.scored: list[tuple[str, str]] = []

    def score(self, question: str, texts: Sequence[str]) -> Iterator[float]:
        asked = set(words(self.tokenizer, question, self.window))
        most = room(self.tokenizer, self.window, question)
        for text in texts:
            self.scored.append((question, text))
            yield len(asked & set(words(self.tokenizer, text, most))) / max(1, len(asked))
