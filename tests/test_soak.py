"""A short soak over the small backends, and what is made of a soak's figures."""

from pathlib import Path

import pytest

from tests.soak.__main__ import soak
from tests.soak.figures import Turn, at, entries, growth, rounds_waited


def turns(*rows: tuple[str, float, float]) -> list[Turn]:
    return [Turn(who=who, asked=asked, answered=answered) for who, asked, answered in rows]


def test_many_sessions_at_once(tmp_path: Path, fakes: None) -> None:
    report = soak(tmp_path, seconds=20, clients=6, program="tests.support.small_server")
    assert report.faults == []
    # Where the machine is very busy, students get no further in the time than to open pages.
    assert {"a sweep", "open a page"} <= report.waits.keys()


def test_what_was_under_way_is_no_round() -> None:
    assert rounds_waited(turns(("ada", 0, 5), ("bob", 1, 6))) == 0


def test_one_turn_of_each_other_is_one_round() -> None:
    waiting = turns(("ada", 0, 5), ("bob", 1, 6), ("cleo", 2, 7), ("dan", 3, 8))
    assert rounds_waited(waiting) == 1


def test_a_line_in_the_order_of_arrival_is_found_unfair() -> None:
    greedy = [("ada", 0.0, float(number)) for number in range(1, 5)]
    assert rounds_waited(turns(*greedy, ("bob", 0.5, 5.0))) == 3


def test_who_has_several_questions_waits_for_each_in_turn() -> None:
    rows = (("ada", 0, 1), ("bob", 0, 2), ("ada", 0, 3), ("bob", 0, 4), ("ada", 0, 5))
    assert rounds_waited(turns(*rows)) == 1


@pytest.mark.parametrize(("share", "wait"), [(0.5, 2), (0.95, 4), (1.0, 4), (0.25, 1)])
def test_the_smallest_wait_that_a_share_does_not_exceed(share: float, wait: float) -> None:
    assert at([4, 1, 3, 2], share) == wait


def test_growth_is_of_the_last_half_alone_and_of_what_is_held() -> None:
    rising = [(float(second), 100.0 + second) for second in range(601)]
    # The least of the stretches that begin at 300, 330 ... 570, and the last second, 600.
    assert growth(rising) == pytest.approx(300)
    settled = [(second, min(amount, 400.0)) for second, amount in rising]
    assert growth(settled) == pytest.approx(0)
    answering = [(second, amount + 300 * (second % 30 > 9)) for second, amount in settled]
    assert growth(answering) == pytest.approx(0)


LOG = """
  You can now view your Streamlit app in your browser.

2026-11-21 22:10:01.512 Uncaught app exception
Traceback (most recent call last):
  File "state/session_state.py", line 776, in __getitem__
    base_value = self._getitem(widget_id, key)
KeyError

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "state/session_state.py", line 1711, in register_widget
    widget_value = cast("T", self[widget_id])
KeyError: 'st.session_state has no key "class.bars". Did you forget to initialize it?'
2026-11-21 22:10:02.000 a phone came
2026-11-21 22:10:03.004 Uncaught app exception
Traceback (most recent call last):
  File "pages/runs.py", line 12, in main
    st.session_state["lamp"]
KeyError: 'st.session_state has no key "lamp". Did you forget to initialize it?'
"""


def test_a_page_that_was_left_is_told_from_one_that_failed() -> None:
    faults, left = entries(LOG)
    assert (len(faults), left) == (1, 1)
    assert faults[0].startswith("2026-11-21 22:10:03.004 Uncaught")
    assert faults[0].endswith("initialize it?'\n")


def test_a_quiet_log_says_nothing() -> None:
    assert entries("\n  URL: http://127.0.0.1:8501\n2026-11-21 22:10:02.000 a phone came\n") == (
        [],
        0,
    )
