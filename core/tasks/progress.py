"""How far a piece of work is, and what comes of it. Knows nothing of the work.

Work is a generator: it yields steps, as a rule Progress, and returns its result.
"""

from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")
U = TypeVar("U")
R = TypeVar("R")


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What is going on: a sentence, how far (0..1) where that is known."""

    sentence: str
    share: float | None = None


def result_of(steps: Generator[T, None, R], on_step: Callable[[T], object] | None = None) -> R:
    """What the work returns; each of its steps is handed on as it comes."""
    with closing(steps):
        while True:
            try:
                step = next(steps)
            except StopIteration as end:
                result: R = end.value
                return result
            if on_step:
                on_step(step)


def mapped(steps: Generator[T, None, R], change: Callable[[T], U]) -> Generator[U, None, R]:
    """The same work, each of its steps changed."""
    with closing(steps):
        while True:
            try:
                step = next(steps)
            except StopIteration as end:
                result: R = end.value
                return result
            yield change(step)
