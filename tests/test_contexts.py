"""Did context help? Answers with none, with what was found and with the gold, over the small
backends; and the recorded ones."""

from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import BadInput
from core.evaluation import context_effect
from core.evaluation.changed_questions import ChangedQuestion, turned
from core.evaluation.context_effect import ArmOutcome, HelpedOrHurt
from core.history import capsules
from core.history.capsules import Capsule
from core.history.comparisons import Comparisons
from core.lab import Lab
from core.metrics.statistics import Difference, Interval
from core.settings import Settings
from core.tasks import result_of
from core.types import Given, Question, Span
from core.types.view import View
from tests.support.questions import FACTS, town

WAIT = 30


def asked(lab: Lab, paper: str) -> str:
    sweep_id = lab.sweeps.start(result_of(lab.contexts.plan("echo", (paper,))))
    assert lab.sweeps.wait(sweep_id, WAIT)
    return sweep_id


def test_every_question_is_given_its_own_gold(lab: Lab, tmp_path: Path) -> None:
    sweep_id = asked(lab, town(lab, tmp_path))
    sweep = lab.sweeps.sweep(sweep_id)
    assert [setting.label for setting in sweep.settings] == [
        "no context",
        "retrieved",
        "retrieved and reranked",
        "gold passage given",
    ]
    assert (lab.sweeps.row(sweep_id).done, lab.sweeps.row(sweep_id).failed) == (24, 0)
    for number, (_, fact) in enumerate(FACTS):
        cell = lab.sweeps.cells(sweep_id, number, 1)[3]
        (run,) = lab.comparisons.comparison(cell.run_id or "").runs
        assert [hit.chunk.text for hit in run.hits] == [fact]
        assert run.recipe == sweep.recipe(number, 3)
        assert fact in run.messages[-1].content
    assert [row.id for row in lab.contexts.all()] == [sweep_id]
    assert lab.evaluations.all() == []


def test_answers_are_held_against_the_gold_where_there_is_no_reference(
    lab: Lab, tmp_path: Path
) -> None:
    sweep_id = asked(lab, town(lab, tmp_path))
    found = lab.contexts.result(sweep_id)
    assert found
    assert (len(found.questions), found.references, found.left_out) == (6, 0, 0)
    # The echo says the prompt again: with the gold in it, it comes nearer to the gold.
    given = found.arms[3].difference
    assert given
    assert (given.wins, given.losses) == (6, 0)
    assert found.arms[0].difference is None
    first, *_ = found.turned(3)
    runs = lab.comparisons.comparison(first.link).runs
    assert [run.recipe.arm for run in runs] == ["no_context", "retrieved", "reranked", "given"]
    assert {run.question for run in runs} == {first.question}
    chart = found.chart("light")
    assert len(chart.rows) == 4 * 6
    assert {"question", "setting", "nearness", "to the base"} == chart.rows[0].keys()


def test_a_question_without_all_its_answers_is_left_out_and_counted(
    lab: Lab, tmp_path: Path
) -> None:
    paper = town(lab, tmp_path)
    gone = Span(paper_id=lab.papers.all()[0].id, start=0, end=8)
    lab.questions.keep(Question(text="Where?", gold=(gone,)))
    planned = result_of(lab.contexts.plan("echo", tuple(row.id for row in lab.papers.all())))
    lab.papers.remove(gone.paper_id)
    planned = replace(planned, paper_ids=(paper,))
    sweep_id = lab.sweeps.start(planned)
    assert lab.sweeps.wait(sweep_id, WAIT)
    assert "There is no paper" in next(iter(lab.sweeps.failures(sweep_id)))
    found = lab.contexts.result(sweep_id)
    assert found
    assert (len(found.questions), found.left_out) == (6, 1)


