"""Raw page text -> text fit to be read and searched, with the way back. Pure; knows no files.

A way back is a list of breakpoints (offset in the new text, index in the old one), ascending, the
first at offset 0: between two breakpoints both sides advance together.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import itemgetter

from core.papers.reader import Page
from core.types import Paper

Breakpoints = list[tuple[int, int]]

PAGE_BREAK = "\n\n"
# What stands between pieces of a text: Unicode's line separator where the line ends and its
# paragraph does not, its paragraph separator, over which no word goes on, where a line is to stay.
GOES_ON = "\u2028"
LINE = "\u2029"
PARAGRAPH = 2 * LINE

LIGATURES = {
    "\ufb00": "ff",
    "\ufb01": "fi",
    "\ufb02": "fl",
    "\ufb03": "ffi",
    "\ufb04": "ffl",
    "\ufb05": "st",
    "\ufb06": "st",
}

# Characters nobody sees: controls, soft hyphens, zero-width spaces, byte order marks, and code
# points that are no characters. U+200C and U+200D stay: some scripts are spelled with them.
UNSEEN = "\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u200b\u2060\ufeff\uffff"
BLANK = f" \t{UNSEEN}"
NEWLINE = "\r\x0b\x0c\x85\u2029"  # beside \n itself
SURROGATE = "\ud800-\udfff"

# PDFium writes U+FFFE (older ones U+0002) for a hyphen at the end of a line and leaves the line
# break out; other readers keep both.
MARKED = "\ufffe\x02"

HYPHENS = "-\u2010"  # as written by hand, and as browsers write them

# The pattern starts with a plain set, so that the search runs over sound text at full speed, and
# enters a run of blanks only at its first one, so that a long run costs linear time.
FLAW = re.compile(
    f"[{HYPHENS}{MARKED}{NEWLINE}{GOES_ON}{BLANK}{SURROGATE}{''.join(LIGATURES)}](?:"
    f"(?<=[{HYPHENS}{MARKED}])(?:\r?\n|{GOES_ON})"  # a word broken at a line end, perhaps
    f"|(?<=[{BLANK}])(?<![{BLANK}][{BLANK}])[{BLANK}]*+(?=[\n{NEWLINE}]|\\Z)"  # before a line end
    "|(?<=\r)\n"
    f"|(?<![{HYPHENS} \t])"  # anything else by itself, but not a sound hyphen or blank
    ")"
)
TOKEN = re.compile(f"[-\\w{MARKED}]+")
NEXT_WORD = re.compile(r"\w*")
LAST_WORD = re.compile(r"\w*\Z")
LONGEST_WORD = 50
SUSPENDING = ("and", "or", "to", "und", "oder")  # behind a hyphen that stays: "32- and 64-bit"
# Between these no blank stands; Korean has blanks.
IDEOGRAPH = "[\u2e80-\u312f\u31a0-\u9fff\uf900-\ufaff\uff00-\uff9f\U00020000-\U0003ffff]"
AMONG_IDEOGRAPHS = re.compile(f"(?<={IDEOGRAPH}){GOES_ON}(?={IDEOGRAPH})")


@dataclass(frozen=True, slots=True)
class RawPiece:
    """`text[start:end]` of a page's raw text, and what stands in front of it."""

    before: str
    page: int  # from 0
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class UnbrokenWords:
    """The words and the pairs joined by a hyphen that a document has unbroken, in lower case."""

    words: frozenset[str] = frozenset()
    compounds: frozenset[str] = frozenset()


def vocabulary(pages: Iterable[str]) -> UnbrokenWords:
    """What tells a hyphen that belongs to a word from one that only broke it."""
    tokens = {
        token for page in pages for token in TOKEN.findall(page.lower().replace("\u2010", "-"))
    }
    pairs = (pair for token in tokens if "-" in token for pair in pairwise(token.split("-")))
    return UnbrokenWords(
        frozenset(token for token in tokens if token.isalpha()),
        frozenset(f"{left}-{right}" for left, right in pairs),
    )


