"""A text of a paper or a model on screen, with marks: set as text, never as HTML or Markdown.

Marks are places in the text, found without a page; the text is cut where they begin and end. In a
page's text a person may also select a passage and type the question that it answers.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import streamlit as st

from core.labels import counted
from core.metrics import differences, sentences
from core.text import WORD, folded, words
from core.types import Hit, Paper, passages_of

Kind = Literal[
    "cited",
    "unsupported",
    "differs",
    "match",
    "unseen",
    "found",
    "gold",
    "here",
    "doubtful",
    "matched",
]
CITATION = re.compile(r"\[(\d{1,2})\]")


def _part(name: str) -> str:
    """A file beside this one, which a component runs in the browser."""
    return Path(__file__).with_name(name).read_text("utf-8")


GOLD = _part("gold.css")  # for every component that shows some
HTML = f"""
<div class="frame">
  <div class="text" part="text"></div>
  {_part("selection.html")}
</div>
<button class="more" type="button" hidden></button>
"""
_component = st.components.v2.component(
    "triptych_marked",
    html=HTML,
    css=GOLD + _part("highlighted_text.css") + _part("selection.css"),
    js="".join(map(_part, ("nearest_letter.js", "selection.js", "highlighted_text.js"))),
)


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
    read = sentences(answer, [hit.passage.text for hit in passages_of(hits)])
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
    asked, plain = set(words(question)), folded(text)
    places = (
        plain.span(*match.span())
        for match in WORD.finditer(plain.text)
        if asked.intersection(words(match[0]))
    )
    return [Mark(start=start, end=end, kind="match") for start, end in places]


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
    """What of the chunk lies behind the window of the embedder, in the text that is read."""
    length, at = len(hit.chunk.text), hit.chunk.start - hit.passage.start
    if hit.embedder_reads is None or hit.embedder_reads >= length:
        return []
    return [Mark(start=at + hit.embedder_reads, end=at + length, kind="unseen")]


def matched(hit: Hit) -> list[Mark]:
    """The chunk in the text that is read, where that is more."""
    if hit.read is None or hit.read == hit.chunk:
        return []
    at = hit.chunk.start - hit.read.start
    return [Mark(start=at, end=at + len(hit.chunk.text), kind="matched")]


def doubtful(paper: Paper, start: int, end: int) -> list[Mark]:
    """What OCR may have misread in `paper.text[start:end]`."""
    return [
        Mark(start=max(first, start) - start, end=min(last, end) - start, kind="doubtful")
        for first, last in paper.doubtful
        if first < end and start < last
    ]


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


def answer(
    key: str,
    text: str,
    marks: Iterable[Mark] = (),
    *,
    streaming: bool = False,
    waiting: bool = False,
) -> int | None:
    """Show an answer, clamped with "more"; returns the number of a citation just clicked.

    `streaming` draws a cursor behind it, `waiting` says that the text is no answer yet.
    """
    return _show(key, "answer", text, marks, streaming=streaming, waiting=waiting)


def passage(key: str, text: str, marks: Iterable[Mark] = ()) -> None:
    """Show a text of a paper, whole."""
    _show(key, "passage", text, marks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question typed to `text[start:end]`, which reads `quote` on screen; `each_answers`: it is
    one more alternative, and not needed together with the passages that the question has."""

    start: int
    end: int
    quote: str
    question: str
    reference: str
    held_out: bool
    each_answers: bool = False


def page_text(
    key: str, text: str, marks: Iterable[Mark], asked: Callable[[Asked], None], another: str
) -> None:
    """Show a page's text, no taller than the window, from the mark that is "here".

    A passage may be selected and a question typed to it; `asked` is called with it before the page
    is drawn again. `another` is a question that a passage can be added to, or empty.
    """

    def told() -> None:
        asked(Asked(**st.session_state[key].marked))

    data = {"look": "page", "asks": {"another": another}, "streaming": False, "waiting": False}
    _component(
        key=key,
        data=data | {"pieces": pieces(text, marks)},
        on_cited_change=_nothing,
        on_marked_change=told,
    )


def _show(
    key: str,
    look: str,
    text: str,
    marks: Iterable[Mark],
    *,
    streaming: bool = False,
    waiting: bool = False,
) -> int | None:
    data = {
        "look": look,
        "pieces": pieces(text, marks),
        "streaming": streaming,
        "waiting": waiting,
    }
    clicked: int | None = _component(key=key, data=data, on_cited_change=_nothing).cited
    return clicked


def _nothing() -> None:
    """A trigger reaches Python only where a callback is named."""
