"""The Evaluate page under Streamlit's own test harness."""

import json
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core import labels
from core.errors import OutOfSpace
from core.evaluation import beir
from core.evaluation.published import OmegaRow, RecallRow, Table
from core.lab import REPRODUCTION, Lab
from core.metrics.statistics import Interval
from core.settings import ROOT
from core.tasks import result_of
from core.types import Question, Span
from pages.ui.evaluate.result import FEW
from tests.backends.generators.echo import Echo
from tests.pages.conftest import texts
from tests.support.questions import FACTS, PRESET, town

WAIT = 30


@pytest.fixture
def page(app: AppTest, lab: Lab, tmp_path: Path) -> AppTest:
    """The page with a paper of facts, six questions with gold and one without, and a preset."""
    town(lab, tmp_path)
    lab.sweeps.presets.save("sizes", PRESET)
    return opened(app)


def opened(app: AppTest, **query: str) -> AppTest:
    app.run()
    app.switch_page("pages/evaluate.py").run()
    for name, value in query.items():
        app.query_params[name] = value
    return app.run() if query else app


def evaluated(page: AppTest, lab: Lab) -> str:
    """Start the preset from the page, wait, and draw the result; the sweep's id."""
    page.button_group(key="evaluate.preset").set_value("sizes").run()
    page.button(key="evaluate.start").click().run()
    (row,) = lab.evaluations.all()
    assert lab.sweeps.wait(row.id, WAIT)
    page.run()
    assert not page.exception
    return row.id


def links(page: AppTest) -> list[str]:
    return [str(each.proto.label) for each in page.get("page_link")]


def test_smoke_without_a_question(app: AppTest) -> None:
    page = opened(app)
    assert not page.exception
    assert "No question has a gold passage yet" in texts(page)
    assert page.button(key="evaluate.samples").label == "Add the sample papers and their questions"
    assert "Mark passages in the Library" in links(page)


def test_the_sample_questions_come_with_one_click(app: AppTest, lab: Lab) -> None:
    page = opened(app)
    page.button(key="evaluate.samples").click().run(timeout=60)
    assert not page.exception
    assert len([kept for kept in lab.questions.all() if kept.question.gold]) == 21
    assert page.multiselect(key="evaluate.sources").options == ["sample questions.jsonl (21)"]
    # Without the packaged models a search by words is left, and the others are named.
    assert page.button(key="evaluate.start").label == "Evaluate 3 settings"
    assert "Left out: 800\\/100 · dense" in texts(page)


def test_what_it_costs_is_said_before_it_starts(page: AppTest) -> None:
    page.button_group(key="evaluate.preset").set_value("sizes").run()
    assert {metric.label: metric.value for metric in page.metric}["runs"] == "24"
    assert "1 question without gold in these papers will not be asked" in texts(page)
    assert page.button(key="evaluate.start").label == "Evaluate 4 settings"
    assert "demo" not in page.button_group(key="evaluate.preset").options


def test_the_page_has_a_grid_of_its_own_over_the_papers_with_gold(page: AppTest, lab: Lab) -> None:
    page.button_group(key="evaluate.preset").set_value("sizes").run()
    assert "with gold passages" in page.button(key="evaluate.papers.open").label
    page.multiselect(key="evaluate.top_k").set_value(["1", "2"]).run()
    page.multiselect(key="evaluate.chunks").set_value(["100/10"]).run()
    page.multiselect(key="evaluate.reranker").set_value(["none"]).run()
    assert page.button(key="evaluate.start").label == "Evaluate 2 settings"
    page.multiselect(key="evaluate.chunks").set_value(["10/100"]).run()
    assert "overlap is 100" in texts(page).replace("\\", "")
    page.multiselect(key="evaluate.chunks").set_value(["100/10"]).run()
    source = next(iter(lab.questions.sources()))
    page.multiselect(key="evaluate.sources").set_value([source]).run()
    assert page.button(key="evaluate.start").label == "Evaluate 2 settings"
    assert lab.questions.papers_with_gold([source]) == lab.questions.papers_with_gold()
    assert lab.questions.papers_with_gold(["from cards"]) == ()


def test_story_evaluate_leave_come_back_and_read_the_verdict(page: AppTest, lab: Lab) -> None:
    page.button_group(key="evaluate.preset").set_value("sizes").run()
    page.selectbox(key="evaluate.base").set_value("600/0 · top 1").run()
    page.button(key="evaluate.start").click().run()
    (row,) = lab.evaluations.all()
    assert page.query_params["evaluation"] in (row.id, [row.id])
    assert lab.sweeps.wait(row.id, WAIT)
    page.switch_page("pages/library.py").run()
    page.query_params.clear()
    page.switch_page("pages/evaluate.py").run()
    assert "24 of 24 runs" in texts(page)
    page.button(key=f"evaluate.open.{row.id}").click().run()
    assert not page.exception
    found = result_of(lab.evaluations.result(row.id, "600/0 · top 1"))
    assert "6 questions with gold" in texts(page)
    verdict = found.summary.verdict
    assert texts(page).count(labels.escaped(verdict)) == 1
    assert "Answers\\: only what was retrieved was judged" in texts(page)
    page.button(key="evaluate.memo.open").click().run()
    assert "# Decision memo: sizes" in texts(page)
    taken = page.selectbox(key=f"evaluate.home.{row.id}")
    assert found.summary.too_few and taken.value == "600/0 · top 1", "no leader is offered"
    page.run()
    assert page.selectbox(key="evaluate.base").value == "600/0 · top 1"
    page.button(key="evaluate.back").click().run()
    assert page.button(key="evaluate.start").label == "Evaluate 4 settings"


