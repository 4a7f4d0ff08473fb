"""A card's text as Markdown that can be drawn: tables mended that a strict reader would not draw.

The card itself stays as it was written.
"""

import re

from core.cards.fences import fenced

RULE = re.compile(r"[ \t]*+\|?(?:[ \t]*:?-+:?[ \t]*\|)+(?:[ \t]*:?-+:?[ \t]*)?")
BAR = re.compile(r"(?<!\\)\|")


def drawable(text: str) -> str:
    """The text with each table's rule as wide as its header, and a blank line before it."""
    lines = text.split("\n")
    code = fenced(lines)
    found: list[str] = []
    for number, line in enumerate(lines):
        rules = RULE.fullmatch(line) and not code[number] and found
        if rules and "|" in found[-1] and not RULE.fullmatch(found[-1]):
            header = found[-1]
            columns, wanted = _columns(line), _columns(header)
            if columns != wanted:
                line = "|" + " --- |" * wanted
            if len(found) > 1 and found[-2].strip():
                found.insert(-1, "")
        found.append(line)
    return "\n".join(found)


def _columns(row: str) -> int:
    inner = row.strip()
    inner = inner.removeprefix("|")
    inner = inner[:-1] if inner.endswith("|") and not inner.endswith("\\|") else inner
    return len(BAR.findall(inner)) + 1
