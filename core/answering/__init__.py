"""From a question and recipes to answers: prompts, the batch, and what any page may watch."""

from core.answering import readiness
from core.answering.answering import Answering
from core.answering.at_once import suiting
from core.answering.cost import answer_units
from core.answering.pinning import completed
from core.answering.prompts import LONGEST_QUESTION
from core.answering.running import Finished, Panel, RunningComparison, Step, follow
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
    "suiting",
    "trial",
]
