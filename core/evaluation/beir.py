"""A BEIR data set (Thakur et al., 2021) searched by the lab's own retrievers, beside what others
published where that is known.

A document is a paper, its title and its text, in one chunk; it is gold as a whole. Vectors and
rerank scores are kept as they are computed, so a run that was broken off goes on where it stopped.
"""

import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from core import chunkers
from core.evaluation import beir_files
from core.evaluation.embedded import embedded
from core.labels import counted
from core.metrics import Interval, means, retrieval, statistics
from core.models import Models, characters_read
from core.retrieval import Finder, bm25, ranking
from core.settings import Settings
from core.tasks import Priority, Progress, Worker, mapped
from core.types import Chunk, Chunking, digest

EMBEDDER = "all-MiniLM-L6-v2"
RERANKER = "ms-marco-MiniLM-L-12-v2"
DEPTH = 100  # documents found for a question, and reranked
WHOLE = Chunking(chunker="pages", size=0, overlap=0)  # each document is one chunk

Measure = Literal["ndcg@10", "recall@100"]
MEASURES: tuple[Measure, ...] = get_args(Measure)
MTEB = "MTEB, results of all-MiniLM-L6-v2"
PYSERINI = "Pyserini, BM25 flat, stemmed"
BM25S = "bm25s, stemmed"
PUBLISHED: dict[str, tuple[tuple[str, Measure, float], ...]] = {
    EMBEDDER: ((MTEB, "ndcg@10", 64.51), (MTEB, "recall@100", 92.5)),
    "bm25": ((PYSERINI, "ndcg@10", 67.89), (BM25S, "ndcg@10", 68.74)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedScore:
    """What others published, in per cent, and whether that lies in our interval."""

    source: str
    measure: Measure
    value: float
    inside: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BeirRow:
    """One way to search. Per cent, means over the questions with their 95 % intervals.

    `adds`: the difference in nDCG@10 to the way called `adds_to`, paired over the questions.
    `search_seconds`: of a question, on average; `rerank_seconds`: the same of what was reranked in
    this run, None where nothing was. `folds`: what counts as the same word. `window`: how many
    tokens the embedder reads of a document, and `truncated` how many documents have more.
    """

    name: str
    questions: int
    documents: int
    ndcg: Interval
    recall: Interval
    published: tuple[PublishedScore, ...]
    adds_to: str | None = None
    adds: Interval | None = None
    search_seconds: float
    rerank_seconds: float | None = None
    folds: str | None = None
    window: int | None = None
    truncated: int | None = None

    @property
    def compared(self) -> list[tuple[Measure, Interval, PublishedScore | None]]:
        """Each measure of ours beside each that others published of it."""
        found: list[tuple[Measure, Interval, PublishedScore | None]] = []
        for measure, ours in zip(MEASURES, (self.ndcg, self.recall), strict=True):
            scores = [each for each in self.published if each.measure == measure]
            found += [(measure, ours, score) for score in scores or (None,)]
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class BeirTable:
    """As far as it was computed. `known`: whether anything published about this data set is known
    here."""

    folder: Path
    known: bool
    rows: tuple[BeirRow, ...] = ()

    @property
    def verdict(self) -> str:
        """What was found so far, in one sentence."""
        if not self.known:
            return "No published values of this data set are known here; the table shows ours."
        scores = [score for row in self.rows for score in row.published]
        inside = sum(score.inside for score in scores)
        return f"{inside} of {counted(len(scores), 'published value')} inside our 95 % interval."

    @property
    def notes(self) -> list[str]:
        """What else to know of it, in sentences."""
        said = []
        for row in self.rows:
            if row.truncated is not None:
                said.append(
                    f"{row.name} reads at most {row.window} tokens: {row.truncated:,} of"
                    f" {counted(row.documents, 'document')} are truncated."
                )
            if row.folds:
                said.append(f"{row.name} folds {row.folds}.")
            if row.adds:
                said.append(
                    f"{row.name} adds {row.adds.mean:+.2f} points of nDCG@10 to {row.adds_to} (95 %"
                    f" CI {row.adds.low:+.2f} to {row.adds.high:+.2f})."
                )
            reranking = (
                "" if row.rerank_seconds is None else f", reranking {row.rerank_seconds:.2f}"
            )
            said.append(
                f"{row.name} takes {row.search_seconds:.3f} s a question to search{reranking}."
            )
        return [*said, self.verdict]

    def lines(self) -> list[str]:
        """The table for people: published | ours | inside our interval."""
        written = [("", "measure", "published", "by", "ours", "95 % CI", "inside")]
        for row in self.rows:
            for measure, ours, score in row.compared:
                told = (f"{score.value:.2f}", score.source) if score else ("", "")
                own = f"{ours.mean:.2f}", f"{ours.low:.2f} to {ours.high:.2f}"
                inside = "" if score is None else "yes" if score.inside else "no"
                written.append((row.name, measure, *told, *own, inside))
        widths = [max(map(len, column)) for column in zip(*written, strict=True)]
        return ["  ".join(map(str.ljust, line, widths)).rstrip() for line in written]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Way:
    """What one way to search found: by question, in their order, chunks with a score, best first;
    and how many seconds a question took on average."""

    name: str
    found: Sequence[Sequence[tuple[Chunk, float]]]
    seconds: float


class BeirRuns:
    """`table` is what was computed last. Errors of every method: BadInput for a folder that holds
    something else."""

    def __init__(self, settings: Settings, models: Models, finder: Finder, worker: Worker) -> None:
        self._settings = settings
        self._models = models
        self._finder = finder
        self._worker = worker
        self.table: BeirTable | None = None

    def whole(self, folder: Path) -> Generator[Progress, None, BeirTable]:
        """`table` grows row by row."""
        yield Progress(sentence="Reading the documents …")
        data = beir_files.read(folder)
        table = self.table = BeirTable(folder=folder, known=data.is_scifact)

        def told(step: Progress | BeirRow) -> Progress:
            nonlocal table
            if isinstance(step, Progress):
                return step
            self.table = table = BeirTable(
                folder=folder, known=table.known, rows=(*table.rows, step)
            )
            return Progress(sentence=f"{step.name}: nDCG@10 {step.ndcg.mean:.2f}")

        # It takes minutes: what people ask goes first.
        yield from mapped(self._worker.stream(lambda: self._rows(data), Priority.SWEEP), told)
        return table

    def _rows(self, data: beir_files.BeirSet) -> Generator[Progress | BeirRow, None, None]:
        chunks = [chunk for paper in data.papers for chunk in chunkers.cut(paper, WHOLE)]
        similar, window, truncated = yield from self._similar(data, chunks)
        yield _row(data, similar, window=window, truncated=truncated)
        yield Progress(sentence="BM25 counts the words of the documents …")
        lexical = self._lexical(data, chunks)
        yield _row(data, lexical, folds=bm25.FOLDED)
        hybrid = _fused(similar, lexical)
        yield _row(data, hybrid, similar)
        reranked, seconds = yield from self._reranked(data, hybrid)
        yield _row(data, reranked, hybrid, rerank_seconds=seconds)

    def _similar(
        self, data: beir_files.BeirSet, chunks: Sequence[Chunk]
    ) -> Generator[Progress, None, tuple[_Way, int, int]]:
        """By cosine; the embedder's window, and how many chunks it does not read to their end."""
        embedder = yield from self._models.embedder(EMBEDDER)
        texts = [chunk.text for chunk in chunks]
        vectors, _ = yield from embedded(self._settings, self._models, embedder, EMBEDDER, texts)
        assert embedder.tokenizer is not None and embedder.window is not None, "the packaged one"
        reads = characters_read(embedder.tokenizer, embedder.window, texts)
        truncated = sum(read < len(text) for read, text in zip(reads, texts, strict=True))
        yield Progress(sentence=f"{EMBEDDER} reads {len(data.questions):,} questions …")
        started = time.perf_counter()
        questions = embedder.embed(list(data.questions.values()), query=True)
        found = []
        for question in questions:
            similarities = vectors @ question
            nearest = (-similarities).argsort(kind="stable")[: DEPTH + 1]
            found.append([(chunks[at], float(similarities[at])) for at in nearest])
        seconds = (time.perf_counter() - started) / len(questions)
        way = _Way(name=EMBEDDER, found=_without_itself(data, found), seconds=seconds)
        return way, embedder.window, truncated

    def _lexical(self, data: beir_files.BeirSet, chunks: Sequence[Chunk]) -> _Way:
        spans = ((chunk.paper_id, [(chunk.start, chunk.end)]) for chunk in chunks)
        name = digest([bm25.name(WHOLE, spans), data.digest])
        index = bm25.WordIndex(self._settings.data, name, lambda: (each.text for each in chunks))
        if not index.ready:
            index.count()
        started = time.perf_counter()
        found = [
            [(chunks[place], score) for place, score in index.search(question, DEPTH + 1)]
            for question in data.questions.values()
        ]
        seconds = (time.perf_counter() - started) / len(found)
        return _Way(name="bm25", found=_without_itself(data, found), seconds=seconds)

    def _reranked(
        self, data: beir_files.BeirSet, way: _Way
    ) -> Generator[Progress, None, tuple[_Way, float | None]]:
        """What a way found in the reranker's order, and the mean seconds of the questions of which
        no pair was scored before; None where there is none."""
        found, seconds = [], []
        for done, (question, some) in enumerate(
            zip(data.questions.values(), way.found, strict=True), start=1
        ):
            texts = [chunk.text for chunk, _ in some]

            said = f"{RERANKER} reads what was found: question {done:,} of {len(way.found):,}"

            def told(
                _: Progress, said: str = said, share: float = done / len(way.found)
            ) -> Progress:
                return Progress(sentence=said, share=share)

            read = yield from mapped(self._finder.rerank(question, texts, RERANKER), told)
            scores = [read.scores[text] for text in texts]
            found.append([(some[at][0], scores[at]) for at in ranking.order(len(some), scores)])
            if read.seconds.keys() == set(texts):
                seconds.append(sum(read.seconds.values()))
        name = f"{way.name} + {RERANKER}"
        mean = sum(seconds) / len(seconds) if seconds else None
        return _Way(name=name, found=found, seconds=way.seconds), mean


def _without_itself(
    data: beir_files.BeirSet, found: Sequence[Sequence[tuple[Chunk, float]]]
) -> list[list[tuple[Chunk, float]]]:
    """The first `DEPTH`, without a document that has the question's own id, as BEIR measures."""
    return [
        [hit for hit in some if hit[0].paper_id != question][:DEPTH]
        for question, some in zip(data.questions, found, strict=True)
    ]


def _fused(similar: _Way, lexical: _Way) -> _Way:
    """As the lab fuses both lists."""
    found = []
    for near, matching in zip(similar.found, lexical.found, strict=True):
        both = ranking.candidates(near, matching, DEPTH)
        found.append([(each.chunk, each.fused_score or 0.0) for each in both])
    return _Way(name="hybrid", found=found, seconds=similar.seconds + lexical.seconds)


def _row(data: beir_files.BeirSet, way: _Way, base: _Way | None = None, **facts: Any) -> BeirRow:
    """What a way is worth, and what it adds to the base."""
    measured = _measured(data, way)
    ours = {name: each.in_percent for name, each in zip(MEASURES, means(measured), strict=True)}
    added = None
    if base:
        pairs = [(b[0], m[0]) for b, m in zip(_measured(data, base), measured, strict=True)]
        added = statistics.differences(pairs, 0)[0].interval.in_percent
    return BeirRow(
        name=way.name,
        questions=len(data.questions),
        documents=len(data.papers),
        ndcg=ours["ndcg@10"],
        recall=ours["recall@100"],
        published=tuple(
            PublishedScore(
                source=source,
                measure=measure,
                value=value,
                inside=ours[measure].low <= value <= ours[measure].high,
            )
            for source, measure, value in (PUBLISHED.get(way.name, ()) if data.is_scifact else ())
        ),
        adds_to=base.name if base else None,
        adds=added,
        search_seconds=way.seconds,
        **facts,
    )


def _measured(data: beir_files.BeirSet, way: _Way) -> list[tuple[float, float]]:
    """By question nDCG@10 and recall@100, a document standing where its best chunk does."""
    scores = []
    for grades, some in zip(data.relevance.values(), way.found, strict=True):
        found = retrieval.graded(grades, list(dict.fromkeys(chunk.paper_id for chunk, _ in some)))
        scores.append((found.ndcg, found.recall))
    return scores
