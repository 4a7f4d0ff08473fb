"""The Sweep page under Streamlit's own test harness."""

from dataclasses import replace
from threading import Event
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core import choices
from core.errors import OutOfSpace
from core.lab import Lab
from core.models import Endpoints
from core.retrieval import Finder
from core.settings import Endpoint
from core.sweeps import presets
from core.sweeps.presets import Answers
from core.tasks import Progress
from pages.ui.shared import planning
from tests.backends.rerankers.word_overlap import WordOverlap
from tests.pages.conftest import texts
from tests.support.sweeps import planned

WAIT = 20
VALUES = {
    "chunks": ["200/20", "60/0"],
    "embedder": ["hashing"],
    "reranker": ["none", "word-overlap"],
    "candidates": ["2"],
    "top_k": ["1", "2"],
    "generator": ["echo"],
    "max_tokens": ["20"],
}  # 1 + 2 x (2 + 2) = 9 settings


@pytest.fixture
def page(app: AppTest) -> AppTest:
    """The page with a small grid and two questions filled in."""
    app.run()
    app.switch_page("pages/sweep.py").run()
    for name, values in VALUES.items():
        app.multiselect(key=f"sweep.{name}").set_value(values)
    app.text_area(key="sweep.questions").set_value("What burns?\nWhat rises?")
    return app.run()


