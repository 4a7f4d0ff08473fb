"""A page of PDFium -> its text as one reads it, the way back, and where its lines lie."""

import re
from collections.abc import Sequence
from itertools import accumulate
from typing import Any

from core.pdf import columns, language, layers, letters, opened, scripts, tex
from core.pdf.glyphs import HYPHENS, LINE_ENDS, Box, Glyphs, Line, around

LINE = re.compile(f"[^{LINE_ENDS}]*[{LINE_ENDS}]*")
# So many characters are asked whether their font tells its letters, before all are.
SAMPLES = 50

STEPS = (
    layers.once,
    scripts.joined,
    letters.composed,
    scripts.marked,
    columns.in_order,
    columns.downward,
)

Way = list[tuple[int, int]]
Place = tuple[int, float, float, float, float, float]


def text_of(textpage: Any) -> tuple[str, Way, list[Place], bool] | None:
    """The text of a page, its `skips` and its `lines` (see core.papers.reader.Page), and whether
    some letters were known by TeX's numbers alone; None where the letters are no language's, since
    the page's fonts do not tell them. `textpage` is PDFium's."""
    glyphs = Glyphs(textpage)
    text, places = characters(textpage)
    untold = untold_of(places, glyphs)
    letters_told = tex.decoded(text, untold) if untold else text
    numbered, text = letters_told != text, letters_told
    if not told(text, untold):
        return None
    lines = [line_of(text, places, found.span(), glyphs) for found in LINE.finditer(text)]
    for step in STEPS:
        lines = step(lines, glyphs)
    return *assembled(lines), numbered


def characters(textpage: Any) -> tuple[str, Sequence[int]]:
    """A page's text as PDFium has it, and the place of each character as PDFium counts.

    PDFium counts UTF-16 units, and now and then leaves a character of its own out of the text.
    """
    from pypdfium2_raw import FPDFText_CountChars, FPDFText_GetCharIndexFromTextIndex

    text = opened.letters(textpage)
    count = FPDFText_CountChars(textpage)
    if len(text) == count:
        return text, range(count)
    units = accumulate((2 if letter > "\uffff" else 1 for letter in text), initial=0)
    places = list(units)[: len(text)]
    if len(text.encode("utf-16-le", "surrogatepass")) != 2 * count:
        places = [FPDFText_GetCharIndexFromTextIndex(textpage, unit) for unit in places]
    return text, places


def untold_of(places: Sequence[int], glyphs: Glyphs) -> list[bool]:
    """Of each character whether its font does not tell what it is; empty where all are told, as
    far as a few of them show."""
    step = max(1, len(places) // SAMPLES)
    return glyphs.untold(places) if any(glyphs.untold(places[::step])) else []


def told(text: str, untold: Sequence[bool]) -> bool:
    """Whether the page's letters are those that one sees on it, as far as one can tell."""
    if untold:
        lost = "".join(letter for letter, not_told in zip(text, untold, strict=True) if not_told)
        much = len(lost) > len(text) / 4
        if much and not language.readable(lost, told=False):
            return False
    return language.readable(text)


def line_of(text: str, places: Sequence[int], span: tuple[int, int], glyphs: Glyphs) -> Line:
    """A line of the text with its place, and what is to be looked at more closely."""
    start, end = span
    line = Line(text[start:end], places[start:end])
    seen = line.text.strip().rstrip(HYPHENS)
    first = line.text.find(seen)
    pieces = glyphs.pieces(line.places[first], line.places[first + len(seen) - 1]) if seen else []
    if not pieces:
        return line
    line.left, line.bottom, line.right, line.top = around(pieces)
    # In the middle of the longest word stands hardly ever a note's mark or an index.
    word = max(seen.split(), key=len) if len(pieces) > 1 else seen[0]
    some = line.places[line.text.find(word) + len(word) // 2]
    line.size = glyphs.size(some)
    if line.size:
        if len(pieces) > 1 and mark(line, pieces, glyphs.origin(some)[1]):
            ends = line.places[first], line.places[first + len(seen) - 1]
            line.size, some = max((glyphs.size(place), place) for place in (some, *ends))
        _, bottom, _, top = glyphs.box(some)
        if bottom < top:
            line.bottom, line.top = bottom, top
    return line


def mark(line: Line, pieces: Sequence[Box], base: float) -> bool:
    """Note what its pieces say of a line whose letters stand on `base`, and say whether it is
    uneven."""
    size = line.size
    start, _, end, _ = pieces[0]
    for left, _, right, _ in pieces[1:]:
        line.gap |= left - end > size
        line.doubled |= min(right, end) - max(left, start) > (right - left) / 2
        start, end = min(left, start), max(right, end)
    low, high, deep = base + 0.2 * size, base + 0.4 * size, base - 0.3 * size
    # Not a dash, nor a full stop.
    line.uneven = any(
        top - bottom > 0.25 * size and (bottom > low or top < high or bottom < deep)
        for _, bottom, _, top in pieces
    )
    return line.uneven


def assembled(lines: Sequence[Line]) -> tuple[str, Way, list[Place]]:
    """Text, skips and lines, as of `text_of`."""
    skips: Way = []
    boxes: list[Place] = []
    ahead = at = 0
    for line in lines:
        places = line.places
        if isinstance(places, range):
            places = places[:1]
        for index, place in enumerate(places, at):
            if place - index != ahead:
                ahead = place - index
                skips.append((index, place))
        if line.right > line.left:
            left, right = round(line.left, 1), round(line.right, 1)
            bottom, top = round(line.bottom, 1), round(line.top, 1)
            boxes.append((at, left, bottom, right, top, line.size))
        at += len(line.text)
    return "".join(line.text for line in lines), skips, boxes
