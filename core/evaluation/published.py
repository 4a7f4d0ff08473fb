"""A published table computed again: Chroma's "Evaluating Chunking Strategies for Retrieval" (Smith
and Troynikov, 2024), from a folder with its corpora and questions, which are not ours to ship
(MIT, github.com/brandonstarxel/chunking_evaluation).

`omega` needs no model, `recall` the embedder. Vectors are kept by text as they are computed, so
that a broken run goes on where it stopped.
"""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from core import chunkers, gold, papers
from core.errors import BadInput
from core.evaluation.embedded import embedded
from core.metrics import Interval, means, retrieval, tied_with_best
from core.models import Models, characters_read, vocabularies
from core.settings import Settings
from core.tasks import Priority, Progress, Worker, mapped
from core.types import Chunk, Chunking, Paper, Span

if TYPE_CHECKING:
    from core.types import Embedder

EMBEDDER = "all-MiniLM-L6-v2"
TOP_K = 5
PUBLISHED_AT = "github.com/brandonstarxel/chunking_evaluation"
CLOSE = 0.1  # percentage points between a published omega and ours


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A row of the report, in per cent."""

    chunker: str
    size: int
    overlap: int
    recall: float
    precision: float
    iou: float


RECALL = tuple(
    Published(chunker=chunker, size=size, overlap=overlap, recall=recall, precision=p, iou=iou)
    for chunker, size, overlap, recall, p, iou in (
        ("recursive_tokens", 250, 125, 78.7, 4.9, 4.9),
        ("tokens", 250, 125, 82.4, 3.6, 3.5),
        ("recursive_tokens", 250, 0, 78.5, 5.4, 5.4),
        ("tokens", 250, 0, 77.1, 3.3, 3.3),
        ("recursive_tokens", 200, 0, 75.7, 6.5, 6.5),
        ("tokens", 200, 0, 76.6, 4.1, 4.0),
    )
)
OMEGA = (
    ("recursive_tokens", 200, 0, 29.9),
    ("recursive_tokens", 400, 0, 17.7),
    ("recursive_tokens", 400, 200, 13.9),
    ("recursive_tokens", 800, 400, 6.7),
    ("tokens", 200, 0, 21.0),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OmegaRow:
    """PrecisionOmega in per cent. `ours` takes each chunk where it stands, and gold without white
    space at its ends; `as_published` looks for a chunk's text from the beginning of the document,
    as the report's program does, and so mistakes the place of one whose text stands there before,
    and takes gold as it is published."""

    chunker: str
    size: int
    overlap: int
    chunks: int
    published: float
    as_published: float
    ours: float
    close: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RecallRow:
    """Per cent, means over `questions` with their 95 % intervals. `inside`: the published recall
    lies in our interval. `context_tokens`: the mean length of what a question is given, in cl100k
    tokens. `never_seen`: the share of the chunks' text that the embedder's window
    leaves out."""

    chunker: str
    size: int
    overlap: int
    chunks: int
    questions: int
    published: float
    recall: Interval
    inside: bool
    published_precision: float
    precision: Interval
    published_iou: float
    iou: Interval
    context_tokens: float
    never_seen: float
    embedded: int  # texts read in this run; the others were known


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The published table as far as it was computed again from this folder. `tied` are the rows
    whose recall cannot be told from the best, by their number; None before all rows are there."""

    folder: Path
    omega: tuple[OmegaRow, ...] = ()
    recall: tuple[RecallRow, ...] = ()
    tied: tuple[int, ...] | None = None

    @property
    def verdict(self) -> str:
        """What was found so far, in one sentence."""
        close, inside = (
            sum(row.close for row in self.omega),
            sum(row.inside for row in self.recall),
        )
        said = [f"{close} of {len(self.omega)} of the best possible precisions within {CLOSE}"]
        if self.recall:
            said.append(
                f"{inside} of {len(self.recall)} published recalls inside our 95 % interval"
            )
        return f"{'; '.join(said)}."


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """The papers and, for each question, its text, its gold as published and as it is measured."""

    papers: tuple[Paper, ...]
    questions: tuple[str, ...]
    published: tuple[tuple[Span, ...], ...]
    measured: tuple[tuple[Span, ...], ...]