def metrics(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


def test_smoke(app: AppTest) -> None:
    app.run()
    app.switch_page("pages/sweep.py").run()
    assert not app.exception
    assert "Type a question" in texts(app)
    assert app.button(key="sweep.start").disabled


def test_a_plan_says_what_an_endpoint_with_a_price_takes(
    page: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "dollars, at most about" not in metrics(page)
    echo = Endpoint(name="echo", address="http://a/v1", model="m", dollars_in=1e3, dollars_out=2e3)
    monkeypatch.setattr(Endpoints, "prices", lambda _self: {"echo": echo})
    page.run()
    assert not page.exception
    assert metrics(page)["dollars, at most about"].startswith("$")


def test_while_a_plan_is_made_the_page_answers(
    page: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another form is another plan; the one before is given up."""
    go_on, counted = Event(), Finder.counted

    def held(finder: Finder, *asked: Any) -> Any:
        yield Progress(sentence="Counting the chunks: 1 of 2 papers", share=0.5)
        assert go_on.wait(WAIT)
        return (yield from counted(finder, *asked))

    monkeypatch.setattr(planning, "AT_ONCE_SECONDS", 0)
    monkeypatch.setattr(Finder, "counted", held)
    page.text_area(key="sweep.questions").set_value("What burns?").run()
    assert not page.exception
    given_up = page.session_state["sweep.plan"]
    assert (metrics(page), page.button(key="sweep.start").disabled) == ({}, True)
    page.text_area(key="sweep.questions").set_value("What rises?\nWhat falls?").run()
    making = page.session_state["sweep.plan"]
    assert making is not given_up
    go_on.set()
    assert making.join(WAIT)
    assert given_up.join(WAIT)
    page.run()
    assert metrics(page)["runs"] == "18"
    page.button(key="sweep.start").click().run()  # of the plan that is on screen
    assert not page.exception
    assert "sweep" in page.query_params


def test_a_preset_that_asks_fewer_questions_says_so(app: AppTest) -> None:
    app.run()
    app.switch_page("pages/sweep.py").run()
    app.multiselect(key="sweep.embedder").set_value(["hashing"])
    app.multiselect(key="sweep.reranker").set_value(["none"])
    app.button(key="sweep.samples").click().run()
    assert not app.exception
    assert "The first 3 of 24 questions × 3 settings" in texts(app)
    app.text_area(key="sweep.questions").set_value("What burns?\nWhat rises?").run()
    assert "\n2 questions × 3 settings" in texts(app)


def test_what_it_costs_is_said_before_it_starts(page: AppTest) -> None:
    assert not page.exception
    assert metrics(page)["runs"] == "18"
    assert metrics(page)["reranker calls"] == "≤ 8"
    page.multiselect(key="sweep.top_k").set_value(["1", "2", "9"]).run()
    assert "Left out: 200\\/20 · top 9 and 3 more" in texts(page)
    assert metrics(page)["runs"] == "18"
    page.multiselect(key="sweep.chunks").set_value(["many"]).run()
    assert "chunks is ['many']; it must be sizes and overlaps" in texts(page)
    assert page.button(key="sweep.start").disabled


def test_a_preset_fills_the_form(page: AppTest) -> None:
    page.button_group(key="sweep.preset").set_value("classic").run()
    assert page.multiselect(key="sweep.top_k").value == ["3", "5", "7"]
    assert page.checkbox(key="sweep.baseline").value
    page.button_group(key="sweep.preset").set_value("retrieval-only").run()
    assert not page.checkbox(key="sweep.answered").value


def test_the_form_says_what_each_preset_says(page: AppTest, lab: Lab) -> None:
    for file in lab.sweeps.presets.all():
        page.button_group(key="sweep.preset").set_value(file.name).run()
        assert not page.exception
        assert file.preset
        assert f"{page.code[0].value}\n" == presets.written(file.preset)


def test_every_choice_has_a_widget(page: AppTest) -> None:
    widgets = {element.key for element in page.multiselect}
    assert {f"sweep.{axis.name}" for axis in choices.ALL} <= widgets
    page.multiselect(key="sweep.read").set_value(["chunk", "section"]).run()
    page.multiselect(key="sweep.cite").set_value(["true"]).run()
    assert (
        page.expander[0].label == "More settings · Passage read · Passage order · Ask for citations"
    )
    assert metrics(page)["runs"] == "34"


def test_story_start_leave_come_back_and_open_a_cell(page: AppTest, lab: Lab) -> None:
    page.button(key="sweep.start").click().run()
    (row,) = lab.sweeps.all()
    assert page.query_params["sweep"] in (row.id, [row.id])
    assert lab.sweeps.wait(row.id, WAIT)
    page.switch_page("pages/library.py").run()
    page.query_params.clear()
    page.switch_page("pages/sweep.py").run()
    assert "18 of 18 runs" in texts(page)
    page.button(key=f"sweep.open.{row.id}").click().run()
    assert not page.exception
    assert "done · 18 of 18 runs" in texts(page)
    page.button(key="sweep.back").click().run()
    page.run()
    assert "18 of 18 runs were made before" in texts(page)


def test_what_failed_is_said_and_tried_again(
    page: AppTest, lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = WordOverlap.score

    def fails(self: WordOverlap, question: str, chunks: list[str]) -> None:
        raise OutOfSpace("The memory is full: <b>stop</b>.")

    monkeypatch.setattr(WordOverlap, "score", fails)
    page.button(key="sweep.start").click().run()
    (row,) = lab.sweeps.all()
    assert lab.sweeps.wait(row.id, WAIT)
    page.run()
    assert "8 failed" in texts(page)
    assert "The memory is full\\: \\<b\\>stop\\<\\/b\\>\\." in texts(page)
    monkeypatch.setattr(WordOverlap, "score", real)
    page.button(key="sweep.retry").click().run()
    assert lab.sweeps.wait(row.id, WAIT)
    page.run()
    assert "done · 18 of 18 runs" in texts(page)


def slowed(monkeypatch: pytest.MonkeyPatch) -> tuple[Event, Event]:
    """A reranker that says it has begun, and waits until it may go on."""
    begun, go_on = Event(), Event()
    real = WordOverlap.score

    def waits(self: WordOverlap, question: str, chunks: list[str]) -> object:
        begun.set()
        assert go_on.wait(WAIT)
        return real(self, question, chunks)

    monkeypatch.setattr(WordOverlap, "score", waits)
    return begun, go_on


def test_a_sweep_under_way_stands_above_the_form_and_is_stopped_in_words(
    page: AppTest, lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = slowed(monkeypatch)
    page.button(key="sweep.start").click().run()
    (first,) = lab.sweeps.all()
    assert begun.wait(WAIT)
    page.query_params.clear()
    page.run()
    assert texts(page).index("under way · 0 of 18 runs") < texts(page).index("What will it cost?")
    assert "None yet." not in texts(page)

    page.text_area(key="sweep.questions").set_value("What glows?").run()
    page.button(key="sweep.start").click().run()
    second = lab.sweeps.all()[0]
    assert second.id != first.id
    page.run()
    assert "in line · 0 of 9 runs" in texts(page)
    assert "one piece of work is before this sweep" in bars(page)
    assert "a question goes first" not in texts(page)

    page.query_params["sweep"] = first.id
    page.run()
    page.button(key="sweep.stop").click().run()
    assert "stopped · 0 of 18 runs" in texts(page)
    assert "it ends what it is at" in bars(page)
    assert not [button for button in page.button if button.key == "sweep.resume"]
    go_on.set()
    assert lab.sweeps.wait(first.id, WAIT)
    page.run()
    assert not page.exception
    assert not bars(page)
    assert page.button(key="sweep.resume")
    assert lab.sweeps.wait(second.id, WAIT)


def bars(app: AppTest) -> str:
    """What the bars of progress say."""
    return "\n".join(each.proto.text for each in app.get("progress"))


def test_a_preset_is_saved(page: AppTest, lab: Lab) -> None:
    page.text_input(key="sweep.save.name").set_value("mine").run()
    page.button(key="sweep.save").click().run()
    assert not page.exception
    (own,) = [file for file in lab.sweeps.presets.all() if file.own]
    assert own.preset
    assert own.preset.chunks == ((200, 20), (60, 0))


def test_an_unknown_sweep_is_a_sentence(app: AppTest) -> None:
    app.run()
    app.query_params["sweep"] = "nothing"
    app.switch_page("pages/sweep.py").run()
    app.query_params["sweep"] = "nothing"
    app.run()
    assert "There is no such sweep here" in texts(app)


@pytest.mark.parametrize("setting", [0, 3])
def test_any_cell_may_be_the_first_thing_that_compare_shows(
    app: AppTest, lab: Lab, setting: int
) -> None:
    preset, _ = lab.sweeps.presets.get("demo")
    preset = replace(
        preset,
        embedder=("hashing",),
        reranker=("none", "word-overlap"),
        answers=replace(preset.answers or Answers(), generator=("echo",)),
    )
    sweep_id = lab.sweeps.start(planned(lab, preset, ("What burns?",)))
    assert lab.sweeps.wait(sweep_id, WAIT)
    cell = lab.sweeps.cells(sweep_id)[setting]
    assert cell.run_id
    app.query_params["run"] = cell.run_id
    app.run()
    assert not app.exception
    assert app.selectbox(key="compare.passages").value == (
        "best-last" if setting == 0 else "best-first"
    )
    assert app.selectbox(key="compare.embedder").value == "hashing"
