"""Charts as data: what they say, count and hold; figures are looked at by their traces."""

import ast
import json
import subprocess
import sys
from dataclasses import replace

import pytest

from core.charts import answering, costs, quality, searching, style, tidy
from core.charts.tidy import Point
from core.history.runs import _intervals, _tied, charts_of
from core.metrics.statistics import means
from core.settings import ROOT, Endpoint
from core.types import Answer, Chunk, Chunking, Generation, Hit, Recipe, Retrieval, Run

THEMES: tuple[style.Theme, ...] = ("light", "dark")


def hit(start: int, rank: int, before: int, score: float | None = None) -> Hit:
    chunk = Chunk(paper_id="p", start=start, end=start + 10, text="x" * 10)
    return Hit(
        chunk=chunk,
        title="T",
        pages=(1,),
        similarity=1 - before / 10,
        rank_before=before,
        rank=rank,
        rerank_score=score,
    )


def point(setting: str = "a", **changes: object) -> Point:
    made = Point(
        run_id="r",
        question="q",
        generator="box",
        arm="retrieved",
        setting=setting,
        size=800,
        top_k=1,
        reranking=tidy.NO_RERANKING,
        values={"good": 0.5, "cut off": 0.0},
        hits=(hit(0, 1, 1),),
        candidates=(hit(0, 1, 1), hit(50, 2, 2)),
        prompt_tokens=100,
        answer_tokens=10,
        answer_words=7,
        seconds={"search": 1.0, "answer": 3.0},
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def two_cells(low: float, high: float, questions: int) -> list[Point]:
    """Each question by two settings."""
    asked = [f"q{number}" for number in range(questions)]
    return [point(question=each, values={"good": low}) for each in asked] + [
        point(
            question=each,
            values={"good": high},
            size=1200,
            top_k=5,
            reranking="reranked from 20",
        )
        for each in asked
    ]


def test_the_best_cell_is_named_and_its_mean_is_in_the_table() -> None:
    chart = quality.by_size_and_k(two_cells(0.3, 0.9, 8), "good", "light", _tied, _intervals)
    assert chart.title == "The share of good is highest at size 1,200, top 5, reranked from 20"
    assert chart.counted == "n = 16 runs of 8 questions; below each mean its 95 % interval"
    assert [(row["size"], round(row["good"], 9), row["n"]) for row in chart.rows] == [
        (800, 0.3, 8),
        (1200, 0.9, 8),
    ]
    assert len(chart.figure.data) == 2  # a panel for each reranking


def test_cells_that_cannot_be_told_apart_have_no_winner() -> None:
    few = quality.by_size_and_k(two_cells(0.3, 0.9, 3), "good", "light", _tied, _intervals)
    assert (
        few.title
        == "No significant difference in the share of good between 2 of 2 settings: at most 0.90"
    )
    one = quality.by_size_and_k(two_cells(0.3, 0.9, 1), "good", "light", _tied, _intervals)
    assert (
        one.title
        == "No significant difference in the share of good between these 2 settings: at most 0.90"
    )


def test_the_hardest_question_stands_first() -> None:
    points = [point(question="easy", values={"good": 1.0}), point(question="hard")]
    chart = quality.by_question(points, "good", "light")
    assert "“hard” is the hardest question: good 0.50" in chart.title
    assert chart.figure.layout.yaxis.ticktext == ("hard", "easy")


def test_settings_stand_level_below_a_heat_map_and_their_short_words_are_told() -> None:
    points = [
        point(f"{size}/100 · top 3 of 12, reranked", question="q", values={"good": 0.5})
        for size in (400, 800)
    ]
    chart = quality.by_question(points, "good", "light")
    axis = chart.figure.layout.xaxis
    assert axis.tickangle == 0
    assert set(axis.ticktext) == {"400/100<br>k 3<br>rr", "800/100<br>k 3<br>rr"}
    assert chart.counted.endswith("k: top-k, rr: reranked")
    assert chart.least < 1_280


def test_labels_cut_to_the_same_words_stay_apart() -> None:
    long = "the very same beginning of a setting that goes on "
    points = [point(long + "one"), point(long + "two"), point(long + "three")]
    chart = quality.by_question(points, "good", "light")
    assert list(chart.figure.data[0].x) == [0, 2, 1] or len(set(chart.figure.data[0].x)) == 3
    assert len({row["setting"] for row in chart.rows}) == 3


@pytest.mark.parametrize(
    ("paid", "values", "expected"),
    [
        ([1, 2, 3], [0.1, 0.2, 0.3], [0, 1, 2]),
        ([1, 2, 3], [0.3, 0.2, 0.4], [0, 2]),
        ([2, 1], [0.5, 0.5], [1]),
        ([1, 1], [0.4, 0.5], [1]),
        ([1, 1], [0.5, 0.5], [0]),
    ],
)
def test_the_front(paid: list[float], values: list[float], expected: list[int]) -> None:
    assert costs.front(paid, values) == expected


def test_quality_against_cost() -> None:
    points = [
        point("cheap", prompt_tokens=100, values={"good": 0.5}),
        point("dear", prompt_tokens=300, values={"good": 0.4}, arm="reranked"),
    ]
    chart = costs.against_context(points, "good", "light", _intervals)
    assert chart.title.startswith("1 of 2 settings is worth the prompt tokens")
    assert [(row["setting"], row["prompt tokens"], row["on the front"]) for row in chart.rows] == [
        ("cheap", 100, True),
        ("dear", 300, False),
    ]
    seconds = costs.against_seconds(points, "good", "light", _intervals)
    assert [row["seconds"] for row in seconds.rows] == [4.0, 4.0]


def test_means_stand_with_their_intervals() -> None:
    shares = [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    points = [
        point("a", question=f"q{number}", values={"good": share})
        for number, share in enumerate(shares)
    ]
    (interval,) = means([[share] for share in shares])
    chart = costs.against_context(points, "good", "light", _intervals)
    (row,) = chart.rows
    assert (row["good"], row["low"], row["high"]) == pytest.approx(
        (0.5, interval.low, interval.high)
    )
    bars = chart.figure.data[-1].error_y
    assert bars.array[0] == pytest.approx(interval.high - 0.5)
    assert bars.arrayminus[0] == pytest.approx(0.5 - interval.low)
    grid = quality.by_size_and_k(points, "good", "light", _tied, _intervals)
    assert grid.rows[0]["low"] == pytest.approx(interval.low)
    assert f"{interval.low:.2f}–{interval.high:.2f}" in grid.figure.data[0].text[0]


def test_a_question_counts_once_however_often_it_was_asked() -> None:
    often = [point(question="a", values={"good": 0.0}) for _ in range(9)]
    points = [*often, point(question="b", values={"good": 1.0})]
    (row,) = costs.against_context(points, "good", "light", _intervals).rows
    assert (row["good"], row["n"]) == (0.5, 10)


def test_one_question_has_no_interval() -> None:
    one, two = _intervals([{"q": 0.5}, {"q": 0.5, "r": 0.5}])
    assert one is None
    assert two and 0 <= two[0] < 0.5 < two[1] <= 1
    (row,) = costs.against_context([point()], "good", "light", _intervals).rows
    assert (row["low"], row["high"]) == (None, None)


def test_searches_alone_are_drawn_against_their_characters() -> None:
    searched = point("a", prompt_tokens=None, hits=(hit(0, 1, 1), hit(50, 2, 2)))
    chart = costs.against_context([searched], "good", "light", _intervals)
    assert chart.rows[0]["characters of context"] == 20
    beginning = replace(searched, hits=(replace(hit(0, 1, 1), preview=True),))
    missing = costs.against_context([beginning], "good", "light", _intervals)
    assert "prompt tokens" in missing.missing


def test_rank_movement_counts_what_reranking_brought() -> None:
    candidates = (hit(10, 1, 3, 0.9), hit(0, 2, 1, 0.5), hit(20, 3, 2, 0.1))
    chart = searching.movement([point(candidates=candidates, top_k=2, arm="reranked")], "light")
    assert chart.title == "Reranking changes 50 % of the top 2"  # 3 -> 1 is new, 1 -> 2 is not
    assert {"rank before": 3, "rank after": 1, "chunks": 1} in chart.rows


def test_distributions_keep_used_and_unused_apart() -> None:
    chart = searching.similarities([point()], "light")
    assert chart.title == (
        "Chunks that were used have a mean cosine similarity of 0.90, those that were not 0.80"
    )
    assert sum(row["used"] for row in chart.rows) == 1
    assert sum(row["not used"] for row in chart.rows) == 1
    assert searching.rerank_scores([point()], "light").figure is None


def test_overlap_finds_settings_that_are_the_same_in_disguise() -> None:
    same = searching.overlap([point("a"), point("b"), point("c", hits=(hit(5, 1, 1),))], "light")
    assert "1 of 3 pairs of settings are the same in disguise: a and b" in same.title
    shares = {(row["setting"], row["other setting"]): row["shared"] for row in same.rows}
    assert shares == {("a", "b"): 1.0, ("a", "c"): 5 / 15, ("b", "c"): 5 / 15}


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ([hit(0, 1, 1)], [hit(0, 1, 1)], 1.0),
        ([hit(0, 1, 1), hit(5, 2, 2)], [hit(0, 1, 1)], 10 / 15),
        ([hit(0, 1, 1)], [hit(10, 1, 1)], 0.0),
        ([], [], 1.0),
    ],
)
def test_jaccard(one: list[Hit], other: list[Hit], expected: float) -> None:
    assert searching.jaccard(searching.covered(one), searching.covered(other)) == expected


