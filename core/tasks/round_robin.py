"""Taking turns: in which order those who wait are served, whoever they are. Pure.

A round gives everybody who waits one turn. So whoever asks ten things at once makes nobody wait for
more than one of them.
"""

from collections import Counter, OrderedDict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Protocol, TypeVar

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)

ASKERS_KEPT = 256  # whose last turn is known; who had none for long goes first anyway


class Standing(Protocol):
    """Who stands in line. `number` grows with the time at which it came."""

    number: int
    asker: Hashable
    begun: bool

    @property
    def priority(self) -> int: ...


S = TypeVar("S", bound=Standing)


def in_line(standing: Sequence[S], served: Mapping[Hashable, int]) -> list[S]:
    """Everybody in their place: by priority, then what has begun, then in turns."""
    came = sorted(standing, key=lambda each: (each.priority, each.number))
    begun = [each for each in came if each.begun]
    waiting = [each for each in came if not each.begun]
    waiting = round_robin(waiting, lambda each: each.asker, served)
    return sorted(begun + waiting, key=lambda each: each.priority)


def begin(one: Standing, number: int, served: OrderedDict[Hashable, int]) -> None:
    """One who stands in line begins: their asker's last turn is now, which is `number`."""
    one.begun = True
    served[one.asker] = number
    served.move_to_end(one.asker)
    if len(served) > ASKERS_KEPT:
        served.popitem(last=False)


def round_robin(waiting: Iterable[T], asker: Callable[[T], K], served: Mapping[K, int]) -> list[T]:
    """What waits, in the order in which it will be served.

    `waiting` is in the order in which it came. `served` says of each asker when their last turn
    was, as a number that grows; who is not in it had none. In each round, whoever had their last
    turn longest ago goes first, then whoever came first.
    """
    own: Counter[K] = Counter()
    keyed = []
    for place, each in enumerate(waiting):
        who = asker(each)
        keyed.append((own[who], served.get(who, 0), place, each))
        own[who] += 1
    return [each for *_, each in sorted(keyed, key=lambda key: key[:3])]
