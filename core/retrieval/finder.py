"""Finding the evidence of a recipe: none, a retrieval over the papers, or given passages.

Brings the rooms together (cut, embed, index, rerank, rank) and says how far it is. To be used
in the worker's thread only.
"""

import time
from collections import OrderedDict
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, TypeVar

from core.errors import BadInput, TriptychError
from core.files import at_work
from core.models import Models, ReadLengths, device
from core.papers import Papers
from core.retrieval import bm25, ranking
from core.retrieval.bm25 import WordIndex
from core.retrieval.cuts import Cuts, Pool
from core.settings import Settings
from core.store import Store
from core.tasks import Progress, Stopwatch, result_of
from core.types import (
    Chunk,
    Chunking,
    Embedder,
    Evidence,
    Family,
    Given,
    Hit,
    PaperFilter,
    Recipe,
    Reranker,
    Retrieval,
    digest,
)

if TYPE_CHECKING:
    import numpy as np

    from core.indexes import Index, VectorStore, Wanted

Key = TypeVar("Key")
Value = TypeVar("Value")

NO_WORD = "No chunk holds a word of the question that BM25 counts, so nothing was found."
INDEXES_KEPT = 8  # sets of chunks that are in memory, ready to be searched
WORDS_KEPT = 2  # word indexes open at once; the others lie on disk
TOGETHER = 32  # questions embedded at once
QUESTIONS_KEPT = 4_000  # vectors of questions in memory: a few MB


