"""CSV -> cards, and cards -> CSV that a spreadsheet opens without running anything in it.

A cell that a spreadsheet would take for a formula is written with an apostrophe before it, and
read back without it.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable

from core.cards.normal import normal
from core.cards.note import Note, Reading, card_id
from core.cards.placeholders import TAG, is_placeholder
from core.text import escape_formula, unescape_formula
from core.types import Card, Span

COLUMNS = (
    "id",
    "deck",
    "chapter",
    "title",
    "background",
    "question",
    "answer",
    "tags",
    "source",
)
# What other programs call these.
NAMES = {
    "front": "question",
    "prompt": "question",
    "term": "question",
    "back": "answer",
    "definition": "answer",
    "context": "background",
    "tag": "tags",
}
SPAN = re.compile(r"([\w-]{1,81}):(\d{1,12})-(\d{1,12})")
LARGEST_CELL = 10_000_000  # characters


def read(text: str, file: str, deck: str) -> Reading:
    """The cards of a table with a header; without one, of its first two columns: question and
    answer. Cells are separated by commas, semicolons or tabs. No text is refused."""
    csv.field_size_limit(LARGEST_CELL)
    text = text.removeprefix("\ufeff").replace("\0", "")
    if not text.strip():
        return Reading(cards=(), dropped=(Note(line=1, why="the file is empty"),))
    table = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
    header: dict[str, int] = {}
    cards: list[Card] = []
    dropped: list[Note] = []
    seen: Counter[tuple[str, str]] = Counter()
    ids: set[str] = set()
    line = 1
    try:
        for row in table:
            start, line = line, table.line_num + 1
            if not header:
                header = _header(row)
                if header:
                    continue
                header = {"question": 0, "answer": 1}
            if not any(cell.strip() for cell in row):
                continue
            cells = {name: unescape_formula(row[n]) for name, n in header.items() if n < len(row)}
            key = (cells.get("title", ""), cells.get("question", ""))
            identity = cells.get("id", "").strip()
            if not re.fullmatch(r"[\w-]{1,64}", identity) or identity in ids:
                identity = card_id(file, *key, seen[key])
            seen[key] += 1
            card = _card(cells, identity, deck)
            if not card.question.strip() or not card.answer.strip():
                missing = "an answer" if card.question.strip() else "words"
                dropped.append(Note(line=start, why=f"a question without {missing}"))
                continue
            ids.add(identity)
            cards.append(card)
    except csv.Error as error:
        dropped.append(Note(line=line, why=f"the table is broken from here on: {error}"))
    return Reading(cards=tuple(cards), dropped=tuple(dropped))


def write(cards: Iterable[Card]) -> str:
    """A table with a header; `read` gives the same cards again."""
    out = io.StringIO(newline="")
    table = csv.writer(out)
    table.writerow(COLUMNS)
    for card in cards:
        texts = (card.deck, card.chapter, card.title, card.background, card.question, card.answer)
        cells = (card.id, *texts, " ".join(card.tags), _source(card.span))
        table.writerow([escape_formula(cell) for cell in cells])
    return out.getvalue()


def _source(span: Span | None) -> str:
    return f"{span.paper_id}:{span.start}-{span.end}" if span else ""


def _header(row: list[str]) -> dict[str, int]:
    """Which column is which; empty if the first row is no header."""
    found: dict[str, int] = {}
    for number, cell in enumerate(row):
        name = cell.strip().lower()
        name = NAMES.get(name, name)
        if name in COLUMNS:
            found.setdefault(name, number)
    return found if {"question", "answer"} <= found.keys() else {}


def _delimiter(text: str) -> str:
    """The separator that the first line has most of."""
    first = text.lstrip().split("\n", 1)[0]
    return max(",;\t", key=first.count)


def _card(cells: dict[str, str], identity: str, deck: str) -> Card:
    tags = tuple(cells.get("tags", "").replace(",", " ").split())
    source = SPAN.fullmatch(cells.get("source", "").strip())
    if not source and "id" not in cells and is_placeholder(cells.get("answer", "")):
        tags += (TAG,)
    return normal(
        Card(
            id=identity,
            deck=cells.get("deck", "").strip() or deck,
            chapter=cells.get("chapter", ""),
            title=cells.get("title", ""),
            background=cells.get("background", ""),
            question=cells.get("question", ""),
            answer=cells.get("answer", ""),
            tags=tags,
            span=Span(paper_id=source[1], start=int(source[2]), end=int(source[3]))
            if source
            else None,
        )
    )
