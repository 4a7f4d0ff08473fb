"""What comes of asking: hits, answers, runs. Knows no database, no model and no page.

Seconds are wall-clock seconds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from core.types.papers import Chunk
from core.types.recipes import Recipe

FinishReason = Literal["stop", "length", "stopped", "error", "unknown"]
Family = Literal["embedder", "reranker", "generator"]
FAMILIES: tuple[Family, ...] = get_args(Family)
Source = Literal["packaged", "cached", "hub", "endpoint"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A chunk that was found, where it stands, and how much of it the models could read.

    `similarity` is the cosine (-1..1) and `lexical_score` the BM25 score (above 0, comparable
    within one search alone); None where that search was not made or did not bring the chunk.
    `fused_score` is the reciprocal rank fusion of both (at most 2/61). `rank_before` is the place
    before reranking (from 1), `rerank_score` the reranker's 0..1, `rank` the place in the end.
    Given passages have none of these but the rank. `embedder_reads` and `reranker_reads` count
    the characters from the chunk's start that fit the model's window; what lies behind was never
    seen by it. A hit from an imported log has no pages (see core.logs); it is a `preview` where
    the log holds only the chunk's beginning, and then nothing may be concluded from its text.
    `ocr`: some of it was read from a page's image, and may be misread.
    `chunk` is what was matched, `read` what is handed to the model instead: a stretch of the paper
    that holds the chunk, one and the same for all hits whose stretches meet; None: the chunk.
    """

    chunk: Chunk
    title: str  # of the paper, kept here so that a run stays readable when the paper is gone
    pages: tuple[int, ...]
    similarity: float | None
    lexical_score: float | None = None
    fused_score: float | None = None
    rank_before: int | None
    rerank_score: float | None = None
    rank: int
    embedder_reads: int | None = None
    reranker_reads: int | None = None
    preview: bool = False
    ocr: bool = False
    read: Chunk | None = None

    @property
    def passage(self) -> Chunk:
        """What the model reads of it."""
        return self.read or self.chunk


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the generator said. finish_reason: stop (it ended by itself, or, as the run's notes
    say, because it repeated itself), length (cut off at max_tokens), stopped (by a person), error
    (see the run's notes), unknown (imported). Seconds count from where the model began to read
    this prompt, with all that it wrote beside it. `thinking`, which it wrote before the answer, is
    no part of the text, but of `answer_tokens`."""

    text: str
    finish_reason: FinishReason
    prompt_tokens: int | None = None
    answer_tokens: int | None = None
    seconds_to_first_token: float | None = None
    seconds: float | None = None
    thinking: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewritten:
    """What was searched for instead of the question, and what writing it took: nothing where it was
    written before. `note`: what a reader must know of it."""

    queries: tuple[str, ...]
    seconds: float
    prompt_tokens: int | None = None
    answer_tokens: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What was found, how long it took, and what a reader must know about it. `candidates` are all
    hits with both ranks; `hits` those the prompt used."""

    candidates: tuple[Hit, ...] = ()
    hits: tuple[Hit, ...] = ()
    search_seconds: float | None = None
    rerank_seconds: float | None = None
    notes: tuple[str, ...] = ()
    rewritten: Rewritten | None = None

    @property
    def passages(self) -> tuple[Hit, ...]:
        """What the model reads: of the hits that are read as one passage the best."""
        return passages_of(self.hits)


def passages_of(hits: Sequence[Hit]) -> tuple[Hit, ...]:
    """Of the hits that are read as one passage the first."""
    first: dict[Chunk, Hit] = {}
    for hit in hits:
        first.setdefault(hit.passage, hit)
    return tuple(first.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One question answered by one recipe, with everything needed to read it without the papers.

    What was found stands in fields of its own, as runs are kept and exported; `evidence` is all of
    it together. `answer` is None for a search without generation. `notes` are sentences a reader
    must see (what was cut, what failed). `origin` says where it came from: lab, recorded, or an
    imported file. `window` is how many tokens the generator has room for, prompt and answer
    together; None where not known.
    """

    id: str
    key: str
    question: str
    paper_ids: tuple[str, ...]
    recipe: Recipe
    candidates: tuple[Hit, ...] = ()
    hits: tuple[Hit, ...] = ()
    messages: tuple[Message, ...] = ()
    answer: Answer | None = None
    engine: str = ""  # what computed it, with its version: "transformers 5.23.0 on cpu"
    precision: str = ""
    window: int | None = None
    search_seconds: float | None = None
    rerank_seconds: float | None = None
    at: str  # when, ISO 8601 in UTC; empty where an imported log does not say it
    origin: str = "lab"
    notes: tuple[str, ...] = ()
    rewritten: Rewritten | None = None

    @property
    def passages(self) -> tuple[Hit, ...]:
        """See `Evidence.passages`."""
        return passages_of(self.hits)

    @property
    def evidence(self) -> Evidence:
        """Its notes are all of the run's: which of them were the search's is not kept."""
        return Evidence(
            candidates=self.candidates,
            hits=self.hits,
            search_seconds=self.search_seconds,
            rerank_seconds=self.rerank_seconds,
            notes=self.notes,
            rewritten=self.rewritten,
        )

    @property
    def imported(self) -> bool:
        """Whether it comes from a file: then it is there to be looked at, and may have gaps."""
        return self.origin.startswith("import:")

    @property
    def finished(self) -> bool:
        """Whether it may be used again for the same key: stopped and failed runs may not, and
        imported ones (finish unknown) never answer a question."""
        return self.answer is None or self.answer.finish_reason in ("stop", "length")


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Runs that were asked together and are shown side by side."""

    id: str
    question: str
    runs: tuple[Run, ...]
    at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A model that may be used, as `python -m core models` lists it."""

    name: str
    family: Family
    source: Source
    available: bool
    reason: str  # why it is not available and the command that brings it; empty if it is
    revision: str = ""  # of the weights, with the precision they run in where that changes results
    folder: str = ""  # where the weights lie
    megabytes: int = 0
    parameters: str = ""  # "135 million"
    first_load: str = ""  # what its next load does besides reading, for one who waits
    device: str = ""  # cpu, cuda or mps, as it is likely to be; empty for an endpoint
    precision: str = ""  # of its numbers: float32, bfloat16, 4bit, int8; empty for an endpoint
    why: str = ""  # it computes in that precision, where this was measured: "2.34 times as fast"
    quantisation: str = ""  # how its file or folder keeps them, where that is rounded: "Q4_K_M"
    context: int = 0  # how many tokens it reads at once, as its GGUF file says; 0: not looked up
    chat_template: bool | None = None  # whether its GGUF file has one; None: not looked up
    aside: str = ""  # why it is used only where a person chooses it; empty if it may be the default
