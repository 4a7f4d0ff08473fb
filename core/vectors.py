"""Our own store of vectors: one append-only file for each embedder and revision, keyed by text.

Knows no papers, no chunks and no index: the same text, wherever it stands, has one vector. A
record is the text's sha256, its vector and a checksum, so half-written or damaged records are
passed over and their texts embedded again. Several processes may share a file; a store object
belongs to one thread.
"""

import errno
import fcntl
import glob
import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING
from urllib.parse import quote
from zlib import crc32

import numpy as np

from core.errors import OutOfSpace

if TYPE_CHECKING:
    from core.embedders import Embedder

BATCH = 32  # texts embedded and kept together: what a kill can lose


class VectorStore:
    """The vectors of one embedder. `damaged` counts the records that had to be passed over."""

    def __init__(self, folder: Path, embedder: str, revision: str, dimensions: int) -> None:
        self.file = folder / f"{quote(f'{embedder}-{revision}', safe='')}-{dimensions}.vectors"
        self.dimensions = dimensions
        self.damaged = 0
        self._record = np.dtype(
            [("key", "V32"), ("vector", "<f4", (dimensions,)), ("checksum", "<u4")]
        )
        self._vectors: dict[bytes, np.ndarray] = {}
        self._read = 0  # bytes of the file that are in _vectors or damaged

    def get(self, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """The vectors, float32 of shape (len(texts), dimensions), and which of them are missing,
        bool of shape (len(texts),); a missing vector is all zeros."""
        self._notice_growth()
        vectors = np.zeros((len(texts), self.dimensions), np.float32)
        missing = np.zeros(len(texts), bool)
        for row, text in enumerate(texts):
            vector = self._vectors.get(_key(text))
            if vector is None:
                missing[row] = True
            else:
                vectors[row] = vector
        return vectors, missing

    def missing(self, texts: Sequence[str]) -> list[str]:
        """The different texts that have no vector yet, in order."""
        self._notice_growth()
        return [text for text in dict.fromkeys(texts) if _key(text) not in self._vectors]

    def add(self, texts: Sequence[str], vectors: np.ndarray) -> None:
        """Keep vectors, shape (len(texts), dimensions), on disk when this returns.

        Errors: OutOfSpace; ValueError for another shape and for numbers that are not finite.
        """
        if vectors.shape != (len(texts), self.dimensions) or not np.isfinite(vectors).all():
            raise ValueError(f"no {len(texts)} vectors of {self.dimensions} finite numbers")
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            with self._open("a+b", fcntl.LOCK_EX) as file:
                self._catch_up(file)
                file.truncate(self._read)  # a half-written record would shift all behind it
                for key, vector in dict(zip(map(_key, texts), vectors, strict=True)).items():
                    if key not in self._vectors:
                        file.write(_packed(key, vector))
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise
            raise OutOfSpace(
                "The disk is full: embedding stopped, and what was done is kept; "
                "free some space and try again."
            ) from error

    def _notice_growth(self) -> None:
        if self.file.exists() and self.file.stat().st_size != self._read:
            with self._open("rb", fcntl.LOCK_SH) as file:
                self._catch_up(file)

    def _catch_up(self, file: IO[bytes]) -> None:
        """Read the whole records behind those that are known."""
        if file.seek(0, os.SEEK_END) < self._read:  # somebody removed the file
            self._read = 0
        file.seek(self._read)
        behind = file.read()
        records = np.frombuffer(behind, self._record, len(behind) // self._record.itemsize)
        for record in records:
            body = record.tobytes()[:-4]
            if crc32(body) == record["checksum"]:
                self._vectors[body[:32]] = record["vector"]
            else:
                self.damaged += 1
        self._read += records.nbytes

    @contextmanager
    def _open(self, mode: str, lock: int) -> Iterator[IO[bytes]]:
        with self.file.open(mode) as file:
            fcntl.flock(file, lock)
            yield file


def kept(folder: Path, embedder: str, revision: str) -> VectorStore | None:
    """The store of an embedder that need not be loaded, if it has ever embedded anything."""
    name = quote(f"{embedder}-{revision}", safe="")
    for file in sorted(folder.glob(f"{glob.escape(name)}-*.vectors")):
        dimensions = file.stem.removeprefix(f"{name}-")
        if dimensions.isdecimal():
            return VectorStore(folder, embedder, revision, int(dimensions))
    return None


def embed_missing(
    store: VectorStore, embedder: "Embedder", texts: Sequence[str]
) -> Iterator[tuple[int, int]]:
    """Embed the texts that have no vector yet, each once, and keep every batch at once.

    Yields (done, of how many) after each batch; nothing if nothing is missing.
    """
    todo = sorted(store.missing(texts), key=len, reverse=True)  # neighbours of like length pad less
    for start in range(0, len(todo), BATCH):
        batch = store.missing(todo[start : start + BATCH])  # another process may have been here
        if batch:
            store.add(batch, embedder.embed(batch))
        yield min(start + BATCH, len(todo)), len(todo)


def _key(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def _packed(key: bytes, vector: np.ndarray) -> bytes:
    body = key + vector.astype("<f4").tobytes()
    return body + crc32(body).to_bytes(4, "little")
