"""A baseline kept in a file, and whether an evaluation is shown to be worse than it. For pipelines.

The file is what `python -m core evaluate` printed: a line a setting, with the recall of every
question by its text. Other lines are passed over.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from core.errors import BadInput
from core.evaluation.settings_compared import Evaluation
from core.metrics import TOO_FEW, statistics

Recalls = Mapping[str, Mapping[str, float]]  # by setting and question

NO_BASELINE = (
    "This is no baseline; keep what `python -m core evaluate …` prints, and name that file."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class GateRow:
    """A setting against the baseline, over the questions that both have: mean recalls, and the
    upper bound of the paired difference (one-sided, all settings' at once, 95 %). `worse`: it lies
    below 0, and the mean loss is more than the margin. Without a sentence it passed."""

    setting: str
    questions: int
    baseline: float | None = None
    recall: float | None = None
    difference: float | None = None
    at_best: float | None = None
    worse: bool = False
    sentence: str = ""


def read(text: str) -> Recalls:
    """The baseline that an evaluation printed. Errors: BadInput for what is none."""
    try:
        lines = [json.loads(line) for line in text.splitlines() if line.strip()]
        found = {line["setting"]: line["recalls"] for line in lines if "recalls" in line}
        values = [float(recall) for recalls in found.values() for recall in recalls.values()]
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise BadInput(NO_BASELINE, str(error)) from error
    if not values or not all(0 <= recall <= 1 for recall in values):
        raise BadInput(NO_BASELINE)
    return found


def judge(baseline: Recalls, now: Recalls, margin: float) -> list[GateRow]:
    """Every setting of an evaluation, in its order. Errors: BadInput if none is in the baseline, or
    no question."""
    known = [label for label in now if label in baseline]
    asked = [
        question
        for question in (now[known[0]] if known else ())
        if all(question in baseline[label] for label in known)
    ]
    if not asked:
        raise BadInput("The baseline has no setting and question in common with this evaluation.")
    before, after = (
        [[values[label][question] for label in known] for question in asked]
        for values in (baseline, now)
    )
    highest = dict(zip(known, statistics.at_best(before, after), strict=True))
    rows = []
    for label in now:
        if label not in highest:
            rows.append(GateRow(setting=label, questions=0, sentence="It is not in the baseline."))
            continue
        column = known.index(label)
        old, new = (sum(row[column] for row in each) / len(asked) for each in (before, after))
        worse = len(asked) >= TOO_FEW and highest[label] < 0 and new - old < -margin
        sentence = ""
        if len(asked) < TOO_FEW:
            sentence = f"Too few questions to decide: {TOO_FEW} are needed at least."
        elif worse:
            sentence = f"It is shown to be worse, by {100 * (old - new):.1f} points."
        rows.append(
            GateRow(
                setting=label,
                questions=len(asked),
                baseline=old,
                recall=new,
                difference=new - old,
                at_best=highest[label],
                worse=worse,
                sentence=sentence,
            )
        )
    return rows


def recalls(evaluation: Evaluation) -> Recalls:
    return {
        outcome.label: {
            question: each.overlap.recall
            for question, each in zip(evaluation.questions, measured, strict=True)
        }
        for outcome, measured in zip(evaluation.summary.outcomes, evaluation.measured, strict=True)
    }
