"""Several pieces of work at once, each in a thread of its own, and what they say in one row. Knows
nothing of the work."""

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from queue import SimpleQueue
from threading import Thread
from typing import TypeVar

T = TypeVar("T")


def together(
    parts: Sequence[Generator[T, None, object]], end_soon: Callable[[], object]
) -> Generator[T, None, None]:
    """The items of all parts as they come, until all have ended; what failed first is raised then.

    Closing this calls `end_soon`, which must make each part end, and waits until they have.
    """
    items: SimpleQueue[tuple[T] | Exception | None] = SimpleQueue()
    threads = [Thread(target=_take, args=(part, items), daemon=True) for part in parts]
    failed: list[Exception] = []
    left = len(threads)
    for thread in threads:
        thread.start()
    try:
        while left:
            match items.get():
                case (item,):
                    yield item
                case Exception() as error:
                    failed.append(error)
                case None:
                    left -= 1
    finally:
        if left:
            end_soon()
        for thread in threads:
            thread.join()
    if failed:
        raise failed[0]


def _take(
    part: Generator[T, None, object], items: "SimpleQueue[tuple[T] | Exception | None]"
) -> None:
    try:
        with closing(part):
            for item in part:
                items.put((item,))
    except Exception as error:  # noqa: BLE001 - raised again in the thread that takes the items
        items.put(error)
    finally:
        items.put(None)
