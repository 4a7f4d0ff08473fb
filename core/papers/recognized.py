"""The lines that OCR found on a page -> the page's text, as one reads it. Pure; knows no images."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean, median, median_low

from core.ocr import OCRLetter, OCRLine, OCRPage
from core.papers.reader import Page

DOUBTFUL = 0.7  # confidence in the least certain letter of a word
# An ideograph is a word by itself: those of a line have no blanks between them.
WORD = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff]|[^\s\u2e80-\u9fff\uf900-\ufaff]+")
HEIGHT = 1.2  # of a line, in sizes of its type
ALIKE = 1.2  # times as high, or less: lines of one type
COLUMN, WORDS = 6, 2.5  # width of a line of prose, in heights, and its words; a cell has less
GUTTER = 0.3  # of a line's height; lines are found to be a little too long
ROWS = 3  # fewer are no columns

Box = tuple[float, float, float, float]
Row = list[OCRLine]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognized:
    """A page read from its image. `words` are places in its raw text, each with its box in the
    page's own points; `doubtful` are those of words that may be misread."""

    page: Page
    words: tuple[tuple[int, Box], ...] = ()
    doubtful: tuple[tuple[int, int], ...] = ()


def page_of(found: OCRPage) -> Recognized:
    """A page whose lines are not legible has no text: it holds what is "foreign"."""
    lines = levelled(found["lines"])
    if not found["legible"] or not any(any(map(str.isalnum, line["text"])) for line in lines):
        holds = "empty" if found["legible"] else "foreign"
        return Recognized(page=Page(text="", skips=[], holds=holds, lines=[]))
    text = ""
    page = Page(text="", skips=[], holds="text", lines=[])
    words: list[tuple[int, Box]] = []
    doubtful: list[tuple[int, int]] = []
    for row in in_order(rows(lines)):
        start = len(text)
        for line in row:
            for first, last, letters in _words(line):
                place = len(text) + first
                words.append((place, _around([letter["box"] for letter in letters])))
                if min(letter["confidence"] for letter in letters) < DOUBTFUL:
                    doubtful.append((place, len(text) + last))
            text += line["text"] + " "
        text = text[:-1] + "\n"
        left, bottom, right, top = _around([_box(line) for line in row])
        page["lines"].append((start, left, bottom, right, top, row[0]["size"]))
    page["text"] = text
    return Recognized(page=page, words=tuple(words), doubtful=tuple(doubtful))


def levelled(lines: Sequence[OCRLine]) -> list[OCRLine]:
    """The lines as high as their type, of which there are few on a page: how high a line is found
    to be varies."""
    left = [line["size"] for line in lines if line["size"]]
    type_of = {0.0: 0.0}
    while left:
        usual = median_low(left)
        type_of |= {size: round(usual, 1) for size in left if 1 / ALIKE <= size / usual <= ALIKE}
        left = [size for size in left if size not in type_of]
    return [_as_type(line, type_of[line["size"]]) for line in lines]


def _as_type(line: OCRLine, size: float) -> OCRLine:
    if not size:
        return line
    middle, half = _middle(line), HEIGHT * size / 2
    return OCRLine({**line, "size": size, "bottom": middle - half, "top": middle + half})


def rows(lines: Sequence[OCRLine]) -> list[Row]:
    """Lines that stand at one height, from left to right, and the rows from the top; what is
    turned comes last, each line by itself."""
    found: list[Row] = []
    for line in sorted(lines, key=lambda line: (not line["size"], -line["bottom"] - line["top"])):
        if found and line["size"] and abs(_middle(found[-1][0]) - _middle(line)) < _half(line):
            found[-1].append(line)
        else:
            found.append([line])
    return [sorted(row, key=lambda line: line["left"]) for row in found]


def in_order(page: Sequence[Row]) -> Iterator[Row]:
    """The rows, but where they run over columns of prose, the left one first. Tables stay."""
    at = 0
    while at < len(page):
        end, gutter = _columns(page, at)
        if end == at:
            yield page[at]
            at += 1
            continue
        for side in (True, False):
            column = (
                [line for line in row if (line["left"] < gutter) == side] for row in page[at:end]
            )
            yield from in_order([row for row in column if row])
        at = end


def _columns(page: Sequence[Row], start: int) -> tuple[int, float]:
    """Where the rows from `start` on end that leave a gutter free, and where that begins; `start`
    itself where there are no columns of prose."""
    gaps = [(float("-inf"), float("inf"))]
    best = start, 0.0
    for end in range(start, len(page)):
        row = page[end]
        if not row[0]["size"]:
            break
        gaps = list(_free(gaps, row))
        sound = [gap for gap in gaps if _prose(page[start : end + 1], gap)]
        if sound:
            best = end + 1, sound[0][0]
        elif not gaps:
            break
    return best


def _free(gaps: Sequence[tuple[float, float]], row: Row) -> Iterator[tuple[float, float]]:
    """What a row leaves free of some gaps; its lines may end a little within them."""
    height = row[0]["top"] - row[0]["bottom"]
    edges = [
        float("-inf"),
        *(x for line in row for x in (line["left"], line["right"])),
        float("inf"),
    ]
    for left, right in zip(edges[::2], edges[1::2], strict=True):
        for first, last in gaps:
            between = max(left, first), min(right, last)
            if between[1] - between[0] > GUTTER * height:
                yield between


def _prose(page: Sequence[Row], gap: tuple[float, float]) -> bool:
    """Whether lines as long as those of prose stand on both sides of a gap."""
    for side in (True, False):
        sides = [[line for line in row if (line["left"] < gap[0]) == side] for row in page]
        found = [row for row in sides if row]
        if len(found) < ROWS:
            return False
        widths = [(row[-1]["right"] - row[0]["left"]) / (2 * _half(row[0])) for row in found]
        words = [sum(len(WORD.findall(line["text"])) for line in row) for row in found]
        if median(widths) < COLUMN or fmean(words) < WORDS:
            return False
    return True


def _words(line: OCRLine) -> Iterator[tuple[int, int, list[OCRLetter]]]:
    """Start, end and letters of each word."""
    for word in WORD.finditer(line["text"]):
        letters = [each for each in line["letters"] if word.start() <= each["at"] < word.end()]
        if letters:
            yield *word.span(), letters


def _around(boxes: Sequence[Box]) -> Box:
    lefts, bottoms, rights, tops = zip(*boxes, strict=True)
    return min(lefts), min(bottoms), max(rights), max(tops)


def _box(line: OCRLine) -> Box:
    return line["left"], line["bottom"], line["right"], line["top"]


def _middle(line: OCRLine) -> float:
    return (line["bottom"] + line["top"]) / 2


def _half(line: OCRLine) -> float:
    return (line["top"] - line["bottom"]) / 2
