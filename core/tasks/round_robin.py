"""Taking turns: in which order those who wait are served, whoever they are. Pure.

A round gives everybody who waits one turn. So whoever asks ten things at once makes nobody wait for
more than one of them.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import TypeVar

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)


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
