"""Places of a phrase in a text. Pure; knows no papers."""

import re
from dataclasses import dataclass

CONTEXT = 60  # characters shown on each side of a match


@dataclass(frozen=True, slots=True, kw_only=True)
class TextMatch:
    """`text[start:end]`, with what surrounds it in one line; an ellipsis says that more does."""

    start: int
    end: int
    before: str
    words: str
    after: str


def find(text: str, phrase: str) -> list[TextMatch]:
    """Where the phrase stands, in order, whatever its capitals and the white space between its
    words, line breaks included. Nothing for a phrase without words."""
    words = phrase.split()
    if not words:
        return []
    pattern = re.compile(r"\s+".join(map(re.escape, words)), re.IGNORECASE)
    return [_found(text, *match.span()) for match in pattern.finditer(text)]


def _found(text: str, start: int, end: int) -> TextMatch:
    before = text[max(0, start - CONTEXT) : start]
    after = text[end : end + CONTEXT]
    # Whole words only, but for those that touch the match.
    if start > CONTEXT and re.search(r"\s\S", before):
        before = "… " + re.sub(r"^\S*\s+", "", before, count=1)
    if end + CONTEXT < len(text) and re.search(r"\S\s", after):
        after = re.sub(r"\s+\S*$", "", after) + " …"
    shown = (re.sub(r"\s+", " ", part) for part in (before, text[start:end], after))
    return TextMatch(
        start=start, end=end, **dict(zip(("before", "words", "after"), shown, strict=True))
    )
