"""A PDF's lines -> its paragraphs, in the order in which they are read. Pure; knows places and
sizes, and leaves the letters as they are (see mending).

A line's end is wanted where the next word would have had room, and is the page's doing elsewhere.
"""

import re
from collections import Counter, defaultdict, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice, pairwise, zip_longest
from math import inf
from statistics import median

from core.papers import rows, running_heads
from core.papers.mending import GOES_ON, LINE, PARAGRAPH, RawPiece
from core.papers.reader import Page
from core.papers.rows import BLANK, PageRow

ITEM = re.compile(
    r"[•◦▪▫■□●○‣⁃·∗*–—➢✓\uf000-\uf0ff-]\s*(?=\w)|\(?(\d{1,3}|[a-zA-Z]|[ivx]{2,4})[.)]\s|\[\d+\]\s"
)
SIGN = re.compile(r"[•◦▪▫■□●○‣⁃➢✓\uf000-\uf0ff]|\*\s")  # begins nothing but an item
FIGURES = re.compile(r"\d[\d.,%]*$")
CAPTION = re.compile(
    r"(fig(ure|\.)|table|tab\.|abb(ildung|\.)|tabelle|algorithm)\s*\w+", re.IGNORECASE
)
SAME_SIZE = 0.06  # of the type
COLUMN = 30.0  # points: what begins so near to each other is in the same column
MOST_BETWEEN = 60  # blocks that a paragraph may leap over
NARROWEST = 8  # times the type's size: in less no paragraph is set
LARGE = 1.3  # how much larger than the text a title is, whose lines are all one
LOOSE = 1.35  # how much wider than usual the letters of a table's row seem to be


@dataclass(slots=True)
class Block:
    """Rows that belong together, each with what stands before it."""

    rows: list[tuple[str, PageRow]]

    @property
    def first(self) -> PageRow:
        return self.rows[0][1]

    @property
    def last(self) -> PageRow:
        return self.rows[-1][1]


def arranged(pages: Sequence[Page]) -> tuple[list[RawPiece], list[RawPiece]]:
    """The pieces that the text is made of, and those of the margins. The pages stay in order, and
    each has a piece, which may be empty; a page whose lines have no places is one piece."""
    lines = [rows.lines(number, page) for number, page in enumerate(pages)]
    heads = running_heads.find(lines)
    body = [
        list(rows.joined([line for line in page if line not in marginal]))
        for page, marginal in zip(lines, heads, strict=True)
    ]
    by_page: dict[int, list[RawPiece]] = defaultdict(list)
    measures = _Measures(body)
    for block in _over_turns(_blocks(body, measures), measures):
        for before, row in block.rows:
            for start, end in row.spans:
                by_page[row.page].append(RawPiece(before, row.page, start, end))
                before = " "
    found = []
    for number, page in enumerate(pages):
        words = "" if page["lines"] else page["text"].strip(BLANK)
        start = page["text"].index(words)
        found += by_page[number] or [RawPiece(PARAGRAPH, number, start, start + len(words))]
    margins = [RawPiece(LINE, row.page, *row.spans[0]) for page in heads for row in page]
    return found, [replace(piece, before=PARAGRAPH) for piece in margins[:1]] + margins[1:]


