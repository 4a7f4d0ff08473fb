"""Exact search: each vector is compared, by faiss. The only file that imports faiss.

The vectors lie rounded to 16 bits in a file beside the store's own, which is mapped and not read.
It is named by the keys of all its vectors and by a checksum of its content: one that does not fit
is made anew, from the store, in less than a second for 300,000 vectors.
"""

import hashlib
from contextlib import suppress
from typing import TYPE_CHECKING
from zlib import crc32

import numpy as np

from core.errors import OutOfSpace
from core.files import disk_full_as, locked
from core.indexes._search import Index, Wanted
from core.indexes._vectors import Records, VectorStore, derived
from core.settings import Settings

if TYPE_CHECKING:
    import faiss

# How far a rounded similarity can be off. Rounding changes no number by more than 2**-11 of it, and
# so the product of two unit vectors by no more than that; the rest is for float32 sums.
ROUGH = 2**-11 + 2**-15
FEW = 1_000  # texts among others, as those of one paper, that are compared without faiss
BLOCK = 10_000  # vectors taken in at once


def open(vectors: VectorStore, _settings: Settings) -> Index:
    return Exact(vectors)


def revision() -> None:
    """It finds what there is."""


class Exact:
    """All vectors of a store."""

    rough = ROUGH

    def __init__(self, vectors: VectorStore) -> None:
        self._file = vectors.file
        self._dimensions = vectors.dimensions
        self._of: Records | None = None
        self._index: faiss.Index | None = None

    def nearest(
        self, questions: np.ndarray, wanted: Wanted, count: int
    ) -> list[tuple[np.ndarray, np.ndarray]]:
        count = min(count, len(wanted.texts))
        if len(wanted.texts) <= min(FEW, len(wanted.records.table) - 1):
            similarities = questions @ wanted.records.vectors(wanted.texts).T
            best = (-similarities).argsort(axis=1)[:, :count]
            ordered = np.take_along_axis(similarities, best, axis=1)
            return list(zip(wanted.texts[best], ordered, strict=True))
        import faiss

        index = self._opened(wanted.records)
        among = None
        if len(wanted.texts) < index.ntotal:
            marked = np.zeros(index.ntotal, bool)
            marked[wanted.texts] = True
            bits = np.packbits(marked, bitorder="little")
            chosen = faiss.IDSelectorBitmap(bits)  # type: ignore[call-arg, arg-type]
            among = faiss.SearchParameters(sel=chosen)  # type: ignore[call-arg]
        similarities, rows = index.search(
            np.ascontiguousarray(questions, np.float32), count, params=among
        )
        return list(zip(rows, similarities, strict=True))

    def close(self) -> None:
        self._of = self._index = None

    def _opened(self, records: Records) -> "faiss.Index":
        if self._of is not records or self._index is None:
            self._index, self._of = self._read(records) or self._made(records), records
        return self._index

    def _read(self, records: Records) -> "faiss.Index | None":
        """The file that is there, if it fits and is whole."""
        import faiss

        keys = _digest(records)
        for file in derived(self._file):
            if file.name.startswith(f"{self._file.stem}.{keys}-"):
                with suppress(FileNotFoundError):  # another has put a newer one there
                    if file.name == self._name(keys, file.read_bytes()):
                        return faiss.read_index(str(file), faiss.IO_FLAG_MMAP_IFC)
        return None

    def _made(self, records: Records) -> "faiss.Index":
        """A new one, kept as a file unless the disk is full or the vectors have left theirs."""
        import faiss

        made: faiss.Index = faiss.IndexScalarQuantizer(
            self._dimensions, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT
        )
        for start in range(0, len(records.table), BLOCK):
            made.add(np.ascontiguousarray(records.table["vector"][start : start + BLOCK]))
        # Without a file the search goes as well; the next process makes the index again.
        with (
            suppress(FileNotFoundError, OutOfSpace),
            disk_full_as("No index kept."),
            locked(self._file, "rb") as vectors,
        ):
            if records.in_file(vectors):
                content = faiss.serialize_index(made).tobytes()
                new = self._file.with_name(self._name(_digest(records), content))
                # What a kill leaves of it has a name that fits nothing, and goes with the next one.
                for old in derived(self._file):
                    old.unlink(missing_ok=True)
                part = self._file.with_name(f"{self._file.stem}.new.index")
                part.write_bytes(content)
                made = faiss.read_index(str(part), faiss.IO_FLAG_MMAP_IFC)
                part.replace(new)
        return made

    def _name(self, keys: str, content: bytes) -> str:
        return f"{self._file.stem}.{keys}-{crc32(content):08x}.index"


def _digest(records: Records) -> str:
    """Says which vectors these are, and in which order."""
    return hashlib.sha256(records.keys()).hexdigest()[:32]