def test_what_a_setting_wins_and_loses_leads_to_compare(page: AppTest, lab: Lab) -> None:
    sweep_id = evaluated(page, lab)
    found = result_of(lab.evaluations.result(sweep_id, "60/0 · top 1"))
    folded = [each for each in page.expander if each.label == FEW]
    assert found.summary.too_few and len(folded) == 1 and not folded[0].proto.expanded
    for setting in (1, 2, 3):
        page.selectbox(key="evaluate.setting").set_value(setting).run()
        rows = found.turned(setting)
        lost = sum(row.lost for row in rows)
        assert f"**Loses {lost}, wins {len(rows) - lost}** of 6 questions" in texts(page)
        questions = [row.question.replace("?", "\\?") for row in rows]
        assert [label for label in links(page) if "Varn" in label] == questions


def test_what_a_setting_misses_becomes_cards(page: AppTest, lab: Lab) -> None:
    sweep_id = evaluated(page, lab)
    found = result_of(lab.evaluations.result(sweep_id, "60/0 · top 1"))
    missing = {n: len(found.missed(n)) for n in (1, 2, 3)}
    assert any(missing.values())
    for setting, count in missing.items():
        page.selectbox(key="evaluate.setting").set_value(setting).run()
        keys = [button.key for button in page.button if str(button.key).startswith("button-")]
        assert keys == ([f"button-{sweep_id}-{setting}"] if count else [])
        if count:
            page.button(key=keys[0]).click().run()
            assert not page.exception
            assert "proposed" in texts(page)
    paper = found.sweep.paper_ids
    assert sum(len(lab.proposals.waiting(each)) for each in paper) == len(
        {text for n in missing for text in found.missed(n)}
    )


def test_the_choice_is_checked_on_what_was_held_out(
    page: AppTest, lab: Lab, tmp_path: Path
) -> None:
    evaluated(page, lab)
    assert "No question with gold in these papers is kept for the test set" in texts(page)
    file = tmp_path / "held.jsonl"
    gold = [{"paper": "town", "quote": FACTS[0][1]}]
    file.write_text(json.dumps({"question": "Oil?", "gold": gold}))
    list(lab.questions.add(file, held_out=True))
    page.run()
    assert "Oil" not in texts(page)
    assert page.button(key="evaluate.check").label == "Check it on the 1 test-set question"
    (choice,) = (box for box in page.selectbox if str(box.key).startswith("evaluate.choice."))
    choice.set_value("60/0 · top 1").run()
    assert page.selectbox(key="evaluate.base").value == "60/0 · top 1"
    found = result_of(lab.evaluations.result(lab.evaluations.all()[0].id, "60/0 · top 1"))
    others = found.summary.outcomes[1:]
    best = max(others, key=lambda each: each.recall.mean).label
    assert f"with “{labels.escaped(best)}” beside it" in texts(page)
    page.button(key="evaluate.check").click().run()
    newest, _ = lab.evaluations.all()
    assert newest.settings == 2, "the base is never checked against itself"
    assert newest.name == "sizes, test set"
    assert lab.sweeps.wait(newest.id, WAIT)
    page.run()
    assert not page.exception
    assert "1 test-set question with gold" in texts(page)
    assert "Confirm on the test set" not in texts(page)


def test_an_evaluation_that_was_stopped_says_what_to_do(page: AppTest, lab: Lab) -> None:
    planned = result_of(
        lab.evaluations.plan(lab.sweeps.presets.get("sizes")[0], lab.papers.resolve(()))
    )
    gone = next(row for row in lab.papers.all() if row.source == "town.md")
    lab.papers.remove(gone.id)
    sweep_id = lab.sweeps.start(planned)
    assert lab.sweeps.wait(sweep_id, WAIT)
    opened(page, evaluation=sweep_id)
    assert not page.exception
    assert "every question under every setting" in texts(page)
    assert page.button(key="sweep.retry").label == "Retry the failed"


def test_an_unknown_evaluation_is_a_sentence(app: AppTest) -> None:
    page = opened(app, evaluation="nothing")
    assert not page.exception
    assert "There is no such sweep here" in texts(page)


# helped or hurt


def test_helped_or_hurt_opens_on_what_was_recorded(app: AppTest) -> None:
    page = opened(app, view="helped")
    assert not page.exception
    assert "As recorded with the sample papers" in texts(page)
    assert "21 questions answered by SmolLM2" in texts(page)
    table = page.dataframe[0].value
    assert list(table["context"]) == ["no context", "retrieved", "retrieved and reranked"]
    assert "No question has a gold passage yet" in texts(page)


