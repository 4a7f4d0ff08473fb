"""What the model reads of what was matched: the chunk itself, or more of the paper around it; and
how many such passages, where the tokens of context are limited. Pure.

A stretch that is read holds its chunk. Stretches of one paper that meet are one passage, so no two
passages share a character.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from core.chunkers import headings
from core.errors import BadInput
from core.labels import counted
from core.text import stripped
from core.types import Chunk, Hit, Paper, Span, passages_of

CHUNK, SECTION, PAGE = "chunk", "section", "page"
WINDOW = re.compile(r"window:([1-9]\d?)")
NO_SECTIONS = "“{}” has no headings that can be told, so pages of it are read instead of sections."
OVER_BUDGET = "{} of {} left out: the context budget is {:,} tokens."
NOTHING_FITS = "No passage was used: each of them alone is longer than the budget of {:,} tokens."


def check(read: str) -> None:
    """Errors: BadInput for what says nothing that can be read."""
    if read not in (CHUNK, SECTION, PAGE) and not WINDOW.fullmatch(read):
        raise BadInput(
            f"What is read is {read!r}; it must be chunk, section, page, or window:N with N from 1"
            " to 99 neighbours on each side."
        )


def neighbours(read: str) -> int:
    """How many chunks on each side are read, too; then `around` needs the chunks of the papers."""
    window = WINDOW.fullmatch(read)
    return int(window[1]) if window else 0


def around(
    hits: Sequence[Hit],
    read: str,
    papers: Mapping[str, Paper],
    chunks: Mapping[str, Sequence[tuple[int, int]]],
) -> tuple[tuple[Hit, ...], tuple[str, ...]]:
    """The hits with what is read of each, and its pages; and notes. `papers` are those of the hits,
    with their texts; `chunks` by paper where its chunks start and end, for windows alone."""
    if read == CHUNK:
        return tuple(hits), ()
    stretches: dict[str, list[tuple[int, int]]] = {}
    notes: dict[str, None] = {}
    for hit in hits:
        paper = papers[hit.chunk.paper_id]
        found = stretch(hit.chunk.span, read, paper, chunks.get(paper.id, ()))
        stretches.setdefault(paper.id, []).append(found)
        if read == SECTION and not _sections(paper):
            notes[NO_SECTIONS.format(paper.title)] = None
    passages = {
        paper_id: _joined(some, papers[paper_id].text) for paper_id, some in stretches.items()
    }
    return tuple(_read(hit, papers[hit.chunk.paper_id], passages) for hit in hits), tuple(notes)


def stretch(
    chunk: Span, read: str, paper: Paper, chunks: Sequence[tuple[int, int]]
) -> tuple[int, int]:
    """Start and end of what is read of one chunk; `chunks`: where those of the paper start and
    end."""
    if read == CHUNK:
        return chunk.start, chunk.end
    if window := neighbours(read):
        start, end = _window(chunk, chunks, window)
    elif read == SECTION and (starts := _sections(paper)):
        start, end = _between(chunk, starts, paper.body_end)
    else:
        start, end = _pages(chunk, paper)
    return _joined([(min(start, chunk.start), max(end, chunk.end))], paper.text)[0]


def within(
    hits: Sequence[Hit],
    budget: int,
    count: Callable[[str], int],
    read: Callable[[Sequence[Hit]], tuple[Hit, ...]],
) -> tuple[tuple[Hit, ...], tuple[str, ...]]:
    """The hits as they are read, best first as long as their passages have at most `budget` tokens
    together: one that would make them more is left out, and later ones may still fit. And a note
    on those left out. `read` gives what is read of hits: stretches that meet are one passage, which
    grows with each hit, so that it is asked anew for every one."""
    known: dict[str, int] = {}

    def tokens(some: Sequence[Hit]) -> int:
        texts = [hit.passage.text for hit in passages_of(read(some))]
        known.update({text: count(text) for text in texts if text not in known})
        return sum(known[text] for text in texts)

    taken: list[Hit] = []
    for hit in hits:
        if tokens([*taken, hit]) <= budget:
            taken.append(hit)
    if not taken and hits:
        return (), (NOTHING_FITS.format(budget),)
    gone = len(hits) - len(taken)
    which = f"{counted(len(hits), 'passage')} {'was' if gone == 1 else 'were'}"
    notes = (OVER_BUDGET.format(gone, which, budget),) if gone else ()
    return read(taken), notes


def put_back(candidates: Iterable[Hit], hits: Iterable[Hit]) -> tuple[Hit, ...]:
    """The candidates, those that are read as they are read."""
    by_rank = {hit.rank: hit for hit in hits}
    return tuple(by_rank.get(hit.rank, hit) for hit in candidates)


def _window(chunk: Span, chunks: Sequence[tuple[int, int]], neighbours: int) -> tuple[int, int]:
    at = chunks.index((chunk.start, chunk.end))
    some = chunks[max(0, at - neighbours) : at + neighbours + 1]
    return min(start for start, _ in some), max(end for _, end in some)


def _sections(paper: Paper) -> list[int]:
    """Where sections start: at headings, and what stands before the first is one."""
    if not paper.is_markdown:
        return []
    starts = [start for start, _ in headings.headings(paper.text[: paper.body_end])]
    return [0, *starts] if starts else []


def _between(chunk: Span, starts: Sequence[int], end: int) -> tuple[int, int]:
    """From the last start at or before the chunk to the first behind it."""
    first = max(start for start in starts if start <= chunk.start)
    return first, min((start for start in starts if start >= chunk.end), default=end)


def _pages(chunk: Span, paper: Paper) -> tuple[int, int]:
    spans = [paper.page_span(page) for page in paper.pages_of(chunk.start, chunk.end)]
    return spans[0][0], spans[-1][1]


def _joined(stretches: Iterable[tuple[int, int]], text: str) -> list[tuple[int, int]]:
    """Ascending, those that meet as one, without white space at their ends."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(stretches):
        if joined and not text[joined[-1][1] : start].strip():
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((start, end))
    return [each for start, end in joined for each in stripped(text, start, end)]


def _read(hit: Hit, paper: Paper, passages: Mapping[str, Sequence[tuple[int, int]]]) -> Hit:
    start, end = next(
        (start, end)
        for start, end in passages[paper.id]
        if start <= hit.chunk.start and hit.chunk.end <= end
    )
    text = paper.text[start:end]
    return replace(
        hit,
        read=Chunk(paper_id=paper.id, start=start, end=end, text=text),
        pages=paper.pages_of(start, end),
        ocr=paper.is_ocr(start, end),
    )