def test_nothing_to_ask_and_nothing_answered(lab: Lab, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="No question has gold in these papers"):
        lab.contexts.plan("echo", lab.papers.resolve(()))
    paper = town(lab, tmp_path)
    sweep_id = asked(lab, paper)
    for kept in lab.questions.all():
        lab.questions.remove(kept)
    assert lab.contexts.result(sweep_id) is None
    with pytest.raises(BadInput, match="no such sweep"):
        lab.contexts.result("nothing")


def test_a_capsule_keeps_whose_gold_was_given(lab: Lab, tmp_path: Path) -> None:
    sweep_id = asked(lab, town(lab, tmp_path))
    content = lab.runs.written("capsule", View(sweep=sweep_id))
    capsule = capsules.read(content)
    assert isinstance(capsule, Capsule)
    assert capsule.sweep
    assert all(isinstance(capsule.sweep.recipe(n, 3).evidence, Given) for n in range(6))
    other = Lab(Settings(data=tmp_path / "other"))
    other.runs.load("arms.capsule", content)
    (row,) = other.runs.sweeps()
    assert (row.done, row.settings) == (24, 4)
    assert {cell.setting for cell in other.sweeps.cells(row.id)} == {0, 1, 2, 3}


def test_the_recorded_runs_are_judged_without_a_model() -> None:
    found = context_effect.Contexts.recorded()
    assert found
    assert [arm.arm for arm in found.arms] == ["no_context", "retrieved", "reranked"]
    assert (len(found.questions), found.references, found.recorded) == (21, 21, True)
    assert set(found.links) <= {comparison.id for comparison in Comparisons.recorded()}


def test_what_was_lost_stands_first() -> None:
    rows = [
        ChangedQuestion(question="a", before=0.5, after=0.52, link=""),
        ChangedQuestion(question="b", before=0.5, after=0.6, link=""),
        ChangedQuestion(question="c", before=0.5, after=0.4, link=""),
        ChangedQuestion(question="d", before=0.9, after=0.1, link=""),
        ChangedQuestion(question="e", before=0.0, after=1.0, link=""),
    ]
    assert "".join(each.question for each in turned(rows, 0.05)) == "dceb"


def outcome(label: str, mean: float, p: float) -> ArmOutcome:
    interval = Interval(mean=mean, low=mean, high=mean, n=9)
    difference = Difference(
        setting=1, interval=interval, p=p, p_holm=p, wins=0, ties=0, losses=0, more=None
    )
    return ArmOutcome(label=label, arm="retrieved", nearness=interval, difference=difference)


def test_the_verdict_claims_no_more_than_was_shown() -> None:
    def said(*arms: ArmOutcome) -> str:
        return HelpedOrHurt(
            name="",
            at="",
            generator="",
            questions=(),
            arms=arms,
            nearness=(),
            links=(),
            references=0,
            left_out=0,
            recorded=False,
        ).verdict

    assert said(outcome("a", 0.3, 0.06)).startswith("No difference yet")
    assert said(outcome("a", 0.3, 0.04), outcome("b", -0.2, 0.01)) == (
        "“a” brings answers nearer to the reference, “b” takes answers further from the reference."
    )


def test_questions_that_a_model_wrote_decide_nothing_about_answers(
    lab: Lab, tmp_path: Path
) -> None:
    paper = town(lab, tmp_path)
    before = asked(lab, paper)
    first, *others = [kept for kept in lab.questions.all() if kept.question.gold]
    lab.questions.remove(first)
    lab.questions.keep(replace(first.question, origin="generated by echo"))
    planned = result_of(lab.contexts.plan("echo", (paper,)))
    assert first.question.text not in planned.questions
    assert lab.contexts.left_out((paper,)) == 1
    found = lab.contexts.result(before)
    assert found
    assert (len(found.questions), found.left_out) == (5, 1)
    for each in others:
        lab.questions.remove(each)
    with pytest.raises(BadInput, match="Questions written by a model say nothing"):
        lab.contexts.plan("echo", (paper,))
    assert lab.contexts.result(before) is None