def test_lengths_and_cut_off_share() -> None:
    points = [point(), point(answer_words=9, values={"cut off": 1.0})]
    chart = answering.lengths(points, "light")
    assert chart.title == "1 of 2 answers were cut off (50 %); half of all have 8 words or more"
    assert chart.rows[0]["share cut off"] == 0.5


def test_seconds_by_stage() -> None:
    chart = answering.stages([point()], "light")
    assert chart.title == "Writing the answer takes 75 % of the time"
    assert chart.rows[0]["rerank seconds"] == 0


@pytest.mark.parametrize("theme", THEMES)
def test_every_chart_draws_or_says_what_is_missing(theme: style.Theme) -> None:
    full = [point("a"), point("b", arm="reranked", candidates=(hit(0, 1, 1, 0.5),))]
    bare = [
        replace(
            each,
            hits=(),
            candidates=(),
            seconds={},
            prompt_tokens=None,
            answer_words=None,
            values={},
        )
        for each in full
    ]
    for chart in charts_of(full, "good", theme):
        assert chart.figure is not None, chart.name
        assert chart.rows, chart.name
        assert chart.counted.startswith("n = ")
        assert chart.figure.layout.paper_bgcolor == style.GROUND[theme]
        json.loads(chart.figure.to_json())
    for points in (bare, bare[:1], []):
        for chart in charts_of(points, "good", theme):
            assert chart.figure is None, chart.name
            assert "hold" in chart.missing, chart.name


