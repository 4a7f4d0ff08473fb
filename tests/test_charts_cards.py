"""Charts of studying, by hand."""

from datetime import date

from core.charts import cards
from core.types import Card, Memory

TODAY = date(2026, 11, 21)  # a Saturday


def memory(lapses: int) -> Memory:
    return Memory(
        state="review",
        step=None,
        stability=3.0,
        difficulty=5.0 + lapses / 10,
        due="2026-11-22T09:00:00+00:00",
        last_review="2026-11-19T09:00:00+00:00",
        first_review="2026-11-01T09:00:00+00:00",
        reviews=5,
        lapses=lapses,
    )


def test_the_calendar_counts_the_last_half_year() -> None:
    reviews = {TODAY: 3, date(2026, 11, 16): 2, date(2026, 5, 25): 1, date(2025, 1, 1): 9}
    chart = cards.calendar(reviews, TODAY, "light")
    assert chart.title == "6 reviews on 3 of 181 days"
    assert chart.rows[-1] == {"day": "2026-11-21", "reviews": 3}
    (heat,) = chart.figure.data
    assert (heat.x[-1], heat.y[-1], heat.z[-1]) == (25, 5, 3)
    assert (heat.x[0], heat.y[0]) == (0, 0)  # a Monday


def test_the_forecast_counts_what_is_overdue_today() -> None:
    chart = cards.forecast({0: 4, 2: 5, 6: 1, 40: 7}, TODAY, "dark")
    assert chart.title == "4 today, 10 within a week; most on Mon 23 Nov (5)"
    assert chart.counted == "n = 17 studied cards; 7 of them come later than in 30 days"
    assert [row["cards"] for row in chart.rows[:3]] == [4, 0, 5]
    assert len(chart.rows) == 30


def test_retention_of_young_and_mature_cards() -> None:
    recalls = [(0.01, False), (1, True), (20.9, False), (21, True), (90, True)]
    chart = cards.retention(recalls, 0.9, "light")
    assert chart.rows == [
        {"cards": "young (1 to 20 days)", "known": 1, "n": 2, "% known": 50.0},
        {"cards": "mature (21 days and more)", "known": 2, "n": 2, "% known": 100.0},
    ]
    assert "young 50 %, mature 100 %; wished are 90 %" in chart.title
    assert chart.counted == "n = 2 young, 2 mature"


def test_the_hardest_cards_come_first() -> None:
    studied = [
        (Card(id=str(n), deck="D", question=f"<b>{n}</b>?", answer="a"), memory(n))
        for n in range(15)
    ]
    chart = cards.hardest(studied, "light")
    assert chart.title == "14 of 15 studied cards were forgotten once or more"
    assert [row["forgotten"] for row in chart.rows] == list(range(14, 0, -1))
    (bar,) = chart.figure.data
    assert list(bar.x) == list(range(14, 2, -1))
    assert bar.customdata[0] == "&lt;b&gt;14&lt;/b&gt;?"


def test_without_data_a_chart_says_what_is_missing() -> None:
    for chart in (
        cards.calendar({}, TODAY, "light"),
        cards.forecast({}, TODAY, "light"),
        cards.retention([(0.5, True)], 0.9, "light"),
        cards.hardest([], "light"),
    ):
        assert chart.figure is None
        assert chart.missing.endswith(".")
