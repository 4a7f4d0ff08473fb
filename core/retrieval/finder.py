"""Finding the evidence of a recipe: none, a retrieval over the papers, or given passages.

Brings the rooms together (cut, embed, index, rerank, rank) and says how far it is. To be used
in the worker's thread only, but for `counted` and `unread`, which need no model.
"""

import time
from collections.abc import Generator, Iterable, Sequence, Set
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING

from core import rewritings
from core.errors import BadInput
from core.models import Models, ReadLengths, device, offsets
from core.papers import Papers
from core.retrieval import ranking, reading
from core.retrieval.cuts import Cuts
from core.retrieval.pools import Pools
from core.retrieval.rewriter import Rewriter
from core.settings import Settings
from core.store import Store
from core.tasks import Progress, result_of
from core.text import stripped
from core.types import (
    Chunk,
    Chunking,
    Embedder,
    Evidence,
    Family,
    Given,
    Hit,
    Paper,
    Prefix,
    Recipe,
    Reranker,
    Retrieval,
    Rewritten,
    Span,
    Whole,
    digest,
)

if TYPE_CHECKING:
    import numpy as np

MOST_CHARACTERS = 4_000_000  # of papers read whole: about a million tokens
TOO_MANY = "Only the first {:,} of {:,} papers were taken; the others are more than a model reads."
HEADINGS_KEPT = 20_000  # papers, without their texts
UNKNOWN = "How much of a chunk {} reads cannot be known here: its server does not say."
NO_WORD = "No chunk holds a word of the question that BM25 counts, so nothing was found."