def test_money_is_drawn_where_a_price_is_known() -> None:
    """100 tokens at 1 dollar a million and 10 at 2: 0.12 dollars a thousand questions."""
    box = Endpoint(name="box", address="http://a/v1", model="m", dollars_in=1.0, dollars_out=2.0)
    points = [point(), point("b", prompt_tokens=200), point("c", answer_tokens=None)]
    names = [chart.name for chart in charts_of(points, "good", "light")]
    assert "good against dollars a thousand questions" not in names
    drawn = charts_of(points, "good", "light", {"box": box})
    (money,) = [each for each in drawn if each.name not in names]
    paid = {row["setting"]: row["dollars a thousand questions"] for row in money.rows}
    assert paid == {"a": pytest.approx(0.12), "b": pytest.approx(0.22)}, "c was not counted"
    assert money.title.startswith("1 of 2 settings is worth the money")
    other = [replace(each, generator="") for each in points]
    assert len(charts_of(other, "good", "light", {"box": box})) == len(names)


def test_no_text_becomes_markup() -> None:
    evil = "<b onclick=x>&</b>"
    for chart in charts_of(
        [point(evil, question=evil), point("b", question=evil)], "good", "light"
    ):
        if chart.figure is not None:
            assert "<b onclick" not in chart.figure.to_json().replace("\\u003c", "<"), chart.name