def test_story_ask_four_ways_and_open_a_flip(page: AppTest, lab: Lab) -> None:
    page.segmented_control(key="evaluate.view").set_value("helped").run()
    assert page.query_params["view"] in ("helped", ["helped"])
    assert page.button(key="evaluate.ask").label == "Ask these 6 questions four ways"
    page.button(key="evaluate.ask").click().run()
    (row,) = lab.contexts.all()
    assert lab.sweeps.wait(row.id, WAIT)
    page.run()
    assert not page.exception
    table = page.dataframe[0].value
    assert list(table["context"])[-1] == "gold passage given"
    assert table["helped"].iloc[-1] == 6
    assert "6 have no reference and are held against their gold text" in texts(page)
    assert len([label for label in links(page) if "Varn" in label]) == 6
    page.button(key="evaluate.back").click().run()
    assert f"evaluate.open.{row.id}" in {button.key for button in page.button}


def test_four_ways_that_are_not_all_there_say_what_to_do(
    page: AppTest, lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(self: Echo, requests: object, stop: object = None) -> None:
        raise OutOfSpace("The memory is full.")

    monkeypatch.setattr(Echo, "generate", fails)
    sweep_id = lab.sweeps.start(result_of(lab.contexts.plan("echo", lab.papers.resolve(()))))
    assert lab.sweeps.wait(sweep_id, WAIT)
    opened(page, view="helped", sweep=sweep_id)
    assert not page.exception
    assert "No question is answered in all four ways yet" in texts(page)
    assert page.button(key="sweep.retry").label == "Retry the failed"


def test_another_view_leaves_the_evaluation(page: AppTest, lab: Lab) -> None:
    evaluated(page, lab)
    page.segmented_control(key="evaluate.view").set_value("reproduce").run()
    assert "evaluation" not in page.query_params
    page.segmented_control(key="evaluate.view").set_value("settings").run()
    assert page.button(key="evaluate.start").label == "Evaluate 4 settings"


# a published table


def test_a_folder_that_is_not_the_data_set_is_a_sentence(app: AppTest, tmp_path: Path) -> None:
    page = opened(app, view="reproduce")
    assert page.button(key="evaluate.reproduce").disabled
    page.text_input(key="evaluate.folder").set_value(str(tmp_path)).run()
    page.button(key="evaluate.reproduce").click().run()
    assert not page.exception
    assert "does not hold the data set" in texts(page)
    assert "github.com/brandonstarxel/chunking_evaluation" in texts(page)


def test_published_and_ours_stand_side_by_side(app: AppTest, lab: Lab, tmp_path: Path) -> None:
    mean = Interval(mean=80.0, low=76.0, high=84.0, n=472)
    row = RecallRow(
        chunker="tokens",
        size=250,
        overlap=0,
        chunks=9,
        questions=472,
        published=77.1,
        recall=mean,
        inside=True,
        published_precision=3.3,
        precision=mean,
        published_iou=3.3,
        iou=mean,
        context_tokens=1249.0,
        never_seen=0.1,
        embedded=0,
    )
    omega = OmegaRow(
        chunker="tokens",
        size=200,
        overlap=0,
        chunks=9,
        published=21.0,
        as_published=21.0,
        ours=21.4,
        close=True,
    )
    lab.reproduction.table = Table(folder=tmp_path, omega=(omega,), recall=(row,), tied=(0,))
    page = opened(app, view="reproduce")
    assert not page.exception
    recall, best = page.dataframe
    assert list(recall.value["95 % interval"]) == ["76.0 to 84.0"]
    assert list(recall.value["inside"]) == [True]
    assert list(best.value["ours, their way"]) == [21.0]
    assert "1 of 1 cannot be told from the best" in texts(page)
    assert lab.reproduction.table.verdict == (
        "1 of 1 of the best possible precisions within 0.1; 1 of 1 published recalls inside our"
        " 95 % interval."
    )


def test_a_beir_data_set_is_searched_from_the_page(
    app: AppTest, lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(beir, "EMBEDDER", "hashing")
    monkeypatch.setattr(beir, "RERANKER", "word-overlap")
    page = opened(app, view="reproduce")
    page.text_input(key="evaluate.folder").set_value(str(ROOT / "tests/fixtures/beir")).run()
    page.button(key="evaluate.reproduce").click().run()
    job = lab.jobs.get(REPRODUCTION)
    assert job
    job.join()
    page.run()
    assert not page.exception
    (table,) = page.dataframe
    ways = ["hashing", "bm25", "hybrid", "hybrid + word-overlap"]
    assert list(table.value["retrieval method"]) == [each for each in ways for _ in range(2)]
    assert round(table.value["ours"][2], 2) == 82.43
    assert "No published values of this data set are known here" in texts(page)


def test_the_address_of_another_view_is_that_of_the_first(app: AppTest, lab: Lab) -> None:
    lab.questions.keep(
        Question(text="Q?", gold=(Span(paper_id=lab.papers.all()[0].id, start=0, end=4),))
    )
    page = opened(app, view="nonsense")
    assert not page.exception
    assert page.segmented_control(key="evaluate.view").value == "settings"
