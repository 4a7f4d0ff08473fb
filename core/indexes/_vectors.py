"""Our own store of vectors: one file for each embedder and revision, keyed by text.

Knows no chunks and no index: the same text, wherever it stands, has one vector. A record is the
text's sha256, its vector and a checksum, so half-written or damaged records are passed over and
their texts embedded again. Of a paper it knows the id and, in a file named by it, the sha256 of
each of its texts: so the vectors of a paper that is gone can go, but for those of shared texts.

Records are only ever appended, or the file is replaced by one without some of them. Several
processes may share a file; a store object belongs to one thread.
"""

import glob
import hashlib
import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING
from urllib.parse import quote
from zlib import crc32

import numpy as np

from core.files import PART, disk_full_as, lock, locked, put_in_place, unfinished
from core.indexes import word_files
from core.models import device

if TYPE_CHECKING:
    from core.types import Embedder

BATCH = 32  # texts embedded and kept together: what a kill can lose
KEY = 32  # bytes of a sha256


@dataclass(frozen=True, slots=True, eq=False)
class Records:
    """A file of vectors as it was at one moment. What is read of it stays readable when the file
    is replaced or removed: a search that is under way may still ask for what has left it.

    `rows`: of each text's key the row of its record, for the whole records alone; it may know of
    later ones too. `table`: all records, of shape (records,), mapped from the file, whose device
    and inode are `number`.
    """

    rows: Mapping[bytes, int]
    table: np.ndarray
    number: tuple[int, int] = (0, 0)

    def in_file(self, file: IO[bytes]) -> bool:
        """Whether it is this file; its number is no other's while the table is mapped."""
        status = os.fstat(file.fileno())
        return len(self.table) > 0 and self.number == (status.st_dev, status.st_ino)

    def vectors(self, rows: np.ndarray) -> np.ndarray:
        """Float32, shape (len(rows), dimensions)."""
        found: np.ndarray = self.table["vector"][rows]
        return found

    def keys(self) -> bytes:
        """Those of all records, one after the other."""
        return self.table["key"].tobytes()