class Reproduction:
    """`folder` of every method: `corpora/*.md` and `questions_df.csv`, and nothing else in it is
    read. Errors of every method: BadInput for a folder that holds something else, MissingModel
    without the vocabulary. `table` is what `whole` made last."""

    def __init__(self, settings: Settings, models: Models, worker: Worker) -> None:
        self._settings = settings
        self._models = models
        self._worker = worker
        self.table: Table | None = None

    def whole(self, folder: Path) -> Generator[Progress, None, Table]:
        """Both measures, for work in the background: `table` grows row by row."""
        check(folder)
        table = Table(folder=folder)
        yield Progress(
            sentence="Cutting the corpora and looking at their best possible precision …"
        )
        for number, row in enumerate(self.omega(folder), start=1):
            self.table = table = replace(table, omega=(*table.omega, row))
            said = f"Best possible precision: {number} of {len(OMEGA)}"
            yield Progress(sentence=said, share=number / len(OMEGA))

        def told(step: Progress | RecallRow) -> Progress:
            nonlocal table
            match step:
                case Progress():
                    return step
                case RecallRow():
                    self.table = table = replace(table, recall=(*table.recall, step))
                    done = len(table.recall)
                    said = f"Recall: {done} of {len(RECALL)}"
                    return Progress(sentence=said, share=done / len(RECALL))

        tied = yield from mapped(self.recall(folder), told)
        self.table = table = replace(table, tied=tied)
        return table

    def omega(self, folder: Path) -> Iterator[OmegaRow]:
        """How well each way of cutting could do at best; no model."""
        tokens = vocabularies.tokens(vocabularies.CL100K)
        corpus = read(folder, self._settings)
        for chunker, size, overlap, published in OMEGA:
            chunking = _chunking(chunker, size, overlap)
            chunks = [c for paper in corpus.papers for c in chunkers.cut(paper, chunking, tokens)]
            texts = {paper.id: paper.text for paper in corpus.papers}
            mistaken = [_where_first(chunk, texts[chunk.paper_id]) for chunk in chunks]
            as_published = _mean_omega(corpus.published, mistaken)
            yield OmegaRow(
                chunker=chunker,
                size=size,
                overlap=overlap,
                chunks=len(chunks),
                published=published,
                as_published=as_published,
                ours=_mean_omega(corpus.measured, chunks),
                close=abs(as_published - published) <= CLOSE,
            )

    def recall(self, folder: Path) -> Generator[Progress | RecallRow, None, tuple[int, ...]]:
        """A row for each of the report's, and before it what is going on; returns the numbers of
        those whose recall cannot be told from the best."""
        vocabularies.check(vocabularies.CL100K)
        corpus = read(folder, self._settings)
        # It takes minutes: what people ask goes first.
        return self._worker.stream(lambda: self._recall(corpus), Priority.SWEEP)

    def _recall(self, corpus: Corpus) -> Generator[Progress | RecallRow, None, tuple[int, ...]]:
        import numpy as np

        tokens = vocabularies.tokens(vocabularies.CL100K)
        embedder = yield from self._models.embedder(EMBEDDER)
        yield Progress(sentence=f"{EMBEDDER} reads {len(corpus.questions):,} questions …")
        questions = embedder.embed(corpus.questions, query=True)
        recalls = []
        for row in RECALL:
            chunking = _chunking(row.chunker, row.size, row.overlap)
            chunks = [c for paper in corpus.papers for c in chunkers.cut(paper, chunking, tokens)]
            texts = [chunk.text for chunk in chunks]
            vectors, new = yield from embedded(
                self._settings, self._models, embedder, EMBEDDER, texts
            )
            nearest = np.argsort(-(questions @ vectors.T), axis=1, kind="stable")[:, :TOP_K]
            found = [[chunks[place] for place in places] for places in nearest]
            overlaps = [_overlap(*each) for each in zip(corpus.measured, found, strict=True)]
            recalls.append([each.recall for each in overlaps])
            lengths = [sum(len(tokens(chunk.text)) for chunk in some) for some in found]
            yield _row(
                row,
                overlaps,
                chunks=len(chunks),
                context_tokens=sum(lengths) / len(lengths),
                never_seen=_never_seen(embedder, chunks),
                embedded=new,
            )
        return tied_with_best(np.transpose(recalls)).settings


