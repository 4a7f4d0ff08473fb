"""What may be said of questions that a model wrote, and what not.

A published test of generated questions finds that they rank retrievers much as human ones do, but
not generators (decision 33 names it). Knows no model.
"""

from collections.abc import Collection, Iterable

from core.labels import counted
from core.store import KeptQuestion

REFUSED = (
    "Questions written by a model say nothing about which answers are better: they were found to"
    " rank retrievers as human questions do, but not generators."
)


def generated(questions: Iterable[KeptQuestion]) -> set[str]:
    """The texts of those that a model wrote; one that a person asks in the same words is among
    them, since its gold is shared."""
    return {kept.question.text.strip() for kept in questions if kept.question.generated_by}


def about_retrieval(asked: Collection[str], written: Collection[str]) -> str:
    """The sentence beside a verdict about retrieval; empty where no question is a model's."""
    count = len(set(asked) & set(written))
    if not count:
        return ""
    be = "was" if count == 1 else "were"
    return (
        f"{count:,} of {counted(len(asked), 'question')} {be} written by a model: such questions"
        " were found to rank retrievers much as human ones do, but no answer models; confirm the"
        " choice with questions that people ask."
    )
