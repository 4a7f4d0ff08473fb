"""Where the answers stand, by question: what evaluations, arms and past runs are held against."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import replace

from core.store import KeptQuestion
from core.text import stripped
from core.types import Span

Gold = dict[str, tuple[Span, ...]]  # by the question's text


def gold_by_question(
    questions: Iterable[KeptQuestion], paper_ids: Collection[str] | None = None
) -> Gold:
    """The gold of each question that has some, in these papers or in any; questions that ask the
    same share theirs."""
    here = None if paper_ids is None else set(paper_ids)
    found: dict[str, dict[Span, None]] = defaultdict(dict)
    for kept in questions:
        spans = [span for span in kept.question.gold if here is None or span.paper_id in here]
        if spans:
            found[kept.question.text.strip()].update(dict.fromkeys(spans))
    return {text: tuple(spans) for text, spans in found.items()}


def trimmed(passage: Span, text: str) -> Span | None:
    """A passage of a paper's text as it is measured: without white space at its ends, since no
    chunk has any there and none could hold all of it. None if nothing else is in it."""
    for start, end in stripped(text, passage.start, passage.end):
        return replace(passage, start=start, end=end)
    return None
