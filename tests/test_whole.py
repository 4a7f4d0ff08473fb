"""All of the papers in the prompt: asked like any other way, planned, kept and listed."""

import json
from dataclasses import replace
from typing import get_args

import pytest

from core.__main__ import main
from core.errors import BadInput
from core.lab import Lab
from core.retrieval import finder
from core.sweeps.presets import Answers, Preset
from core.tasks import result_of
from core.types import Arm, View, Whole
from tests.support.labs import QUESTION, RECIPE, THREE, asked, everything

WHOLE = replace(RECIPE, evidence=Whole())


def test_whole_papers_are_a_fourth_way_beside_the_three(lab: Lab) -> None:
    runs = asked(lab, [*THREE, WHOLE]).runs
    assert [run.recipe.arm for run in runs] == ["no_context", "retrieved", "reranked", "whole"]
    whole = runs[-1]
    assert set(whole.paper_ids) == set(everything(lab))
    assert [hit.passage.text for hit in whole.hits] == [
        lab.papers.get(paper_id).text.strip() for paper_id in whole.paper_ids
    ]
    assert whole.candidates == ()
    rules = {run.messages[0].content for run in runs}
    assert len(rules) == 1, "the same rules for all"
    again = lab.runs.runs([whole.id])[0]
    assert again == whole
    (row,) = [row for row in lab.runs.rows(View()) if row.id == whole.id]
    assert row.arm == "whole"
    assert row.context_characters == sum(len(hit.chunk.text) for hit in whole.hits)
    assert lab.runs.count(View().choosing("arm", ("whole",))) == 1


def test_other_papers_are_another_answer_and_other_chunks_are_not(lab: Lab) -> None:
    one, *_ = everything(lab)
    first = result_of(lab.answering.ask(QUESTION, [WHOLE], everything(lab))).runs[0]
    fewer = result_of(lab.answering.ask(QUESTION, [WHOLE], (one,))).runs[0]
    assert first.key != fewer.key
    larger = replace(WHOLE, chunking=replace(WHOLE.chunking, size=1_000))
    assert result_of(lab.answering.ask(QUESTION, [larger], everything(lab))).runs[0].id == first.id


def test_no_more_papers_are_read_than_any_model_could_read(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finder, "MOST_CHARACTERS", 10)
    run = result_of(lab.answering.ask(QUESTION, [WHOLE], everything(lab))).runs[0]
    assert len(run.hits) == 1
    assert "Only the first 1 of 2 papers were taken" in run.notes[0]


def test_a_paper_that_is_gone_is_not_read_from_memory(lab: Lab) -> None:
    papers = everything(lab)
    asked(lab, [WHOLE])
    lab.papers.remove(papers[0])
    with pytest.raises(BadInput, match="no paper"):
        result_of(lab.answering.ask("Another?", [WHOLE], papers))


def test_a_sweep_plans_and_asks_whole_papers_like_any_setting(lab: Lab) -> None:
    preset = Preset(
        name="whole", baseline=True, whole=True, chunks=((200, 20),), embedder=("hashing",),
        top_k=(1,), candidates=(2,), answers=Answers(generator=("echo",), max_tokens=(8,)),
    )  # fmt: skip
    plan = result_of(lab.sweeps.plan(preset, [QUESTION, "What rises?"], everything(lab)))
    assert [each.recipe.arm for each in plan.settings] == ["no_context", "whole", "retrieved"]
    assert plan.whole == sum(len(lab.papers.get(each).text) for each in everything(lab))
    assert plan.distinct_prompts == 6
    sweep = lab.sweeps.start(plan)
    assert lab.sweeps.wait(sweep, 20)
    assert {cell.status for cell in lab.sweeps.cells(sweep)} == {"done"}
    asked_alone = asked(lab, [replace(plan.settings[1].recipe)]).runs[0]
    assert asked_alone.id in {cell.run_id for cell in lab.sweeps.cells(sweep)}, "taken over"


@pytest.mark.parametrize(
    ("options", "arms"),
    [
        (["--whole"], ["whole"]),
        (["--three-ways", "--whole"], ["no_context", "retrieved", "reranked", "whole"]),
    ],
)
def test_the_command_line_asks_with_whole_papers(
    lab: Lab,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    options: list[str],
    arms: list[Arm],
) -> None:
    monkeypatch.setenv("TRIPTYCH_DATA", str(lab.settings.data))
    models = ["--generator", "echo", "--embedder", "hashing", "--reranker", "word-overlap"]
    assert main(["ask", QUESTION, *options, *models, "--cite", "--unanswerable"]) == 0
    runs = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    kinds = {None: "no_context", "whole": "whole"}
    found = [
        kinds.get((run["recipe"]["evidence"] or {}).get("kind"))
        or ("reranked" if run["recipe"]["evidence"]["reranker"] else "retrieved")
        for run in runs
    ]
    assert found == arms
    assert set(arms) <= set(get_args(Arm))
    revisions = dict(runs[-1]["recipe"]["revisions"])
    assert revisions["cite"] == revisions["unanswerable"] == "1"
    assert "name the passage" in runs[-1]["messages"][0]["content"]


def test_nothing_is_asked_of_no_papers(lab: Lab) -> None:
    with pytest.raises(BadInput, match="no paper"):
        result_of(lab.answering.ask(QUESTION, [WHOLE], ()))
