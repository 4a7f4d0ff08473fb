"""What asking costs above the model calls themselves: the same question, with every call timed."""

import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from core.lab import Lab
from core.settings import SAMPLES, Settings
from core.types import Generation, Recipe, Retrieval, three_ways

ROUNDS = 5
QUESTIONS = [
    f"What does paper number {number} say about attention?" for number in range(ROUNDS + 1)
]


class Timed:
    """A backend whose calls are counted in seconds."""

    def __init__(self, backend: Any) -> None:
        self._backend = backend
        self.seconds = 0.0

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._backend, name)
        return self._timed(value) if callable(value) else value

    def _timed(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            # A generator is handed its requests while they are made, which is not its own work.
            arguments = tuple(self._made(a) if isinstance(a, Iterator) else a for a in arguments)
            started = time.perf_counter()
            result = function(*arguments, **options)
            self.seconds += time.perf_counter() - started
            return self._items(result) if isinstance(result, Iterator) else result

        return call

    def _made(self, requests: Iterator[Any]) -> Iterator[Any]:
        while True:
            started = time.perf_counter()
            try:
                request = next(requests)
            except StopIteration:
                return
            finally:
                self.seconds -= time.perf_counter() - started
            yield request

    def _items(self, items: Iterator[Any]) -> Iterator[Any]:
        while True:
            started = time.perf_counter()
            try:
                item = next(items)
            except StopIteration:
                return
            finally:
                self.seconds += time.perf_counter() - started
            yield item


def rows() -> list[dict[str, str]]:
    with tempfile.TemporaryDirectory() as folder:
        lab = Lab(Settings(data=Path(folder)))
        for path in sorted((SAMPLES / "papers").iterdir()):
            lab.papers.add(path)
        recipe = Recipe(evidence=Retrieval(), generation=Generation(max_tokens=16))
        recipes = three_ways(recipe, lab.models.default("reranker"))
        papers = lab.papers.resolve(())
        list(lab.answering.ask(QUESTIONS[0], recipes, papers))  # loads the models, reads the papers
        models = lab.models
        loaded: list[Any] = [models._embedder, models._reranker, models._generator]
        timed = [Timed(each.kept[1]) for each in loaded]
        for each, backend in zip(loaded, timed, strict=True):
            each.kept = (each.kept[0], backend)
        ours, plain = [], []
        for question in QUESTIONS[1:]:
            before = sum(backend.seconds for backend in timed)
            started = time.perf_counter()
            list(lab.answering.ask(question, recipes, papers))
            ours.append(time.perf_counter() - started)
            plain.append(sum(backend.seconds for backend in timed) - before)
    above = sorted(a - b for a, b in zip(ours, plain, strict=True))[ROUNDS // 2]
    return [
        {
            "what": f"asking three ways, {above * 1000:.0f} ms above the model calls (median)",
            "ours_seconds": f"{sum(ours) / ROUNDS:.3f}",
            "plain_seconds": f"{sum(plain) / ROUNDS:.3f}",
            "ratio": f"{sum(ours) / sum(plain):.3f}",
            "demand": "at most 50 ms",
        }
    ]


if __name__ == "__main__":
    for row in rows():
        print(" | ".join(row.values()))
