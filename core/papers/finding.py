"""Places of a phrase in a text. Pure; knows no papers."""

import re
from dataclasses import dataclass

from core.text import places

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
    """Where the phrase stands, in order, whatever its capitals, and both folded. Nothing for a
    phrase without words."""
    return [_found(text, *place) for place in places(phrase, text, any_case=True)]


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
