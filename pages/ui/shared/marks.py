"""Places in a text that are to be marked, and the text cut where they begin and end. Pure."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

from core.labels import counted
from core.metrics import differences, sentences
from core.text import WORD, words
from core.types import Hit

Kind = Literal["cited", "unsupported", "differs", "match", "unseen", "found", "gold", "here"]
# How gold looks in a text, and the word that says so, in every component that shows some.
GOLD = """
.gold {
  color: inherit;
  background: light-dark(#fff3c4, #463a10);
  border-bottom: 3px double light-dark(#8a6500, #f2d26b);
}
.gold[data-label]::before { content: attr(data-label); margin-right: 0.35em; }
.gold[data-label]::before, .gold-word {
  padding: 0.05em 0.4em;
  border-radius: 3px;
  font-family: var(--st-font);
  font-size: 0.7rem;
  font-weight: 650;
  vertical-align: 0.12em;
  color: light-dark(#fcfbf8, #16181b);
  background: light-dark(#8a6500, #f2d26b);
}
"""
CITATION = re.compile(r"\[(\d{1,2})\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """`text[start:end]` is of this kind; `number` is the chunk a citation leads to, `label` a word
    set before it."""

    start: int
    end: int
    kind: Kind
    number: int | None = None
    label: str = ""


def citations(answer: str, hits: Sequence[Hit]) -> list[Mark]:
    """The [n] in an answer that name a chunk it was given; others lead nowhere."""
    given = {hit.rank for hit in hits}
    return [
        Mark(start=match.start(), end=match.end(), kind="cited", number=int(match[1]))
        for match in CITATION.finditer(answer)
        if int(match[1]) in given
    ]


def unsupported(answer: str, hits: Sequence[Hit]) -> tuple[list[Mark], str]:
    """The sentences of an answer that no chunk supports, and what is said of them."""
    read = sentences(answer, [hit.chunk.text for hit in hits])
    alone = [sentence for sentence in read if sentence.unsupported]
    if not alone:
        return [], ""
    found = [Mark(start=each.start, end=each.end, kind="unsupported") for each in alone]
    return found, (
        f"{len(alone)} of {counted(len(read), 'sentence')} (wavy underline) hold words that no"
        " chunk given to it supports."
    )


def differing(answer: str, beside: str) -> list[Mark]:
    """The words of an answer that another one does not have in the same place."""
    found, place = [], len(answer) - len(answer.lstrip())
    for piece in differences(beside, answer):
        if piece.where == "before":
            continue
        end = min(place + len(piece.text), len(answer))
        if piece.where == "after":
            found.append(Mark(start=place, end=end, kind="differs"))
        place = end
    return found


def matches(text: str, question: str) -> list[Mark]:
    """The words of a chunk that BM25 would count as words of the question."""
    asked = set(words(question))
    return [
        Mark(start=match.start(), end=match.end(), kind="match")
        for match in WORD.finditer(text)
        if asked.intersection(words(match[0]))
    ]


def searched(spans: Sequence[tuple[int, int]], chosen: int | None) -> list[Mark]:
    """What a search found; the one that begins at `chosen` is scrolled to."""
    return [
        Mark(start=start, end=end, kind=kind)
        for start, end in spans
        for kind in (("found", "here") if start == chosen else ("found",))
    ]


def golden(spans: Iterable[tuple[int, int]]) -> list[Mark]:
    """Gold, said in a word where it begins."""
    return [Mark(start=start, end=end, kind="gold", label="gold") for start, end in spans]


def trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """`text[start:end]` without the white space at its ends, which a hand takes along; start and
    end are equal if there is nothing else."""
    quote = text[start:end]
    start += len(quote) - len(quote.lstrip())
    return start, start + len(quote.strip())


def unseen(hit: Hit) -> list[Mark]:
    """What lies behind the window of the embedder, in the chunk's text."""
    length = len(hit.chunk.text)
    if hit.embedder_reads is None or hit.embedder_reads >= length:
        return []
    return [Mark(start=hit.embedder_reads, end=length, kind="unseen")]


def pieces(text: str, marks: Iterable[Mark]) -> list[dict[str, Any]]:
    """The text in pieces that join to it again, each with the kinds of all marks over it, the
    number of its citation, if it has one, and the label of a mark that begins with it."""
    marks = [mark for mark in marks if mark.start < mark.end]
    borders = {0, len(text)} | {place for mark in marks for place in (mark.start, mark.end)}
    cuts = sorted(place for place in borders if 0 <= place <= len(text))
    beginning: dict[int, list[Mark]] = {}
    for mark in marks:
        beginning.setdefault(max(0, mark.start), []).append(mark)
    found = []
    over: list[Mark] = []
    for start, end in pairwise(cuts):
        over = [mark for mark in (*over, *beginning.get(start, ())) if end <= mark.end]
        found.append(
            {
                "text": text[start:end],
                "kinds": sorted({mark.kind for mark in over}),
                "number": next((mark.number for mark in over if mark.number), None),
                "label": next(
                    (mark.label for mark in over if mark.label and mark.start == start), ""
                ),
            }
        )
    return found
