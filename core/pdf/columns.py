"""Columns that were drawn row by row, put one behind the other as they are read."""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from core.pdf.glyphs import LINE_ENDS, Glyphs, Line

GUTTER = 1.0  # of the type's size, at least, between two columns
BLANK = re.compile(r"\S +(?=\S)")
SAMPLES = 3  # lines of a page that are looked at for a gap within a piece
ROWS, MOST = 3, 8  # fewer rows are no columns, and more columns are a table's
LETTERS, WORDS = 14, 3  # a row of prose has at least
FULL = 0.6  # of the rows are prose on both sides, or they are a table's
CELLS = 1.4  # a row of a column has at most, in the mean: a line may have a wide blank
APART = 1.5  # of the distance of the first two rows, where another block begins


class _Cell(NamedTuple):
    """A part of a line between two gaps, `line.text[start:end]`."""

    line: Line
    start: int
    end: int
    left: float
    right: float

    @property
    def text(self) -> str:
        return self.line.text[self.start : self.end]


Row = Sequence[_Cell]


def in_order(lines: list[Line], glyphs: Glyphs) -> list[Line]:
    """The lines, with columns of prose that were drawn across taken apart. Tables stay."""
    _find_gaps(lines, glyphs)
    # Columns' rows stand one below another. Most pages have none, and are done with here.
    wide = (line.gap and other.gap for line, other in pairwise(lines))
    if sum(wide) < ROWS - 1:
        return lines
    rows = [_cells(line, glyphs) for line in lines]
    ordered: list[Line] = []
    at = 0
    while at < len(rows):
        lefts, rights = _block(rows[at:])
        if lefts:
            ordered += [_as_line(row) for row in lefts if row]
            at += len(lefts)
            # These may be columns themselves.
            rows[:at] = [row for row in rights if row]
            at = 0
        else:
            ordered.append(_as_line(rows[at]))
            at += 1
    return ordered


def _find_gaps(lines: Sequence[Line], glyphs: Glyphs) -> None:
    """Note the gaps of lines within a piece, if any of a few lines has one."""
    whole = [line for line in lines if line.size and not line.gap]
    if any(_gaps(line, glyphs) for line in whole[:: max(1, len(whole) // SAMPLES)]):
        for line in whole:
            line.gap = bool(_gaps(line, glyphs))


def _gaps(line: Line, glyphs: Glyphs) -> list[tuple[int, int, float, float]]:
    """The blanks that are as wide as a gutter: where the text before each ends and that behind it
    begins, in the line's text and on the page."""
    found = []
    for blank in BLANK.finditer(line.text):
        end, start = blank.start() + 1, blank.end()
        right, left = glyphs.box(line.places[end - 1])[2], glyphs.box(line.places[start])[0]
        if left - right > GUTTER * line.size:
            found.append((end, start, right, left))
    return found


def downward(lines: list[Line], _: Glyphs) -> list[Line]:
    """Lines that stand one below another, in this order, whatever was drawn first: a slide's foot
    may be. Where any two stand beside each other, or one begins a column, they stay as they are."""
    seen = [line for line in lines if line.right > line.left]
    order = sorted(seen, key=lambda line: -line.top)
    if order == seen or not all(line.size for line in seen):
        return lines
    for above, below in pairwise(order):
        lower = min(above.top - above.bottom, below.top - below.bottom)
        if 2 * (below.top - above.bottom) > lower:
            return lines
    if any(
        first.right < behind.left and first.top < behind.top for first, behind in pairwise(seen)
    ):
        return lines
    for line in order[:-1]:
        if line.text[-1] not in LINE_ENDS:
            line.replace(len(line.text), len(line.text), "\n", line.places[-1:])
    return order


def _cells(line: Line, glyphs: Glyphs) -> Row:
    cells: list[_Cell] = []
    start, left = 0, line.left
    for end, behind, right, begin in _gaps(line, glyphs) if line.gap else []:
        cells.append(_Cell(line, start, end, left, right))
        start, left = behind, begin
    return [*cells, _Cell(line, start, len(line.text), left, line.right)]


def _block(rows: Sequence[Row]) -> tuple[list[Row], list[Row]]:
    """The left column that begins with the first row, and what stands to its right, a row each
    (an empty one where nothing does); nothing if no column begins here."""
    lefts, rights = [rows[0][:1]], [rows[0][1:]]
    if not 1 < len(rows[0]) <= MOST or not (_prose(lefts[0]) and _prose(rights[0])):
        return [], []
    low, high = rows[0][0].right, rows[0][1].left
    for above, row in pairwise(rows):
        left = [cell for cell in row if cell.left < low]
        right = row[len(left) :]
        low = max([low, *(cell.right for cell in left)])
        high = min([high, *(cell.left for cell in right)])
        if high - low < GUTTER * row[0].line.size or not _below(rows, above, row):
            break
        lefts.append(left)
        rights.append(right)
    return (lefts, rights) if _columns(lefts, rights) else ([], [])


def _below(rows: Sequence[Row], above: Row, row: Row) -> bool:
    """Whether a row follows the one above it as closely as the second does the first."""
    usual = rows[0][0].line.bottom - rows[1][0].line.bottom
    return 0 < above[0].line.bottom - row[0].line.bottom <= APART * usual


def _columns(lefts: Sequence[Row], rights: Sequence[Row]) -> bool:
    """Whether these are columns of prose; on the right there may be several."""
    both = [pair for pair in zip(lefts, rights, strict=True) if all(pair)]
    full = sum(all(map(_prose, pair)) for pair in both)
    if full < max(ROWS, FULL * len(both)):
        return False
    left, right = (sum(map(len, side)) for side in zip(*both, strict=True))
    most = CELLS * len(both)
    return left <= most and (right <= most or bool(_block(rights)[0]))


def _prose(row: Row) -> bool:
    text = " ".join(cell.text for cell in row)
    return sum(map(str.isalpha, text)) >= LETTERS and len(text.split()) >= WORDS


def _as_line(row: Row) -> Line:
    first, last, line = row[0], row[-1], row[0].line
    if first.start == 0 and last.end == len(line.text):
        return line
    text, places = line.text[first.start : last.end], line.places[first.start : last.end]
    if text[-1] not in LINE_ENDS:
        behind = min(last.end, len(line.text) - 1)
        text, places = f"{text}\n", [*places, line.places[behind]]
    return Line(text, places, (first.left, line.bottom, last.right, line.top), line.size)
