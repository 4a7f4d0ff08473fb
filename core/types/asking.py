"""Papers, recipes, and what comes of asking. Knows no database, no model and no page.

Offsets are character offsets into `Paper.text`, half open: `text[start:end]`.
Pages are numbered from 1. Seconds are wall-clock seconds.
"""

from bisect import bisect_right
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from operator import itemgetter
from typing import Literal, get_args

from core.types.digests import canonical, digest, digest_of

FinishReason = Literal["stop", "length", "stopped", "error", "unknown"]
PaperKind = Literal["pdf", "text", "markdown", "docx", "pptx", "html", "epub"]
Family = Literal["embedder", "reranker", "generator"]
FAMILIES: tuple[Family, ...] = get_args(Family)
Source = Literal["packaged", "cached", "hub", "endpoint"]
Style = Literal["chat", "completion"]
PassageOrder = Literal["best-last", "best-first"]
Arm = Literal["no_context", "retrieved", "reranked", "given"]
EXACT = "exact"  # the index that finds what there is


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A place in a paper: `paper.text[start:end]`."""

    paper_id: str
    start: int
    end: int

    def __str__(self) -> str:
        return f"{self.paper_id[:12]}:{self.start}-{self.end}"


def with_text_digest(paper: "Paper") -> "Paper":
    """The same paper (whose id is its file's sha256) with an id that names its text as well: what
    was read in the file, and what of it can be cut. So whatever is addressed by a paper (runs,
    vectors, gold) is addressed by its text. A text that the first version of Triptych would have
    read alike does without, as the ids of that version do."""
    read = digest([paper.text, paper.page_starts, paper.margins])
    return replace(paper, id=f"{paper.id}-{read}")


def file_id_of(paper_id: str) -> str:
    """The part of a paper's id that is the sha256 of its file's bytes, 64 hex digits."""
    return paper_id[:64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A document as it was read; its text never changes. Read in another way it is another paper:
    see `with_text_digest`.

    `page_starts[i]` is the offset at which page i + 1 begins; the first is 0. A paragraph may go on
    over such a place.
    `raw_map` leads back to the file for highlights: pairs (offset in text, character index on
    that page as the PDF reader counts it), ascending in the text alone; between two pairs both
    sides advance together, but never over a page's end. Empty for what is no PDF.
    `margins` are running heads, feet and page numbers: they stand behind all pages' own text, and
    are searched for but not cut. Pairs (offset in text, page), ascending; each ends where the next
    begins.
    `ocr_pages` were read from their image; `word_boxes` say where: (offset in text, left, bottom,
    right, top in points), a word each, ascending. `doubtful` are spans that may be misread.
    """

    id: str
    title: str
    text: str
    page_starts: tuple[int, ...] = (0,)
    raw_map: tuple[tuple[int, int], ...] = ()
    source: str  # the file name it came with
    kind: PaperKind
    blank_pages: tuple[int, ...] = ()  # pages that hold no text (images, or empty)
    margins: tuple[tuple[int, int], ...] = ()
    ocr_pages: tuple[int, ...] = ()
    word_boxes: tuple[tuple[int, float, float, float, float], ...] = ()
    doubtful: tuple[tuple[int, int], ...] = ()

    @property
    def file_id(self) -> str:
        return file_id_of(self.id)

    @property
    def is_markdown(self) -> bool:
        return self.kind not in ("pdf", "text")

    @property
    def pages(self) -> int:
        return len(self.page_starts)

    def is_ocr(self, start: int, end: int) -> bool:
        """Whether some of `text[start:end]` was read from a page's image."""
        return not set(self.ocr_pages).isdisjoint(self.pages_of(start, end))

    @property
    def body_end(self) -> int:
        """Where the pages' own text ends, and the margins begin."""
        return self.margins[0][0] if self.margins else len(self.text)

    def page_span(self, page: int) -> tuple[int, int]:
        """Start and end of page `page` (from 1) in the text, without its margins."""
        end = self.page_starts[page] if page < self.pages else self.body_end
        return self.page_starts[page - 1], end

    def margin_span(self, page: int) -> tuple[int, int]:
        """Start and end of the margins of page `page` in the text; both alike if it has none."""
        starts = [offset for offset, each in self.margins if each == page]
        behind = [offset for offset, each in self.margins if each > page]
        return (starts[0], behind[0] if behind else len(self.text)) if starts else (0, 0)

    def pages_of(self, start: int, end: int) -> tuple[int, ...]:
        """The pages that `text[start:end]` touches."""
        if start >= self.body_end and self.margins:
            first = bisect_right(self.margins, start, key=itemgetter(0)) - 1
            last = bisect_right(self.margins, max(start, end - 1), key=itemgetter(0))
            return tuple(sorted({page for _, page in self.margins[first:last]}))
        first = bisect_right(self.page_starts, start)
        last = bisect_right(self.page_starts, max(start, end - 1))
        return tuple(range(first, last + 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """A piece of a paper; `text == paper.text[start:end]` always."""

    paper_id: str
    start: int
    end: int
    text: str

    @property
    def span(self) -> Span:
        return Span(paper_id=self.paper_id, start=self.start, end=self.end)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunking:
    """How papers are cut. Size and overlap count in the chunker's own unit (here: characters).

    `tokenizer` names the model whose tokens are counted; None where none are. The lab fills it in
    before a chunking is used, so that the chunks depend on nothing else.
    """

    chunker: str = "recursive"
    size: int = 800
    overlap: int = 100
    across_pages: bool = False  # False: each page is cut by itself, as the old logs did
    tokenizer: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrieval:
    """Evidence searched for: `candidates` found, reranked if asked, the best `top_k` used.

    The retriever is dense (by the similarity of the embedder's vectors), bm25 (by words; then the
    embedder is not used) or hybrid (both lists, fused by rank). `index` finds the nearest vectors:
    exact, or chroma, which may miss some.
    `switched_off` are chunks left out of the prompt although they were found. Nothing moves up
    in their place, so that two answers differ by exactly these chunks.
    """

    kind: Literal["retrieval"] = "retrieval"
    retriever: str = "dense"
    embedder: str = "all-MiniLM-L6-v2"
    index: str = EXACT
    candidates: int = 20
    top_k: int = 3
    reranker: str | None = None
    switched_off: tuple[Span, ...] = ()

    @property
    def uses_embedder(self) -> bool:
        return self.retriever != "bm25"

    @property
    def uses_words(self) -> bool:
        return self.retriever != "dense"


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """Evidence handed over as spans: the gold passage, or what a person chose."""

    kind: Literal["given"] = "given"
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """How an answer is written. Temperature 0 is greedy decoding; else a token is drawn of the
    `top_tokens` likeliest (0: all; elsewhere "top-k"), of these of the first with chance `top_p`.

    `passages` says where the best one stands in the prompt: next to the question, or first. With
    the best first, a prompt of three passages begins one of five, and both are read together.
    """

    generator: str = "SmolLM2-135M-Instruct"
    max_tokens: int = 256
    temperature: float = 0.0
    seed: int = 0
    style: Style = "chat"
    passages: PassageOrder = "best-last"
    top_p: float = 1.0
    top_tokens: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Everything that decides an answer, besides the question and the papers.

    `evidence=None` is the baseline without context; it is no code path of its own.
    `generation=None` asks for the evidence alone, without an answer.
    `revisions` says what the names stood for: pairs (model name, "bm25" or "prompt", revision),
    filled in by the lab before a recipe is used, so that another build of a model is another
    recipe. So does an index that may miss something, and do a chunker (by its name) and rank fusion
    ("hybrid"), once they do anything else than in the first version that asked.
    """

    chunking: Chunking = Chunking()
    evidence: Retrieval | Given | None = None
    generation: Generation | None = Generation()
    revisions: tuple[tuple[str, str], ...] = ()

    @property
    def key(self) -> str:
        """Stable over processes and machines; holds all that can change the answer, and no more:
        without a retrieval the chunking changes nothing, so it is left out, and so is the embedder
        where only words are searched, and what is usual of the fields that came later."""
        return _recipe_key(self)

    @property
    def arm(self) -> Arm:
        """Which kind of panel this is, and so which colour it wears."""
        match self.evidence:
            case None:
                return "no_context"
            case Given():
                return "given"
            case Retrieval(reranker=None):
                return "retrieved"
            case _:
                return "reranked"


@lru_cache(maxsize=4096)
def _recipe_key(recipe: Recipe) -> str:
    fields = asdict(recipe)
    if not isinstance(recipe.evidence, Retrieval):
        del fields["chunking"]
    else:
        if not recipe.evidence.uses_embedder:
            del fields["evidence"]["embedder"]
        if not recipe.evidence.uses_embedder or recipe.evidence.index == EXACT:
            del fields["evidence"]["index"]  # the default came later than the first keys
    if recipe.generation:
        generation = fields["generation"]
        for name in ("temperature", "top_p"):  # 0 and 0.0 are one recipe, and so one key
            generation[name] = float(generation[name])
        for name in ("passages", "top_p", "top_tokens"):
            if generation[name] == getattr(Generation(), name):
                del generation[name]  # the default came later than the first keys
    return digest(fields)


def run_key(question: str, recipe: Recipe, paper_ids: tuple[str, ...]) -> str:
    """The address of an answer: question + recipe + the papers it may draw on.

    Only a retrieval depends on which papers there are to search.
    """
    papers = _papers(paper_ids) if isinstance(recipe.evidence, Retrieval) else "[]"
    asked = canonical([question.strip(), recipe.key])
    return digest_of(f"{asked.removesuffix(']')},{papers}]")


@lru_cache(maxsize=64)
def _papers(paper_ids: tuple[str, ...]) -> str:
    """As they stand in a key; written once for all cells of a grid."""
    return canonical(sorted(paper_ids))


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
class Evidence:
    """What was found, how long it took, and what a reader must know about it. `candidates` are all
    hits with both ranks; `hits` those the prompt used."""

    candidates: tuple[Hit, ...] = ()
    hits: tuple[Hit, ...] = ()
    search_seconds: float | None = None
    rerank_seconds: float | None = None
    notes: tuple[str, ...] = ()


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

    @property
    def evidence(self) -> Evidence:
        """Its notes are all of the run's: which of them were the search's is not kept."""
        return Evidence(
            candidates=self.candidates,
            hits=self.hits,
            search_seconds=self.search_seconds,
            rerank_seconds=self.rerank_seconds,
            notes=self.notes,
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
