"""Markdown headings: each section is a chunk; one that is too long is cut further as the recursive
chunker cuts. Sizes and overlaps count characters, and only such parts of a section overlap.

A heading is a line that begins with one to six `#`, however far indented and also as a list item
("- ### Training", as notes nest them), outside a code fence; a line underlined with `=` or `-` is
not taken for one. A heading stays with its text: one without any goes with the next, and a section
that is too long is not cut right behind its heading, unless not even the next word fits. Text
without headings is one section.
"""

import re
from collections.abc import Iterator

from core.chunkers import recursive

UNIT = "character"
USUAL = recursive.USUAL
ITEM = r"(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)"
HEADING = re.compile(rf"[ \t]*{ITEM}*#{{1,6}}(\s|$)")
FENCE = re.compile(rf"[ \t>]*{ITEM}*(`{{3,}}|~{{3,}})(.*)")
NO_BREAK = "#"  # any character at which nothing is ever cut


def spans(text: str, size: int, overlap: int, _tokens: object = None) -> list[tuple[int, int]]:
    found = []
    kept_together = _kept_together(text)
    for start, end in _sections(text):
        if len(text[start:end].strip()) <= size:
            found.append((start, end))
        else:
            parts = recursive.spans(kept_together[start:end], size, overlap)
            found += [(start + first, start + last) for first, last in parts]
    return found


def _sections(text: str) -> Iterator[tuple[int, int]]:
    start = body = 0  # where the section begins, and its text behind the last heading
    for heading, behind in headings(text):
        if text[body:heading].strip():
            yield start, heading
            start = heading
        body = behind
    if start < len(text):
        yield start, len(text)


def _kept_together(text: str) -> str:
    """The text, equally long, with each heading tied to what follows it."""
    tied, at = "", 0
    for start, end in headings(text):
        over = start + len(text[start:end].rstrip())
        tied += text[at:over]
        at = next((i for i in range(over, len(text)) if not text[i].isspace()), len(text))
        tied += NO_BREAK * (at - over)
    return tied + text[at:]


def headings(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of the lines that are headings."""
    for start, line, fenced in lines(text):
        if not fenced and HEADING.match(line):
            yield start, start + len(line)


def lines(text: str) -> Iterator[tuple[int, str, bool]]:
    """Where each line starts, the line with its line break, and whether it belongs to a code
    fence, whose first and last lines do."""
    fence, at = "", 0
    for line in text.splitlines(keepends=True):
        mark = FENCE.match(line)
        fenced = bool(fence)
        if fence:
            if mark and mark[1].startswith(fence) and not mark[2].strip():
                fence = ""
        elif mark and not (mark[1][0] == "`" and "`" in mark[2]):
            fence, fenced = mark[1], True
        yield at, line, fenced
        at += len(line)
