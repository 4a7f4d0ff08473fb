"""Places at what serves several at once, such as a server: who takes the next one that is free.

The order is the worker's: people before sweeps, then those who have begun, then those who ask take
turns. A place is kept to the end of one call and never taken away. Knows nothing of what is called.
"""

from collections import OrderedDict
from collections.abc import Hashable
from itertools import count
from threading import Condition, Event

from core.tasks.round_robin import begin, in_line


class Places:
    """At most `places` calls at once, whoever makes them."""

    def __init__(self, places: int) -> None:
        self.changed = Condition()
        self.places = places
        self._taken = 0
        self._waiting: list[Caller] = []  # in the order in which they will be served
        self._served: OrderedDict[Hashable, int] = OrderedDict()
        self._numbers = count(1)

    def widen(self, places: int) -> None:
        """Have so many places from now on; calls under way go on."""
        with self.changed:
            self.places = places
            self.changed.notify_all()

    def caller(self, priority: int, asker: str = "") -> "Caller":
        """One who will call, perhaps several times at once, such as a question or a sweep. All
        callers of one `asker` share their turns; one without has turns of its own."""
        with self.changed:
            number = next(self._numbers)
        return Caller(self, priority, number, (priority, asker or number))

    def take(self, caller: "Caller", gone: Event) -> bool:
        """See `Caller.take`."""
        with self.changed:
            caller.calls += 1
            self._arrange(caller)
            self.changed.wait_for(lambda: gone.is_set() or self._is_next(caller))
            caller.calls -= 1
            if not gone.is_set():
                self._taken += 1
                if not caller.begun:
                    begin(caller, next(self._numbers), self._served)
            self._arrange(caller)
            return not gone.is_set()

    def give_back(self) -> None:
        """A call is over."""
        with self.changed:
            self._taken -= 1
            self.changed.notify_all()

    def ahead(self, caller: "Caller") -> int:
        """See `Caller.ahead`."""
        with self.changed:
            if caller not in self._waiting or self._is_next(caller):
                return 0
            before = self._waiting[: self._waiting.index(caller)]
            return 1 + sum(each.calls for each in before)

    def _is_next(self, caller: "Caller") -> bool:
        return self._taken < self.places and self._waiting[0] is caller

    def _arrange(self, changed: "Caller") -> None:
        """Put everybody who waits in the place that is theirs now."""
        waiting = [each for each in self._waiting if each is not changed]
        if changed.calls:
            waiting.append(changed)
        self._waiting = in_line(waiting, self._served)
        self.changed.notify_all()


class Caller:
    """One who calls."""

    def __init__(self, places: Places, priority: int, number: int, asker: Hashable) -> None:
        self.priority = priority
        self.number = number
        self.asker = asker
        self.begun = False
        self.calls = 0  # that wait for a place
        self._places = places

    def take(self, gone: Event) -> bool:
        """Wait for a place; whether there is one, which must be given back. False once `gone` is
        set, if `wake` is called after that."""
        return self._places.take(self, gone)

    def give_back(self) -> None:
        """A call is over."""
        self._places.give_back()

    def wake(self) -> None:
        """Have those who wait look whether they are still wanted."""
        with self._places.changed:
            self._places.changed.notify_all()

    @property
    def most(self) -> int:
        """How many of its calls may be under way at once."""
        return self._places.places

    @property
    def ahead(self) -> int:
        """How many calls must end before its next one begins, at most; 0 where none waits."""
        return self._places.ahead(self)
