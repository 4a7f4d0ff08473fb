"""A backup: one zip file with the database, the original files and a list of contents.

    contents.json      what is inside, with sizes and the database's sha256; the texts of presets
    triptych.sqlite    all that people made
    papers/<sha256>    the original files

Vectors and models are not in it: they are made anew or fetched again. A file that comes from
somewhere is believed nothing: names, sizes, checksums, schema and papers are checked before
anything of it is used. Knows nothing of where the data lives.
"""

import hashlib
import json
import re
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, LargeZipFile, ZipFile, ZipInfo

from core.codec import from_json, to_json
from core.errors import Damaged, TriptychError
from core.files import PART, put_in_place, require_space, unfinished, write_failure_as
from core.store.database import Database, now
from core.store.migrations import STEPS
from core.types import Paper, file_id_of

CONTENTS = "contents.json"
DATABASE = "triptych.sqlite"
ORIGINAL = re.compile("papers/[0-9a-f]{64}")
PAPER_ID = re.compile("[0-9a-f]{64}(-[0-9a-f]{16})?")
PRESET = re.compile(r"[A-Za-z0-9][\w.-]{0,59}", re.ASCII)  # a name that is no path
LONGEST_CONTENTS = 32_000_000  # bytes; a hundred thousand papers take a quarter of it
MOST_UNPACKED = 100  # times the packed size: a database is packed to about a fifth
SMALL = 10_000_000  # bytes; an empty database is packed better, and a bomb is larger
BLOCK = 1 << 20
BROKEN = (BadZipFile, LargeZipFile, zlib.error, EOFError, NotImplementedError, ValueError)

