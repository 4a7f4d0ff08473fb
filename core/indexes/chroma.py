"""Approximate search by Chroma's HNSW graph, in memory or on a Chroma server: the only file that
imports chromadb.

A collection holds the chunks of papers that were cut one way, and is filled with those that are
missing when it is searched. One in memory is this process's own; one on a server is named by what
it holds, so that labs share it. It knows vectors and the sha256 of texts and papers, no text.
"""

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from typing import TYPE_CHECKING
from uuid import uuid4

import numpy as np

from core.errors import TriptychError
from core.indexes._search import Index, Wanted
from core.indexes._vectors import VectorStore
from core.settings import Settings
from core.types import digest

if TYPE_CHECKING:
    from chromadb.api import ClientAPI
    from chromadb.api.models.Collection import Collection

ADD_AT_MOST = 5461  # what Chroma takes in one call
SEARCH_WIDTH = 1000  # with it the search finds what an exact one finds, in up to 50,000 real chunks
KEPT = 8  # collections in memory at once; each is filled anew from the vectors


def open(vectors: VectorStore, settings: Settings) -> Index:
    return Chroma(vectors, settings.chroma)


def revision() -> str:
    return f"{version('chromadb')}, search width {SEARCH_WIDTH}"


class Chroma:
    """The vectors of a store, in a collection for each way of cutting. `address`: that of a server,
    "host:port"; empty: in memory. Errors of every method: TriptychError where no server answers."""

    rough = 1e-5

    def __init__(self, vectors: VectorStore, address: str) -> None:
        self._model = (*vectors.model, vectors.dimensions)
        self._address = address
        self._client: ClientAPI | None = None
        self._collections: OrderedDict[str, Collection] = OrderedDict()
        self._filled: dict[str, set[str]] = {}  # by collection the papers that are surely in

    def nearest(
        self, questions: np.ndarray, wanted: Wanted, count: int
    ) -> list[tuple[np.ndarray, np.ndarray]]:
        with self._answering():
            collection = self._collection(wanted.name)
            self._fill(collection, wanted)
            # A filter costs far more than the search itself. On a server there may be more papers.
            all_of_them = collection.count() == len(wanted.firsts)
            found = collection.query(
                query_embeddings=questions,
                n_results=count,
                where=None if all_of_them else {"paper": {"$in": list(wanted.paper_ids)}},
                include=["distances"],
            )
        return [
            (
                np.array([wanted.records.rows[_key(each)] for each in ids], np.intp),
                1 - np.array(distances),
            )
            for ids, distances in zip(found["ids"], found["distances"] or (), strict=True)
        ]

    def close(self) -> None:
        if self._client and not self._address:
            for collection in self._collections.values():
                self._client.delete_collection(collection.name)
        self._collections.clear()
        self._filled.clear()

    def _collection(self, name: str) -> "Collection":
        if self._client is None:
            self._client = _client(self._address)
        if name in self._collections:
            self._collections.move_to_end(name)
            return self._collections[name]
        # All clients in memory of a process share their collections.
        own = "" if self._address else f"-{uuid4().hex}"
        collection = self._client.get_or_create_collection(
            f"triptych-{digest([*self._model, name])}{own}",
            embedding_function=None,
            configuration={"hnsw": {"space": "cosine", "ef_search": SEARCH_WIDTH}},
            metadata={"embedder": self._model[0], "revision": self._model[1], "chunks": name},
        )
        self._collections[name], self._filled[name] = collection, set()
        if len(self._collections) > KEPT:
            gone, oldest = self._collections.popitem(last=False)
            del self._filled[gone]
            if not self._address:
                self._client.delete_collection(oldest.name)
        return collection

    def _fill(self, collection: "Collection", wanted: Wanted) -> None:
        """Add what is missing of the papers that were not looked for before."""
        fresh = set(wanted.paper_ids) - self._filled[wanted.name]
        entries = _entries(wanted, fresh) if fresh else {}
        names = list(entries)
        for start in range(0, len(names), ADD_AT_MOST):
            some = names[start : start + ADD_AT_MOST]
            known = set(collection.get(ids=some, include=[])["ids"])
            if new := [each for each in some if each not in known]:
                collection.add(
                    ids=new,
                    embeddings=wanted.records.vectors(np.array([entries[each] for each in new])),
                    metadatas=[{"paper": each.partition(":")[0]} for each in new],
                )
        self._filled[wanted.name] |= fresh

    @contextmanager
    def _answering(self) -> Iterator[None]:
        """The server's faults in one sentence."""
        from chromadb.errors import ChromaError
        from httpx import HTTPError

        try:
            yield
        except (ChromaError, HTTPError) as error:
            if not self._address:
                raise
            raise _silent(self._address, error) from error


def _client(address: str) -> "ClientAPI":
    import chromadb
    from chromadb.config import Settings as ChromaSettings

    quiet = ChromaSettings(anonymized_telemetry=False)
    if not address:
        return chromadb.EphemeralClient(quiet)
    host, _, port = address.rpartition(":")
    try:
        return chromadb.HttpClient(host, int(port), settings=quiet)
    except ValueError as error:  # so it says that nobody answers
        raise _silent(address, error) from error


def _silent(address: str, error: Exception) -> TriptychError:
    return TriptychError(
        f"The Chroma server at {address} (TRIPTYCH_CHROMA) does not answer as it should: start it"
        " with `chroma run`, or search with the index “exact”.",
        str(error),
    )


def _entries(wanted: Wanted, paper_ids: set[str]) -> dict[str, int]:
    """What a collection holds of these papers: a name, which says the paper and the text's key,
    and the row of its vector. Chunks of equal text are one entry of a paper: a thousand equal
    vectors tear the graph apart, and then it finds neither them nor their neighbours."""
    chosen = np.array([each in paper_ids for each in wanted.paper_ids])
    places = wanted.firsts[chosen[wanted.papers[wanted.firsts]]]
    keys = wanted.records.table["key"]
    return {
        f"{wanted.paper_ids[paper]}:{keys[row].tobytes().hex()}": row
        for paper, row in zip(
            wanted.papers[places].tolist(), wanted.rows[places].tolist(), strict=True
        )
    }


def _key(entry: str) -> bytes:
    return bytes.fromhex(entry.rpartition(":")[2])