def run(name: str, **changes: object) -> Run:
    made = Run(
        id=name,
        key=name,
        question="q",
        paper_ids=("p1", "p2"),
        recipe=Recipe(evidence=Retrieval()),
        answer=Answer(text="One two.", finish_reason="stop"),
        at="2026",
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def test_runs_of_other_papers_models_or_revisions_are_put_apart() -> None:
    baseline = run("none", recipe=Recipe(), paper_ids=())
    other = Generation(generator="other")
    runs = [
        baseline,
        run("a"),
        run("b", recipe=Recipe(evidence=Retrieval(top_k=5))),
        run("papers", paper_ids=("p3",)),
        run("model", recipe=Recipe(evidence=Retrieval(), generation=other)),
        run("log", origin="import:x.txt"),
    ]
    found = [{each.run_id for each in group.points} for group in tidy.groups(runs, {})]
    assert found == [{"none", "a", "b"}, {"none", "papers"}, {"model"}, {"log"}]


def test_revisions_of_one_model_are_put_apart() -> None:
    old = Recipe(evidence=Retrieval(), revisions=(("MiniLM", "1"),))
    new = Recipe(evidence=Retrieval(), revisions=(("MiniLM", "2"),))
    found = tidy.groups([run("old", recipe=old), run("new", recipe=new)], {})
    assert [group.name.rpartition(" · ")[2] for group in found] == ["MiniLM 1", "MiniLM 2"]


def test_settings_are_named_by_what_differs() -> None:
    recipes = [
        Recipe(),
        Recipe(evidence=Retrieval()),
        Recipe(chunking=Chunking(size=1200, overlap=200), evidence=Retrieval(reranker="ranker")),
    ]
    assert list(tidy.setting_names(recipes).values()) == [
        "no context",
        "retrieved · 800/100 · top 3",
        "reranked · 1,200/200 · top 3 of 20",
    ]


def test_titles_are_broken_evenly() -> None:
    import plotly.graph_objects as go

    figure = style.dressed(go.Figure(), "word " * 13, "n = 1", "light")
    first, second, _ = figure.layout.title.text.split("<br>")
    assert abs(len(first) - len(second)) <= 16


def test_a_title_leaves_room_for_the_lines_of_a_legend_on_a_telephone() -> None:
    import plotly.graph_objects as go

    def above(*names: str) -> int:
        figure = go.Figure([go.Scatter(y=[1], name=name) for name in names])
        margin: int = style.dressed(figure, "T", "n", "light", named=True).layout.margin.t
        return margin

    one = above("no context", "retrieved")  # 45 + 8 letters: 125 and 117 of 320 pixels
    assert above("nothing is cheaper and better", "retrieved") == one + 20
    assert above("nothing is cheaper and better", "no context", "retrieved") == one + 20
    assert above("nothing is cheaper and better", "no context", "retrieved", "reranked") == one + 40


def test_charts_take_plotly_with_the_whole_of_pandas() -> None:
    """Else a figure fails while a model's thread is at importing pandas."""
    for file in (ROOT / "core/charts").glob("*.py"):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        typing_only = {
            each
            for node in tree.body
            if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
            for each in ast.walk(node)
        }
        own = [
            node.module
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and node not in typing_only
        ]
        assert file.name == "drawing.py" or not any("plotly" in (name or "") for name in own), file
    code = "import sys; import core.charts.drawing; print('pandas' in sys.modules)"
    told = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == "True"