BytesDone = tuple[int, int]  # bytes done, of how many


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What is in a backup. `left_out` counts the papers whose file was missing or damaged."""

    format: int
    at: str
    papers: int
    comparisons: int
    left_out: int
    database_bytes: int
    database_sha256: str
    files: dict[str, int]  # bytes by sha256
    presets: dict[str, str]  # texts of one's own sweeps by name


def write(
    database: Database, papers: Path, presets: dict[str, str], target: Path
) -> Iterator[BytesDone]:
    """Make a backup while everything is in use; it appears whole or not at all.

    `papers` is the folder of the original files, `presets` texts by name. Closing the iterator
    leaves nothing behind.
    Errors: OutOfSpace, and as Database.
    """
    copy, part = target.with_suffix(".sqlite"), target.with_suffix(PART)
    unwritten = write_failure_as(
        f"The backup could not be written to {target.parent}", "; make room and try again"
    )
    try:
        database.copy_to(copy)
        with closing(sqlite3.connect(copy)) as connection, connection:
            connection.execute("DELETE FROM removed_papers")
            ids = [row[0] for row in connection.execute("SELECT id FROM papers ORDER BY id")]
            (comparisons,) = connection.execute("SELECT count(*) FROM comparisons").fetchone()
        files = {each: papers / each for each in map(file_id_of, ids) if (papers / each).is_file()}
        total = copy.stat().st_size + sum(file.stat().st_size for file in files.values())
        done = 0
        with unwritten, unfinished(part) as new, ZipFile(new, "w") as archive:
            kept = {}
            for file_id, file in files.items():
                size = file.stat().st_size
                if _sha256(file) == file_id:
                    archive.write(file, f"papers/{file_id}", ZIP_STORED)
                    kept[file_id] = size
                done += size
                yield done, total
            archive.write(copy, DATABASE, ZIP_DEFLATED)
            contents = Contents(
                format=1,
                at=now(),
                papers=len(ids),
                comparisons=comparisons,
                left_out=len(ids) - len(kept),
                database_bytes=copy.stat().st_size,
                database_sha256=_sha256(copy),
                files=kept,
                presets=presets,
            )
            archive.writestr(CONTENTS, to_json(contents), ZIP_DEFLATED)
            archive.close()  # which ends it with the list of what is in it
            put_in_place(new, target)
        yield total, total
    finally:
        copy.unlink(missing_ok=True)


def contents(file: Path) -> Contents:
    """What a backup says of itself, once it fits what lies in the file.

    Errors: Damaged if it does not, or if it is no backup at all.
    """
    with _opened(file) as archive:
        return _contents(archive)


def unpack(file: Path, folder: Path) -> Iterator[BytesDone]:
    """Write the checked files of a backup into an empty folder: the database, and papers/.

    Errors: Damaged, OutOfSpace; what was written is then of no use.
    """
    with _opened(file) as archive:
        listed = _contents(archive)
        total = listed.database_bytes + sum(listed.files.values())
        needed = 2 * total  # the database is copied once more
        require_space(
            folder,
            needed,
            f"The backup needs {needed / 1e6:,.0f} MB to be put back; make room first.",
        )
        (folder / "papers").mkdir()
        done = 0
        checksums = {f"papers/{file_id}": file_id for file_id in listed.files}
        for name, sha256 in [*checksums.items(), (DATABASE, listed.database_sha256)]:
            with archive.open(name) as packed, (folder / name).open("wb") as unpacked:
                for size in _copied(packed, unpacked):
                    done += size
                    yield done, total
            if _sha256(folder / name) != sha256:
                raise _damaged("a checksum is wrong")


def ready(path: Path) -> frozenset[str]:
    """Bring the database of a backup to this version, and check that it can be trusted; the ids
    of its papers.

    Errors: Damaged.
    """
    address = f"{path.as_uri()}?mode=ro&immutable=1"
    try:
        with closing(sqlite3.connect(address, uri=True)) as connection:
            steps = {row[0] for row in connection.execute("SELECT name FROM migrations")}
    except sqlite3.DatabaseError as error:
        raise _damaged("its database cannot be read") from error
    if steps - {name for name, _ in STEPS}:
        raise Damaged(
            "The backup was made by a newer Triptych; update this one first. Nothing was changed."
        )
    try:
        with (
            closing(Database(path)) as database,
            closing(Database(path.with_name("fresh.sqlite"))) as fresh,
        ):
            whole = database.shape() == fresh.shape() and not database.faults()
            with database.writing() as connection:
                connection.execute("DELETE FROM removed_papers")
            ids = [row["id"] for row in database.rows("SELECT id FROM papers")]
            with database.writing() as connection:  # derived, and so not to be believed
                connection.execute("DELETE FROM cuts")
            whole = whole and all(_whole(database, paper_id) for paper_id in ids)
    except TriptychError as error:
        raise _damaged("its database cannot be read") from error
    if not whole:
        raise _damaged("its database is not as Triptych makes it")
    return frozenset(ids)


def _whole(database: Database, paper_id: object) -> bool:
    """Whether a paper is what its row says; its id becomes the names of files."""
    (row,) = database.rows("SELECT * FROM papers WHERE id = ?", paper_id)
    paper = from_json(Paper, str(row["body"]))
    said = (row["id"], row["title"], row["source"], row["kind"], row["pages"], row["characters"])
    found = (paper.id, paper.title, paper.source, paper.kind, paper.pages, len(paper.text))
    named = all(_names(str(row[column])) for column in ("authors", "tags"))
    dated = row["year"] is None or isinstance(row["year"], int)
    return said == found and named and dated and bool(PAPER_ID.fullmatch(paper.id))


def _names(text: str) -> bool:
    """Whether it is a list of texts as JSON."""
    try:
        found = json.loads(text)
    except ValueError:
        return False
    return isinstance(found, list) and all(isinstance(each, str) for each in found)


def _contents(archive: ZipFile) -> Contents:
    entries = {entry.filename: entry for entry in archive.infolist()}
    if len(entries) != len(archive.infolist()) or not {CONTENTS, DATABASE} <= entries.keys():
        raise _damaged("it is no backup of Triptych")
    if not all(_harmless(entry) for entry in entries.values()):
        raise _damaged("it holds what no backup holds")
    try:
        listed = from_json(Contents, archive.read(CONTENTS))
    except Damaged as error:
        raise _damaged("its list of contents cannot be read") from error
    if listed.format != 1:
        raise _damaged("it has another format")
    if not all(PRESET.fullmatch(name) for name in listed.presets):
        raise _damaged("it holds a preset with a name that no preset has")
    sizes = {f"papers/{file_id}": size for file_id, size in listed.files.items()}
    sizes[DATABASE] = listed.database_bytes
    if {name: entry.file_size for name, entry in entries.items() if name != CONTENTS} != sizes:
        raise _damaged("its files are not those of its list of contents")
    return listed


def _harmless(entry: ZipInfo) -> bool:
    """Whether an entry has a name, a packing and a size that a backup's may have."""
    known = entry.filename in (CONTENTS, DATABASE) or ORIGINAL.fullmatch(entry.filename)
    packed = entry.compress_type in (ZIP_STORED, ZIP_DEFLATED) and not entry.flag_bits & 1
    fitting = entry.file_size <= max(SMALL, MOST_UNPACKED * entry.compress_size)
    small = entry.filename != CONTENTS or entry.file_size <= LONGEST_CONTENTS
    return bool(known and packed and fitting and small)


def _copied(packed: IO[bytes], unpacked: IO[bytes]) -> Iterator[int]:
    while block := packed.read(BLOCK):
        unpacked.write(block)
        yield len(block)


@contextmanager
def _opened(file: Path) -> Iterator[ZipFile]:
    try:
        with ZipFile(file) as archive:
            yield archive
    except BROKEN as error:
        raise _damaged("it is no whole zip file") from error
    except OSError as error:
        raise TriptychError(f"The backup cannot be read: {error.strerror}.", str(error)) from error


def _damaged(why: str) -> Damaged:
    return Damaged(f"The backup cannot be used: {why}. Nothing was changed; choose another file.")


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
