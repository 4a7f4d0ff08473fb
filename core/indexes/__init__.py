"""Vectors on disk, and what finds the nearest of them: one file = one kind of index.

An index is built from vectors that are already in the store, and can be thrown away at any time.
It knows neither models nor the texts of papers, and only proposes: similarities are computed here
from our own vectors, so no score and no order depends on how an index was built.
"""

from typing import Protocol

from core.errors import BadInput
from core.indexes import _word_files as word_files
from core.indexes._search import Index, Wanted, search
from core.indexes._vectors import Records, VectorStore, embed_missing, forget, kept, key_of
from core.models import modules
from core.settings import Settings

__all__ = [
    "Index",
    "IndexBackend",
    "Records",
    "VectorStore",
    "Wanted",
    "check",
    "embed_missing",
    "forget",
    "kept",
    "key_of",
    "names",
    "opened",
    "revision",
    "search",
    "word_files",
]


class IndexBackend(Protocol):
    """A file here."""

    def open(self, vectors: VectorStore, settings: Settings, /) -> Index:
        """What finds the nearest among these vectors; builds what it needs when it is searched."""
        ...

    def revision(self) -> str | None:
        """What decides which vectors it finds, for the keys of runs; None where it finds what there
        is. Imports nothing heavy."""
        ...


def names() -> list[str]:
    """The indexes there are. All functions here that are given another raise BadInput."""
    return list(modules(__name__))


def check(name: str) -> None:
    """Errors: BadInput for an unknown index."""
    _named(name)


def opened(name: str, vectors: VectorStore, settings: Settings) -> Index:
    """The index of that name over these vectors."""
    return _named(name).open(vectors, settings)


def revision(name: str) -> str | None:
    """As `IndexBackend.revision`."""
    return _named(name).revision()


def _named(name: str) -> IndexBackend:
    known = modules(__name__)
    if name not in known:
        raise BadInput(f"There is no index called {name!r}; known are: {', '.join(known)}.")
    return known[name]
