"""A note of an Anki package that was not written here -> its cards.

Which fields a side shows is told by the note type's templates. What the front hides at first, a
hint or an answer to be typed, belongs to the answer. Pure.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

from core.cards import cloze
from core.cards.normal import normal
from core.store import AnkiNote
from core.types import Card, digest

FIELD = re.compile(r"\{\{([^{}#^/][^{}]{0,500})\}\}")
# A part shown where a field has, or has not, a text; the innermost ones first.
PART = re.compile(
    r"\{\{([#^])([^{}]{1,200})\}\}((?:[^{]|\{(?!\{[#^/]))*+)\{\{/[^{}]{1,200}\}\}", re.DOTALL
)
CONDITION = re.compile(r"\{\{[#^]([^{}]{1,200})\}\}")
DEEPEST = 20  # parts in parts
HIDDEN = frozenset(("hint", "type"))  # filters of fields that the front does not show at first
IMAGE = "image-occlusion:"

Fields = Mapping[str, str]  # as Markdown, by name


def cards(note: AnkiNote, fields: Fields, file: str) -> Iterator[Card]:
    """The cards of a note from `file`; some may lack a question or an answer. The first template's
    or gap's has the id that a note's only card would have."""
    for number, question, answer in _sides(note, fields):
        yield normal(
            Card(
                id=digest(["anki", note.guid, number] if number else ["anki", note.guid]),
                deck=dict(note.cards).get(number, note.deck) or file,
                question=question,
                answer=answer,
                tags=note.tags,
            )
        )


def _sides(note: AnkiNote, fields: Fields) -> Iterator[tuple[int, str, str]]:
    """Of each card the number of its template or gap, from 0, question and answer."""
    numbers = sorted({number for number, _ in note.cards})
    for number in numbers or _numbers(_shown(note, 0, fields)[2], fields) or [0]:
        asked, told, gaps = _shown(note, number, fields)
        if number not in _numbers(gaps, fields) if gaps else number >= max(1, len(note.templates)):
            continue  # nobody is asked anything
        filled = {name: cloze.sides(fields[name], number + 1) for name in gaps}
        question = [filled[name][0] if name in gaps else fields[name] for name in asked]
        rest = [(name, fields[name]) for name in told if fields[name].strip()]
        answer = [filled[name][1] for name in gaps]
        answer += [text if len(rest) == 1 else f"**{name}:** {text}" for name, text in rest]
        yield number, "\n\n".join(filter(str.strip, question)), "\n\n".join(answer)


def left_out(note: AnkiNote, fields: Fields) -> list[str]:
    """The fields with words that no card of this kind shows."""
    sides = [side for template in note.templates for side in template]
    named = {name for side in sides for _, name in _named(side, fields)}
    named |= {name.strip() for side in sides for name in CONDITION.findall(side)}
    return [name for name, text in fields.items() if sides and text.strip() and name not in named]


def hides_image(note: AnkiNote) -> bool:
    """Whether its cards hide parts of an image: nothing of that can be read."""
    return note.kind.lower().startswith("image occlusion") or any(
        IMAGE in text for _, text in note.fields
    )


def _numbers(names: Iterable[str], fields: Fields) -> list[int]:
    """The numbers of all gaps in these fields, from 0."""
    return sorted({number - 1 for name in names for number in cloze.numbers(fields[name])})


def _shown(note: AnkiNote, number: int, fields: Fields) -> tuple[list[str], list[str], list[str]]:
    """The fields that a card asks, those that answer, and those it asks that have gaps."""
    if not note.templates:
        first, *rest = fields
        return [first], rest, [first] if cloze.numbers(fields[first]) else []
    front, back = note.templates[min(number, len(note.templates) - 1)]
    named = _named(front, fields)
    asked = list(dict.fromkeys(name for filters, name in named if not HIDDEN & filters))
    gaps = [name for name in asked if any("cloze" in f and n == name for f, n in named)]
    told = dict.fromkeys(name for _, name in [*named, *_named(back, fields)])
    return asked, [name for name in told if name not in asked], gaps


def _named(side: str, fields: Fields) -> list[tuple[set[str], str]]:
    """The fields that a side of a template shows, each with its filters."""

    def part(found: re.Match[str]) -> str:
        there = bool(fields.get(found[2].strip(), "").strip())
        return found[3] if there == (found[1] == "#") else ""

    for _ in range(DEEPEST):
        side, changed = PART.subn(part, side)
        if not changed:
            break
    named = []
    for found in FIELD.findall(side):
        *filters, name = (each.strip() for each in found.split(":"))
        if name in fields:
            named.append(({each.split(" ")[0] for each in filters}, name))
    return named
