"""The charts of a study with gold: what they draw, say and hold."""

from dataclasses import replace

import pytest

from core.charts.evaluation import PlottedSetting, recall_against_tokens, won_and_lost
from core.charts.style import GROUND


def judged(label: str, tokens: float, recall: float, *, tied: bool = False) -> PlottedSetting:
    return PlottedSetting(
        label=label,
        series="not reranked",
        point=label.split("<")[0],
        tokens=tokens,
        recall=recall,
        low=recall - 0.1,
        high=recall + 0.1,
        tied=tied,
    )


SETTINGS = [judged("top 5", 900, 0.8, tied=True)]
SETTINGS += [replace(judged("top 3", 500, 0.75, tied=True), recommended=True)]
SETTINGS += [judged("top 1 <b>", 200, 0.4)]


def test_recall_stands_against_the_tokens_it_costs() -> None:
    alone = replace(SETTINGS[0], label="deep", series="reranked", tokens=700.0)
    chart = recall_against_tokens([*SETTINGS, alone], 24, "MiniLM", "light")
    assert chart.title.startswith(
        "80% of the gold text found for 900 tokens; recommended: 75% for 500"
    )
    assert chart.counted.startswith("n = 24 questions; filled")
    front, ribbon, line, single = chart.figure.data
    assert (list(front.x), list(front.y)) == ([200, 500, 700], [0.4, 0.75, 0.8]), (
        "most for its cost"
    )
    assert list(line.text) == ["top 1", "top 3", "top 5"]
    assert list(line.x) == [200, 500, 900]
    assert list(line.y) == [0.4, 0.75, 0.8]
    assert list(ribbon.y) == pytest.approx([0.5, 0.85, 0.9, 0.7, 0.65, 0.3])
    blue = line.line.color
    assert list(line.marker.color) == [GROUND["light"], blue, blue], "what ties is solid"
    assert line.customdata[0][0] == "top 1 &lt;b&gt;"
    assert single.error_y.visible and not line.error_y.visible
    assert single.line.color != blue and single.marker.symbol != line.marker.symbol
    assert [row["setting"] for row in chart.rows] == ["top 1 <b>", "top 3", "deep", "top 5"]


def test_panels_stand_below_each_other_over_the_same_tokens() -> None:
    small = [replace(each, panel="400") for each in SETTINGS]
    large = [replace(each, panel="1600", tokens=4 * each.tokens) for each in SETTINGS]
    figure = recall_against_tokens([*small, *large], 24, "MiniLM", "light").figure
    lines = [trace for trace in figure.data if trace.mode == "lines+markers+text"]
    assert [(line.xaxis, line.yaxis) for line in lines] == [("x", "y"), ("x2", "y2")]
    assert [list(line.x) for line in lines] == [[200, 500, 900], [800, 2000, 3600]]
    assert [line.showlegend for line in lines] == [True, False]
    assert figure.layout.xaxis.matches == "x2"
    assert figure.layout.yaxis.range == figure.layout.yaxis2.range
    assert [each.text for each in figure.layout.annotations] == ["400", "1600"]


def test_a_winner_and_a_single_setting() -> None:
    won = recall_against_tokens([SETTINGS[0], SETTINGS[2]], 1, "MiniLM", "dark")
    assert won.title == "80% of the gold text found for 900 tokens"
    assert "n = 1 question;" in won.counted
    assert recall_against_tokens(SETTINGS[:1], 24, "MiniLM", "dark").title == (
        "80% of the gold text found for 900 tokens"
    )


def test_what_each_setting_wins_and_loses() -> None:
    recalls = [[1.0, 0.5, 0.0], [1.0, 0.495, 1.0], [0.0, 0.5, 0.0]]
    chart = won_and_lost(["easy?", "same?", "hard <i>?"], "abc", recalls, 0, 0.01, "light")
    assert chart.title.startswith("2 of 3 questions")
    assert chart.counted.endswith("strong: much recall; +\u00a0more, −\u00a0less than “a”")
    (marks,) = chart.figure.data
    drawn = dict(zip(zip(marks.y, marks.x, strict=True), marks.text, strict=True))
    # The two that divide the settings stand on top, in the order of the alphabet.
    assert [drawn[0, x] for x in range(3)] == ["", "", "−"]
    assert [drawn[1, x] for x in range(3)] == ["", "+", ""]
    assert [drawn[2, x] for x in range(3)] == ["", "", ""]
    assert marks.customdata[3][0] == "hard &lt;i&gt;?"
    assert list(marks.marker.color)[:3] == [1.0, 1.0, 0.0]
    assert len(chart.rows) == 9
    assert chart.rows[2] == {
        "question": "easy?",
        "setting": "c",
        "recall": 0.0,
        "to the base": "lost",
    }


def test_many_questions_are_cut_with_a_word() -> None:
    questions = [f"question {number}?" for number in range(60)]
    chart = won_and_lost(questions, ["a", "b"], [[0.5] * 60, [1.0] * 60], 0, 0.01, "dark")
    assert "the 40 that divide most are drawn, the table holds all" in chart.counted
    assert len(chart.rows) == 120
