"""Raised and lowered letters: exponents, indices, the marks of notes."""

from collections import defaultdict
from collections.abc import Sequence

from core.pdf.glyphs import LINE_ENDS, Glyphs, Line

SMALL = 0.85  # of the type beside it
RAISED, LOWERED = 0.25, 0.1  # of its size
# Of the type's size: so far apart are neighbours at most, words at least, and so far back an
# index stands under its exponent.
CLOSE, BLANK, BACK = 0.6, 0.1, 4.0
SAME = 0.05  # points
LONGEST = 12  # characters
ABOVE = str.maketrans("0123456789+-−=()ni", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿⁱ")
BELOW = str.maketrans("0123456789+-−=()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎")
BETWEEN = ",;–"  # may stand between raised figures
# What stands high by nature, and ordinals as everybody writes them.
HIGH = frozenset(" ,;*∗†‡§¶#′″'’”°®™©")
ORDINALS = ("st", "nd", "rd", "th", "er", "re", "e", "o", "a", "º", "ª")


class _Run:
    """Letters of a line, `text[start:end]`, that are set in one size on one base line."""

    __slots__ = ("base", "end", "left", "right", "size", "start")

    def __init__(self, start: int, size: float, base: float, left: float, right: float):
        self.start, self.end = start, start + 1
        self.size, self.base = size, base
        self.left, self.right = left, right


def joined(lines: list[Line], glyphs: Glyphs) -> list[Line]:
    """The lines, whole where a raised letter broke them."""
    whole: list[Line] = []
    for line in lines:
        if whole and _goes_on(whole[-1], line, glyphs):
            _append(whole[-1], line, glyphs)
        else:
            whole.append(line)
    return whole


def marked(lines: list[Line], glyphs: Glyphs) -> list[Line]:
    """The lines, with what is raised in raised characters where these exist, else as ^{…}; and
    what is lowered alike."""
    for line in lines:
        if line.uneven:
            _mark(line, glyphs)
    return lines


def _goes_on(line: Line, behind: Line, glyphs: Glyphs) -> bool:
    """Whether `behind` lies to the right of a line, at its height, or is an index that stands
    under its exponent."""
    size = max(line.size, behind.size)
    if not (line.size and behind.size) or line.text[-1:] != "\n":
        return False
    overlap = min(line.top, behind.top) - max(line.bottom, behind.bottom)
    if overlap < min(line.top - line.bottom, behind.top - behind.bottom) / 2:
        return False
    apart = behind.left - line.right
    if apart > -BLANK * size:
        return apart < CLOSE * size
    last = len(line.text.rstrip()) - 1
    return apart > -BACK * size and glyphs.size(line.places[last]) <= SMALL * size


def _append(line: Line, behind: Line, glyphs: Glyphs) -> None:
    text = line.text.rstrip("\r\n")
    end = line.places[len(text)]
    blank = ""
    if not (text[-1:].isspace() or behind.text[:1].isspace()):
        apart = glyphs.box(behind.places[0])[0] - glyphs.box(line.places[len(text) - 1])[2]
        apart = min(apart, behind.left - line.right)
        blank = " " if apart > BLANK * max(line.size, behind.size) else ""
    shorter = len(text) < len(behind.text)
    line.places = [*line.places[: len(text)], *[end for _ in blank], *behind.places]
    line.text = f"{text}{blank}{behind.text}"
    line.left, line.right = min(line.left, behind.left), max(line.right, behind.right)
    line.gap |= behind.gap
    line.uneven = True
    if shorter:
        line.size, line.bottom, line.top = behind.size, behind.bottom, behind.top


def _mark(line: Line, glyphs: Glyphs) -> None:
    runs = _runs(line, glyphs)
    sizes: defaultdict[tuple[float, float], float] = defaultdict(float)
    for run in runs:
        sizes[run.size, run.base] += (run.end - run.start) * run.size
    if not sizes:
        return
    size, base = max(sizes, key=sizes.__getitem__)
    last = len(runs) - 1
    while last >= 0:
        up = _direction(runs[last], size, base)
        first = last
        while (
            first
            and up == _direction(runs[first - 1], size, base)
            and (runs[first - 1].end == runs[first].start)
        ):
            first -= 1
        if up and (_touch(runs, first - 1, size) or _touch(runs, last, size)):
            _write(line, runs[first].start, runs[last].end, up)
        last = first - 1


def _write(line: Line, start: int, end: int, up: int) -> None:
    text, places = line.text[start:end], line.places[start:end]
    first = start == 0 or line.text[start - 1].isspace()
    last = end == len(line.text) or line.text[end].isspace()
    if first and (last or up < 0) and any(map(str.isalpha, text)):
        return  # half of a fraction
    written = _written(text, up)
    if len(written) > len(text):
        places = [places[0], places[0], *places, places[-1]]
    if written != text:
        line.replace(start, end, written, places)


def _touch(runs: Sequence[_Run], at: int, size: float) -> bool:
    """Whether a run and the next one are there and lie beside each other."""
    return 0 <= at < len(runs) - 1 and (
        -BACK * size < runs[at + 1].left - runs[at].right < CLOSE * size
    )


def _runs(line: Line, glyphs: Glyphs) -> list[_Run]:
    runs: list[_Run] = []
    low = high = 0.0
    for index, (letter, place) in enumerate(zip(line.text, line.places, strict=True)):
        if letter.isspace() or letter in LINE_ENDS:
            continue
        left, bottom, right, top = glyphs.box(place)
        # A look at the box costs least, and mostly says that nothing has changed.
        same = abs(bottom - low) < SAME and abs(top - high) < SAME and not letter.isdigit()
        if not same:
            size, base = _type(letter, place, glyphs)
            same = bool(runs) and size == runs[-1].size and abs(base - runs[-1].base) < SAME
            low, high = (0.0, 0.0) if letter.isdigit() else (bottom, top)
        if same:
            runs[-1].end, runs[-1].right = index + 1, right
        else:
            runs.append(_Run(index, size, base, left, right))
    return runs


def _type(letter: str, place: int, glyphs: Glyphs) -> tuple[float, float]:
    """Size and base line of a character's type; of a figure that is small and high (or low) by
    its own form, those of the type that it seems to be of."""
    size, base = glyphs.size(place), glyphs.origin(place)[1]
    if letter.isdigit():
        _, bottom, _, top = glyphs.ink(place)
        if bottom > base + 0.2 * size or top < base + 0.35 * size:
            return SMALL * size, bottom
    return size, base


def _direction(run: _Run, size: float, base: float) -> int:
    """1 for a raised run, -1 for a lowered one, 0 for any other."""
    if not 0 < run.size <= SMALL * size or run.end - run.start > LONGEST:
        return 0
    rise = (run.base - base) / size
    return int(RAISED <= rise <= 1) - int(LOWERED <= -rise <= 0.6)


def _written(text: str, up: int) -> str:
    figures = ABOVE if up > 0 else BELOW
    if up > 0 and (HIGH.issuperset(text) or text in ORDINALS):
        return text
    if all(ord(letter) in figures or letter in BETWEEN for letter in text):
        return text.translate(figures)
    return f"{'^' if up > 0 else '_'}{{{text}}}"
