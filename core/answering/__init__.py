"""From a question and recipes to answers: prompts, the batch, and what any page may watch."""

from core.answering import readiness
from core.answering.answering import Answering, completed, follow
from core.answering.cost import answer_units
from core.answering.prompts import LONGEST_QUESTION
from core.answering.running import Finished, Panel, RunningComparison, Step
from core.answering.smoke_test import trial
from core.answering.writing import Draft

__all__ = [
    "LONGEST_QUESTION",
    "Answering",
    "Draft",
    "Finished",
    "Panel",
    "RunningComparison",
    "Step",
    "answer_units",
    "completed",
    "follow",
    "readiness",
    "trial",
]