def mend(raw: str, known: UnbrokenWords) -> tuple[str, Breakpoints]:
    """The mended text and the way back to `raw`.

    Ligatures become letters, words broken at a line end are joined, blanks at line ends and unseen
    characters go, every line break becomes a newline, one within a paragraph (`GOES_ON`) a blank,
    half a surrogate pair U+FFFD. A letter of a ligature leads back to the ligature.
    """
    pieces: list[str] = []
    way: Breakpoints = []
    length = done = ahead = 0

    def put(piece: str, index: int) -> None:
        nonlocal length, ahead
        if not piece:
            return
        if index - length != ahead or not way:
            ahead = index - length
            way.append((length, index))
        pieces.append(piece)
        length += len(piece)

    for flaw in FLAW.finditer(raw):
        put(raw[done : flaw.start()], done)
        done = flaw.end()
        for place, letter in enumerate(_replacement(raw, flaw, known), flaw.start()):
            put(letter, min(place, done - 1))
    put(raw[done:], done)
    return "".join(pieces), way or [(0, 0)]


def _replacement(raw: str, flaw: re.Match[str], known: UnbrokenWords) -> str:
    first = flaw[0][0]
    if first in NEWLINE:
        return "\n"
    if first == GOES_ON:
        return "" if AMONG_IDEOGRAPHS.match(raw, flaw.start()) else " "
    if first in HYPHENS or first in MARKED:
        return _hyphen(raw, flaw, known)
    if "\ud800" <= first <= "\udfff":
        return "\ufffd"
    return LIGATURES.get(first, "")


def _hyphen(raw: str, broken: re.Match[str], known: UnbrokenWords) -> str:
    """What stands between two parts of a word that was broken at a line end."""
    start, end = broken.span()
    before = LAST_WORD.search(raw, max(0, start - LONGEST_WORD), start)
    behind = NEXT_WORD.match(raw, end, end + LONGEST_WORD)
    left, right = (part[0] if part else "" for part in (before, behind))
    line_end = "\n" if "\n" in broken[0] else " " if GOES_ON in broken[0] else ""
    shy, hard = f"{left}{right}".lower(), f"{left}-{right}".lower()
    if left and right in SUSPENDING and shy not in known.words:
        return f"-{line_end}"
    if raw[start] in HYPHENS and not right[:1].islower():
        return "-" if left and right and line_end == " " else f"-{line_end}"
    if raw[start] in HYPHENS and not left:
        return f"-{line_end}"
    if raw[start] == "\x02" and not (left and right):
        return line_end
    if not (left.isalpha() and right.isalpha()):
        return "-"
    if hard in known.compounds:
        return "-"
    if shy in known.words:
        return ""
    if right[0].isupper() and not left.isupper():
        return "-"
    # Short parts are words by chance, as "in" and "formally" are, but for those of a longer
    # compound: the "of" and "the" of "state-of-the-art".
    chained = raw[max(0, start - len(left) - 1)] == "-" or raw.startswith("-", end + len(right))
    both = {left.lower(), right.lower()} <= known.words
    return "-" if both and (chained or min(len(left), len(right)) > 3) else ""


def tidy(raw: str) -> str:
    """A text file's characters as a paper's: the same as `mend` but for the line ends, where a
    hyphen may be a list's and two blanks may be Markdown."""
    raw = re.sub(f"\r\n|[{NEWLINE}{GOES_ON}]", "\n", raw)
    raw = re.sub(f"[{UNSEEN}\ufffe]", "", raw)
    return re.sub(f"[{''.join(LIGATURES)}]", lambda found: LIGATURES[found[0]], raw)


@dataclass(frozen=True, slots=True)
class Joined:
    """What a Paper's fields of the same names hold."""

    text: str
    page_starts: tuple[int, ...]
    raw_map: tuple[tuple[int, int], ...]
    margins: tuple[tuple[int, int], ...]