class VectorStore:
    """The vectors of one embedder. `damaged` counts the records that had to be passed over."""

    def __init__(self, folder: Path, embedder: str, revision: str, dimensions: int) -> None:
        self.file = folder / f"{quote(f'{embedder}-{revision}', safe='')}-{dimensions}.vectors"
        self.model = (embedder, revision)
        self.dimensions = dimensions
        self.damaged = 0
        self._record = np.dtype(
            [("key", f"V{KEY}"), ("vector", "<f4", (dimensions,)), ("checksum", "<u4")]
        )
        self._records: Records
        self._begin_again()

    def records(self) -> Records:
        """What is in the file now."""
        try:
            with locked(self.file, "rb", shared=True) as file:
                self._catch_up(file)
        except FileNotFoundError:
            self._begin_again()
        return self._records

    def get(self, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """The vectors, float32 of shape (len(texts), dimensions), and which of them are missing,
        bool of shape (len(texts),); a missing vector is all zeros."""
        records = self.records()
        rows = np.array([records.rows.get(key_of(text), -1) for text in texts], np.intp)
        missing = rows < 0
        vectors = np.zeros((len(texts), self.dimensions), np.float32)
        vectors[~missing] = records.vectors(rows[~missing])
        return vectors, missing

    def missing(self, texts: Sequence[str]) -> list[str]:
        """The different texts that have no vector on disk, in order."""
        rows = self.records().rows
        return [text for text in dict.fromkeys(texts) if key_of(text) not in rows]

    def unread(self, keys: Set[bytes]) -> int:
        """How many of these texts, by their keys, have no vector on disk."""
        return len(keys - self.records().rows.keys())

    def note(self, keys: Mapping[str, Collection[bytes]]) -> None:
        """Remember, before they are embedded, that the texts of these keys, by the paper's id, are
        a paper's; see `forget`. Writes only where something is new. Errors: OutOfSpace."""
        folder = _noted(self.file)
        new = [each for each in keys if not set(keys[each]) <= _keys([folder / each])]
        if not new:
            return
        with disk_full_as("The disk is full: nothing was embedded; free some space and try again."):
            folder.mkdir(parents=True, exist_ok=True)
            with locked(self.file, "ab"):
                for paper_id in new:
                    with (folder / paper_id).open("ab") as file:
                        file.truncate(file.tell() // KEY * KEY)  # half a key would shift the rest
                        file.write(b"".join(set(keys[paper_id]) - _keys([folder / paper_id])))
                os.sync()  # once for all of them: a thousand single files take ten seconds

    def add(self, texts: Sequence[str], vectors: np.ndarray) -> None:
        """Keep vectors, shape (len(texts), dimensions), on disk when this returns.

        Errors: OutOfSpace; ValueError for another shape and for numbers that are not finite.
        """
        if vectors.shape != (len(texts), self.dimensions) or not np.isfinite(vectors).all():
            raise ValueError(f"no {len(texts)} vectors of {self.dimensions} finite numbers")
        with disk_full_as(
            "The disk is full: embedding stopped, and what was done is kept; "
            "free some space and try again."
        ):
            self.file.parent.mkdir(parents=True, exist_ok=True)
            with locked(self.file, "a+b") as file:
                self._catch_up(file)
                # A half-written record would shift all behind it.
                file.truncate(len(self._records.table) * self._record.itemsize)
                for key, vector in dict(zip(map(key_of, texts), vectors, strict=True)).items():
                    if key not in self._records.rows:
                        file.write(_packed(key, vector))
                file.flush()
                os.fsync(file.fileno())

    def _catch_up(self, file: IO[bytes]) -> None:
        """Read the whole records behind those that are known."""
        status = os.fstat(file.fileno())
        count = status.st_size // self._record.itemsize
        # Where records have been taken out, another file has the name now.
        if count < len(self._records.table) or not self._records.in_file(file):
            self._begin_again()
        known = len(self._records.table)
        if count == known:
            return
        # By its name, which it has while it is locked: a map of the open file would hold the lock.
        table = np.memmap(self.file, self._record, mode="r", shape=(count,))
        contents, length = table.view(np.uint8).data, self._record.itemsize
        keys, checksums = table["key"][known:].tolist(), table["checksum"][known:].tolist()
        for row, (key, checksum) in enumerate(zip(keys, checksums, strict=True), known):
            if crc32(contents[row * length : (row + 1) * length - 4]) == checksum:
                self._rows[key] = row
            else:
                self.damaged += 1
        self._records = Records(self._rows, table, (status.st_dev, status.st_ino))

    def _begin_again(self) -> None:
        self._rows: dict[bytes, int] = {}
        self._records = Records(self._rows, np.empty(0, self._record))
        self.damaged = 0


def kept(folder: Path, embedder: str, revision: str) -> VectorStore | None:
    """The store of an embedder that need not be loaded, if it has ever embedded anything."""
    name = quote(f"{embedder}-{revision}", safe="")
    for file in sorted(folder.glob(f"{glob.escape(name)}-*.vectors")):
        dimensions = file.stem.removeprefix(f"{name}-")
        if dimensions.isdecimal():
            return VectorStore(folder, embedder, revision, int(dimensions))
    return None


def forget(folder: Path, paper_ids: Collection[str]) -> None:
    """Take the vectors of all papers but these from disk, for every embedder; one whose text
    stands in one of these too stays, and so does one of no paper. Counted words go with them.

    Each file is replaced whole, so a kill leaves the old or the new one, and the next call does
    what is left to do. Errors: OutOfSpace.
    """
    word_files.forget(folder, paper_ids)
    for file in sorted(folder.glob("*.vectors")):
        dimensions = file.stem.rpartition("-")[2]
        if dimensions.isdecimal():
            with disk_full_as(
                "The disk is full: not all vectors of what was removed could be taken away; free"
                " some space, and they go with the next paper that is removed."
            ):
                _forget(file, KEY + 4 * int(dimensions) + 4, paper_ids)


def _forget(file: Path, record_bytes: int, paper_ids: Collection[str]) -> None:
    with locked(file, "rb") as old:
        noted = list(_noted(file).glob("*"))
        gone = [each for each in noted if each.name not in paper_ids]
        if not gone:
            return
        dropped = _keys(gone) - _keys(each for each in noted if each.name in paper_ids)
        with unfinished(file.with_suffix(PART)) as new:
            lock(new)  # others find it as soon as it has its name, and must wait until all is done
            while len(record := old.read(record_bytes)) == record_bytes:
                if record[:KEY] not in dropped:
                    new.write(record)
            put_in_place(new, file)
            for each in [*derived(file), *gone]:
                each.unlink(missing_ok=True)


def derived(file: Path) -> list[Path]:
    """What indexes keep beside a file of vectors; see core/indexes/exact.py."""
    return list(file.parent.glob(f"{glob.escape(file.stem)}.*.index"))


def embed_missing(
    store: VectorStore, embedder: "Embedder", texts: Sequence[str]
) -> Iterator[tuple[int, int]]:
    """Embed the texts that have no vector yet, each once, and keep every batch at once.

    Yields (done, of how many) after each batch; nothing if nothing is missing. Errors: OutOfSpace.
    """
    todo = sorted(store.missing(texts), key=len, reverse=True)  # neighbours of like length pad less
    for start in range(0, len(todo), BATCH):
        batch = store.missing(todo[start : start + BATCH])  # another process may have been here
        if batch:
            store.add(batch, _embedded(embedder, batch))
        yield min(start + BATCH, len(todo)), len(todo)


def _embedded(embedder: "Embedder", texts: Sequence[str]) -> np.ndarray:
    """The texts' vectors; where the memory ends, of half as many at once."""
    half = len(texts) // 2
    if not half:
        with device.room_for(f"a chunk of {len(texts[0]):,} characters"):
            return embedder.embed(texts)
    try:
        return embedder.embed(texts)
    except Exception as error:
        if not device.out_of_memory(error):
            raise
    # Here and not above: the error itself holds on to what filled the memory.
    return np.concatenate([_embedded(embedder, some) for some in (texts[:half], texts[half:])])


def key_of(text: str) -> bytes:
    """By what a text is known here: its sha256."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def _packed(key: bytes, vector: np.ndarray) -> bytes:
    body = key + vector.astype("<f4").tobytes()
    return body + crc32(body).to_bytes(4, "little")


def _noted(file: Path) -> Path:
    """Where the papers of a file of vectors are noted: a file each, named by the paper's id."""
    return file.with_suffix(".papers")


def _keys(noted: Iterable[Path]) -> set[bytes]:
    """The whole keys in these files, of those that there are."""
    found: set[bytes] = set()
    for file in noted:
        with suppress(FileNotFoundError):
            content = file.read_bytes()
            found |= {content[at : at + KEY] for at in range(0, len(content) - KEY + 1, KEY)}
    return found