@dataclass(frozen=True, slots=True, kw_only=True)
class Searched:
    """What was found for one question, best first, by vectors and by words (None for a search that
    was not made), and by text how many of its characters the embedder reads."""

    similar: list[tuple[Chunk, float]] | None
    lexical: list[tuple[Chunk, float]] | None
    embedder_reads: dict[str, int] | None
    seconds: float
    notes: tuple[str, ...]

    def at(self, depth: int) -> list[ranking.Candidate]:
        """As if the search had gone no deeper than `depth`."""
        similar, lexical = self.similar, self.lexical
        return ranking.candidates(
            similar[:depth] if similar is not None else None,
            lexical[:depth] if lexical is not None else None,
            depth,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RerankScores:
    """A reranker's scores for one question, by text; how many characters it reads of each, and the
    seconds of those that were scored just now."""

    scores: dict[str, float]
    reads: dict[str, int]
    seconds: dict[str, float]


class Finder:
    """Evidence for any recipe. Keeps indexes in memory; everything else is in the stores."""

    def __init__(self, settings: Settings, store: Store, papers: Papers, models: Models) -> None:
        self._settings = settings
        self._folder = settings.data / "vectors"
        self._store = store
        self._speeds = store.speeds
        self._papers = papers
        self._models = models
        self._cuts = Cuts(store, papers, models)
        self._vectors: dict[tuple[str, str], VectorStore] = {}  # by embedder and revision
        self._indexes: dict[tuple[str, tuple[str, str]], Index] = {}
        self._pools: OrderedDict[tuple[Chunking, tuple[str, ...]], Pool] = OrderedDict()
        self._wanted: OrderedDict[tuple[tuple[str, str], Pool], Wanted] = OrderedDict()
        self._word_indexes: OrderedDict[tuple[Chunking, tuple[str, ...]], WordIndex] = OrderedDict()
        self._questions: OrderedDict[tuple[str, str, str], np.ndarray] = OrderedDict()
        self._lengths: dict[tuple[str, str, str], ReadLengths] = {}

    def forget(self) -> None:
        """Let go of all that is derived and in memory; the next search makes it anew."""
        for index in self._indexes.values():
            index.close()
        for kept in (self._indexes, self._pools, self._wanted, self._word_indexes, self._vectors):
            kept.clear()

    def find(
        self, question: str, recipe: Recipe, paper_ids: tuple[str, ...]
    ) -> Generator[Progress, None, Evidence]:
        """The evidence of a recipe for a question. Errors: as `given` and `search`."""
        match recipe.evidence:
            case None:
                return Evidence()
            case Given() as given:
                return self.given(given)
            case Retrieval() as wanted:
                return (yield from self._retrieve(question, recipe.chunking, wanted, paper_ids))

    def given(self, given: Given) -> Evidence:
        """Passages by their place. Errors: BadInput for one whose paper or text is not there."""
        hits = []
        for rank, span in enumerate(given.spans, 1):
            paper = self._papers.get(span.paper_id)
            if not 0 <= span.start < span.end <= len(paper.text):
                raise BadInput(f"“{paper.title}” has no text from {span.start} to {span.end}.")
            text = paper.text[span.start : span.end]
            hits.append(
                Hit(
                    chunk=Chunk(paper_id=paper.id, start=span.start, end=span.end, text=text),
                    title=paper.title,
                    pages=paper.pages_of(span.start, span.end),
                    similarity=None,
                    rank_before=None,
                    rank=rank,
                )
            )
        return Evidence(candidates=tuple(hits), hits=tuple(hits))

    def _retrieve(
        self, question: str, chunking: Chunking, wanted: Retrieval, paper_ids: tuple[str, ...]
    ) -> Generator[Progress, None, Evidence]:
        (searched,) = yield from self.search([question], chunking, wanted, paper_ids)
        reranked = None
        texts = [candidate.chunk.text for candidate in searched.at(wanted.candidates)]
        if wanted.reranker and texts:
            reranked = yield from self.rerank(question, texts, wanted.reranker)
        return self.evidence(wanted, searched, reranked)

    def search(
        self,
        questions: Sequence[str],
        chunking: Chunking,
        wanted: Retrieval,
        paper_ids: tuple[str, ...],
    ) -> "Generator[Progress, None, list[Searched]]":
        """Everything that a search down to `wanted.candidates` finds for each of these questions,
        which are searched together; the seconds of each are its share."""
        pool = yield from self._pool(chunking, paper_ids)
        if not len(pool.cuts):
            raise BadInput("The chosen papers hold no text to search.")
        similar: Sequence[list[tuple[Chunk, float]] | None] = [None] * len(questions)
        lexical, lengths, seconds = similar, None, 0.0
        if wanted.uses_embedder:
            embedder = yield from self._models.embedder(wanted.embedder)
            lengths = self._read_lengths("embedder", wanted.embedder, embedder)
            among = yield from self._ready(embedder, wanted.embedder, pool)
            started = time.perf_counter()
            similar = self._similar(questions, embedder, wanted, pool, among)
            seconds += time.perf_counter() - started
        if wanted.uses_words:
            word_index = yield from self._words(chunking, pool)
            started = time.perf_counter()
            places = [word_index.search(each, wanted.candidates) for each in questions]
            seconds += time.perf_counter() - started
            lexical = self._with_chunks(pool, places)
        found = []
        for question, near, matching in zip(questions, similar, lexical, strict=True):
            reads: dict[str, int] | None = None
            notes: tuple[str, ...] = ()
            if lengths:
                chunks = [chunk for chunk, _ in [*(near or ()), *(matching or ())]]
                texts = list(dict.fromkeys(chunk.text for chunk in chunks))
                reads = dict(zip(texts, lengths.of(texts), strict=True))
                notes = _unread(question, lengths)
            elif not matching:
                notes = (NO_WORD,)
            found.append(
                Searched(
                    similar=near,
                    lexical=matching,
                    embedder_reads=reads,
                    seconds=seconds / len(questions),
                    notes=notes,
                )
            )
        return found

    def rerank(
        self, question: str, texts: Sequence[str], name: str
    ) -> "Generator[Progress, None, RerankScores]":
        """The reranker's scores of these texts; what was scored before comes from the store."""
        reranker = yield from self._models.reranker(name)
        revision = self._models.find("reranker", name).revision
        keys = {text: digest([name, revision, question, text]) for text in texts}
        known = self._store.scores.known(keys.values())
        missing = [text for text, key in keys.items() if key not in known]
        fresh: dict[str, float] = {}
        seconds: dict[str, float] = {}
        scores = reranker.score(question, missing)
        try:
            for done, text in enumerate(missing, 1):
                started = time.perf_counter()
                with device.room_for(f"a chunk of {len(text):,} characters"):
                    fresh[keys[text]] = next(scores)
                seconds[text] = time.perf_counter() - started
                said = f"{name} reads question and chunk: {done} of {len(missing)}"
                yield Progress(sentence=said, share=done / len(missing))
        finally:
            if fresh:
                self._store.scores.keep(fresh)
                self._speeds.add("rerank", name, len(seconds), sum(seconds.values()))
        reads = self._read_lengths("reranker", name, reranker).of(list(keys), question)
        return RerankScores(
            scores={text: (known | fresh)[key] for text, key in keys.items()},
            reads=dict(zip(keys, reads, strict=True)),
            seconds=seconds,
        )

    def evidence(
        self,
        wanted: Retrieval,
        searched: "Searched",
        reranked: "RerankScores | None",
    ) -> Evidence:
        """What a retrieval takes of a search that went at least as deep, and of the scores."""
        found = searched.at(wanted.candidates)
        texts = [candidate.chunk.text for candidate in found]
        papers = {each.chunk.paper_id: self._papers.get(each.chunk.paper_id) for each in found}
        scores, reads_reranked, seconds = None, None, None
        if reranked:
            scores = [reranked.scores[text] for text in texts]
            reads_reranked = [reranked.reads[text] for text in texts]
            seconds = sum(reranked.seconds.get(text, 0.0) for text in texts)
        reads = searched.embedder_reads
        candidates, hits = ranking.rank(
            found,
            scores,
            wanted,
            papers,
            embedder_reads=None if reads is None else [reads[text] for text in texts],
            reranker_reads=reads_reranked,
        )
        return Evidence(
            candidates=candidates,
            hits=hits,
            search_seconds=searched.seconds,
            rerank_seconds=seconds,
            notes=searched.notes,
        )

    def chunks(
        self, chunking: Chunking, paper_ids: Sequence[str]
    ) -> Generator[Progress, None, dict[str, tuple[Chunk, ...]]]:
        """All chunks by paper, in the order of the text."""
        cuts = yield from self._cuts.of(chunking, paper_ids)
        return {paper_id: self._cuts.chunks(paper_id, some) for paper_id, some in cuts.items()}

    def chunks_of(self, chunking: Chunking, paper_ids: Sequence[str]) -> set[bytes] | int:
        """The keys of the different texts of all chunks; how many at most, where a model that is
        not loaded would have to count tokens."""
        if not self._cuts.ready(chunking, paper_ids):
            papers = [self._papers.get(paper_id) for paper_id in paper_ids]
            step = chunking.size - chunking.overlap  # in tokens, and each is a character at least
            return sum(paper.pages + len(paper.text) // step for paper in papers)
        cuts = result_of(self._cuts.of(chunking, paper_ids))
        return {key for some in cuts.values() for key in some["key"].tolist()}

    def without_vector(self, embedder: str, keys: set[bytes]) -> int:
        """How many texts of these keys the embedder has not read yet; loads nothing."""
        from core.indexes import kept

        store = kept(self._folder, embedder, self._models.find("embedder", embedder).revision)
        return len(keys - store.records().rows.keys()) if store else len(keys)

    def _pool(
        self, chunking: Chunking, paper_ids: tuple[str, ...]
    ) -> Generator[Progress, None, Pool]:
        """All chunks of these papers. Errors: BadInput if one of them has been removed."""
        self._check_here(paper_ids)
        pool = self._pools.pop((chunking, paper_ids), None)
        if pool is None:
            pool = yield from self._cuts.pool(chunking, paper_ids)
        _remember(self._pools, (chunking, paper_ids), pool)
        return pool

    def _ready(
        self, embedder: Embedder, name: str, pool: Pool
    ) -> "Generator[Progress, None, Wanted]":
        """The chunks with their vectors, of which none is missing."""
        import numpy as np

        from core.indexes import VectorStore, Wanted, embed_missing, forget

        model = (name, self._models.find("embedder", name).revision)
        if model not in self._vectors:
            self._vectors[model] = VectorStore(self._folder, *model, embedder.dimensions)
        vectors = self._vectors[model]
        records = vectors.records()
        wanted = self._wanted.pop((model, pool), None)
        if wanted is None or wanted.records is not records:
            keys = pool.cuts["key"].tolist()
            of_papers: dict[str, list[bytes]] = {each: [] for each in pool.paper_ids}
            for place, key in zip(pool.papers.tolist(), keys, strict=True):
                of_papers[pool.paper_ids[place]].append(key)
            vectors.note(of_papers)
            missing = np.array([key not in records.rows for key in keys])
            fresh = [pool.paper_ids[place] for place in np.unique(pool.papers[missing])]
            every = [chunk.text for _, chunk in self._each_chunk(pool, missing.nonzero()[0])]
            watch, total = Stopwatch(), 0
            for done, total in watch.timed(embed_missing(vectors, embedder, every)):
                try:
                    self._check_here(fresh)
                except BadInput:  # it went while it was read, and what was read just now stayed
                    with at_work(self._folder.parent):
                        vectors.note(of_papers)
                        forget(self._folder, set(self._papers.ids(PaperFilter())))
                    raise
                said = f"{name} reads the chunks: {done:,} of {total:,}"
                yield Progress(sentence=said, share=done / total)
            if total:
                self._speeds.add("embed", name, total, watch.seconds)
            records = vectors.records()
            wanted = Wanted(
                name=pool.way,
                records=records,
                paper_ids=pool.paper_ids,
                papers=pool.papers,
                rows=np.array([records.rows[key] for key in keys], np.intp),
            )
        _remember(self._wanted, (model, pool), wanted)
        return wanted

    def _similar(
        self,
        questions: Sequence[str],
        embedder: Embedder,
        wanted: Retrieval,
        pool: Pool,
        among: "Wanted",
    ) -> list[list[tuple[Chunk, float]]]:
        """For each question the chunks that are most similar to it."""
        from core import indexes

        model = (wanted.embedder, self._models.find("embedder", wanted.embedder).revision)
        if (wanted.index, model) not in self._indexes:
            self._indexes[wanted.index, model] = indexes.opened(
                wanted.index, self._vectors[model], self._settings
            )
        found = indexes.search(
            self._indexes[wanted.index, model],
            self._question_vectors(embedder, model, questions),
            among,
            wanted.candidates,
        )
        return self._with_chunks(pool, found)

    def _with_chunks(
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
                chunks = self._cuts.chunks(pool.paper_ids[paper], pool.cuts[at])
            except TriptychError:  # what is in memory is of no more use than what was kept
                self._pools.clear()
                raise
            yield from zip(at, chunks, strict=True)

    def _check_here(self, paper_ids: Sequence[str]) -> None:
        """Errors: BadInput if one of these papers has been removed: what it was cut into may still
        be known, and its vectors must not come back."""
        if gone := set(paper_ids) - self._store.papers.here(paper_ids):
            raise BadInput(f"There is no paper {min(gone)[:12]} here (any more).")

    def _words(self, chunking: Chunking, pool: Pool) -> Generator[Progress, None, WordIndex]:
        """The words of exactly these papers: how rare one is depends on what else is searched. What
        it finds are places in the pool."""
        index = self._word_indexes.pop((chunking, pool.paper_ids), None)
        if index is None:
            index = WordIndex(
                self._folder.parent,
                bm25.name(chunking, pool.spans()),
                lambda: (chunk.text for _, chunk in self._each_chunk(pool, range(len(pool.cuts)))),
                pool.paper_ids,
                lambda: self._check_here(pool.paper_ids),
            )
        if not index.ready:
            yield Progress(sentence="BM25 counts the words of the chunks …")
            index.count()
        _remember(self._word_indexes, (chunking, pool.paper_ids), index, WORDS_KEPT)
        return index

    def _question_vectors(
        self, embedder: Embedder, model: tuple[str, str], questions: Sequence[str]
    ) -> "np.ndarray":
        """The questions' vectors, shape (questions, dimensions)."""
        import numpy as np

        kept, asked = self._questions, dict.fromkeys(questions)
        known = {each: kept[*model, each] for each in asked if (*model, each) in kept}
        missing = [each for each in asked if each not in known]
        for start in range(0, len(missing), TOGETHER):
            some = missing[start : start + TOGETHER]
            with device.room_for("the question" if len(some) == 1 else "the questions"):
                known |= zip(some, embedder.embed(some, query=True), strict=True)
        for question, vector in known.items():
            _remember(kept, (*model, question), vector, QUESTIONS_KEPT)
        return np.stack([known[question] for question in questions])

    def _read_lengths(self, family: Family, name: str, model: Embedder | Reranker) -> ReadLengths:
        key = (family, name, self._models.find(family, name).revision)
        if key not in self._lengths:
            self._lengths[key] = ReadLengths(model.tokenizer, model.window)
        return self._lengths[key]


def _unread(question: str, lengths: ReadLengths) -> tuple[str, ...]:
    (reads,) = lengths.of([question])
    if reads == len(question):
        return ()
    return (f"The embedder read {reads:,} of the question's {len(question):,} characters.",)


def _remember(
    kept: OrderedDict[Key, Value], key: Key, value: Value, most: int = INDEXES_KEPT
) -> None:
    """Keep a value as the latest of at most so many."""
    kept[key] = value
    kept.move_to_end(key)
    if len(kept) > most:
        kept.popitem(last=False)
