"""Nearest chunks, found by Chroma in memory: the only file that imports chromadb.

An index is built from vectors that are already in the store, and can be thrown away at any time.
It knows neither models nor the texts of papers. Chroma only proposes: similarities are computed
here from our own vectors, so no score and no order depends on how an approximate index was built.
"""

from collections.abc import Sequence
from uuid import uuid4

import numpy as np

from core.indexes.vectors import VectorStore
from core.types import Chunk

ADD_AT_MOST = 5461  # what Chroma takes in one call
SEARCH_WIDTH = 1000  # with it the search finds what an exact one finds, up to 50,000 chunks
SPARE = 10  # fetched beyond what was asked
ROUGH = 1e-5  # how far the index's own similarities may be off


class Index:
    """The chunks of some papers, cut one way, with the vectors of one embedder."""

    def __init__(self, vectors: VectorStore) -> None:
        import chromadb
        from chromadb.config import Settings

        self._vectors = vectors
        self._papers: dict[str, list[list[Chunk]]] = {}
        # All such clients of a process share their collections, hence a name that nobody else has.
        self._client = chromadb.EphemeralClient(settings=Settings(anonymized_telemetry=False))
        self._collection = self._client.create_collection(
            f"chunks-{uuid4().hex}",
            embedding_function=None,
            configuration={"hnsw": {"space": "cosine", "ef_search": SEARCH_WIDTH}},
        )

    @property
    def papers(self) -> frozenset[str]:
        """The ids of the papers that are in."""
        return frozenset(self._papers)

    def add(self, paper_id: str, chunks: Sequence[Chunk]) -> None:
        """Take in all chunks of a paper, which may be none; nothing happens if it is in already.

        Errors: ValueError if a chunk's vector is not in the store.
        """
        if paper_id in self._papers:
            return
        # Chunks of equal text are one entry: a thousand equal vectors tear the graph apart, and
        # then it finds neither them nor their neighbours.
        entries: dict[str, list[Chunk]] = {}
        for chunk in dict.fromkeys(chunks):
            entries.setdefault(chunk.text, []).append(chunk)
        vectors, missing = self._vectors.get(list(entries))
        if missing.any():
            raise ValueError(f"{missing.sum()} chunks of paper {paper_id[:12]} have no vector")
        for start in range(0, len(vectors), ADD_AT_MOST):
            some = vectors[start : start + ADD_AT_MOST]
            self._collection.add(
                ids=[f"{paper_id}:{start + row}" for row in range(len(some))],
                embeddings=some,
                metadatas=[{"paper": paper_id}] * len(some),
            )
        self._papers[paper_id] = list(entries.values())

    def remove(self, paper_id: str) -> None:
        """Take out a paper; nothing happens if it is not in."""
        if self._papers.pop(paper_id, None):
            self._collection.delete(where={"paper": paper_id})

    def close(self) -> None:
        """Free the memory; the index is of no use afterwards."""
        self._client.delete_collection(self._collection.name)

    def search(
        self, question: np.ndarray, paper_ids: Sequence[str], count: int
    ) -> list[tuple[Chunk, float]]:
        """The `count` chunks of these papers that are most similar to the question's vector, with
        their similarity, the cosine (-1..1). Best first; equally similar ones stand in the order
        of `paper_ids` and then of the text. Fewer if there are not so many.

        `question`: a unit vector, shape (dimensions,). Errors: KeyError for a paper that is not in.
        """
        if not any(self._papers[paper_id] for paper_id in paper_ids):
            return []
        fetch = count + SPARE
        while True:
            entries = self._nearest(question, paper_ids, fetch)
            found = self._measured(question, paper_ids, entries)
            # A tie at the end of what was asked must not be cut by the index's whim.
            if len(entries) < fetch or found[-1][1] < found[count - 1][1] - ROUGH:
                return found[:count]
            fetch *= 2

    def _nearest(
        self, question: np.ndarray, paper_ids: Sequence[str], count: int
    ) -> list[list[Chunk]]:
        """Chunks of equal text stand together."""
        some = self.papers != set(paper_ids)
        found = self._collection.query(
            query_embeddings=[question],
            n_results=count,
            where={"paper": {"$in": list(paper_ids)}} if some else None,
            include=[],
        )
        places = [entry.rpartition(":") for entry in found["ids"][0]]
        return [self._papers[paper_id][int(row)] for paper_id, _, row in places]

    def _measured(
        self, question: np.ndarray, paper_ids: Sequence[str], entries: list[list[Chunk]]
    ) -> list[tuple[Chunk, float]]:
        vectors, _ = self._vectors.get([chunks[0].text for chunks in entries])
        # Not a matrix product: its last digits may depend on a row's neighbours.
        similarities = (vectors.astype(np.float64) * question).sum(axis=1).clip(-1, 1)
        order = {paper_id: place for place, paper_id in enumerate(paper_ids)}
        measured = [
            (chunk, float(similarity))
            for chunks, similarity in zip(entries, similarities, strict=True)
            for chunk in chunks
        ]
        return sorted(measured, key=lambda hit: (-hit[1], order[hit[0].paper_id], hit[0].start))
