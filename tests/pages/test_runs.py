"""Past runs under Streamlit's own test harness."""

from dataclasses import replace
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core import labels
from core.history import GRID_ID
from core.history.runs import PAGE
from core.lab import Lab
from core.models import Endpoints
from core.settings import Endpoint
from core.types import Generation, View, to_link
from pages.ui.runs import filters
from pages.ui.runs.charts import as_csv
from tests.pages.conftest import texts
from tests.support.labs import RECIPE, asked, by
from tests.support.logs import EXPERIMENT, RETRIEVAL


@pytest.fixture
def runs(app: AppTest) -> AppTest:
    app.run()
    return app.switch_page("pages/runs.py").run()


def test_smoke_it_opens_on_the_recorded_runs(runs: AppTest, lab: Lab) -> None:
    assert not runs.exception
    assert f"{lab.runs.count(View(sweep=GRID_ID))} runs, newest first" in texts(runs)
    assert len(runs.dataframe[0].value) == PAGE < lab.runs.count(View(sweep=GRID_ID))


def test_marked_runs_leave_room_below_the_table_for_what_is_made_of_them(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[tuple[str, int]] = []
    real = st.dataframe

    def seen(*data: Any, **how: Any) -> Any:
        if str(how.get("key")).startswith("runs.table."):
            drawn.append((how["key"], how["height"]))
        return real(*data, **how)

    monkeypatch.setattr(st, "dataframe", seen)
    app.run()
    app.switch_page("pages/runs.py").run()
    key, before = drawn[-1]
    app.session_state[key] = {"selection": {"rows": [0, 1], "columns": [], "cells": []}}
    app.run()
    assert not app.exception
    assert drawn[-1][0] == key
    assert drawn[-1][1] < before / 2


def test_a_run_says_what_of_its_settings_is_not_as_usual(app: AppTest, lab: Lab) -> None:
    asked(lab)
    app.run()
    app.query_params["view"] = "generator:echo"
    app.switch_page("pages/runs.py").run()
    assert "other settings" not in app.dataframe[0].value
    drawn = replace(RECIPE.generation or Generation(), temperature=0.5, top_p=0.9)
    asked(lab, [by("dense", at_most=1), replace(by("dense"), generation=drawn)])
    app.run()
    found = app.dataframe[0].value["other settings"]
    assert sorted(found) == ["", "", "", "at most 1 per paper", "top-p 0.9"]


def test_money_stands_beside_seconds_where_a_price_is_known(
    app: AppTest, lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked(lab)
    app.run()
    app.query_params["view"] = filters.ANY
    app.switch_page("pages/runs.py").run()
    assert "dollars" not in app.dataframe[0].value
    echo = Endpoint(name="echo", address="http://a/v1", model="m", dollars_in=1.0, dollars_out=2.0)
    monkeypatch.setattr(Endpoints, "prices", lambda _self: {"echo": echo})
    app.run()
    assert not app.exception
    rows = app.dataframe[0].value.to_dict("records")
    mine = [row for row in rows if row["generator"] == "echo"]
    assert len(mine) == 3
    for row in mine:
        assert row["dollars"] == pytest.approx((row["prompt"] + 2 * row["answer"]) / 1e6)
    assert {row["dollars"] > 0 for row in rows if row["generator"] != "echo"} == {False}
    app.query_params["view"] = "generator:echo"
    app.segmented_control(key="runs.section").set_value("Charts").run()
    assert not app.exception
    assert "dollars a thousand questions" in str([each.proto for each in app.get("plotly_chart")])


def test_it_opens_there_a_second_time(runs: AppTest, lab: Lab) -> None:
    lab.runs.load("small.txt", EXPERIMENT.encode())
    runs.switch_page("pages/library.py").run()
    runs.query_params.clear()
    runs.switch_page("pages/runs.py").run()
    assert runs.selectbox(key="runs.sweep").value == GRID_ID
    assert "view" not in runs.query_params


def test_filters_write_themselves_into_the_address(runs: AppTest, lab: Lab) -> None:
    runs.multiselect(key="runs.arm").set_value(["reranked"]).run()
    assert runs.query_params["view"] == f"sweep:{GRID_ID};arm:reranked"
    assert set(runs.dataframe[0].value["mode"]) == {"reranked"}
    runs.text_input(key="runs.text").set_value("nothing like this").run()
    assert "No run fits" in texts(runs)
    runs.button(key="runs.reset").click().run()
    assert runs.query_params["view"] == "all"
    assert runs.multiselect(key="runs.arm").value == []
    assert f"{lab.runs.count(View())} runs, newest first" in texts(runs)


def test_a_link_sets_the_filters(app: AppTest, lab: Lab) -> None:
    lab.runs.load("small.txt", EXPERIMENT.encode())
    app.run()
    app.switch_page("pages/runs.py")
    app.query_params["view"] = "origin:import%3Asmall.txt;arm:retrieved"
    app.run()
    assert not app.exception
    assert app.multiselect(key="runs.arm").value == ["retrieved"]
    assert len(app.dataframe[0].value) == 2
    (sweep,) = (row for row in lab.runs.sweeps() if row.name == "small")
    app.query_params["view"] = f"sweep:{sweep.id}"
    app.run()
    assert "**small** · 1 question × 4 settings · 4 of 4 answered" in texts(app)
    app.query_params["view"] = "colour:blue"
    app.run()
    assert "no filter of past runs" in texts(app)


def test_story_charts_of_an_old_log_say_what_they_lack(app: AppTest, lab: Lab) -> None:
    lab.runs.load("small.txt", EXPERIMENT.replace("In 1874.", "overview:\nIn").encode())
    lab.runs.load("search.txt", RETRIEVAL.encode())
    app.run()
    app.switch_page("pages/runs.py")
    app.query_params["view"] = "origin:import%3Asmall.txt,import%3Asearch.txt"
    app.run()
    app.segmented_control(key="runs.section").set_value("Charts").run()
    assert not app.exception
    said = texts(app)
    assert "never averaged together" in said
    assert "Not drawn" in said
    assert "holds ranks before and after a reranking" in said
    assert app.get("plotly_chart")
    app.segmented_control(key="runs.section").set_value("What went wrong").run()
    assert not app.exception
    assert "**Cut off**: 1 of 4 runs (25 %)" in texts(app)
    assert "It begins with a label" in texts(app)


def test_an_imported_search_opens_in_compare(app: AppTest, lab: Lab) -> None:
    (run_id,) = lab.runs.load("search.txt", RETRIEVAL.encode()).run_ids
    app.query_params["run"] = run_id
    app.run()
    assert not app.exception
    assert "Reranking exchanged 1 of the 1 passage used; one rose from 2 to 1." in texts(app)
    assert "3 candidates after reranking" in texts(app)


def test_an_imported_answer_opens_in_compare(app: AppTest, lab: Lab) -> None:
    made = lab.runs.load("small.txt", EXPERIMENT.encode())
    for run_id in made.run_ids:
        app.query_params["run"] = run_id
        app.run()
        assert not app.exception
        assert "it is not known how it ended" in texts(app)


def test_a_formula_in_a_csv_stays_a_text() -> None:
    assert as_csv([{"setting": "=1+1", "n": -1}]) == "setting,n\r\n'=1+1,-1\r\n"


def test_that_an_answer_was_cut_off_is_said_once(lab: Lab) -> None:
    def beside(runs: list) -> None:  # the harness takes its text alone
        from pages.ui.runs import pair

        pair.draw(runs)

    lab.runs.take_in_recorded()
    runs = lab.runs.select(View()).runs
    cut = [run for run in runs if run.answer and run.answer.finish_reason == "length"][:2]
    assert len(cut) == 2
    app = AppTest.from_function(beside, args=(cut,)).run(timeout=20)
    assert not app.exception
    assert texts(app).count("cut off at") == 2


def test_answers_are_graded_blind_and_what_was_said_is_a_measure(runs: AppTest, lab: Lab) -> None:
    section = runs.segmented_control(key="runs.section")
    section.set_value("Grade").run()
    before = len(lab.grades.all())
    runs.text_input(key="runs.grader.name").set_value("Ada")
    runs.button(key="runs.grader.begin").click().run()
    assert not runs.exception
    shown = lab.grades.next(lab.runs.select(View(sweep=GRID_ID)).runs, "Ada", "marks")
    assert shown.sheet
    assert runs.subheader[0].value == labels.escaped(shown.sheet.question)
    four = next(each for each in runs.button if each.label == "Right, with a flaw")
    four.click().run()
    assert [each.said for each in lab.grades.all()[before:]] == ["4"]
    assert f"**1** of {shown.count:,} graded" in texts(runs)
    runs.button(key="runs.grade.undo").click().run()
    assert len(lab.grades.all()) == before
    runs.segmented_control(key="runs.grade.way").set_value("pairs").run()
    left = next(each for each in runs.button if each.label == "A is better")
    left.click().run()
    assert not runs.exception
    assert lab.grades.all()[-1].better
    section = runs.segmented_control(key="runs.section")
    section.set_value("What people found").run()
    assert not runs.exception
    assert set(runs.dataframe[0].value.columns) == {
        "setting", "mean mark", "95 % interval", "answers",
    }  # fmt: skip
    assert "29 votes and 2 rounds more are needed" in texts(runs)


def test_from_compare_the_answers_to_its_question_are_graded(app: AppTest, lab: Lab) -> None:
    question = lab.comparisons.recorded()[0].question
    app.run()
    app.query_params["view"] = to_link(View(question=question))
    app.query_params["show"] = "grade"
    app.switch_page("pages/runs.py").run()
    assert not app.exception
    assert app.segmented_control(key="runs.section").value == "Grade"
    app.text_input(key="runs.grader.name").set_value("Ada")
    app.button(key="runs.grader.begin").click().run()
    assert app.subheader[0].value == labels.escaped(question)
