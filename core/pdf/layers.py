"""The same words drawn twice: a bold face made of a plain one, or OCR over text that is there."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from core.pdf.glyphs import Glyphs, Line, shared

WORD = re.compile(r"\S+[^\S\r\n]*")
NEAR = 0.3  # of the type's height
MOST = 0.75  # of a word's letters
CELL = 8  # points


def once(lines: list[Line], glyphs: Glyphs) -> list[Line]:
    """The lines without words that lie over the same words, or that are invisible over others."""
    suspects = doubled(lines)
    if not suspects:
        return lines
    words = [(line, *word.span()) for line in suspects for word in WORD.finditer(line.text)]
    words.sort(key=lambda word: glyphs.invisible(word[0].places[word[1]]))
    kept = _Kept()
    again = []
    for line, start, end in words:
        letters = [
            (letter, *glyphs.box(place))
            for letter, place in zip(line.text[start:end], line.places[start:end], strict=True)
            if not letter.isspace()
        ]
        over = glyphs.invisible(line.places[start])
        if sum(kept.holds(letter, over) for letter in letters) >= MOST * len(letters):
            again.append((start, end, line))
        else:
            kept.add(letters)
    for start, end, line in sorted(again, key=lambda word: word[0], reverse=True):
        line.replace(start, end, "", [])
    return [line for line in lines if line not in suspects or line.text.strip()]


def doubled(lines: Sequence[Line]) -> list[Line]:
    """Lines that run over themselves or lie over another one, with that one, in order."""
    found = {index for index, line in enumerate(lines) if line.doubled}
    order = [(line.bottom, index) for index, line in enumerate(lines) if line.right > line.left]
    order.sort()
    for at, (_, index) in enumerate(order, 1):
        line = lines[index]
        half = (line.bottom + line.top) / 2
        for bottom, above in order[at:]:
            if bottom > half:
                break
            if shared(line.box, lines[above].box) > 0.5:
                found |= {index, above}
    return [lines[index] for index in sorted(found)]


Letter = tuple[str, float, float, float, float]


class _Kept:
    """The letters that stay, found by where they are."""

    def __init__(self) -> None:
        self.cells: defaultdict[tuple[int, int], list[Letter]] = defaultdict(list)

    def add(self, letters: Iterable[Letter]) -> None:
        for letter in letters:
            x, y = _middle(letter)
            self.cells[int(x // CELL), int(y // CELL)].append(letter)

    def holds(self, letter: Letter, over: bool) -> bool:
        """Whether the same letter lies nearly there; if it lies `over` others, any letter."""
        x, y = _middle(letter)
        near = NEAR * (letter[4] - letter[2])
        for other in self._around(x, y):
            there = _middle(other)
            if over and other[1] <= x <= other[3] and other[2] <= y <= other[4]:
                return True
            if other[0] == letter[0] and abs(x - there[0]) <= near and abs(y - there[1]) <= near:
                return True
        return False

    def _around(self, x: float, y: float) -> Iterator[Letter]:
        across, up = int(x // CELL), int(y // CELL)
        for column in (across - 1, across, across + 1):
            for row in (up - 1, up, up + 1):
                yield from self.cells.get((column, row), ())


def _middle(letter: Letter) -> tuple[float, float]:
    _, left, bottom, right, top = letter
    return (left + right) / 2, (bottom + top) / 2
