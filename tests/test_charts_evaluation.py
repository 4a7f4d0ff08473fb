"""The charts of a study with gold: what they draw, say and hold."""

from dataclasses import replace

import pytest

from core.charts.evaluation import Judged, recall_against_tokens
from core.charts.style import GROUND


def judged(label: str, tokens: float, recall: float, *, tied: bool = False) -> Judged:
    return Judged(
        label=label,
        series="retrieved",
        arm="retrieved",
        tokens=tokens,
        recall=recall,
        low=recall - 0.1,
        high=recall + 0.1,
        tied=tied,
    )


SETTINGS = [judged("top 5", 900, 0.8, tied=True), judged("top 3", 500, 0.75, tied=True)]
SETTINGS += [judged("top 1 <b>", 200, 0.4)]


def test_recall_stands_against_the_tokens_it_costs() -> None:
    alone = replace(SETTINGS[0], label="deep", series="reranked", arm="reranked", tokens=700.0)
    chart = recall_against_tokens([*SETTINGS, alone], 24, "MiniLM", "light")
    assert "No winner yet: 3 of 4 settings tie" in chart.title
    assert "“top 3”" in chart.title
    assert chart.counted.startswith("n = 24 questions with gold")
    ribbon, line, single = chart.figure.data
    assert list(line.x) == [200, 500, 900]
    assert list(line.y) == [0.4, 0.75, 0.8]
    assert list(ribbon.y) == pytest.approx([0.5, 0.85, 0.9, 0.7, 0.65, 0.3])
    blue = line.line.color
    assert list(line.marker.color) == [GROUND["light"], blue, blue], "what ties is solid"
    assert line.customdata[0][0] == "top 1 &lt;b&gt;"
    assert single.error_y.visible and not line.error_y.visible
    assert single.line.color != blue
    assert [row["setting"] for row in chart.rows] == ["top 1 <b>", "top 3", "deep", "top 5"]


def test_a_winner_and_a_single_setting() -> None:
    won = recall_against_tokens([SETTINGS[0], SETTINGS[2]], 1, "MiniLM", "dark")
    assert won.title == "“top 5” finds more of the gold text than every other setting"
    assert "n = 1 question with" in won.counted
    assert recall_against_tokens(SETTINGS[:1], 24, "MiniLM", "dark").title == (
        "One setting finds 80% of the gold text"
    )
