"""Columns that were drawn row by row, put one behind the other as they are read."""

from collections.abc import Sequence
from itertools import combinations, pairwise
from typing import NamedTuple

from core.pdf.glyphs import LINE_ENDS, Glyphs, Line

GUTTER = 1.0  # of the type's size, at least, between two columns
ROWS = 3  # fewer are no columns
LETTERS, WORDS = 14, 3  # a row of prose has at least
FULL = 0.6  # of the rows are prose on both sides, or they are a table's
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
    wide = [line.text for line in lines if line.gap]
    if sum(sum(map(str.isalpha, text)) > 2 * LETTERS for text in wide) < ROWS:
        return lines
    rows = [_cells(line, glyphs) for line in lines]
    ordered: list[Line] = []
    at = 0
    while at < len(rows):
        lefts, rights = _block(rows[at:]) if len(rows[at]) > 1 else ([], [])
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


def downward(lines: list[Line], _: Glyphs) -> list[Line]:
    """Lines that stand one below another, in this order, whatever was drawn first: a slide's foot
    may be. Where any two stand beside each other, or one begins a column, they stay as they are."""
    seen = [line for line in lines if line.right > line.left]
    order = sorted(seen, key=lambda line: -line.top)
    if order == seen or not all(line.size for line in seen):
        return lines
    pairs = combinations(seen, 2)
    for above, below in pairwise(order):
        lower = min(above.top - above.bottom, below.top - below.bottom)
        if 2 * (below.top - above.bottom) > lower:
            return lines
    if any(first.right < behind.left and first.top < behind.top for first, behind in pairs):
        return lines
    for line in order[:-1]:
        if line.text[-1] not in LINE_ENDS:
            line.replace(len(line.text), len(line.text), "\n", line.places[-1:])
    return order


def _cells(line: Line, glyphs: Glyphs) -> Row:
    cells: list[_Cell] = []
    if not line.gap:
        return [_Cell(line, 0, len(line.text), line.left, line.right)]
    start = end = 0
    left = right = line.left
    for index, letter in enumerate(line.text):
        if letter.isspace() or letter in LINE_ENDS:
            continue
        box = glyphs.box(line.places[index])
        if end and box[0] - right > GUTTER * line.size:
            cells.append(_Cell(line, start, end, left, right))
            start, left = index, box[0]
        end, right = index + 1, box[2]
    return [*cells, _Cell(line, start, len(line.text), left, line.right)]


def _block(rows: Sequence[Row]) -> tuple[list[Row], list[Row]]:
    """The left column that begins with the first row, and what stands to its right, a row each
    (an empty one where nothing does); nothing if no column begins here."""
    for cut in range(1, len(rows[0])):
        lefts, rights = [rows[0][:cut]], [rows[0][cut:]]
        low, high = rows[0][cut - 1].right, rows[0][cut].left
        for above, row in pairwise(rows):
            left = [cell for cell in row if cell.left < low]
            right = row[len(left) :]
            low = max(low, *(cell.right for cell in left), low)
            high = min(high, *(cell.left for cell in right), high)
            if high - low < GUTTER * row[0].line.size or not _below(rows, above, row):
                break
            lefts.append(left)
            rights.append(right)
        if _columns(lefts, rights):
            return lefts, rights
    return [], []


def _below(rows: Sequence[Row], above: Row, row: Row) -> bool:
    """Whether a row follows the one above it as closely as the second does the first."""
    usual = rows[0][0].line.bottom - rows[1][0].line.bottom
    return 0 < above[0].line.bottom - row[0].line.bottom <= APART * usual


def _columns(lefts: Sequence[Row], rights: Sequence[Row]) -> bool:
    """Whether these are columns of prose."""
    both = [pair for pair in zip(lefts, rights, strict=True) if all(pair)]
    full = sum(all(map(_prose, pair)) for pair in both)
    return full >= max(ROWS, FULL * len(both))


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
