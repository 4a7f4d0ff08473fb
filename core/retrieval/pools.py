"""The chunks of some papers, ready to be searched by vectors and by words.

What is ready stays in memory, and all of it is derived: the cuts, vectors and counted words that it
is made of lie on disk. To be used in the worker's thread only.
"""

from collections import OrderedDict
from collections.abc import Generator, Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, TypeVar

from core.errors import BadInput, TriptychError
from core.files import at_work
from core.models import Models, device
from core.papers import Papers
from core.retrieval import bm25
from core.retrieval.bm25 import WordIndex
from core.retrieval.cuts import Cuts, Pool
from core.settings import Settings
from core.store import Store
from core.tasks import Progress, Stopwatch
from core.types import Chunk, Chunking, Embedder, PaperFilter, Prefix, Retrieval

if TYPE_CHECKING:
    import numpy as np

    from core.indexes import Index, VectorStore, Wanted

Key = TypeVar("Key")
Value = TypeVar("Value")

POOLS_KEPT = 8  # sets of chunks that are in memory, ready to be searched
WORDS_KEPT = 2  # word indexes open at once; the others lie on disk
TOGETHER = 32  # questions embedded at once
QUESTIONS_KEPT = 4_000  # vectors of questions in memory: a few MB


class Pools:
    """Pools by chunking and papers, and what finds the nearest and the best matching in them."""

    def __init__(
        self, settings: Settings, store: Store, papers: Papers, models: Models, cuts: Cuts
    ) -> None:
        self._settings = settings
        self._folder = settings.data / "vectors"
        self._store = store
        self._papers = papers
        self._models = models
        self._cuts = cuts
        self._vectors: dict[tuple[str, str], VectorStore] = {}  # by embedder and revision
        self._indexes: dict[tuple[str, tuple[str, str]], Index] = {}
        self._pools: OrderedDict[tuple[Chunking, tuple[str, ...], str], Pool] = OrderedDict()
        self._wanted: OrderedDict[tuple[tuple[str, str], Pool], Wanted] = OrderedDict()
        self._word_indexes: OrderedDict[tuple[Chunking, tuple[str, ...], str], WordIndex] = (
            OrderedDict()
        )
        self._questions: OrderedDict[tuple[str, str, bool, str], np.ndarray] = OrderedDict()

    def forget(self) -> None:
        """Let go of all that is in memory; the next search makes it anew."""
        for index in self._indexes.values():
            index.close()
        for kept in (self._indexes, self._pools, self._wanted, self._word_indexes, self._vectors):
            kept.clear()

    def pool(
        self, chunking: Chunking, paper_ids: tuple[str, ...], prefix: Prefix = "none"
    ) -> Generator[Progress, None, Pool]:
        """All chunks of these papers. Errors: BadInput if one of them has been removed."""
        self.check_here(paper_ids)
        pool = self._pools.pop((chunking, paper_ids, prefix), None)
        if pool is None:
            pool = yield from self._cuts.pool(chunking, paper_ids, prefix)
        _remember(self._pools, (chunking, paper_ids, prefix), pool)
        return pool

    def embed(self, embedder: Embedder, name: str, pool: Pool) -> Generator[Progress, None, None]:
        """Have a vector on disk for each of these chunks. Errors: BadInput where a paper has been
        removed meanwhile; its vectors do not stay."""
        import numpy as np

        from core.indexes import embed_missing, forget

        vectors = self._store_of(embedder, name)
        keys = pool.cuts["key"].tolist()
        of_papers: dict[str, list[bytes]] = {each: [] for each in pool.paper_ids}
        for place, key in zip(pool.papers.tolist(), keys, strict=True):
            of_papers[pool.paper_ids[place]].append(key)
        vectors.note(of_papers)
        known = vectors.records().rows
        missing = np.array([key not in known for key in keys])
        fresh = [pool.paper_ids[place] for place in np.unique(pool.papers[missing])]
        every = self._texts(pool, missing.nonzero()[0])
        watch, total = Stopwatch(), 0
        for done, total in watch.timed(embed_missing(vectors, embedder, every)):
            try:
                self.check_here(fresh)
            except BadInput:  # it went while it was read, and what was read just now stayed
                with at_work(self._folder.parent):
                    vectors.note(of_papers)
                    forget(self._folder, set(self._papers.ids(PaperFilter())))
                raise
            said = f"{name} reads the chunks: {done:,} of {total:,}"
            yield Progress(sentence=said, share=done / total)
        if total:
            self._store.speeds.add("embed", name, total, watch.seconds)

    def ready(
        self, embedder: Embedder, name: str, pool: Pool
    ) -> "Generator[Progress, None, Wanted]":
        """The chunks with their vectors, of which none is missing. Errors: as `embed`."""
        import numpy as np

        from core.indexes import Wanted

        vectors = self._store_of(embedder, name)
        wanted = self._wanted.pop((vectors.model, pool), None)
        if wanted is None or wanted.records is not vectors.records():
            yield from self.embed(embedder, name, pool)
            records, keys = vectors.records(), pool.cuts["key"].tolist()
            if not records.rows.keys() >= set(keys):
                self.check_here(pool.paper_ids)
                raise TriptychError("Vectors were taken away while they were needed; ask again.")
            wanted = Wanted(
                name=pool.way,
                records=records,
                paper_ids=pool.paper_ids,
                papers=pool.papers,
                rows=np.array([records.rows[key] for key in keys], np.intp),
            )
        _remember(self._wanted, (vectors.model, pool), wanted)
        return wanted

    def _store_of(self, embedder: Embedder, name: str) -> "VectorStore":
        """Where the vectors of an embedder lie."""
        from core.indexes import VectorStore

        model = (name, self._models.find("embedder", name).revision)
        if model not in self._vectors:
            self._vectors[model] = VectorStore(self._folder, *model, embedder.dimensions)
        return self._vectors[model]

    def similar(
        self,
        questions: Sequence[str],
        embedder: Embedder,
        wanted: Retrieval,
        pool: Pool,
        among: "Wanted",
        *,
        query: bool = True,
    ) -> list[list[tuple[Chunk, float]]]:
        """For each question the chunks most similar to it; without `query` they are passages."""
        from core import indexes

        model = (wanted.embedder, self._models.find("embedder", wanted.embedder).revision)
        if (wanted.index, model) not in self._indexes:
            self._indexes[wanted.index, model] = indexes.opened(
                wanted.index, self._vectors[model], self._settings
            )
        found = indexes.search(
            self._indexes[wanted.index, model],
            self._question_vectors(embedder, model, questions, query=query),
            among,
            wanted.candidates,
        )
        return self.with_chunks(pool, found)

    def likeness(self, embedder: str, pieces: Sequence[Chunk], prefix: Prefix) -> "np.ndarray":
        """The cosines of these chunks, which were searched by this embedder, with each other."""
        import numpy as np

        from core.indexes import key_of

        records = self._vectors[
            embedder, self._models.find("embedder", embedder).revision
        ].records()
        keys = [key_of(self._cuts.prefixed(chunk, prefix)) for chunk in pieces]
        if not records.rows.keys() >= set(keys):
            raise TriptychError("Vectors were taken away while they were needed; ask again.")
        vectors = records.vectors(np.array([records.rows[key] for key in keys], np.intp))
        cosines: np.ndarray = vectors @ vectors.T
        return cosines

    def with_chunks(
        self, pool: Pool, found: Sequence[list[tuple[int, float]]]
    ) -> list[list[tuple[Chunk, float]]]:
        """Places of a pool with their scores, as its chunks with them."""
        chunks = dict(self._each_chunk(pool, sorted({at for some in found for at, _ in some})))
        return [[(chunks[place], score) for place, score in some] for some in found]

    def _each_chunk(
        self, pool: Pool, places: "Sequence[int] | np.ndarray"
    ) -> Iterator[tuple[int, Chunk]]:
        """The chunks at these ascending places of a pool; each paper is loaded once."""
        for paper, some in groupby(places, lambda place: pool.papers[place]):
            at = list(map(int, some))
            try:
                chunks = self._cuts.chunks(pool.paper_ids[paper], pool.cuts[at], pool.prefix)
            except TriptychError:  # what is in memory is of no more use than what was kept
                self._pools.clear()
                raise
            yield from zip(at, chunks, strict=True)

    def _texts(self, pool: Pool, places: "Sequence[int] | np.ndarray") -> list[str]:
        """The texts of the chunks at these places, as the embedder and BM25 read them."""
        chunks = self._each_chunk(pool, places)
        return [self._cuts.prefixed(chunk, pool.prefix) for _, chunk in chunks]

    def check_here(self, paper_ids: Sequence[str]) -> None:
        """Errors: BadInput if one of these papers has been removed or read again: what it was cut
        into may still be known, and its vectors must not come back."""
        if gone := set(paper_ids) - self._store.papers.here(paper_ids):
            if self._store.readings.now_here(gone):
                raise BadInput(
                    "A paper was read again since this began with the text before; begin anew."
                )
            raise BadInput(f"There is no paper {min(gone)[:12]} here (any more).")

    def words(self, chunking: Chunking, pool: Pool) -> Generator[Progress, None, WordIndex]:
        """The words of exactly these papers: how rare one is depends on what else is searched. What
        it finds are places in the pool."""
        key = (chunking, pool.paper_ids, pool.prefix)
        index = self._word_indexes.pop(key, None)
        if index is None:
            index = WordIndex(
                self._folder.parent,
                bm25.name(chunking, pool.spans(), pool.way if pool.prefix != "none" else ""),
                lambda: self._texts(pool, range(len(pool.cuts))),
                pool.paper_ids,
                lambda: self.check_here(pool.paper_ids),
            )
        if not index.ready:
            yield Progress(sentence="BM25 counts the words of the chunks …")
            index.count()
        _remember(self._word_indexes, key, index, WORDS_KEPT)
        return index

    def _question_vectors(
        self,
        embedder: Embedder,
        model: tuple[str, str],
        questions: Sequence[str],
        *,
        query: bool = True,
    ) -> "np.ndarray":
        """The questions' vectors, shape (questions, dimensions)."""
        import numpy as np

        kept, asked = self._questions, dict.fromkeys(questions)
        kind = (*model, query)
        known = {each: kept[*kind, each] for each in asked if (*kind, each) in kept}
        missing = [each for each in asked if each not in known]
        for start in range(0, len(missing), TOGETHER):
            some = missing[start : start + TOGETHER]
            with device.room_for("the question" if len(some) == 1 else "the questions"):
                known |= zip(some, embedder.embed(some, query=query), strict=True)
        for question, vector in known.items():
            _remember(kept, (*kind, question), vector, QUESTIONS_KEPT)
        return np.stack([known[question] for question in questions])


def _remember(
    kept: OrderedDict[Key, Value], key: Key, value: Value, most: int = POOLS_KEPT
) -> None:
    """Keep a value as the latest of at most so many."""
    kept[key] = value
    kept.move_to_end(key)
    if len(kept) > most:
        kept.popitem(last=False)
