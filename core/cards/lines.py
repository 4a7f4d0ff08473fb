"""The lines of a deck in Markdown, and what each says: marker, title, rule, text.

A marker outside a code fence wins over everything else, also where it was glued to text. Knows no
card; `markdown.py` puts cards together from these.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from core.cards.fences import CLOSER, FENCE_AND_CLOSER, OPENER, QUESTION, TITLE, fenced

Kind = Literal[
    "text", "code", "blank", "rule", "title", "heading", "deck", "chapter", "rating", "tags",
    "meta", "question", "opener", "closer",
]  # fmt: skip

# Markers at the end of a line of text. "??x" is no word; "x??" could end one ("the max??"), and
# ":p" part of a path, so these need a formula, a stop or a space before them.
GLUED_OPENER = re.compile(r"(.*?\S)[ \t]*(\?\?x)[ \t]*", re.IGNORECASE)
GLUED_CLOSER = re.compile(r"(.*?\S)(?:(?<=[^\w\s?])|[ \t]+)(x\?\?)[ \t]*", re.IGNORECASE)
GLUED_QUESTION = re.compile(r"(.*?(?:\$|\\\]|\\\)))[ \t]*(:p[ \t].*)")
LOST_QUESTION = re.compile(r"[ \t]*:[ \t]*(\w.*)")  # the p of :p is missing
OPENER_AND_TEXT = re.compile(r"[ \t]*\?{2,3}x[ \t]+(\S.*)", re.IGNORECASE)
CLOSER_AND_TEXT = re.compile(r"[ \t]*x\?{2,3}[ \t]*(\S.*)", re.IGNORECASE)
RULE = re.compile(r"[ \t]*-{3,}[ \t]*")
HEADING = re.compile(r"[ \t]{0,3}#{1,6}[ \t]+(\S.*)")
DECK = re.compile(r"[ \t]{0,3}#[ \t]+(?:high-quality[ \t]+)?flashcards?[ \t]*:[ \t]*(.*)", re.I)
CHAPTER = re.compile(r"\*\*starting chapter:\*\*(.*)", re.IGNORECASE)
RATING = re.compile(
    r"[ \t]*\*\*rating(?: threshold)?[ \t]*+:?(?:\*\*)?[ \t]*+:?[ \t]*+(>?=?)[ \t]*+"
    r"(\d{1,2}(?:\.\d)?)[ \t]*/[ \t]*10[ \t]*+(?:\*\*)?[ \t]*",
    re.IGNORECASE,
)
TAGS = re.compile(r"\*\*tags:\*\*(.*)", re.IGNORECASE)
META = re.compile(
    r"<!-- id: (?P<id>[\w-]{1,64})"
    r"(?:, paper: (?P<paper>[\w-]{1,81}):(?P<start>\d{1,12})-(?P<end>\d{1,12}))?"
    r"(?P<escaped>, escaped)? -->[ \t]*"
)
LINES: dict[Kind, re.Pattern[str]] = {
    "rule": RULE, "title": TITLE, "deck": DECK, "chapter": CHAPTER, "rating": RATING, "tags": TAGS,
    "meta": META,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Token:
    """A line, or a part of one, and what it is. `text` is what it says beside its marker."""

    kind: Kind
    line: int
    text: str


def tokens_of(text: str) -> list[Token]:
    """The lines (from 1) as tokens."""
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    tokens: list[Token] = []
    for number, (line, code) in enumerate(zip(lines, fenced(lines), strict=True), 1):
        tokens += _code(line, number) if code else _parts(line, number)
    return list(_with_lost_questions(tokens))


def _with_lost_questions(tokens: Sequence[Token]) -> Iterator[Token]:
    """The tokens, where a line such as ": What is it?" is a question if a title stands before it,
    an opening marker behind it, and no other question between."""
    asked = True
    for place, token in enumerate(tokens):
        if token.kind in ("title", "question"):
            asked = token.kind == "question"
        found = LOST_QUESTION.fullmatch(token.text) if token.kind == "text" and not asked else None
        behind = following(tokens, place + 1) if found else None
        if found and behind and behind.kind == "opener":
            asked = True
            yield Token("question", token.line, "mended")
            yield _line(found[1], token.line)
        else:
            yield token


def _code(line: str, number: int) -> Iterator[Token]:
    glued = FENCE_AND_CLOSER.fullmatch(line)
    if glued:
        yield Token("code", number, glued[1])
        yield Token("closer" if glued[2][0] in "xX" else "opener", number, "glued")
    else:
        yield Token("code", number, line)


def _parts(line: str, number: int) -> Iterator[Token]:
    """The tokens of a line outside of code."""
    alone = _known(line, number)
    if alone:
        yield alone
        return
    question = QUESTION.match(line)
    if question:
        rest = line[question.end() :].strip()
        yield Token("question", number, "")
        if rest:
            yield from _glued(rest, number)
    elif found := GLUED_QUESTION.fullmatch(line):
        yield Token("text", number, found[1])
        yield from _parts(found[2], number)
    elif OPENER.fullmatch(line):
        yield Token("opener", number, "")
    elif found := OPENER_AND_TEXT.fullmatch(line):
        yield Token("opener", number, "glued")
        yield from _glued(found[1], number)
    elif CLOSER.fullmatch(line):
        usual = line.strip() == "x??"
        found = CLOSER_AND_TEXT.fullmatch(line)
        rest = found[1].strip("?") if found else ""
        yield Token("closer", number, "" if usual else "other")
        if rest:
            yield Token("text", number, rest)
    else:
        yield from _glued(line, number)


def _glued(line: str, number: int) -> Iterator[Token]:
    """A line of text that may end in a marker."""
    if found := GLUED_OPENER.fullmatch(line):
        yield _line(found[1], number)
        yield Token("opener", number, "glued")
    elif found := GLUED_CLOSER.fullmatch(line):
        yield _line(found[1], number)
        yield Token("closer", number, "glued")
    else:
        yield _line(line, number)


def _line(line: str, number: int) -> Token:
    """A line without markers."""
    return _known(line, number) or Token(
        "heading" if HEADING.fullmatch(line) else "text", number, line
    )


def _known(line: str, number: int) -> Token | None:
    """A line that is never text, and in which no marker is looked for; None for any other."""
    if not line.strip():
        return Token("blank", number, "")
    for kind, pattern in LINES.items():
        if pattern.fullmatch(line):
            return Token(kind, number, line)
    return None


def following(tokens: Sequence[Token], start: int) -> Token | None:
    """The first token from `start` on that is no blank line."""
    places = range(start, len(tokens))
    return next((tokens[n] for n in places if tokens[n].kind != "blank"), None)
