"""What stands side by side on a page as one line of it. Pure; knows where a PDF's lines lie, and
what their first and last words look like."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from math import inf
from unicodedata import bidirectional

from core.papers.mending import HYPHENS, MARKED
from core.papers.reader import Page

BLANK = " \t\r\n\xa0\xad\u200b\ufeff"
BROKEN = re.compile(f"\\w[{HYPHENS}{MARKED}]$")  # a word that the line's end cuts, perhaps
ENDED = re.compile(r"[.!?…。！？]['\"’”»)\]}」』）]*\d{0,3}$")  # perhaps with a note's number
LONGEST_END = 8  # characters
# Letters alone between blanks and what stands around words.
WORD = re.compile(
    f"(?<![^\\s\"'“‘(\\[-])[^\\W\\d_]{{2,}}(?![^\\s.,;:!?)\\]”’'\"{MARKED}{re.escape(HYPHENS)}])"
)
WIDE = re.compile("[\u1100-\u11ff\u2e80-\ud7ff\uf900-\ufaff\uff00-\uff60]")  # as wide as two
FIRST_WORD = re.compile(rf"{WIDE.pattern}{{1,2}}|\S+")


@dataclass(slots=True, eq=False)
class PageRow:
    """A line of a page: its text, the spans of the page's raw text that it is made of, and its box
    in points. In a script that runs from right to left, left is where it begins, and negative."""

    page: int  # from 0
    spans: list[tuple[int, int]]
    text: str
    left: float
    bottom: float
    right: float
    top: float
    size: float  # of its type; 0 where it is turned
    wide: int  # so many letters
    newest: float = -inf  # where what was added last begins

    @property
    def broken(self) -> bool:
        return bool(BROKEN.search(self.text[-2:]))

    @property
    def ended(self) -> bool:
        """Whether a sentence ends here."""
        return bool(ENDED.search(self.text[-LONGEST_END:]))

    @property
    def goes_on(self) -> bool:
        """Whether it begins within a sentence."""
        return self.text[0].islower()

    @property
    def is_prose(self) -> bool:
        """Whether it has about as many words as numbers and signs."""
        if WIDE.search(self.text):
            return sum(map(str.isalpha, self.text)) >= 0.5 * len(self.text)
        return len(WORD.findall(self.text)) >= 0.4 * (self.text.count(" ") + 1)

    @property
    def letter(self) -> float:
        """How wide its letters are, in points."""
        return (self.right - self.left) / self.wide

    @property
    def first_word(self) -> float:
        """How wide its first word is, in points."""
        found = FIRST_WORD.match(self.text)
        return self.letter * _width(found[0] if found else self.text)

    def goes_on_with(self, line: "PageRow") -> bool:
        """Whether a line stands beside it: behind a raised figure, or in a fraction."""
        size = max(self.size, line.size)
        higher = (line.bottom + line.top - self.bottom - self.top) / 2
        return (
            min(self.size, line.size) > 0
            and abs(higher) < 0.8 * size
            and max(self.left, self.newest) - 1 < line.left < self.right + 2 * size
        )

    def add(self, line: "PageRow") -> None:
        if len(line.text) > len(self.text):
            self.bottom, self.top, self.size = line.bottom, line.top, line.size
        self.spans += line.spans
        self.text += f" {line.text}"
        self.wide += 1 + line.wide
        self.right = max(self.right, line.right)
        self.newest = line.left


def lines(number: int, page: Page) -> list[PageRow]:
    """The lines of page `number` (from 0), each as a row of its own."""
    text, found = page["text"], []
    ends = [*(line[0] for line in page["lines"]), len(text)][1:]
    for (start, left, bottom, right, top, size), end in zip(page["lines"], ends, strict=True):
        words = text[start:end].strip(BLANK)
        if not words:
            continue
        start = text.index(words, start)
        if _runs_leftward(words):
            left, right = -right, -left
        span = (start, start + len(words))
        box = left, bottom, right, top
        found.append(PageRow(number, [span], words, *box, size, _width(words)))
    return found


def joined(found: list[PageRow]) -> Iterator[PageRow]:
    """Rows of lines: a raised figure, for one, makes a line of its own of what follows it."""
    row = None
    for line in found:
        if row and row.goes_on_with(line):
            row.add(line)
            continue
        if row:
            yield row
        row = line
    if row:
        yield row


def _runs_leftward(text: str) -> bool:
    if text.isascii():
        return False
    strong = (kind for kind in map(bidirectional, text) if kind in ("L", "R", "AL"))
    return next(strong, "L") != "L"


def _width(text: str) -> int:
    """How many letters wide it is."""
    return len(text) + (0 if text.isascii() else len(WIDE.findall(text)))
