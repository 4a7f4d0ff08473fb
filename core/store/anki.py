"""The notes in an Anki collection: the SQLite file inside a package. Only ever reads.

Whoever made the file may mean harm: it is opened unchangeable, trusts none of its own functions,
and may work for a limited time. Only tables are read that hold what they show: what a view, a
virtual table or a computed column says has no limit. A page of the file may be pointed at by many
rows, so that a small file holds a million long ones: what is read altogether is limited too.
"""

import json
import sqlite3
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from core.errors import Unreadable

SECONDS = 30
# A note of a megabyte is rare, Anki's widest table has 18 columns, its longest CREATE 700 letters.
LIMITS = {
    sqlite3.SQLITE_LIMIT_LENGTH: 16_000_000,  # bytes of a value or a row
    sqlite3.SQLITE_LIMIT_COLUMN: 100,
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: 50_000,
    sqlite3.SQLITE_LIMIT_EXPR_DEPTH: 50,
    sqlite3.SQLITE_LIMIT_COMPOUND_SELECT: 5,
    sqlite3.SQLITE_LIMIT_VDBE_OP: 5_000,
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
}
ROW_BYTES = 8  # that a row takes at least; text may take half as much in the file as here


@dataclass(frozen=True, slots=True, kw_only=True)
class AnkiNote:
    """`fields` are pairs (name, HTML), in the note type's order, and `templates` its pairs (front,
    back). `cards` are pairs (number of the template or, from 0, of the gap, deck)."""

    guid: str
    kind: str
    tags: tuple[str, ...]
    fields: tuple[tuple[str, str], ...]
    templates: tuple[tuple[str, str], ...] = ()
    cards: tuple[tuple[int, str], ...] = ()

    @property
    def deck(self) -> str:
        """That of its first card; empty where it has none."""
        return self.cards[0][1] if self.cards else ""


@dataclass(slots=True)
class _Kind:
    """A note type."""

    name: str = ""
    fields: list[str] = field(default_factory=list)
    templates: list[tuple[str, str]] = field(default_factory=list)


