"""A written passage -> its place in a paper, or what stands there that is most like it. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import PurePath
from typing import Protocol

from core.errors import BadInput
from core.gold.files import WrittenPassage
from core.text import places
from core.types import Paper, Span, file_id_of

SHORTEST_ID = 8  # hex digits of a paper's id that are taken for one
WORD = re.compile(r"\S+")
SHOWN = 200  # characters of a text in a sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """A passage that does not stand in its paper: a sentence, the place most like it, and how much
    alike both are (0..1, twice the matching characters / all characters)."""

    sentence: str
    nearest: Span | None = None
    likeness: float = 0.0


class Named(Protocol):
    """How a paper may be called in a file."""

    @property
    def id(self) -> str: ...
    @property
    def source(self) -> str: ...
    @property
    def title(self) -> str: ...


def paper_named(name: str, papers: Sequence[Named]) -> str:
    """The id of the paper that a file calls `name`: its id or at least eight digits of it, that of
    another reading of it, its file name, that without its ending, or its title; the first of these
    that fits.

    Errors: BadInput if none fits, or several.
    """
    ways = (
        [each.id for each in papers if len(name) >= SHORTEST_ID and each.id.startswith(name)],
        [each.id for each in papers if _otherwise_read(name, each.id)],
        [each.id for each in papers if each.source == name],
        [each.id for each in papers if PurePath(each.source).stem == name],
        [each.id for each in papers if each.title == name],
    )
    found = next(filter(None, ways), [])
    if len(found) == 1:
        return found[0]
    if found:
        raise BadInput(f"{len(found)} papers are called {name!r}; name it by its id.")
    raise BadInput(f"There is no paper called {name!r} here; add it first.")


def _otherwise_read(name: str, paper_id: str) -> bool:
    """Whether a name is the id of another reading of this paper's file."""
    whole = len(file_id_of(paper_id)) <= len(name)
    return whole and name != paper_id and file_id_of(name) == file_id_of(paper_id)


def place(passage: WrittenPassage, paper: Paper) -> Span | Missed:
    """Where the passage stands in the paper.

    Offsets without a quote are believed, but for those of another reading. A quote must stand
    there letter for letter, or else so once both are folded; where it stands several times, the
    place nearest to the offsets is meant.
    """
    if not passage.quote.strip():
        if _otherwise_read(passage.paper, paper.id):
            return Missed(
                sentence=f"“{paper.title}” was read in another way when its places were counted;"
                " say with a quote which is meant."
            )
        start, end = passage.start or 0, passage.end or 0
        if 0 <= start < end <= len(paper.text):
            return Span(paper_id=paper.id, start=start, end=end)
        return Missed(sentence=f"“{paper.title}” has no text from {start:,} to {end:,}.")
    start = passage.start or 0
    if start >= 0 and paper.text.startswith(passage.quote, start) and passage.start is not None:
        return Span(paper_id=paper.id, start=start, end=start + len(passage.quote))
    found = _places(passage.quote, paper.text)
    if not found:
        return _missed(passage.quote, paper)
    if len(found) > 1 and passage.start is None:
        return Missed(
            sentence=f"“{_cut(passage.quote)}” stands {len(found)} times in “{paper.title}”; say"
            " with `start` and `end` which place is meant."
        )
    first, last = min(found, key=lambda place: abs(place[0] - start))
    return Span(paper_id=paper.id, start=first, end=last)


def _places(quote: str, text: str) -> list[tuple[int, int]]:
    exact = [found.span() for found in re.finditer(re.escape(quote.strip()), text)]
    return exact or places(quote, text)


def _missed(quote: str, paper: Paper) -> Missed:
    """Words are compared first, which is quick over a whole book, and letters only at the place
    that shares the longest run of words."""
    words = list(WORD.finditer(paper.text))
    wanted = quote.split()
    run = SequenceMatcher(
        None, [word[0] for word in words], wanted, autojunk=False
    ).find_longest_match()
    if not run.size:
        return Missed(sentence=f"“{_cut(quote)}” does not stand in “{paper.title}”.")
    first = max(0, run.a - run.b)
    last = min(len(words), first + len(wanted)) - 1
    start, end = words[first].start(), words[last].end()
    there = paper.text[start:end]
    likeness = SequenceMatcher(None, there, quote, autojunk=False).ratio()
    return Missed(
        sentence=f"“{_cut(quote)}” does not stand in “{paper.title}”; most like it"
        f" ({likeness:.0%}) is “{_cut(there)}”.",
        nearest=Span(paper_id=paper.id, start=start, end=end),
        likeness=likeness,
    )


def _cut(text: str) -> str:
    """On one line, and not too long for a sentence."""
    line = " ".join(text.split())
    return line if len(line) <= SHOWN else f"{line[:SHOWN]} …"
