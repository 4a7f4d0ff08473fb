"""Cards as a deck can hold them, and texts written so that no line is taken for a marker."""

import re
from dataclasses import replace

from core.cards.fences import closed
from core.types import Card


def one_line(text: str) -> str:
    """A title or a name on one line, without the # that may close a heading."""
    words = text.split()
    while words and not words[-1].strip("#"):
        words.pop()
    return " ".join(words)


def escaped(text: str) -> str:
    """The text with a backslash in each line where it could be taken for anything but text: at
    its beginning, before `:p`, and at its end behind a marker. `unescaped` gives it back."""
    lines = [re.sub(r"(?<!\\)\\*+:p(?=\s|$)", r"\\\g<0>", line) for line in text.split("\n")]
    lines = [f"{line}\\" if re.search(r"[xX?\\]$", line) else line for line in lines]
    return "\n".join(f"\\{line}" if line else line for line in lines)


def unescaped(text: str) -> str:
    """What `escaped` was given."""
    lines = [line.removeprefix("\\").removesuffix("\\") for line in text.split("\n")]
    return "\n".join(re.sub(r"(?<!\\)\\(\\*+:p)(?=\s|$)", r"\1", line) for line in lines)


def trimmed(text: str) -> str:
    """No blanks at the ends of lines, and no blank lines around the text."""
    return "\n".join(line.rstrip() for line in text.split("\n")).strip("\n")


def normal(card: Card) -> Card:
    """The card as a deck can hold it: line breaks as \\n, no blank lines around its texts, titles
    and names on one line, fences closed."""

    def block(text: str) -> str:
        return closed(trimmed(text.replace("\r\n", "\n").replace("\r", "\n")))

    return replace(
        card,
        deck=one_line(card.deck),
        chapter=one_line(card.chapter),
        title=one_line(card.title),
        background=block(card.background),
        question=block(card.question).lstrip(),
        answer=block(card.answer),
        tags=tuple(dict.fromkeys("-".join(tag.replace(",", " ").split()) for tag in card.tags)),
    )
