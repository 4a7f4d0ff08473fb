"""A watch for work that lets other work in between two items. Knows nothing of the work."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(slots=True)
class Stopwatch:
    """The seconds that the items themselves took, without those between them."""

    seconds: float = 0.0

    def timed(self, items: Iterable[T]) -> Iterator[T]:
        """The same items, timed."""
        iterator = iter(items)
        while True:
            started = time.perf_counter()
            try:
                item = next(iterator)
            except StopIteration:
                return
            finally:
                self.seconds += time.perf_counter() - started
            yield item