def notes(data: bytes) -> list[AnkiNote]:
    """All notes of a collection, in the order they were made.

    Errors: Unreadable for what is no collection, one that takes too long, or that says more than
    its file can hold.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "collection"
        path.write_bytes(data)
        connection = sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)
        try:
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA trusted_schema = OFF")
            connection.create_collation("unicase", _unicase)
            for limit, most in LIMITS.items():
                connection.setlimit(limit, most)
            deadline = time.monotonic() + SECONDS
            connection.set_progress_handler(lambda: time.monotonic() > deadline, 1_000)
            return _notes(_Collection(connection, 2 * len(data)))
        except (sqlite3.Error, ValueError, KeyError, TypeError, AttributeError) as error:
            raise Unreadable(
                "its collection cannot be read; export the deck from Anki again.", str(error)
            ) from error
        finally:
            connection.close()


def _unicase(one: str, other: str) -> int:
    a, b = one.casefold(), other.casefold()
    return (a > b) - (a < b)


class _Collection:
    """A collection of which at most `left` bytes are still read."""

    def __init__(self, connection: sqlite3.Connection, left: int) -> None:
        self._connection = connection
        self._left = left

    def rows(self, select: str, *values: str) -> Iterator[sqlite3.Row]:
        """Unsorted and ungrouped, or the database would write it all to the disk once more.
        Errors: ValueError once there was more than the file can hold."""
        for row in self._connection.execute(select, values):
            texts = (value for value in row if isinstance(value, str | bytes))
            self._left -= ROW_BYTES + sum(map(len, texts))
            if self._left < 0:
                raise ValueError("it says more than its file can hold")
            yield row


def _notes(connection: _Collection) -> list[AnkiNote]:
    tables = set(_tables(connection))
    if not {"notes", "cards"} <= tables:
        raise ValueError("no table of notes, or none of cards")
    if "notetypes" in tables:
        kinds, known = _newer(connection, tables)
    else:
        kinds, known = _older(connection, tables)
    cards: dict[int, dict[int, str]] = defaultdict(dict)
    for nid, number, did in connection.rows("SELECT nid, ord, did FROM cards"):
        cards[nid][int(number)] = known.get(did, "")
    found = []
    rows = sorted(
        connection.rows("SELECT id, guid, mid, tags, flds FROM notes"),
        key=lambda row: int(row["id"]),
    )
    for row in rows:
        kind = kinds.get(row["mid"], _Kind())
        values = str(row["flds"]).split("\x1f")
        names = [*kind.fields, *(f"Field {n + 1}" for n in range(len(kind.fields), len(values)))]
        found.append(
            AnkiNote(
                guid=str(row["guid"]),
                kind=kind.name,
                tags=tuple(str(row["tags"]).split()),
                fields=tuple(zip(names, values, strict=False)),
                templates=tuple(kind.templates),
                cards=tuple(sorted(cards[row["id"]].items())),
            )
        )
    return found


def _tables(connection: _Collection) -> Iterator[str]:
    """The tables whose every value lies in the file."""
    select = "SELECT name FROM sqlite_master WHERE type = 'table' AND rootpage"
    for (name,) in list(connection.rows(select)):
        columns = connection.rows("SELECT hidden FROM pragma_table_xinfo(?)", name)
        if not any(column["hidden"] for column in columns):
            yield name


Kinds = dict[int, _Kind]


def _older(connection: _Collection, tables: set[str]) -> tuple[Kinds, dict[int, str]]:
    """Note types and decks as JSON in one row: the packages every Anki can write."""
    if "col" not in tables:
        raise ValueError("no table of the collection")
    (row,) = connection.rows("SELECT models, decks FROM col")
    models, decks = json.loads(row["models"]), json.loads(row["decks"])
    kinds = {
        int(number): _Kind(
            name=str(model["name"]),
            fields=[str(each["name"]) for each in model["flds"]],
            templates=[(str(each["qfmt"]), str(each["afmt"])) for each in model["tmpls"]],
        )
        for number, model in models.items()
    }
    return kinds, {int(number): str(deck["name"]) for number, deck in decks.items()}


def _newer(connection: _Collection, tables: set[str]) -> tuple[Kinds, dict[int, str]]:
    """Note types and decks in tables of their own, since Anki 2.1.28."""
    if not {"fields", "templates", "decks"} <= tables:
        raise ValueError("no table of fields, none of templates, or none of decks")
    names = connection.rows("SELECT id, name FROM notetypes")
    kinds: Kinds = {row["id"]: _Kind(name=row["name"]) for row in names}
    fields = connection.rows("SELECT ntid, ord, name FROM fields")
    for row in sorted(fields, key=lambda row: (row["ntid"], row["ord"])):
        kinds[row["ntid"]].fields.append(row["name"])
    templates = connection.rows("SELECT ntid, ord, config FROM templates")
    for row in sorted(templates, key=lambda row: (row["ntid"], row["ord"])):
        kinds[row["ntid"]].templates.append(_front_and_back(row["config"]))
    decks = connection.rows("SELECT id, name FROM decks")
    return kinds, {row["id"]: row["name"].replace("\x1f", "::") for row in decks}


def _front_and_back(config: bytes) -> tuple[str, str]:
    """The first two texts of a template: a message of protocol buffers, of which each part says
    its number and kind, and each text its length. Errors: ValueError."""
    texts, place = {1: "", 2: ""}, 0

    def number() -> int:
        nonlocal place
        found = shift = 0
        while True:
            if place >= len(config) or shift > 63:
                raise ValueError("a template that is cut off")
            found |= (config[place] & 0x7F) << shift
            place, shift = place + 1, shift + 7
            if config[place - 1] < 0x80:
                return found

    while place < len(config):
        part, kind = divmod(number(), 8)
        if kind == 0:
            number()
        elif kind == 2:
            length = number()
            if part in texts:
                texts[part] = config[place : place + length].decode()
            place += length
        else:  # a number of 8 or 4 bytes
            place += 8 if kind == 1 else 4
    return texts[1], texts[2]
