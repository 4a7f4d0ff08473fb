"""From a question and recipes to answers: prompts, the batch, and what any page may watch."""

from core.answering.answering import Answering, Draft, follow
from core.answering.cost import answer_units
from core.answering.prompts import LONGEST_QUESTION
from core.answering.running import Done, Finished, Panel, RunningComparison
from core.answering.smoke_test import trial

__all__ = [
    "LONGEST_QUESTION",
    "Answering",
    "Done",
    "Draft",
    "Finished",
    "Panel",
    "RunningComparison",
    "answer_units",
    "follow",
    "trial",
]
