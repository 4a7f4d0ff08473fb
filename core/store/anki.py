"""The notes in an Anki collection: the SQLite file inside a package. Only ever reads.

Whoever made the file may mean harm: it is opened unchangeable, trusts none of its own functions,
and may work for a limited number of steps. Only tables are read that hold what they show: what a
view, a virtual table or a computed column says has no limit.
"""

import json
import sqlite3
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from core.errors import Unreadable

STEPS = 200_000  # a thousand virtual-machine instructions each


@dataclass(frozen=True, slots=True, kw_only=True)
class AnkiNote:
    """`fields` are pairs (name, HTML), in the note type's order."""

    guid: str
    kind: str
    deck: str
    tags: tuple[str, ...]
    fields: tuple[tuple[str, str], ...]


def notes(data: bytes) -> list[AnkiNote]:
    """All notes of a collection, in the order they were made.

    Errors: Unreadable for what is no collection, or one that takes too long.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "collection"
        path.write_bytes(data)
        connection = sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)
        try:
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA trusted_schema = OFF")
            connection.create_collation("unicase", _unicase)
            left = iter(range(STEPS))
            connection.set_progress_handler(lambda: next(left, None) is None, 1_000)
            return _notes(connection)
        except (sqlite3.Error, ValueError, KeyError, TypeError, AttributeError) as error:
            raise Unreadable(
                "its collection cannot be read; export the deck from Anki again.", str(error)
            ) from error
        finally:
            connection.close()


def _unicase(one: str, other: str) -> int:
    a, b = one.casefold(), other.casefold()
    return (a > b) - (a < b)


def _notes(connection: sqlite3.Connection) -> list[AnkiNote]:
    tables = set(_tables(connection))
    if not {"notes", "cards"} <= tables:
        raise ValueError("no table of notes, or none of cards")
    if "notetypes" in tables:
        kinds, known = _newer(connection, tables)
    else:
        kinds, known = _older(connection, tables)
    decks = dict(connection.execute("SELECT nid, min(did) FROM cards GROUP BY nid").fetchall())
    found = []
    # Sorted here: the database would sort whole texts, and write them to the disk for it.
    rows = sorted(
        connection.execute("SELECT id, guid, mid, tags, flds FROM notes"),
        key=lambda row: int(row["id"]),
    )
    for row in rows:
        kind, names = kinds.get(row["mid"], ("", []))
        values = str(row["flds"]).split("\x1f")
        names = [*names, *(f"Field {n + 1}" for n in range(len(names), len(values)))]
        found.append(
            AnkiNote(
                guid=str(row["guid"]),
                kind=kind,
                deck=known.get(decks.get(row["id"], 0), ""),
                tags=tuple(str(row["tags"]).split()),
                fields=tuple(zip(names, values, strict=False)),
            )
        )
    return found


def _tables(connection: sqlite3.Connection) -> Iterator[str]:
    """The tables whose every value lies in the file."""
    rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND rootpage")
    for (name,) in rows.fetchall():
        columns = connection.execute("SELECT hidden FROM pragma_table_xinfo(?)", (name,))
        if not any(column["hidden"] for column in columns):
            yield name


Kinds = dict[int, tuple[str, list[str]]]


def _older(connection: sqlite3.Connection, tables: set[str]) -> tuple[Kinds, dict[int, str]]:
    """Note types and decks as JSON in one row: the packages every Anki can write."""
    if "col" not in tables:
        raise ValueError("no table of the collection")
    row = connection.execute("SELECT models, decks FROM col").fetchone()
    models, decks = json.loads(row["models"]), json.loads(row["decks"])
    kinds = {
        int(number): (str(model["name"]), [str(field["name"]) for field in model["flds"]])
        for number, model in models.items()
    }
    return kinds, {int(number): str(deck["name"]) for number, deck in decks.items()}


def _newer(connection: sqlite3.Connection, tables: set[str]) -> tuple[Kinds, dict[int, str]]:
    """Note types and decks in tables of their own, since Anki 2.1.28."""
    if not {"fields", "decks"} <= tables:
        raise ValueError("no table of fields, or none of decks")
    kinds: Kinds = {
        row["id"]: (row["name"], []) for row in connection.execute("SELECT id, name FROM notetypes")
    }
    for row in connection.execute("SELECT ntid, name FROM fields ORDER BY ntid, ord"):
        kinds[row["ntid"]][1].append(row["name"])
    decks = connection.execute("SELECT id, name FROM decks")
    return kinds, {row["id"]: row["name"].replace("\x1f", "::") for row in decks}
