"""Which lines of a deck lie in a code fence, also where one was opened and never closed.

Markdown would let an open fence run to the end of the file, or to the fence of a later card, and
so swallow every card between. Here such a fence ends at the next marker line.
"""

import re
from bisect import bisect_right
from collections.abc import Sequence

FENCE = re.compile(r"(?:[ \t>]*(?:(?:[-*+]|\d{1,3}[.)])[ \t]+)?)(`{3,}|~{3,})(.*)")
CLOSING = re.compile(r"[ \t>]*(`{3,}|~{3,})[ \t]*(?:x\?{2,3}|\?{2,3}x)?[ \t]*", re.IGNORECASE)
QUESTION = re.compile(r"[ \t]*:p(?![a-z0-9_:])")
OPENER = re.compile(r"[ \t]*\?{2,3}x[ \t]*", re.IGNORECASE)
CLOSER = re.compile(r"[ \t]*(?:x\?|x\?{2,3}(?:[\s`].*)?)[ \t]*", re.IGNORECASE)
TITLE = re.compile(r"[ \t]{0,3}####[ \t]+\S.*")
# A closing fence with the card's closing marker glued to it.
FENCE_AND_CLOSER = re.compile(r"([ \t]*(?:`{3,}|~{3,}))[ \t]*(x\?{2,3}|\?{2,3}x)[ \t]*", re.I)


def fenced(lines: Sequence[str]) -> list[bool]:
    """For each line whether it is code (the fences' own lines too)."""
    inside = [False] * len(lines)
    signs = [number for number, line in enumerate(lines) if _sign(line)]
    at = 0
    while at < len(lines):
        opening = _opening(lines[at])
        if opening is None:
            at += 1
            continue
        end = _close(lines, opening, signs, bisect_right(signs, at))
        end = _damage(lines, at) if end is None else end + 1
        inside[at:end] = [True] * (end - at)
        at = end
    return inside


def closed(text: str) -> str:
    """The text with a fence that was left open closed at its end."""
    opening = None
    for line in text.split("\n"):
        if opening is None:
            opening = _opening(line)
        elif _closes(line, opening):
            opening = None
    return text if opening is None else f"{text}\n{opening}"


def _sign(line: str) -> bool:
    """Whether the line can tell anything about where a fence ends."""
    stripped = line.lstrip(" \t>-*+.)0123456789")
    return stripped.startswith(("```", "~~~", "####", ":p", "??", "x?", "X?"))


def is_marker(line: str) -> bool:
    """Whether the line says where a question, an answer or a card begins or ends."""
    patterns = (OPENER, CLOSER)
    return bool(QUESTION.match(line)) or any(pattern.fullmatch(line) for pattern in patterns)


def _opening(line: str) -> str | None:
    """The fence's characters if the line opens one; ```code``` on one line opens none."""
    found = FENCE.match(line)
    if not found or (found[1][0] == "`" and "`" in found[2]):
        return None
    return found[1]


def _closes(line: str, opening: str) -> bool:
    found = CLOSING.fullmatch(line)
    return found is not None and found[1].startswith(opening)


def _close(lines: Sequence[str], opening: str, signs: Sequence[int], first: int) -> int | None:
    """The line, from sign `first` on, that closes the fence; None if it belongs to another card.

    What lies between tells it. A whole card in a fence is an example and begins with its question;
    where an answer is closed first and a title or question follows, the fence was left open. So it
    is where another fence opens behind a marker, and where a title comes and all the fences behind
    it are a pair of their own.
    """
    closed = questions = markers = titled = False
    for place in range(first, len(signs)):
        number = signs[place]
        line = lines[number]
        if _closes(line, opening):
            if closed and (questions or titled):
                return None
            if titled and _fences_until_card(lines, number) % 2 == 0:
                return None
            return number
        if QUESTION.match(line):
            questions = markers = True
        elif CLOSER.fullmatch(line):
            closed |= not questions
            markers = True
        elif OPENER.fullmatch(line):
            markers = True
        elif _begins_card(lines, number):
            titled |= closed or not markers
        elif markers and (_opening(line) or "")[:1] == opening[0]:
            return None
    return None


def _fences_until_card(lines: Sequence[str], start: int) -> int:
    """How many fence lines there are from `start` to the next card."""
    count = 0
    for number in range(start, len(lines)):
        line = lines[number]
        if _begins_card(lines, number):
            break
        count += FENCE.match(line) is not None
    return count


def _begins_card(lines: Sequence[str], number: int) -> bool:
    """Whether the line is a title, and what stands before it ends a card."""
    if not TITLE.match(lines[number]):
        return False
    while number and not lines[number - 1].strip():
        number -= 1
    before = lines[number - 1]
    return not number or not before.strip(" \t-") or is_marker(before)


def _damage(lines: Sequence[str], start: int) -> int:
    """The first line behind an open fence that is no code: a marker, or the next card's title."""
    for number in range(start + 1, len(lines)):
        if is_marker(lines[number]):
            return number
        if TITLE.match(lines[number]):
            while number > start + 1 and not lines[number - 1].strip(" \t-"):
                number -= 1  # the rule between the cards
            return number
    return len(lines)
