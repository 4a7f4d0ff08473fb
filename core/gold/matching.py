"""A written passage -> its place in a paper, or what stands there that is most like it. Pure."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher, get_close_matches
from functools import lru_cache
from pathlib import PurePath
from typing import Protocol

from core.errors import BadInput
from core.gold.files import WrittenPassage
from core.text import WORD, fold, folded, places
from core.types import Paper, Span, file_id_of

SHORTEST_ID = 8  # hex digits of a paper's id that are taken for one
SHOWN = 200  # characters of a text in a sentence
OFFERED = 5  # places of a quote that stands several times
ALIKE = 0.5  # what is less like a quote than that is not named
NUDGED = 8  # words by which the nearest place may begin or end earlier or later


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """A passage that does not stand in its paper, or more than once: a sentence, the places that
    could be meant, the likeliest first, and how much alike the first one is (0..1, twice the
    matching characters / all characters)."""

    sentence: str
    places: tuple[Span, ...] = ()
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
    names = [each for paper in papers for each in (paper.source, paper.title)]
    near = "".join(f" Most like it is {each!r}." for each in get_close_matches(name, names, 1))
    raise BadInput(f"There is no paper called {name!r} here; add it first.{near}")


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
        where = [Span(paper_id=paper.id, start=first, end=last) for first, last in found[:OFFERED]]
        return Missed(
            sentence=f"“{_cut(passage.quote)}” stands {len(found)} times in “{paper.title}”"
            f"{_on_pages(paper, where)}; say with `start` and `end` which place is meant.",
            places=tuple(where),
            likeness=1.0,
        )
    first, last = min(found, key=lambda place: abs(place[0] - start))
    return Span(paper_id=paper.id, start=first, end=last)


def _places(quote: str, text: str) -> list[tuple[int, int]]:
    exact = [found.span() for found in re.finditer(re.escape(quote.strip()), text)]
    return exact or places(quote, text)


def _missed(quote: str, paper: Paper) -> Missed:
    nearest = _nearest(quote, paper)
    there = paper.text[nearest.start : nearest.end] if nearest else ""
    likeness = SequenceMatcher(None, there, quote.strip(), autojunk=False).ratio()
    if nearest is None or likeness < ALIKE:
        return Missed(
            sentence=f"“{_cut(quote)}” does not stand in “{paper.title}”, nor anything like it."
        )
    return Missed(
        sentence=f"“{_cut(quote)}” does not stand in “{paper.title}”; most like it"
        f" ({likeness:.0%}){_on_pages(paper, [nearest])} is “{_cut(there)}”.",
        places=(nearest,),
        likeness=likeness,
    )


def _nearest(quote: str, paper: Paper) -> Span | None:
    """As many words of the paper as the quote has, or a few more or less, where most of the
    quote's stand; None if none does. Words are compared folded and in any case."""
    words, spans = _words(paper.text)
    wanted = [found[0].casefold() for found in WORD.finditer(fold(quote))]
    size = min(len(wanted), len(words))
    if not size:
        return None
    missing = Counter(wanted)
    shared, most, first = 0, 0, 0
    for place, word in enumerate(words):
        missing[word] -= 1
        shared += missing[word] >= 0
        if place >= size:
            gone = words[place - size]
            missing[gone] += 1
            shared -= missing[gone] > 0
        if shared > most:
            most, first = shared, max(0, place - size + 1)
    if not most:
        return None

    def like(start: int, end: int) -> float:
        """The quote's words that stand there in order, less a third of each other word."""
        both = SequenceMatcher(None, words[start:end], wanted, autojunk=False)
        same = sum(block.size for block in both.get_matching_blocks())
        return same - (end - start - same) / 3

    last = first + size
    nudges = sorted(range(-NUDGED, NUDGED + 1), key=abs)
    starts = [first + by for by in nudges if 0 <= first + by < last]
    first = max(starts, key=lambda start: like(start, last))
    ends = [last + by for by in nudges if first < last + by <= len(words)]
    last = max(ends, key=lambda end: like(first, end))
    both = SequenceMatcher(None, words[first:last], wanted, autojunk=False).get_matching_blocks()
    if len(both) > 1:
        # Words at the quote's ends that do not stand there stand for as many others.
        head, tail = both[0], both[-2]
        ahead = head.b - head.a
        behind = (len(wanted) - tail.b) - (last - first - tail.a)
        first, last = max(0, first - max(0, ahead)), min(len(words), last + max(0, behind))
    start, end = spans[first][0], spans[last - 1][1]
    while end < len(paper.text) and not (paper.text[end].isspace() or paper.text[end].isalnum()):
        end += 1
    return Span(paper_id=paper.id, start=start, end=end)


@lru_cache(maxsize=2)  # a file asks of the same few papers again and again
def _words(text: str) -> tuple[list[str], list[tuple[int, int]]]:
    """The words of a text, folded, and where they stand in it."""
    plain = folded(text)
    found = list(WORD.finditer(plain.text))
    return [each[0].casefold() for each in found], [plain.span(*each.span()) for each in found]


def _on_pages(paper: Paper, places: Sequence[Span]) -> str:
    """on page 3; on pages 3, 7; empty where the paper has one page."""
    if paper.pages < 2:
        return ""
    pages = dict.fromkeys(paper.pages_of(each.start, each.end)[0] for each in places)
    return f" on page{'s' if len(pages) > 1 else ''} {', '.join(map(str, pages))}"


def _cut(text: str) -> str:
    """On one line, and not too long for a sentence."""
    line = " ".join(text.split())
    return line if len(line) <= SHOWN else f"{line[:SHOWN]} …"
