"""Letters that a page draws in parts, or that PDFium turns round."""

import re
import unicodedata
from functools import cache
from itertools import pairwise

from core.pdf.glyphs import Box, Glyphs, Line

# An accent by itself, and the mark that makes a letter of it. TeX's older fonts draw both.
ACCENTS = {
    "`": "\u0300",
    "´": "\u0301",
    "^": "\u0302",
    "ˆ": "\u0302",
    "~": "\u0303",
    "˜": "\u0303",
    "¯": "\u0304",
    "˘": "\u0306",
    "˙": "\u0307",
    "¨": "\u0308",
    "˚": "\u030a",
    "˝": "\u030b",
    "ˇ": "\u030c",
    "¸": "\u0327",
    "˛": "\u0328",
}
ACCENT = re.compile(f"[{re.escape(''.join(ACCENTS))}\u0300-\u0336]")
DOTLESS = {"ı": "i", "ȷ": "j"}
TOUCHING = 0.1  # of the type's height
LEFTWARD = re.compile("[\u0591-\u05f2\u0620-\u065f\u066e-\u06d3\ufb1d-\ufdfb\ufe70-\ufefc]{2,}")
SPACED = re.compile(r"(?<!\S)[^\W\d_](?: [^\W\d_]){3,}(?!\S)")
SPACING, EVEN = 0.3, 0.05  # of the type's size: the widest within a word, and how it may differ
ODD = re.compile(f"{ACCENT.pattern}|{LEFTWARD.pattern}|{SPACED.pattern}")


def composed(lines: list[Line], glyphs: Glyphs) -> list[Line]:
    """The lines, with each accent in its letter, Hebrew and Arabic words and ligatures the right
    way round, and no blanks between the letters of a word that is set wide."""
    for line in lines:
        if ODD.search(line.text):
            for accent in reversed(list(ACCENT.finditer(line.text))):
                _accent(line, accent.start(), glyphs)
            for word in LEFTWARD.finditer(line.text):
                _turn(line, word.span(), glyphs)
                _ligatures(line, word.span(), glyphs)
            for word in reversed(list(SPACED.finditer(line.text))):
                _close(line, word.span(), glyphs)
    return lines


def _accent(line: Line, at: int, glyphs: Glyphs) -> None:
    """Put the accent at `text[at]` in the letter over or under which it is drawn, if any."""
    left, _, right, _ = glyphs.box(line.places[at])
    middle = (left + right) / 2
    # PDFium may have put an accent that is drawn higher, over a capital, anywhere in the line.
    for letter in sorted(range(len(line.text)), key=lambda index: abs(index - at)):
        if line.text[letter].isalpha() and line.text[letter] not in ACCENTS:
            box = glyphs.box(line.places[letter])
            if box[0] <= middle <= box[2]:
                break
    else:
        return
    base, accent = line.text[letter], line.text[at]
    whole = unicodedata.normalize("NFC", DOTLESS.get(base, base) + ACCENTS.get(accent, accent))
    places = [line.places[letter], line.places[at]][: len(whole)]
    start, end = min(at, letter), max(at, letter) + 1
    if line.text[start + 1 : end - 1].strip(" "):
        if len(whole) == 1:
            line.replace(letter, letter + 1, whole, places)
            line.replace(at - (line.text[at - 1 : at] == " "), at + 1, "", [])
        return
    if _only_put_in(line, start - 1, start - 2, box, glyphs):
        start -= 1
    if _only_put_in(line, end, end + 1, box, glyphs):
        end += 1
    line.replace(start, end, whole, places)


def _only_put_in(line: Line, blank: int, neighbour: int, box: Box, glyphs: Glyphs) -> bool:
    """Whether PDFium put in a blank because of an accent, although the neighbour touches it."""
    if not 0 <= neighbour < len(line.text) or line.text[blank] != " ":
        return False
    left, _, right, _ = glyphs.box(line.places[neighbour])
    apart = max(box[0] - right, left - box[2])
    return glyphs.generated(line.places[blank]) and apart < TOUCHING * (box[3] - box[1])


def _close(line: Line, span: tuple[int, int], glyphs: Glyphs) -> None:
    blanks = range(span[0] + 1, span[1], 2)
    boxes = [glyphs.box(line.places[index]) for index in range(span[0], span[1], 2)]
    gaps = [right[0] - left[2] for left, right in pairwise(boxes)]
    widest = min(min(gaps) + EVEN * line.size, SPACING * line.size)
    for blank, gap in reversed(list(zip(blanks, gaps, strict=True))):
        if gap <= widest and glyphs.generated(line.places[blank]):
            line.replace(blank, blank + 1, "", [])


def _turn(line: Line, span: tuple[int, int], glyphs: Glyphs) -> None:
    """Turn a word round whose first letter lies to the left of its last: PDFium turns round what
    is drawn from left to right, but not always."""
    places = line.places[slice(*span)]
    if line.size and glyphs.origin(places[0])[0] < glyphs.origin(places[-1])[0]:
        line.replace(*span, line.text[slice(*span)][::-1], places[::-1])


def _ligatures(line: Line, span: tuple[int, int], glyphs: Glyphs) -> None:
    """Turn the letters round that are one glyph: PDFium turns whole words round, and with them
    the letters of a ligature, which the font names in the order in which they are read."""
    start = span[0]
    while start < span[1]:
        origin = glyphs.origin(line.places[start])
        end = start + 1
        while end < span[1] and glyphs.origin(line.places[end]) == origin:
            end += 1
        letters, places = line.text[start:end], line.places[start:end]
        if letters not in ligatures() and letters[::-1] in ligatures():
            line.replace(start, end, letters[::-1], places[::-1])
        start = end


@cache
def ligatures() -> frozenset[str]:
    """The letters of each Arabic ligature that has a character of its own."""
    forms = (chr(code) for code in (*range(0xFBEA, 0xFDFC), *range(0xFEF5, 0xFEFD)))
    spelled = (unicodedata.normalize("NFKC", form) for form in forms)
    return frozenset(letters for letters in spelled if len(letters) > 1)
