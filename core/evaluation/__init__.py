"""Which setting is better, what context does, and a published table computed again."""

from core.evaluation import beir_files, gate
from core.evaluation.beir import BeirRow, BeirRuns, BeirTable
from core.evaluation.changed_questions import ChangedQuestion
from core.evaluation.context_effect import ArmOutcome, Contexts, HelpedOrHurt
from core.evaluation.grading import Grades, Grading, Preferences, Sheet
from core.evaluation.proposed_questions import (
    ProposedQuestion,
    ProposingQuestions,
    QuestionProposals,
)
from core.evaluation.published import (
    PUBLISHED_AT,
    OmegaRow,
    RecallRow,
    Reproduction,
    Table,
    check,
)
from core.evaluation.settings_compared import Evaluation, Evaluations

__all__ = [
    "PUBLISHED_AT",
    "ArmOutcome",
    "BeirRow",
    "BeirRuns",
    "BeirTable",
    "ChangedQuestion",
    "Contexts",
    "Evaluation",
    "Evaluations",
    "Grades",
    "Grading",
    "HelpedOrHurt",
    "OmegaRow",
    "Preferences",
    "ProposedQuestion",
    "ProposingQuestions",
    "QuestionProposals",
    "RecallRow",
    "Reproduction",
    "Sheet",
    "Table",
    "beir_files",
    "check",
    "gate",
]
