"""Finding the evidence of a recipe: none, a retrieval over the papers, or given passages.

Brings the rooms together (cut, embed, index, rerank, rank) and says how far it is. To be used
in the worker's thread only, but for `counted` and `unread`, which need no model.
"""

import time
from collections import OrderedDict
from collections.abc import Generator, Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import TYPE_CHECKING

from core import chunkers
from core.errors import BadInput
from core.files import at_work
from core.models import Models, characters_read, device, offsets, vocabularies
from core.papers import Papers
from core.retrieval import ranking
from core.retrieval.bm25 import WordIndex
from core.settings import Settings
from core.store import Store
from core.tasks import Progress, Stopwatch
from core.types import Chunk, Chunking, Embedder, Evidence, Given, Hit, Recipe, Retrieval, digest

if TYPE_CHECKING:
    import numpy as np

    from core.indexes import Index, VectorStore

INDEXES_KEPT = 8  # in memory at once; each is rebuilt from the vectors in a moment
COUNTED = 32_768  # papers, by chunking, whose texts are known by their keys: 32 bytes a chunk
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
        self._folder = settings.data / "vectors"
        self._era = 0  # how often all was let go
        self._store = store
        self._speeds = store.speeds
        self._papers = papers
        self._models = models
        self._vectors: dict[str, VectorStore] = {}
        self._word_indexes: OrderedDict[tuple[Chunking, tuple[str, ...]], WordIndex] = OrderedDict()
        self._indexes: OrderedDict[tuple[str, Chunking], Index] = OrderedDict()
        self._tokens: dict[str, chunkers.Tokens] = {}  # by the tokenizer's name
        self._questions: OrderedDict[tuple[str, str, str], np.ndarray] = OrderedDict()
        self._chunks = lru_cache(maxsize=512)(self._cut)
        self._keys = lru_cache(maxsize=COUNTED)(self._texts)

    def forget(self) -> None:
        """Let go of all that is derived and in memory; the next search makes it anew."""
        self._era += 1
        for index in self._indexes.values():
            index.close()
        self._indexes.clear()
        self._word_indexes.clear()
        self._vectors.clear()
        self._chunks.cache_clear()
        self._keys.cache_clear()

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
        searched = yield from self.search(question, chunking, wanted, paper_ids)
        reranked = None
        texts = [candidate.chunk.text for candidate in searched.at(wanted.candidates)]
        if wanted.reranker and texts:
            reranked = yield from self.rerank(question, texts, wanted.reranker)
        return self.evidence(wanted, searched, reranked, paper_ids)

    def search(
        self, question: str, chunking: Chunking, wanted: Retrieval, paper_ids: tuple[str, ...]
    ) -> "Generator[Progress, None, Searched]":
        """Everything that a search down to `wanted.candidates` finds."""
        yield from self._tokenizer(chunking.tokenizer)
        if not any(self._chunks(paper_id, chunking) for paper_id in paper_ids):
            raise BadInput("The chosen papers hold no text to search.")
        similar, lexical, seconds, reads = None, None, 0.0, None
        notes: tuple[str, ...] = ()
        if wanted.uses_embedder:
            embedder = yield from self._models.embedder(wanted.embedder)
            index = yield from self._ready(embedder, wanted.embedder, chunking, paper_ids)
            started = time.perf_counter()
            vector = self._vector(embedder, wanted.embedder, question)
            similar = index.search(vector, paper_ids, wanted.candidates)
            seconds += time.perf_counter() - started
        if wanted.uses_words:
            word_index = yield from self._words(chunking, paper_ids)
            started = time.perf_counter()
            lexical = word_index.search(question, wanted.candidates)
            seconds += time.perf_counter() - started
        if wanted.uses_embedder:
            found = [chunk for chunk, _ in [*(similar or ()), *(lexical or ())]]
            texts = list(dict.fromkeys(chunk.text for chunk in found))
            read = characters_read(embedder.tokenizer, embedder.window, texts)
            reads = dict(zip(texts, read, strict=True))
            notes = _unread(question, embedder)
        elif not lexical:
            notes = (
                "No chunk holds a word of the question that BM25 counts, so nothing was found.",
            )
        return Searched(
            similar=similar, lexical=lexical, embedder_reads=reads, seconds=seconds, notes=notes
        )

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
        reads = characters_read(reranker.tokenizer, reranker.window, list(keys), question)
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
        paper_ids: tuple[str, ...],
    ) -> Evidence:
        """What a retrieval takes of a search that went at least as deep, and of the scores."""
        found = searched.at(wanted.candidates)
        texts = [candidate.chunk.text for candidate in found]
        papers = {paper_id: self._papers.get(paper_id) for paper_id in paper_ids}
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
        yield from self._tokenizer(chunking.tokenizer)
        return {paper_id: self._chunks(paper_id, chunking) for paper_id in paper_ids}

    def counted(
        self, chunkings: Iterable[Chunking], paper_ids: Sequence[str]
    ) -> "Generator[Progress, None, dict[Chunking, set[bytes] | int]]":
        """For each chunking the keys of the different texts of all chunks; how many chunks at
        most, where a model that is not loaded would have to count tokens. Errors: BadInput for a
        paper that is not there."""
        from core.indexes.vectors import KEY

        rows = {row.id: row for row in self._papers.all()}
        self._here(paper_ids)
        texts: dict[Chunking, set[bytes]] = {}
        at_most: dict[Chunking, int] = {}
        for chunking in dict.fromkeys(chunkings):
            if not chunking.tokenizer or chunking.tokenizer in self._tokens:
                texts[chunking] = set()
                continue
            step = chunking.size - chunking.overlap  # in tokens, each a character at least
            each = (rows[paper_id] for paper_id in paper_ids)
            at_most[chunking] = sum(row.pages + row.characters // step for row in each)
        # A paper by all chunkings before the next, so that it is read once.
        for done, paper_id in enumerate(paper_ids if texts else (), 1):
            for chunking, found in texts.items():
                keys = self._keys(paper_id, chunking)
                found.update(keys[at : at + KEY] for at in range(0, len(keys), KEY))
            said = f"Counting the chunks: {done:,} of {len(paper_ids):,} papers"
            yield Progress(sentence=said, share=done / len(paper_ids))
        return {**texts, **at_most}

    def unread(self, name: str, keys: Set[bytes]) -> int:
        """How many of these texts the embedder has not read yet; loads nothing."""
        from core.indexes import kept

        revision = self._models.find("embedder", name).revision
        store = kept(self._folder, name, revision)
        return store.unread(keys) if store else len(keys)

    def embed(
        self, name: str, chunking: Chunking, paper_ids: Sequence[str]
    ) -> Generator[Progress, None, None]:
        """Have the vectors of these papers' chunks before somebody asks. Ends early when all that
        is derived was let go meanwhile."""
        era = self._era
        yield from self._tokenizer(chunking.tokenizer)
        embedder = yield from self._models.embedder(name)
        for step in self._ready(embedder, name, chunking, paper_ids):
            yield step
            if self._era != era:
                return

    def _ready(
        self, embedder: Embedder, name: str, chunking: Chunking, paper_ids: Sequence[str]
    ) -> "Generator[Progress, None, Index]":
        """The index, with all of these papers in it and none that has been removed."""
        from core.indexes import Index, VectorStore, embed_missing, forget

        revision = self._models.find("embedder", name).revision
        model = f"{name}@{revision}"
        if model not in self._vectors:
            self._vectors[model] = VectorStore(self._folder, name, revision, embedder.dimensions)
        vectors = self._vectors[model]
        index = self._indexes.pop((model, chunking), None) or Index(vectors)
        self._indexes[model, chunking] = index
        if len(self._indexes) > INDEXES_KEPT:
            self._indexes.popitem(last=False)[1].close()
        for paper_id in index.papers - self._here(paper_ids):
            index.remove(paper_id)
        fresh = [paper_id for paper_id in paper_ids if paper_id not in index.papers]
        texts = {each: [chunk.text for chunk in self._chunks(each, chunking)] for each in fresh}
        vectors.note(texts)
        every = [text for some in texts.values() for text in some]
        watch, total = Stopwatch(), 0
        for done, total in watch.timed(embed_missing(vectors, embedder, every)):
            try:
                self._here(fresh)
            except BadInput:  # it went while it was read, and what was read just now stayed behind
                with at_work(self._folder.parent):
                    vectors.note(texts)
                    forget(self._folder, self._here(()))
                raise
            said = f"{name} reads the chunks: {done:,} of {total:,}"
            yield Progress(sentence=said, share=done / total)
        if total:
            self._speeds.add("embed", name, total, watch.seconds)
        for paper_id in fresh:
            index.add(paper_id, self._chunks(paper_id, chunking))
        return index

    def _here(self, paper_ids: Sequence[str]) -> set[str]:
        """The papers that there are. Errors: BadInput if one of these has been removed: what is
        cut is still known, and its vectors must not come back."""
        here = {row.id for row in self._papers.all()}
        if gone := set(paper_ids) - here:
            raise BadInput(f"There is no paper {min(gone)[:12]} here (any more).")
        return here

    def _words(
        self, chunking: Chunking, paper_ids: tuple[str, ...]
    ) -> Generator[Progress, None, WordIndex]:
        """The words of exactly these papers: how rare one is depends on what else is searched."""
        index = self._word_indexes.pop((chunking, paper_ids), None)
        if index is None:
            yield Progress(sentence="BM25 counts the words of the chunks …")
            chunks = [self._chunks(paper_id, chunking) for paper_id in paper_ids]
            index = WordIndex([chunk for some in chunks for chunk in some])
        self._word_indexes[chunking, paper_ids] = index
        if len(self._word_indexes) > INDEXES_KEPT:
            self._word_indexes.popitem(last=False)
        return index

    def _cut(self, paper_id: str, chunking: Chunking) -> tuple[Chunk, ...]:
        tokens = self._tokens[chunking.tokenizer] if chunking.tokenizer else None
        return chunkers.cut(self._papers.get(paper_id), chunking, tokens)

    def _texts(self, paper_id: str, chunking: Chunking) -> bytes:
        """The keys of the texts of a paper's chunks, one behind the other. The chunks themselves
        are not held: a plan is about all papers, a search about few at a time."""
        from core.indexes import key_of

        return b"".join(key_of(chunk.text) for chunk in self._cut(paper_id, chunking))

    def _tokenizer(self, name: str | None) -> Iterator[Progress]:
        """Make sure that these tokens can be counted."""
        if name and vocabularies.known(name):
            self._tokens[name] = vocabularies.tokens(name)
        elif name and name not in self._tokens:
            embedder = yield from self._models.embedder(name)
            self._tokens[name] = partial(offsets, embedder.tokenizer)

    def _vector(self, embedder: Embedder, name: str, question: str) -> "np.ndarray":
        """The question's vector, shape (dimensions,)."""
        key = (name, self._models.find("embedder", name).revision, question)
        if key not in self._questions:
            with device.room_for("the question"):
                self._questions[key] = embedder.embed([question], query=True)[0]
            if len(self._questions) > QUESTIONS_KEPT:
                self._questions.popitem(last=False)
        return self._questions[key]


def _unread(question: str, embedder: Embedder) -> tuple[str, ...]:
    (reads,) = characters_read(embedder.tokenizer, embedder.window, [question])
    if reads == len(question):
        return ()
    return (f"The embedder read {reads:,} of the question's {len(question):,} characters.",)