class _Measures:
    """How a document's text is usually set."""

    def __init__(self, pages: Sequence[Sequence[PageRow]]) -> None:
        steps: dict[float, list[float]] = defaultdict(list)
        for page in pages:
            for row, following in pairwise(page):
                step = row.bottom - following.bottom
                if row.size == following.size and 0.8 * row.size < step < 2.5 * row.size:
                    steps[row.size].append(step)
        self._steps = {size: median(found) for size, found in steps.items()}
        everything = [row for page in pages for row in page if row.size]
        sizes = Counter[float]()
        for row in everything:
            sizes[row.size] += len(row.text)
        self.usual = sizes.most_common(1)[0][0] if sizes else 0.0  # the type's size
        self._letter = median([row.letter / row.size for row in everything] or [0.0])
        self._edges = _common(everything, 0.15)
        self._columns: dict[tuple[int, int], float] = defaultdict(lambda: -inf)  # where each ends
        for row in everything:
            place = row.page, _column(row)
            self._columns[place] = max(self._columns[place], row.right)
        self._rooms: dict[int, float] = {}
        self._page_edges = [[*self._edges, *_common(page, 0.25)] for page in pages]

    def step(self, row: PageRow) -> float:
        """From the foot of a line to that of the next, in points."""
        return self._steps.get(row.size, 1.2 * row.size)

    def is_loose(self, row: PageRow) -> bool:
        """Whether there are gaps within it, as in a table."""
        return row.letter > LOOSE * self._letter * row.size

    def room(self, row: PageRow) -> float:
        """How much of its column is left behind a row, in points."""
        if (known := self._rooms.get(id(row))) is not None:
            return known
        ends = [edge for edge in self._page_edges[row.page] if edge >= row.right - 1]
        if not ends:
            column = _column(row)
            ends = [max(self._columns[row.page, near] for near in (column - 1, column, column + 1))]
        self._rooms[id(row)] = max(0.0, min(ends) - row.right)
        return self._rooms[id(row)]

    def is_wanted(self, row: PageRow, following: PageRow) -> bool:
        """Whether a row ends where it does on purpose: the next word would have had room, or there
        is no room for a paragraph at all."""
        room = self.room(row)
        narrow = row.right + room - row.left < NARROWEST * row.size
        return narrow or room > following.first_word + 0.3 * row.size


def _column(row: PageRow) -> int:
    """About where a row begins."""
    return round(row.left / COLUMN)


def _common(some: Sequence[PageRow], share: float) -> list[float]:
    """Where so many of these rows end, in points."""
    ends = Counter(round(row.right) for row in some if row.size)
    return [
        float(edge)
        for edge in ends
        if sum(ends[edge + near] for near in (-1, 0, 1)) > max(2, share * len(some))
    ]


def _blocks(pages: Sequence[Sequence[PageRow]], measures: _Measures) -> Iterator[Block]:
    """The paragraphs and other blocks of each page, as they stand there."""
    for page in pages:
        block: Block | None = None
        for row, following in zip_longest(page, page[1:]):
            before = _between(block, row, following, measures) if block else PARAGRAPH
            if block and before == GOES_ON:
                block.rows.append((before, row))
                continue
            if block:
                yield block
            block = Block([(before, row)])
        if block:
            yield block


def _between(block: Block, row: PageRow, following: PageRow | None, measures: _Measures) -> str:
    """What stands between a block and the next row of its page."""
    last = block.last
    if not (last.size and row.size):
        return LINE if last.size == row.size else PARAGRAPH
    if not _same_size(last, row):
        return PARAGRAPH
    step = (last.bottom - row.bottom) / measures.step(row)
    beside = row.left > last.right or row.right < last.left
    if not 0.5 < step < 1.9 or beside:
        return LINE if abs(step) <= 0.5 else PARAGRAPH
    apart = PARAGRAPH if step > 1.25 else LINE
    within = row.goes_on and not last.ended
    room = measures.room(last)
    wanted = measures.is_wanted(last, row)
    if last.broken and row.text[0].isalnum():
        wanted, within = False, row.goes_on
    is_item = bool(ITEM.match(block.first.text))
    if SIGN.match(row.text) or (
        ITEM.match(row.text)
        and (last.ended or wanted or (is_item and row.text[0] == block.first.text[0]))
    ):
        return apart
    if measures.is_loose(last) or measures.is_loose(row) or _is_table(block, row):
        return apart
    if step <= 1.25 and not last.ended and row.size > LARGE * measures.usual:
        return GOES_ON
    if not within and (step > 1.25 or (step > 1.1 and last.ended)):
        return PARAGRAPH
    indent = (row.left - last.left) / row.size
    centred = abs(row.left + row.right - last.left - last.right) < row.size
    if abs(indent) > 4 and not (centred and within):
        return apart
    short = measures.room(row) > 2 * row.size
    if indent > 0.5 and not within:
        goes_on = following is None or abs(following.left - row.left) < 0.5 * row.size or short
        if len(block.rows) > 1 or not goes_on:
            return PARAGRAPH
    if indent < -0.5 and len(block.rows) > 1 and not within:
        return LINE if is_item else PARAGRAPH
    if wanted and not (within and room < 0.25 * (last.right - last.left)):
        is_heading = len(block.rows) == 1 and not last.ended and not short
        return PARAGRAPH if (last.ended or is_heading) and not is_item else apart
    return GOES_ON


