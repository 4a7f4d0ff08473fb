"""When cards come again: equal to py-fsrs by itself, by a clock that is an argument."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import fsrs
import pytest

from core.cards import days, schedule
from core.errors import BadInput
from core.types import Memory, Review

START = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
# Ten days of one card: hours since the start, and the rating.
HISTORY = [(0, 3), (0.2, 3), (50, 2), (51, 1), (52, 3), (77, 4), (120, 3), (200, 1), (201, 3)]


def review(hours: float, rating: int, retention: float = 0.9) -> Review:
    at = START + timedelta(hours=hours)
    return Review(card_id="c", learner="Ada", rating=rating, at=at.isoformat(), retention=retention)


@pytest.mark.parametrize("retention", [0.8, 0.9, 0.95])
def test_ten_days_equal_py_fsrs(retention: float) -> None:
    scheduler = fsrs.Scheduler(desired_retention=retention, enable_fuzzing=False)
    card = fsrs.Card(card_id=1)
    reviews: list[Review] = []
    for hours, rating in HISTORY:
        at = START + timedelta(hours=hours)
        card, _ = scheduler.review_card(card, fsrs.Rating(rating), at)
        reviews.append(review(hours, rating, retention))
        memory = schedule.remember(reviews)
        assert memory
        assert datetime.fromisoformat(memory.due) == card.due
        assert (memory.stability, memory.difficulty) == (card.stability, card.difficulty)
        assert (memory.step, memory.state) == (card.step, card.state.name.lower())


def test_reviews_and_lapses_are_counted() -> None:
    memory = schedule.remember([review(*entry) for entry in HISTORY])
    assert memory
    assert (memory.reviews, memory.lapses) == (9, 2)  # forgotten after 51 and after 200 hours
    assert memory.first_review == START.isoformat()
    assert schedule.remember([]) is None


def test_each_button_says_what_it_would_do() -> None:
    new = schedule.intervals(None, START, 0.9)
    assert new[1] == timedelta(minutes=1)
    assert new[2] == timedelta(minutes=5.5)
    assert new[3] == timedelta(minutes=10)
    assert new[4] == timedelta(days=8)
    memory = schedule.remember([review(*entry) for entry in HISTORY[:3]])
    at = START + timedelta(hours=51)
    for rating, interval in schedule.intervals(memory, at, 0.9).items():
        assert datetime.fromisoformat(schedule.after(memory, rating, at, 0.9).due) == at + interval


def test_a_higher_wish_brings_a_card_back_sooner() -> None:
    memory = schedule.remember([review(0, 4)])
    at = START + timedelta(days=8)
    strict, easy = (schedule.intervals(memory, at, wish)[3] for wish in (0.95, 0.8))
    assert strict < easy


def test_the_estimate_falls_from_one() -> None:
    memory = schedule.remember([review(0, 4)])
    assert isinstance(memory, Memory)
    assert schedule.recall(memory, START) == 1
    later = START + timedelta(days=round(memory.stability))
    assert schedule.recall(memory, later) == pytest.approx(0.9, abs=0.01)


def test_what_cannot_be_meant() -> None:
    with pytest.raises(BadInput, match="rating is 5"):
        schedule.after(None, 5, START, 0.9)
    with pytest.raises(BadInput, match="between 70% and 97%"):
        schedule.after(None, 3, START, 1.0)


BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("local", "day"),
    [
        ("2026-11-21T23:59", date(2026, 11, 21)),
        ("2026-11-22T00:01", date(2026, 11, 21)),
        ("2026-11-22T03:59", date(2026, 11, 21)),
        ("2026-11-22T04:00", date(2026, 11, 22)),
        ("2026-03-29T03:30", date(2026, 3, 28)),  # an hour after the clock went forward
        ("2026-10-25T02:30", date(2026, 10, 24)),  # an hour that comes twice
    ],
)
def test_a_day_begins_at_four(local: str, day: date) -> None:
    at = datetime.fromisoformat(local).replace(tzinfo=BERLIN)
    assert days.day_of(at, BERLIN) == day
    assert days.day_of(at.astimezone(UTC), BERLIN) == day
    start, end = days.bounds(at, BERLIN)
    assert start <= at < end


@pytest.mark.parametrize(
    ("day", "hours"),
    [(date(2026, 3, 28), 23), (date(2026, 10, 24), 25), (date(2026, 6, 1), 24)],
)
def test_a_day_of_summer_time(day: date, hours: int) -> None:
    start, end = days.begin(day, BERLIN), days.begin(day + timedelta(days=1), BERLIN)
    assert end - start == timedelta(hours=hours)
    assert start.astimezone(BERLIN).hour == end.astimezone(BERLIN).hour == 4


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "../etc/passwd", "Europe"])
def test_an_unknown_zone(name: str) -> None:
    with pytest.raises(BadInput, match="time zone"):
        days.zone(name)
