"""Work in the background that any page may watch, start and stop: tests and downloads of models,
backups. It runs on when the page is left. Knows nothing of what the work does."""

import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from threading import Event, Lock, Thread

from core.errors import BadInput, TriptychError
from core.tasks.progress import Progress, result_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of the work, in a sentence; `quote` is what a model said, if it said something."""

    sentence: str
    quote: str = ""


Steps = Generator[Progress, None, Outcome | None]  # None where it was stopped


@dataclass
class Job:
    """The state of one piece of work; written by its own thread, read by pages.

    Every attribute is replaced whole, so a reader always sees a consistent value.
    """

    name: str
    doing: Progress
    outcome: Outcome | None = None
    error: TriptychError | None = None
    over: bool = False
    started: float = field(default_factory=time.monotonic)
    stopping: Event = field(default_factory=Event)

    @property
    def seconds(self) -> float:
        """How long it has been under way."""
        return time.monotonic() - self.started

    def stop(self) -> None:
        """End after the step it is at."""
        self.stopping.set()
        self.doing = Progress(sentence="Stopping …", share=self.doing.share)

    def join(self) -> None:
        """Wait until it is over."""
        self._thread.join()

    def follow(self, steps: Steps) -> None:
        """Take the steps in a thread of this job's own until they end."""
        self._steps = steps
        self._thread = Thread(target=self._take, args=(steps,), daemon=True, name=self.name)
        self._thread.start()

    def _take(self, steps: Steps) -> None:
        try:
            self.outcome = result_of(steps, self._show)
        except TriptychError as error:
            self.error = error
        except Exception as error:  # noqa: BLE001 - the last stop: without it a page waits for ever
            self.error = TriptychError(
                "Something went wrong inside Triptych; what was kept before is safe.", repr(error)
            )
        if self.outcome is None and self.error is None:
            self.outcome = Outcome(sentence="Stopped.")
        self.over = True

    def _show(self, step: Progress) -> None:
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
            self._jobs[kind] = job
            job.follow(steps)
            return job

    def get(self, kind: str) -> Job | None:
        """The work of this kind that is under way, or ended last."""
        return self._jobs.get(kind)
