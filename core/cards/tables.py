"""Tables -> cards, and cards -> CSV that a spreadsheet opens without running anything in it.

A cell that a spreadsheet would take for a formula is written with an apostrophe before it, and
read back without it.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import takewhile

from core.cards import foreign
from core.cards.html import to_markdown
from core.cards.normal import normal
from core.cards.note import Note, Reading, card_id
from core.cards.placeholders import TAG, is_placeholder
from core.errors import Unreadable
from core.store import AnkiNote
from core.text import escape_formula, separator_of, unescape_formula
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
SHOWN = 60  # characters of a comment
# The first lines of what Anki writes as plain text.
SETTING = re.compile(
    r"#(separator|html|columns|deck|tags|notetype|if matches|(?:guid|notetype|deck|tags) column)"
    r":(.*)",
    re.IGNORECASE,
)
SEPARATORS = {
    "comma": ",", "semicolon": ";", "tab": "\t", "space": " ", "pipe": "|", "colon": ":",
}  # fmt: skip
MOST = 100_000_000  # characters that the cards of a file's notes may have


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    """A table without the lines before it, which are settings of Anki's, by name, or comments."""

    text: str
    separator: str
    settings: dict[str, str]
    skipped: int  # lines
    dropped: list[Note]

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """The rows that are not blank, each with the line that it begins in."""
        table = csv.reader(io.StringIO(self.text, newline=""), delimiter=self.separator)
        start = self.skipped + 1
        try:
            for row in table:
                if any(cell.strip() for cell in row):
                    yield start, row
                start = self.skipped + table.line_num + 1
        except csv.Error as error:
            why = f"the table is broken from here on: {error}"
            self.dropped.append(Note(line=start, why=why))


def is_table(text: str) -> bool:
    """Whether a text of no certain kind is a table: it begins with a setting of Anki's, or with
    two cells and a tab between them."""
    first = text.lstrip("\ufeff\r\n").partition("\n")[0]
    return bool(SETTING.match(first)) or "\t" in first.strip()


def read(text: str, file: str, deck: str) -> Reading:
    """The cards of a table with a header; without one, of its first two columns: question and
    answer. Or those of notes that Anki wrote as plain text. The cells of a .tsv are separated by
    tabs, those of another file by what its rows tell. Errors: Unreadable for notes whose gaps
    become more cards than a person could study; no other text is refused."""
    csv.field_size_limit(LARGEST_CELL)
    text = text.removeprefix("\ufeff").replace("\0", "")
    if not text.strip():
        return Reading(cards=(), dropped=(Note(line=1, why="the file is empty"),))
    table = _table(text, file)
    cards = tuple((_notes if table.settings else _cards)(table, file, deck))
    return Reading(cards=cards, dropped=tuple(sorted(table.dropped, key=lambda note: note.line)))


def _table(text: str, file: str) -> _Table:
    lines = list(io.StringIO(text, newline=""))
    before = list(takewhile(lambda line: line.startswith("#"), lines))
    rest = "".join(lines[len(before) :])
    found = [SETTING.match(line) for line in before]
    settings = {each[1].lower(): each[2].strip("\r") for each in found if each}
    named = settings.get("separator", "").lower()
    separator = SEPARATORS.get(named.strip(), named)
    if len(separator) != 1:
        tabs = file.lower().endswith(".tsv") and "\t" in text
        separator = "\t" if tabs else separator_of(rest or text)
    dropped = []
    for number, line in enumerate(before):
        if not found[number] and separator in line:  # a row that begins with this sign
            before, rest = before[:number], "".join(lines[number:])
            break
        if not found[number]:
            dropped.append(Note(line=number + 1, why=f"a comment: “{line.strip()[:SHOWN]}”"))
    return _Table(
        text=rest, separator=separator, settings=settings, skipped=len(before), dropped=dropped
    )


def _cards(table: _Table, file: str, deck: str) -> Iterator[Card]:
    """The cards of a table, with a header or without."""
    header: dict[str, int] = {}
    names: list[str] = []
    left_out: dict[str, None] = {}
    seen: Counter[tuple[str, str]] = Counter()
    ids: set[str] = set()
    for line, row in table.rows():
        if not header:
            header = _header(row)
            if header:
                names = [f"“{cell.strip()}”" if cell.strip() else "" for cell in row]
                continue
            header = {"question": 0, "answer": 1}
        for n, cell in enumerate(row):
            if cell.strip() and n not in header.values():
                left_out[(names[n] if n < len(names) else "") or f"column {n + 1}"] = None
        cells = {name: unescape_formula(row[n]) for name, n in header.items() if n < len(row)}
        key = (cells.get("title", ""), cells.get("question", ""))
        identity = cells.get("id", "").strip()
        if not re.fullmatch(r"[\w-]{1,64}", identity) or identity in ids:
            identity = card_id(file, *key, seen[key])
        seen[key] += 1
        card = _card(cells, identity, deck)
        if _whole(table, line, card):
            ids.add(identity)
            yield card
    if left_out:
        why = f"columns that no card has a place for were left out: {', '.join(left_out)}"
        table.dropped.append(Note(line=1, why=why))


def _notes(table: _Table, file: str, deck: str) -> Iterator[Card]:
    """The cards of Anki's notes. One that says its number is the same as in a package."""
    settings = table.settings
    place = {
        name.removesuffix(" column"): int(number) - 1
        for name, number in settings.items()
        if name.endswith(" column") and number.strip().isdecimal()
    }
    names = next(csv.reader([settings.get("columns", "")], delimiter=table.separator), [])
    to_text = to_markdown if settings.get("html", "").strip().lower() == "true" else str
    seen: Counter[str] = Counter()
    room = MOST
    for line, row in table.rows():
        said = {name: row[n].strip() for name, n in place.items() if n < len(row)}
        fields = {
            (names[n] if n < len(names) else f"Field {n + 1}"): to_text(cell)
            for n, cell in enumerate(row)
            if n not in place.values()
        } or {"": ""}
        asked = next(iter(fields.values()))
        note = AnkiNote(
            guid=said.get("guid") or card_id(file, "", asked, seen[asked]),
            kind=said.get("notetype") or settings.get("notetype", ""),
            tags=(*settings.get("tags", "").split(), *said.get("tags", "").split()),
            fields=tuple(fields.items()),
        )
        seen[asked] += 1
        for card in foreign.cards(note, fields, said.get("deck") or settings.get("deck") or deck):
            room -= len(card.question) + len(card.answer)
            if room < 0:
                raise Unreadable(f"{file} holds more than {MOST / 1e6:,.0f} MB of cards.")
            if _whole(table, line, card):
                yield card


def _whole(table: _Table, line: int, card: Card) -> bool:
    """Whether a card has both sides; notes what it lacks."""
    if card.question.strip() and card.answer.strip():
        return True
    missing = "an answer" if card.question.strip() else "words"
    table.dropped.append(Note(line=line, why=f"a question without {missing}"))
    return False


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
