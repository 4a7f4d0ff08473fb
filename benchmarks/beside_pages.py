"""What an answer costs beside a page that computes: with how long the worker lets a thread keep the
interpreter's lock, and with Python's own 5 ms.

    python -m benchmarks.beside_pages

The page is a thread that adds numbers without end, as drawing a page does. Both take turns.
"""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

from core.models import registry
from core.settings import from_environment
from core.tasks.worker import SWITCH_SECONDS
from core.types import Generation, Message, Request, TextGenerator

PYTHONS = 0.005
GOES = 2
GENERATION = Generation(max_tokens=16)
QUESTION = "Describe in detail what has to be known to run a small language model on a laptop."


def rows() -> list[dict[str, str]]:
    """Our seconds, those with Python's own interval, how many times faster, and the demand."""
    settings = from_environment()
    model, module = registry.find(settings, "generator", GENERATION.generator)
    generator = module.load(model, settings)
    seconds(generator, SWITCH_SECONDS)  # warm
    with busy():
        goes = [
            (seconds(generator, SWITCH_SECONDS), seconds(generator, PYTHONS)) for _ in range(GOES)
        ]
    ours, plain = (min(times) for times in zip(*goes, strict=True))
    return [
        {
            "what": "an answer beside a page that computes, or with Python's own switch interval",
            "ours_seconds": f"{ours:.2f}",
            "plain_seconds": f"{plain:.2f}",
            "ratio": f"{plain / ours:.2f}",
            "demand": "at least 2",
        }
    ]


def seconds(generator: TextGenerator, interval: float) -> float:
    sys.setswitchinterval(interval)
    request = Request(messages=(Message(role="user", content=QUESTION),), generation=GENERATION)
    started = time.perf_counter()
    for _ in generator.generate([request], Event()):
        pass
    return time.perf_counter() - started


@contextmanager
def busy() -> Iterator[None]:
    """A thread that computes in Python for as long as this lasts."""
    over = Event()

    def compute() -> None:
        while not over.is_set():
            sum(number * number for number in range(20_000))

    thread = Thread(target=compute)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


if __name__ == "__main__":
    for row in rows():
        print(" | ".join(row.values()))