def check(folder: Path) -> tuple[Path, list[Path]]:
    """The table of questions and the corpora. Errors: BadInput where one of them is missing."""
    table = folder / "questions_df.csv"
    files = sorted((folder / "corpora").glob("*.md"))
    if not table.is_file() or not files:
        raise BadInput(
            f"{folder} does not hold the data set (corpora/*.md and questions_df.csv); it is"
            f" published at {PUBLISHED_AT}."
        )
    return table, files


def read(folder: Path, settings: Settings) -> Corpus:
    """Errors: BadInput where a file is missing, or a question's gold is not in its corpus."""
    table, files = check(folder)
    known = {paper.id: paper for paper in (papers.read(f, f.name, settings) for f in files)}
    questions, published, measured = [], [], []
    for written in gold.read(table.name, table.read_bytes()):
        if isinstance(written, gold.Unread):
            raise BadInput(f"{table}, line {written.line}: {written.why}.")
        spans = []
        for passage in written.passages:
            paper = known[gold.paper_named(passage.paper, list(known.values()))]
            found = gold.place(passage, paper)
            if isinstance(found, gold.Missed):
                raise BadInput(f"{table}, line {written.line}: {found.sentence}")
            spans.append(found)
        trimmed = (gold.trimmed(span, known[span.paper_id].text) for span in spans)
        questions.append(written.text)
        published.append(tuple(spans))
        measured.append(tuple(span for span in trimmed if span))
    return Corpus(
        papers=tuple(known.values()),
        questions=tuple(questions),
        published=tuple(published),
        measured=tuple(measured),
    )


def _chunking(chunker: str, size: int, overlap: int) -> Chunking:
    return Chunking(chunker=chunker, size=size, overlap=overlap, tokenizer=vocabularies.CL100K)


def _where_first(chunk: Chunk, text: str) -> Span:
    start = text.find(chunk.text)
    return Span(paper_id=chunk.paper_id, start=start, end=start + len(chunk.text))


def _mean_omega(golds: Sequence[Sequence[Span]], chunks: Sequence[Chunk | Span]) -> float:
    """In per cent; every question has gold."""
    shares = [retrieval.precision_omega(spans, chunks) or 0.0 for spans in golds]
    return 100 * sum(shares) / len(shares)


def _overlap(passages: Sequence[Span], found: Sequence[Chunk]) -> retrieval.Overlap:
    measured = retrieval.overlap(passages, found)
    assert measured is not None, "every question has gold"
    return measured


def _never_seen(embedder: "Embedder", chunks: Sequence[Chunk]) -> float:
    texts = [chunk.text for chunk in chunks]
    assert embedder.tokenizer is not None and embedder.window is not None, "the packaged one"
    reads = characters_read(embedder.tokenizer, embedder.window, texts)
    return retrieval.never_seen([len(text) for text in texts], reads) or 0.0


def _row(
    row: Published,
    overlaps: Sequence[retrieval.Overlap],
    *,
    chunks: int,
    context_tokens: float,
    never_seen: float,
    embedded: int,
) -> RecallRow:
    measured = means([(each.recall, each.precision, each.iou) for each in overlaps])
    recall, precision, iou = (each.in_percent for each in measured)
    return RecallRow(
        chunker=row.chunker,
        size=row.size,
        overlap=row.overlap,
        chunks=chunks,
        questions=len(overlaps),
        published=row.recall,
        recall=recall,
        inside=recall.low <= row.recall <= recall.high,
        published_precision=row.precision,
        precision=precision,
        published_iou=row.iou,
        iou=iou,
        context_tokens=context_tokens,
        never_seen=never_seen,
        embedded=embedded,
    )
