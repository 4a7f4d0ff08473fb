"""The heat map of a sweep."""

from typing import Any

from core.charts.grid import heat_map
from core.types import Cell, Recipe, Retrieval, Setting

SETTINGS = [
    Setting(label="no context", recipe=Recipe()),
    Setting(label="800/100 · <top 3>", recipe=Recipe(evidence=Retrieval())),
    Setting(label="reranked", recipe=Recipe(evidence=Retrieval(reranker="r"))),
]
QUESTIONS = ["What & why?", "How?", "When?"]
CELLS = [
    Cell(question=0, setting=0, status="done", run_id="a", finish_reason="stop", answer_tokens=9),
    Cell(
        question=0, setting=1, status="done", run_id="b", finish_reason="length", answer_tokens=48
    ),
    Cell(question=1, setting=2, status="failed", sentence="Full <b>."),
    Cell(question=1, setting=0, status="queued"),
    Cell(question=2, setting=1, status="running"),
]


def traces(**changes: Any) -> dict[str, Any]:
    how: dict[str, Any] = {"shown": "how it ended", "theme": "light"} | changes
    questions = how.pop("questions", QUESTIONS)
    figure = heat_map(questions, SETTINGS, CELLS, how.pop("shown"), how.pop("theme"), **how)
    return {trace.name: trace for trace in figure.data}


def places(trace: Any) -> list[tuple[int, int]]:
    return list(zip(trace.x, trace.y, strict=True))


def test_every_cell_has_one_mark_that_says_how_it_ended() -> None:
    found = traces()
    assert {name: places(trace) for name, trace in found.items()} == {
        "no context": [(0, 0)],
        "retrieved, cut off": [(1, 0)],
        "failed": [(2, 1)],
        "waiting": [(0, 1)],
        "under way": [(1, 2)],
    }
    assert found["no context"].customdata == ("a",)
    assert found["waiting"].customdata == ("",)
    assert found["no context"].marker.color == "#52606d"


def test_numbers_wear_no_arms_colour_and_what_has_none_is_open() -> None:
    found = traces(shown="similarity", theme="dark")
    assert places(found["no similarity"]) == [(0, 0), (1, 0)]
    assert traces(shown="tokens")["tokens"].marker.color == (9, 48)


def test_one_row_of_squares_leaves_room_for_what_the_shades_mean() -> None:
    figure = heat_map(QUESTIONS[:1], SETTINGS, CELLS[:1], "tokens", "light")
    (squares,) = figure.data
    bar = squares.marker.colorbar
    assert (bar.orientation, bar.lenmode, bar.yref) == ("h", "pixels", "container")
    assert bar.len > 200
    assert not figure.layout.margin.autoexpand, "the bar takes nothing from the squares"
    (waiting,) = heat_map(
        QUESTIONS[:1], SETTINGS, CELLS[3:4], "how it ended", "light", first=1
    ).data
    assert (waiting.name, waiting.showlegend) == ("waiting", True)


def test_only_the_questions_on_screen_are_drawn() -> None:
    found = traces(questions=QUESTIONS[1:2], first=1)
    assert {name: places(trace) for name, trace in found.items()} == {
        "failed": [(2, 0)],
        "waiting": [(0, 0)],
    }


def test_texts_are_never_markup() -> None:
    found = traces()
    assert "What &amp; why?" in found["no context"].text[0]
    assert "Full &lt;b&gt;." in found["failed"].text[0]
    figure = heat_map(QUESTIONS, SETTINGS, CELLS, "how it ended", "light")
    assert figure.layout.xaxis.ticktext[1] == "800/100 · &lt;top 3&gt;"


def test_without_cells_there_is_a_figure_all_the_same() -> None:
    assert heat_map([], [], [], "how it ended", "light").data == ()