def join(
    pages: Sequence[Page],
    body: Iterable[RawPiece],
    margins: Iterable[RawPiece],
    known: UnbrokenWords,
) -> Joined:
    """The mended text that pieces of the pages' raw texts make, each page having one at least, and
    behind it what their margins make. The way back leads to characters as PDFium counts them."""
    raw: list[str] = []
    skips: Breakpoints = []
    length = 0
    begun: tuple[Breakpoints, Breakpoints] = [], []  # where in `raw` which page begins
    for part, starts in zip((body, margins), begun, strict=True):
        for piece in part:
            before = piece.before if raw else ""
            length += len(before)
            if not starts or starts[-1][1] != piece.page + 1:
                starts.append((length, piece.page + 1))
            words = pages[piece.page]["text"][piece.start : piece.end]
            way = _through([(0, piece.start)], pages[piece.page]["skips"], len(words))
            skips += [(length + offset, char) for offset, char in way]
            length += len(words)
            raw += before, words
    text, way = mend("".join(raw), known)
    return Joined(
        text=text,
        page_starts=tuple(_mended(way, index) for index, _ in begun[0]),
        raw_map=tuple(_through(way, skips, len(text))),
        margins=tuple((_mended(way, index), page) for index, page in begun[1]),
    )


def _mended(way: Breakpoints, index: int) -> int:
    """Where in the mended text the character `index` of the raw one stands, or the next one."""
    at = bisect_right(way, index, key=itemgetter(1))
    offset, begin = way[max(0, at - 1)]
    place = offset + max(0, index - begin)
    return min(place, way[at][0]) if at < len(way) else place


def _through(way: Breakpoints, skips: Breakpoints, length: int) -> Breakpoints:
    """Two ways in a row as one: from the text by `way` to the raw text, from there by `skips`."""
    if not skips:
        return way
    skips = [(0, 0), *skips]
    through: Breakpoints = []
    for (offset, index), (end, _) in zip(way, [*way[1:], (length, 0)], strict=True):
        place = bisect_right(skips, index, key=itemgetter(0))
        through.append((offset, skips[place - 1][1] + index - skips[place - 1][0]))
        for skipped, char in skips[place:]:
            if skipped - index >= end - offset:
                break
            through.append((offset + skipped - index, char))
    return through


def way_back(raw_map: Sequence[tuple[int, int]], offset: int) -> int:
    """The character index on its page of `text[offset]`. `raw_map` must not be empty."""
    start, char = raw_map[bisect_right(raw_map, offset, key=itemgetter(0)) - 1]
    return char + offset - start


def raw_spans(
    paper: Paper, page: int, spans: Iterable[tuple[int, int]]
) -> list[list[tuple[int, int]]]:
    """Of each text span what lies on `page`, as half open spans of its raw characters: several
    where the text has another order than the file, or leaves something out.

    They may end a little behind the page's last character. None for a paper without a raw map.
    """
    here = [paper.page_span(page), paper.margin_span(page)]
    return [
        [
            raw
            for first, last in here
            for raw in _raw_pieces(paper, max(start, first), min(end, last))
        ]
        for start, end in spans
    ]


def _raw_pieces(paper: Paper, start: int, end: int) -> list[tuple[int, int]]:
    pieces: list[tuple[int, int]] = []
    at = bisect_right(paper.raw_map, start, key=itemgetter(0))
    while start < end and paper.raw_map:
        behind = min(end, paper.raw_map[at][0] if at < len(paper.raw_map) else end)
        # What follows a line need not follow it in the file.
        words = paper.text[start:behind].rstrip()
        if words:
            first = way_back(paper.raw_map, start)
            wide = words[-1] > "\uffff"  # PDFium has it as two
            last = first + len(words) + wide
            if pieces and pieces[-1][0] <= first <= pieces[-1][1]:
                last = max(last, pieces[-1][1])
                first = pieces.pop()[0]
            pieces.append((first, last))
        start, at = behind, at + 1
    return pieces
