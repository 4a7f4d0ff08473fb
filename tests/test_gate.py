"""The gate of a pipeline: what a kept baseline lets pass."""

import json

import pytest

from core.errors import BadInput
from core.evaluation import gate

QUESTIONS = [f"Question {number}?" for number in range(60)]


def recalls(hits: int, questions: list[str] = QUESTIONS) -> dict[str, float]:
    return {question: float(number < hits) for number, question in enumerate(questions)}


def test_a_planted_loss_fails_and_the_same_passes() -> None:
    same, lost = gate.judge(
        {"a": recalls(54), "b": recalls(54)}, {"a": recalls(54), "b": recalls(36)}, 0.05
    )
    assert (same.worse, same.difference, same.sentence) == (False, 0.0, "")
    assert lost.worse
    assert lost.difference == pytest.approx(-0.3)
    assert lost.at_best is not None and -0.3 < lost.at_best < 0
    assert lost.sentence == "It is shown to be worse, by 30.0 points."


def test_a_loss_within_the_margin_passes() -> None:
    (row,) = gate.judge({"a": recalls(60)}, {"a": recalls(54)}, 0.2)
    assert row.at_best is not None and row.at_best < 0
    assert not row.worse


def test_few_questions_decide_nothing() -> None:
    few = QUESTIONS[:19]
    (row,) = gate.judge({"a": recalls(19, few)}, {"a": recalls(0, few)}, 0.05)
    assert (row.worse, row.questions) == (False, 19)
    assert row.sentence.startswith("Too few questions to decide")


def test_only_what_both_have_is_judged() -> None:
    new = {"a": recalls(60) | {"New?": 0.0}, "c": recalls(0) | {"New?": 0.0}}
    row, unknown = gate.judge({"a": recalls(60), "b": recalls(60)}, new, 0.05)
    assert (row.questions, row.recall) == (60, 1.0)
    assert (unknown.worse, unknown.sentence) == (False, "It is not in the baseline.")
    with pytest.raises(BadInput, match="no setting and question in common"):
        gate.judge({"b": recalls(60)}, new, 0.05)


def test_a_baseline_is_what_was_printed() -> None:
    lines = [{"setting": "a", "n": 60, "recalls": recalls(3)}, {"verdict": "…", "best": "a"}]
    assert gate.read("\n".join(map(json.dumps, lines))) == {"a": recalls(3)}


NO_BASELINES = (
    "",
    "no JSON",
    "[]",
    "3",
    '{"verdict": "x"}',
    '{"recalls": {"q": 1}}',
    '{"setting": "a", "recalls": [1]}',
    '{"setting": "a", "recalls": {"q": 7}}',
)


@pytest.mark.parametrize("text", NO_BASELINES)
def test_what_is_no_baseline_is_said(text: str) -> None:
    with pytest.raises(BadInput, match="This is no baseline"):
        gate.read(text)
