"""Where the answers stand, by question: what evaluations, arms and past runs are held against."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from core.store import KeptQuestion
from core.text import stripped
from core.types import Alternatives, Question, Span, spans_of

Gold = dict[str, Alternatives]  # by the question's text


def gold_by_question(
    questions: Iterable[KeptQuestion], paper_ids: Collection[str] | None = None
) -> Gold:
    """The gold of each question that has some, in these papers or in any; questions that ask the
    same share theirs."""
    here = None if paper_ids is None else set(paper_ids)
    asked: dict[str, list[Question]] = defaultdict(list)
    for kept in questions:
        asked[kept.question.text.strip()].append(kept.question)
    found = {}
    for text, same in asked.items():
        alternatives = joined(same)
        if here is not None:
            alternatives = within_papers(alternatives, here)
        if alternatives:
            found[text] = alternatives
    return found


def joined(questions: Sequence[Question]) -> Alternatives:
    """The gold of questions that ask the same: all of it is needed together, but where one of them
    has alternatives, what each says is one more."""
    if any(each.alternative_of for each in questions):
        return tuple(dict.fromkeys(group for each in questions for group in each.alternatives))
    spans = spans_of(each.gold for each in questions)
    return (spans,) if spans else ()


def within_papers(alternatives: Alternatives, paper_ids: Collection[str]) -> Alternatives:
    """Those alternatives that stand whole in these papers; where none does, what of each does."""
    parts = [tuple(span for span in group if span.paper_id in paper_ids) for group in alternatives]
    whole = tuple(
        group for group, part in zip(alternatives, parts, strict=True) if len(part) == len(group)
    )
    return whole or tuple(filter(None, parts))


def trimmed(passage: Span, text: str) -> Span | None:
    """A passage of a paper's text as it is measured: without white space at its ends, since no
    chunk has any there and none could hold all of it. None if nothing else is in it."""
    for start, end in stripped(text, passage.start, passage.end):
        return replace(passage, start=start, end=end)
    return None
