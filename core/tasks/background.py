"""Work in the background that any page may watch and stop. It runs on when the page is left. Knows
nothing of what the work does."""

import logging
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from threading import Event, Lock, Thread
from typing import Generic, TypeVar

from core.errors import BadInput, TriptychError
from core.tasks.progress import Progress, result_of

T = TypeVar("T")
R = TypeVar("R")


@dataclass(kw_only=True)
class Task(Generic[T, R]):
    """One piece of work under way; written by its own thread, read by pages.

    Every attribute is replaced whole, so a reader always sees a consistent value.
    """

    name: str
    result: R | None = None
    error: TriptychError | None = None
    over: bool = False
    started: float = field(default_factory=time.monotonic)
    seconds_taken: float | None = None
    stopping: Event = field(default_factory=Event)

    @property
    def seconds(self) -> float:
        """How long it has been under way, or took."""
        if self.seconds_taken is not None:
            return self.seconds_taken
        return time.monotonic() - self.started

    def stop(self) -> None:
        """End soon; what is done is kept."""
        self.stopping.set()

    def join(self, seconds: float | None = None) -> bool:
        """Wait until it is over; whether that came about."""
        self._thread.join(seconds)
        return self.over

    def follow(self, steps: Generator[T, None, R]) -> None:
        """Take the steps in a thread of its own until they end."""
        self._steps = steps
        self._thread = Thread(target=self._run, daemon=True, name=self.name)
        self._thread.start()

    def show(self, step: T) -> None:
        """Take up what a step says for those who watch; called in the work's thread."""

    def _run(self) -> None:
        try:
            self.result = result_of(self._steps, self.show)
        except Exception as error:  # noqa: BLE001 - the last stop: else a page waits for ever
            self.error = failure(error)
        finally:
            self.seconds_taken = time.monotonic() - self.started
            self.over = True


def failure(error: Exception) -> TriptychError:
    """What ended some work, as it is told to people; what nobody foresaw is also logged."""
    if isinstance(error, TriptychError):
        return error
    logging.getLogger(__name__).error("work in the background failed", exc_info=error)
    return TriptychError(
        "Something went wrong inside Triptych; what was kept before is safe.", repr(error)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of the work, in a sentence; `quote` is what a model said, if it said something."""

    sentence: str
    quote: str = ""


Steps = Generator[Progress, None, Outcome | None]  # None where it was stopped


@dataclass(kw_only=True)
class Job(Task[Progress, Outcome | None]):
    """Work that is started from a page and says in a sentence what came of it. It is broken off
    after the step it is at when somebody stops it."""

    doing: Progress

    @property
    def outcome(self) -> Outcome | None:
        """What came of it, once it is over without an error."""
        if not self.over or self.error:
            return None
        return self.result or Outcome(sentence="Stopped.")

    def stop(self) -> None:
        super().stop()
        self.doing = Progress(sentence="Stopping …", share=self.doing.share)

    def show(self, step: Progress) -> None:
        if self.stopping.is_set():
            self._steps.close()
        else:
            self.doing = step


class Jobs:
    """The latest job of each kind of work."""

    def __init__(self) -> None:
        self._jobs: dict[str, Job] = {}
        self._lock = Lock()

    def start(self, kind: str, name: str, make: Callable[[Event], Steps]) -> Job:
        """Begin work; `make` is given the event that is set when somebody wants it to stop.

        Errors: BadInput while other work of this kind is under way.
        """
        with self._lock:
            before = self._jobs.get(kind)
            if before and not before.over:
                raise BadInput(f"{before.name} is under way; wait for it, or stop it.")
            job = Job(name=name, doing=Progress(sentence=f"{name} …"))
            steps = make(job.stopping)
            job.follow(steps)
            self._jobs[kind] = job
            return job

    def get(self, kind: str) -> Job | None:
        """The work of this kind that is under way, or ended last."""
        return self._jobs.get(kind)