def _is_table(block: Block, row: PageRow) -> bool:
    """Whether a row does not go on with a block because both hold figures rather than words."""
    last = block.last
    if FIGURES.search(last.text) and FIGURES.search(row.text):
        return True
    return not last.is_prose and (len(block.rows) == 1 or not row.is_prose)


def _over_turns(blocks: Iterator[Block], measures: _Measures) -> Iterator[Block]:
    """Paragraphs that go on in the next column or on the next page become one. What stands between
    on the page where such a paragraph began comes before it, the rest behind it."""
    left = deque(blocks)
    while left:
        block = left.popleft()
        while (at := _rest_of(block, list(islice(left, MOST_BETWEEN)), measures)) is not None:
            page = block.last.page
            between = [left.popleft() for _ in range(at)]
            rest = left.popleft()
            before = [each for each in between if each.first.page == page != rest.first.page]
            yield from before
            (_, first), *more = rest.rows
            block.rows += [(GOES_ON, first), *more]
            left.extendleft(reversed(between[len(before) :]))
        yield block


def _rest_of(block: Block, behind: Sequence[Block], measures: _Measures) -> int | None:
    """Which of the blocks behind another one is the rest of it, if any is."""
    last = block.last
    if not last.broken and measures.room(last) > (last.right - last.left) / 2:
        return None  # most paragraphs end in a short line
    if not last.size or not last.is_prose or measures.is_loose(last):
        return None
    small = True  # whether all that stands between is surely none of the text
    for at, other in enumerate(behind):
        page = other.first.page
        if page > last.page + 1:
            return None
        if page != last.page == behind[0].first.page and block.first.page != last.page:
            return None  # what stands between has no place before it
        if _continues(block, other, measures) and (small or other.first.goes_on):
            return at
        if not _is_aside(other, block):
            if len(other.rows) > 1 or other.last.ended:
                return None
            small = False
    return None


def _continues(block: Block, other: Block, measures: _Measures) -> bool:
    last, first = block.last, other.first
    elsewhere = first.page != last.page or first.bottom > last.bottom or first.left > last.right
    if not elsewhere or not first.size or not _same_size(last, first):
        return False
    if ITEM.match(first.text) or CAPTION.match(first.text):
        return False
    if last.broken:
        return first.text[0].isalpha()
    if measures.is_loose(first) or not first.is_prose:
        return False
    if measures.is_wanted(last, first):
        return False
    many = len(other.rows) > 1
    if first.goes_on:
        return many or not last.ended  # an abbreviation may end a line, but a table's head is short
    full = measures.room(first) < 2 * first.size
    return many and full and not last.ended and first.text[0].isalnum()


def _is_aside(other: Block, block: Block) -> bool:
    """Whether a paragraph may go on behind this block: a note, a figure, a table, a stamp."""
    return (
        other.first.size < (1 - SAME_SIZE) * block.last.size
        or bool(CAPTION.match(other.first.text))
        or not any(row.is_prose for _, row in other.rows)
    )


def _same_size(row: PageRow, other: PageRow) -> bool:
    return abs(row.size - other.size) <= SAME_SIZE * max(row.size, other.size)
