"""One SQLite file: connections, transactions, migrations, and its errors in the user's words.

Knows SQL, and nothing of what the tables mean; each noun has its own file beside this one.
"""

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from core.errors import BadInput, Damaged, OutOfSpace, TriptychError
from core.store.migrations import STEPS
from core.text import language_of, spaced
from core.types import digest

BUSY_SECONDS = 10.0


def now() -> str:
    """The time in UTC, ISO 8601, to the millisecond, so that history sorts as it happened."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def add_functions(connection: sqlite3.Connection) -> None:
    """What steps, views and triggers call and SQLite has not."""
    connection.create_function("searchable", 1, spaced, deterministic=True)
    connection.create_function("language_of", 1, language_of, deterministic=True)
    connection.create_function("set_digest", 1, _set_digest, deterministic=True)


class Database:
    """One database file; one connection a thread; may be used by several processes at once.

    Errors of every method: OutOfSpace when the disk is full, TriptychError when the file is
    locked or read-only, Damaged when it is no database or newer than this program.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._local = threading.local()
        with translate_sqlite_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._migrate()

    @property
    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = sqlite3.connect(self.path, timeout=BUSY_SECONDS, isolation_level=None)
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
            add_functions(connection)
            self._local.connection = connection
        return connection

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction: all of it or nothing. Within another of this thread it is a part of
        that."""
        with translate_sqlite_errors(self.path):
            connection = self._connection
            if connection.in_transaction:
                yield connection
                return
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:  # a full disk may have rolled back by itself
                    connection.execute("ROLLBACK")
                raise

    @contextmanager
    def reading(self) -> Iterator[None]:
        """All rows asked for within are those of one moment, whatever others write."""
        with translate_sqlite_errors(self.path):
            connection = self._connection
            if connection.in_transaction:
                yield
                return
            connection.execute("BEGIN")
            try:
                yield
            finally:
                connection.execute("COMMIT")

    def rows(self, sql: str, *values: object, **named: object) -> list[sqlite3.Row]:
        """All rows of a query, its values in order or by name."""
        with translate_sqlite_errors(self.path):
            return self._connection.execute(sql, named or values).fetchall()

    def _migrate(self) -> None:
        self._connection.execute("CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY)")
        with self.writing() as connection:
            done = {row["name"] for row in connection.execute("SELECT name FROM migrations")}
            unknown = done - {name for name, _ in STEPS}
            if unknown:
                raise Damaged(
                    f"{self.path} was written by a newer Triptych (it knows "
                    f"{', '.join(sorted(unknown))}); update this one or choose another data folder."
                )
            for name, script in STEPS:
                if name not in done:
                    for statement in _statements(script):
                        connection.execute(statement)
                    connection.execute("INSERT INTO migrations VALUES (?)", (name,))

    def copy_to(self, path: Path) -> None:
        """Write a whole copy to a new file, also while others read and write this one."""
        with translate_sqlite_errors(path), closing(sqlite3.connect(path)) as copy:
            self._connection.backup(copy, progress=_patient)
            copy.execute("PRAGMA journal_mode = DELETE")  # one file, with nothing beside it

    @property
    def mark(self) -> int:
        """The number that the content came with when it last became another's; 0 before."""
        mark: int = self.rows("PRAGMA user_version")[0][0]
        return mark

    def restore_from(self, path: Path, mark: int) -> None:
        """Take on the whole content of another database file and this mark, all of it or nothing.

        It is copied into this one and the file stays: connections of other threads and processes
        that are open see the new content from their next question on.
        """
        # A file that is not there must not be made, and then copied.
        address = f"{path.as_uri()}?mode=rw"
        with (
            translate_sqlite_errors(self.path),
            closing(sqlite3.connect(address, uri=True)) as other,
        ):
            other.execute(f"PRAGMA user_version = {mark:d}")
            other.backup(self._connection, progress=_patient)
            self._connection.execute("PRAGMA wal_checkpoint (TRUNCATE)")

    def shape(self) -> list[tuple[object, ...]]:
        """How the file is built: page size, encoding, and each table, index and the like."""
        wanted = (
            "PRAGMA page_size",
            "PRAGMA encoding",
            "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name",
        )
        return [tuple(row) for sql in wanted for row in self.rows(sql)]

    def close(self) -> None:
        """Close this thread's connection; the next use opens another."""
        self._connection.close()
        del self._local.connection

    def faults(self) -> list[str]:
        """What SQLite finds wrong with the file, and rows that name what is not there; empty when
        it is whole."""
        found = [row[0] for row in self.rows("PRAGMA quick_check")]
        missing = [
            f"one of its {row['table']} names one of its {row['parent']} that is not there"
            for row in self.rows("PRAGMA foreign_key_check")
        ]
        return [each for each in found if each != "ok"] + missing


def _set_digest(ids: str) -> str:
    """What a set of papers is named by; `ids` is a JSON list."""
    return digest(json.loads(ids))


def _statements(script: str) -> Iterator[str]:
    """The single statements of a script; a trigger with its own statements inside is one."""
    statement = ""
    for part in script.split(";"):
        statement += part + ";"
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _patient(status: int, _remaining: int, _pages: int) -> None:
    """SQLite has waited for the lock by itself; Python would go on waiting for ever."""
    if status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        raise _locked("")


@contextmanager
def translate_sqlite_errors(path: Path) -> Iterator[None]:
    """SQLite's and the file system's errors in the user's words."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise _sentence(path, error) from error
    except (UnicodeEncodeError, OverflowError) as error:
        raise BadInput(
            "A text with half a character in it, or a number beyond all measure, cannot be kept;"
            " mend it and try again.",
            str(error),
        ) from error
    except OSError as error:
        raise TriptychError(f"{path.parent} cannot be used for data: {error.strerror}.") from error


def _locked(detail: str) -> TriptychError:
    return TriptychError(
        "Another program keeps the database locked; close it and try again.", detail
    )


def _sentence(path: Path, error: sqlite3.DatabaseError) -> TriptychError:
    match getattr(error, "sqlite_errorname", "").split("_")[1:2]:
        case ["FULL"]:
            return OutOfSpace(
                "The disk is full: nothing was saved just now, and all that was saved before is"
                " safe; free some space and try again."
            )
        case ["BUSY" | "LOCKED"]:
            return _locked(str(error))
        case ["READONLY" | "CANTOPEN" | "PERM"]:
            return TriptychError(f"{path} cannot be written; check its folder's permissions.")
        case ["NOTADB" | "CORRUPT"]:
            return Damaged(
                f"{path} is damaged: move it elsewhere, with what lies beside it under its name,"
                " start Triptych again, and put back the last backup on the Settings page.",
                str(error),
            )
        case _:
            return TriptychError(f"The database refused: {error}.", str(error))
