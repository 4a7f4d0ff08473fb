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
    assert list(front.x) == [200, 500, 700, 900], "most for its cost, and on to the end"
    assert list(front.y) == [0.4, 0.75, 0.8, 0.8]
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


def test_too_few_questions_name_no_leader() -> None:
    chart = recall_against_tokens(SETTINGS, 5, "MiniLM", "light", decided=False)
    assert chart.title == (
        "Too few questions to tell settings apart: 40% to 80% of the gold text found"
    )
    assert chart.counted == "n = 5 questions; ribbons: 95 % intervals"
    assert "front" not in {trace.legendgroup for trace in chart.figure.data}
    assert len(set(chart.figure.data[-1].marker.color)) == 1, "none is solid alone"
    assert "recommended" not in chart.rows[0]


def test_columns_have_level_names_in_short_words() -> None:
    names = [
        f"{size} · top {k}{reranked}"
        for size in ("800/100", "1600/300")
        for k in (3, 5)
        for reranked in ("", " of 20, reranked")
    ]
    chart = won_and_lost(["easy?"], names, [[1.0]] * 8, 0, 0.01, "light")
    axis = chart.figure.layout.xaxis
    k3, k5 = "k 3", "k 5"
    assert axis.tickangle == 0
    assert list(axis.ticktext) == [
        *[k3, f"{k3}<br>rr", k5, f"{k5}<br>rr"] * 2,
        "<br><br><b>800/100</b>",
        "<br><br><b>1600/300</b>",
    ]
    assert list(axis.tickvals)[8:] == pytest.approx([1.5, 5.5], abs=0.01), "in the middle"
    assert chart.counted.endswith("; k: top-k, rr: reranked")
    assert chart.figure.data[0].customdata[1][1] == names[1], "hover keeps the whole name"


def test_names_of_models_are_broken_at_hyphens_where_columns_are_many() -> None:
    two = [
        f"top 3 of {n}, reranked by {name}" for n in (20, 50) for name in ("bge-reranker-v2", "b")
    ]
    chart = won_and_lost(["?"], two * 5, [[1.0]] * 20, 0, 0.1, "light")
    first = chart.figure.layout.xaxis.ticktext[0]
    assert first == "of 20<br>rr bge-<br>reranker-<br>v2", "k 3 stands once, below all"
    assert chart.least and chart.least > 20 * 9 * 6, "as wide as its words"


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