Found = list[tuple[Chunk, float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Searched:
    """What was found for one question, best first, by vectors and by words (None for a search that
    was not made; of further queries both lists each), and by chunk how many of its characters the
    embedder reads (None too where that cannot be known)."""

    similar: list[tuple[Chunk, float]] | None
    lexical: list[tuple[Chunk, float]] | None
    others: tuple[tuple[Found | None, Found | None], ...] = ()
    rewritten: Rewritten | None = None
    embedder_reads: dict[Chunk, int] | None
    seconds: float
    notes: tuple[str, ...]

    def at(self, depth: int) -> list[ranking.Candidate]:
        """As if the search had gone no deeper than `depth`."""
        queries = [(self.similar, self.lexical), *self.others]
        similar, lexical = (
            ranking.joined([some[:depth] for some in lists if some is not None])
            for lists in zip(*queries, strict=True)
        )
        return ranking.candidates(similar, lexical, depth)


@dataclass(frozen=True, slots=True, kw_only=True)
class RerankScores:
    """A reranker's scores for one question, by text; how many characters it reads of each, None
    where that cannot be known; and the seconds of those that were scored just now."""

    scores: dict[str, float]
    reads: dict[str, int] | None
    seconds: dict[str, float]
    notes: tuple[str, ...] = ()


class Finder:
    """Evidence for any recipe. Keeps indexes in memory; everything else is in the stores."""

    def __init__(self, settings: Settings, store: Store, papers: Papers, models: Models) -> None:
        self._folder = settings.data / "vectors"
        self._era = 0  # how often all was let go
        self._store = store
        self._speeds = store.speeds
        self._papers = papers
        self._models = models
        self.rewriter = Rewriter(store, models)
        self._cuts = Cuts(store, papers, models)
        self._pools = Pools(settings, store, papers, models, self._cuts)
        self._lengths: dict[tuple[str, str, str], ReadLengths] = {}
        self._wholes = lru_cache(maxsize=1)(
            self._read_whole
        )  # a sweep asks for them again and again
        self._heading = lru_cache(maxsize=HEADINGS_KEPT)(self._read_heading)

    def forget(self) -> None:
        """Let go of all that is derived and in memory; the next search makes it anew."""
        self._era += 1
        self._pools.forget()
        self._heading.cache_clear()
        self._wholes.cache_clear()

    def find(
        self, question: str, recipe: Recipe, paper_ids: tuple[str, ...]
    ) -> Generator[Progress, None, Evidence]:
        """The evidence of a recipe for a question. Errors: as `given` and `search`."""
        match recipe.evidence:
            case None:
                return Evidence()
            case Given() as given:
                return self.given(given)
            case Whole():
                return self.whole(paper_ids)
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
                    ocr=paper.is_ocr(span.start, span.end),
                    similarity=None,
                    rank_before=None,
                    rank=rank,
                )
            )
        return Evidence(candidates=tuple(hits), hits=tuple(hits))

    def whole(self, paper_ids: tuple[str, ...]) -> Evidence:
        """All pages that hold text, of as many papers as any model could read. They are no
        candidates: what is kept of them is what the model reads. Errors: BadInput for a paper that
        is not here, and where none holds text."""
        self._pools.check_here(paper_ids)
        return self._wholes(paper_ids)

    def _read_whole(self, paper_ids: tuple[str, ...]) -> Evidence:
        spans: list[Span] = []
        taken, papers = 0, 0
        for paper in map(self._papers.get, paper_ids):
            if taken > MOST_CHARACTERS:
                break
            papers += 1
            for number in range(1, paper.pages + 1):
                start, end = paper.page_span(number)
                for first, last in stripped(paper.text, start, end):
                    spans.append(Span(paper_id=paper.id, start=first, end=last))
                    taken += last - first
        if not spans:
            raise BadInput("The chosen papers hold no text to read.")
        notes = (TOO_MANY.format(papers, len(paper_ids)),) if papers < len(paper_ids) else ()
        return Evidence(hits=self.given(Given(spans=tuple(spans))).hits, notes=notes)

    def _retrieve(
        self, question: str, chunking: Chunking, wanted: Retrieval, paper_ids: tuple[str, ...]
    ) -> Generator[Progress, None, Evidence]:
        rewritten = yield from self.rewriter.rewritten(question, wanted)
        (searched,) = yield from self.search([question], chunking, wanted, paper_ids, [rewritten])
        reranked = None
        texts = [candidate.chunk.text for candidate in searched.at(wanted.candidates)]
        if wanted.reranker and texts:
            reranked = yield from self.rerank(question, texts, wanted.reranker)
        return self.evidence(chunking, wanted, searched, reranked)

    def search(
        self,
        questions: Sequence[str],
        chunking: Chunking,
        wanted: Retrieval,
        paper_ids: tuple[str, ...],
        rewritten: Sequence[Rewritten | None] = (),
    ) -> "Generator[Progress, None, list[Searched]]":
        """Everything that a search down to `wanted.candidates` finds for each of these questions,
        or for what they were `rewritten` to, which are searched together; the seconds of each are
        its share."""
        asked = [
            each.queries if each else (question,)
            for question, each in zip(questions, rewritten or [None] * len(questions), strict=True)
        ]
        queries = [query for each in asked for query in each]
        passage = wanted.rewrite != rewritings.NONE and rewritings.named(wanted.rewrite)[0].PASSAGE
        pool = yield from self._pools.pool(chunking, paper_ids, wanted.prefix)
        if not len(pool.cuts):
            raise BadInput("The chosen papers hold no text to search.")
        similar: Sequence[Found | None] = [None] * len(queries)
        lexical, lengths, seconds = similar, None, 0.0
        if wanted.uses_embedder:
            embedder = yield from self._models.embedder(wanted.embedder)
            lengths = self._read_lengths("embedder", wanted.embedder, embedder)
            among = yield from self._pools.ready(embedder, wanted.embedder, pool)
            started = time.perf_counter()
            similar = self._pools.similar(queries, embedder, wanted, pool, among, query=not passage)
            seconds += time.perf_counter() - started
        if wanted.uses_words:
            word_index = yield from self._pools.words(chunking, pool)
            started = time.perf_counter()
            places = [word_index.search(each, wanted.candidates) for each in queries]
            seconds += time.perf_counter() - started
            lexical = self._pools.with_chunks(pool, places)
        lists = iter(zip(similar, lexical, strict=True))
        found = []
        for number, each in enumerate(asked):
            pairs = list(islice(lists, len(each)))
            reads: dict[Chunk, int] | None = None
            notes: tuple[str, ...] = ()
            if lengths:
                every = [some for pair in pairs for some in pair if some]
                chunks = list(dict.fromkeys(chunk for some in every for chunk, _ in some))
                reads = self._reads(chunks, lengths, wanted.prefix)
                notes = tuple(
                    dict.fromkeys(note for query in each for note in _unread(query, lengths))
                )
            elif wanted.uses_embedder:
                notes = (UNKNOWN.format(wanted.embedder),)
            elif not any(matching for _, matching in pairs):
                notes = (NO_WORD,)
            made = rewritten[number] if rewritten else None
            found.append(
                Searched(
                    similar=pairs[0][0],
                    lexical=pairs[0][1],
                    others=tuple(pairs[1:]),
                    rewritten=made,
                    embedder_reads=reads,
                    seconds=seconds / len(questions),
                    notes=notes + ((made.note,) if made and made.note else ()),
                )
            )
        return found

    def _reads(
        self, chunks: Sequence[Chunk], lengths: ReadLengths, prefix: Prefix
    ) -> dict[Chunk, int]:
        """How many characters of each chunk the embedder reads, behind its prefix."""
        texts = [self._cuts.prefixed(chunk, prefix) for chunk in chunks]
        before = [len(text) - len(chunk.text) for text, chunk in zip(texts, chunks, strict=True)]
        read = (max(0, each - first) for each, first in zip(lengths.of(texts), before, strict=True))
        return dict(zip(chunks, read, strict=True))

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
        lengths = self._read_lengths("reranker", name, reranker)
        return RerankScores(
            scores={text: (known | fresh)[key] for text, key in keys.items()},
            reads=(
                dict(zip(keys, lengths.of(list(keys), question), strict=True)) if lengths else None
            ),
            seconds=seconds,
            notes=() if lengths else (UNKNOWN.format(name),),
        )

    def evidence(
        self,
        chunking: Chunking,
        wanted: Retrieval,
        searched: "Searched",
        reranked: "RerankScores | None",
    ) -> Evidence:
        """What a retrieval takes of a search that went at least as deep, and of the scores. Errors:
        BadInput if a paper in which something was found has been removed, or if the tokens of a
        budget cannot be counted."""
        found = searched.at(wanted.candidates)
        texts = [candidate.chunk.text for candidate in found]
        paper_ids = {each.chunk.paper_id for each in found}
        self._pools.check_here(list(paper_ids))
        papers = {each: self._heading(each) for each in paper_ids}
        scores, reads_reranked, seconds = None, None, None
        notes = searched.notes
        if reranked:
            notes += reranked.notes
            scores = [reranked.scores[text] for text in texts]
            if reranked.reads is not None:
                reads_reranked = [reranked.reads[text] for text in texts]
            seconds = sum(reranked.seconds.get(text, 0.0) for text in texts)
        reads = searched.embedder_reads
        candidates, hits = ranking.rank(
            found,
            scores,
            wanted,
            papers,
            embedder_reads=None if reads is None else [reads[each.chunk] for each in found],
            reranker_reads=reads_reranked,
            likeness=self._likeness(wanted, found) if wanted.variety and found else None,
        )
        hits, told = self._passages(chunking, wanted, hits)
        return Evidence(
            candidates=reading.put_back(candidates, hits),
            hits=hits,
            search_seconds=searched.seconds,
            rerank_seconds=seconds,
            notes=notes + told,
            rewritten=searched.rewritten,
        )

    def _likeness(self, wanted: Retrieval, found: Sequence[ranking.Candidate]) -> "np.ndarray":
        return self._pools.likeness(
            wanted.embedder, [candidate.chunk for candidate in found], wanted.prefix
        )

    def _passages(
        self, chunking: Chunking, wanted: Retrieval, hits: tuple[Hit, ...]
    ) -> tuple[tuple[Hit, ...], tuple[str, ...]]:
        """What is read of these hits, as many as the budget allows, and notes."""
        papers: dict[str, Paper] = {}
        places: dict[str, list[tuple[int, int]]] = {}
        if wanted.read != reading.CHUNK:
            papers = {hit.chunk.paper_id: self._papers.get(hit.chunk.paper_id) for hit in hits}
        if reading.neighbours(wanted.read):
            cuts = result_of(self._cuts.of(chunking, list(papers)))
            places = {
                paper_id: list(zip(some["start"].tolist(), some["end"].tolist(), strict=True))
                for paper_id, some in cuts.items()
            }

        def read(some: Sequence[Hit]) -> tuple[Hit, ...]:
            return reading.around(some, wanted.read, papers, places)[0]

        _, told = reading.around(hits, wanted.read, papers, places)
        if not wanted.budget:
            return read(hits), told
        tokenizer, _ = self._models.reading(self._models.token_counter())
        hits, over = reading.within(
            hits, wanted.budget, lambda text: len(offsets(tokenizer, text)), read
        )
        return hits, told + over

    def _read_heading(self, paper_id: str) -> Paper:
        """What a hit says of its paper: thousands fit in memory without their texts."""
        paper = self._papers.get(paper_id)
        return replace(paper, text="", raw_map=(), word_boxes=(), doubtful=())

    def chunks(
        self, chunking: Chunking, paper_ids: Sequence[str]
    ) -> Generator[Progress, None, dict[str, tuple[Chunk, ...]]]:
        """All chunks by paper, in the order of the text."""
        cuts = yield from self._cuts.of(chunking, paper_ids)
        return {paper_id: self._cuts.chunks(paper_id, some) for paper_id, some in cuts.items()}

    def counted(
        self, ways: Iterable[tuple[Chunking, Prefix]], paper_ids: Sequence[str]
    ) -> Generator[Progress, None, dict[tuple[Chunking, Prefix], set[bytes] | int]]:
        """For each chunking with its prefix the keys of the different texts of all chunks; how many
        chunks at most, where a model that is not loaded would have to count tokens. Errors:
        BadInput for a paper that is not there."""
        self._pools.check_here(paper_ids)
        found: dict[tuple[Chunking, Prefix], set[bytes] | int] = {}
        for way in dict.fromkeys(ways):
            chunking, prefix = way
            if self._cuts.ready(chunking, paper_ids, prefix):
                cuts = yield from self._cuts.of(chunking, paper_ids, prefix)
                found[way] = {key for some in cuts.values() for key in some["key"].tolist()}
            else:
                step = chunking.size - chunking.overlap  # in tokens, each a character at least
                rows = self._papers.rows(paper_ids)
                found[way] = sum(row.pages + row.characters // step for row in rows)
        return found

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
        pool = yield from self._cuts.pool(chunking, tuple(paper_ids))
        embedder = yield from self._models.embedder(name)
        for step in self._pools.embed(embedder, name, pool):
            yield step
            if self._era != era:
                return

    def _read_lengths(
        self, family: Family, name: str, model: Embedder | Reranker
    ) -> ReadLengths | None:
        """None where it cannot be known how far a model reads."""
        if model.tokenizer is None or model.window is None:
            return None
        key = (family, name, self._models.find(family, name).revision)
        if key not in self._lengths:
            self._lengths[key] = ReadLengths(model.tokenizer, model.window)
        return self._lengths[key]


def _unread(question: str, lengths: ReadLengths) -> tuple[str, ...]:
    (reads,) = lengths.of([question])
    if reads == len(question):
        return ()
    return (f"The embedder read {reads:,} of the question's {len(question):,} characters.",)
