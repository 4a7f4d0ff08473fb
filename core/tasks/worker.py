"""The one thread that owns all model calls of a device, so that no two of them slow each other.

Work is a generator. The worker takes one item at a time, always from the work that stands first in
line: people before sweeps, then work that has begun, then those who ask take turns. So a sweep lets
people in between two of its items and goes on afterwards, and needs no other rule for it. Knows
nothing of models.
"""

import logging
import sys
from collections import OrderedDict
from collections.abc import Callable, Generator, Hashable, Iterator
from enum import IntEnum
from itertools import count
from queue import SimpleQueue
from threading import Condition, Thread, current_thread
from typing import Any, Literal, TypeVar, TypeVarTuple

from core.tasks.round_robin import begin, in_line

T = TypeVar("T")
R = TypeVar("R")
Ts = TypeVarTuple("Ts")

Outcome = tuple[Literal["item", "end", "error"], Any]

# How long a thread may keep the interpreter's lock. A model gives it up at every operation, some
# hundreds of times a token, and waits for it anew while pages run: with Python's own 5 ms an answer
# beside one busy page took more than twice as long as with this (benchmarks/beside_pages.py).
SWITCH_SECONDS = 0.0005


class Priority(IntEnum):
    """The smaller goes first."""

    PERSON = 0
    LOOK_UP = 1  # in a class, after the teacher: a search that nothing reranks, a moment's work
    STUDENT = 2
    SWEEP = 3
    NOBODY = 4  # what nobody waits for


class Worker:
    """Its thread starts at once and ends with the process."""

    def __init__(self) -> None:
        self._line: list[_Work] = []
        self._served: OrderedDict[Hashable, int] = OrderedDict()
        self._changed = Condition()
        self._numbers = count(1)
        sys.setswitchinterval(SWITCH_SECONDS)
        self._thread = Thread(target=self._run, daemon=True, name="worker")
        self._thread.start()

    def call(
        self, function: Callable[[*Ts], T], *args: *Ts, priority: Priority = Priority.PERSON
    ) -> T:
        """What the function returns or raises, in the worker's thread."""

        def once() -> Generator[T, None, None]:
            yield function(*args)

        return next(self.stream(once, priority))

    def stream(
        self,
        make: Callable[[], Generator[T, None, R]],
        priority: Priority = Priority.PERSON,
        asker: str = "",
    ) -> "Ticket[T, R]":
        """Put work in line. The generator is made, advanced and closed in the worker's thread,
        which does not wait for the caller to take the items. All work of one `asker` shares their
        turns; work without one has turns of its own."""
        if current_thread() is self._thread:
            raise RuntimeError("work in the worker's thread must not wait for the worker")
        with self._changed:
            number = next(self._numbers)
            work = _Work(priority, number, (priority, asker or number), make)
            self._line.append(work)
            self._arrange()
        return Ticket(work, self._line, self._changed)

    def _run(self) -> None:
        while True:
            self._take_one()

    def _take_one(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._line)
            work = next((each for each in self._line if each.closed), self._line[0])
            if not work.begun and not work.closed:
                begin(work, next(self._numbers), self._served)
                self._arrange()
        outcome = work.step()
        if outcome[0] != "item":
            with self._changed:
                self._line.remove(work)
                self._arrange()
        work.outcomes.put(outcome)

    def _arrange(self) -> None:
        """Put everybody in the place that is theirs now."""
        self._line[:] = in_line(self._line, self._served)
        self._changed.notify_all()


class Ticket(Generator[T, None, R]):
    """The caller's end of work in line: iterate to get its items, in order, as they come, and then
    its result.

    What the work raises is raised here. Closing the ticket, or letting it go, closes the work's
    generator in the worker's thread after the item it is at, without waiting for it.
    """

    def __init__(self, work: "_Work", line: "list[_Work]", changed: Condition) -> None:
        self._work = work
        self._line = line
        self._changed = changed
        self._over = False

    @property
    def position(self) -> int:
        """How many stand before it in line; 0 when it is next, under way or done."""
        with self._changed:
            return self._line.index(self._work) if self._work in self._line else 0

    def waiting(self) -> Iterator[int]:
        """The position, now and whenever it changes, until it is 0, which is not given."""
        while ahead := self.position:
            yield ahead
            with self._changed:
                while self.position == ahead:
                    self._changed.wait()

    def send(self, _value: None, /) -> T:
        if self._over:
            raise StopIteration
        kind, value = self._work.outcomes.get()
        if kind == "item":
            item: T = value
            return item
        self._over = True
        if kind == "error":
            raise value
        raise StopIteration(value)

    def throw(self, error: Any, value: Any = None, traceback: Any = None, /) -> T:
        self.close()
        return super().throw(error, value, traceback)

    def close(self) -> None:
        self._over = True
        with self._changed:
            self._work.closed = True
            self._changed.notify_all()

    __del__ = close


class _Work:
    """One generator in line."""

    def __init__(
        self,
        priority: Priority,
        number: int,
        asker: Hashable,
        make: Callable[[], Generator[Any, None, Any]],
    ) -> None:
        self.priority = priority
        self.number = number
        self.asker = asker
        self.begun = False
        self.closed = False
        self.outcomes: SimpleQueue[Outcome] = SimpleQueue()
        self._make = make
        self._steps: Generator[Any, None, Any] | None = None

    def step(self) -> Outcome:
        """Take the next item, or close the generator if that was asked for."""
        try:
            if self.closed:
                if self._steps:
                    self._steps.close()
                return "end", None
            if self._steps is None:
                self._steps = self._make()
            return "item", next(self._steps)
        except StopIteration as end:
            return "end", end.value
        except BaseException as error:
            # Whatever it is, it is raised again in the caller's thread, and this one must go on.
            if self.closed:
                logging.getLogger(__name__).exception("work failed after its caller had gone")
            return "error", error
