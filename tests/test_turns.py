"""Who is served next, by values worked out by hand."""

from hypothesis import given
from hypothesis import strategies as st

from core.tasks.round_robin import round_robin


def who(work: str) -> str:
    """Whose the work is: a1 and a2 are Ada's."""
    return work[0]


def test_everybody_has_one_turn_in_each_round() -> None:
    waiting = ["a1", "a2", "a3", "b1", "c1", "c2"]
    assert round_robin(waiting, who, {}) == ["a1", "b1", "c1", "a2", "c2", "a3"]


def test_whoever_had_a_turn_lately_goes_last_in_a_round() -> None:
    # c had the last turn, then a; b had none yet
    assert round_robin(["a1", "a2", "c1", "b1"], who, {"a": 7, "c": 4}) == ["b1", "c1", "a1", "a2"]


def test_many_earlier_turns_do_not_make_anybody_wait_longer() -> None:
    assert round_robin(["a1", "b1", "b2", "b3"], who, {"a": 9}) == ["b1", "a1", "b2", "b3"]


NAMES = st.lists(st.sampled_from("abcd"), max_size=3)


@given(st.lists(NAMES, max_size=40))
def test_while_one_waits_nobody_else_has_two_turns(arriving: list[list[str]]) -> None:
    waiting: list[str] = []
    served: dict[str, int] = {}
    since: dict[str, set[str]] = {}  # who had a turn since this one waits for theirs
    for turn, names in enumerate(arriving, start=1):
        waiting += [f"{name}{turn}" for name in names]
        since |= {name: set() for name in names if name not in since}
        if not waiting:
            continue
        taken = round_robin(waiting, who, served)[0]
        waiting.remove(taken)
        served[who(taken)] = turn
        del since[who(taken)]
        for others in since.values():
            assert who(taken) not in others
            others.add(who(taken))
        if who(taken) in map(who, waiting):
            since[who(taken)] = set()
