"""Recipes: everything that decides an answer, besides the question and the papers; and the keys
that hold it. Knows no database, no model and no page."""

from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Literal

from core.types.digests import canonical, digest, digest_of
from core.types.papers import Span

Style = Literal["chat", "completion"]
PassageOrder = Literal["best-last", "best-first"]
Prefix = Literal["none", "title", "title+heading"]
Arm = Literal["no_context", "retrieved", "reranked", "whole", "given"]
EXACT = "exact"  # the index that finds what there is
RETRIEVERS = ("dense", "bm25", "hybrid")


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

    What came later, each usual value of which changes no key:
    `read` says what of a matched chunk's surroundings the model reads: "chunk" itself, "window:N"
    (with N neighbours on each side), its "section" or its "page".
    `prefix` is a line that the embedder and BM25 read before each chunk, and the model does not.
    `rewrite` says what is searched for instead of the question: "none", "hyde" (a passage that
    might answer), "several:N" (N other wordings) or "steps" (its parts); `rewriter` is the
    generator that writes it, filled in by the lab where it is left open.
    `variety` (0..1) takes chunks that are unlike those taken before (maximal marginal relevance);
    `at_most` passages come from one paper (0: any number), and passages of at most `budget` tokens
    together (0: any number). `where` searches only the papers that fit a filter.
    """

    kind: Literal["retrieval"] = "retrieval"
    retriever: str = "dense"
    embedder: str = "all-MiniLM-L6-v2"
    index: str = EXACT
    candidates: int = 20
    top_k: int = 3
    reranker: str | None = None
    switched_off: tuple[Span, ...] = ()
    read: str = "chunk"
    prefix: Prefix = "none"
    rewrite: str = "none"
    rewriter: str = ""
    variety: float = 0.0
    at_most: int = 0
    budget: int = 0
    where: str = ""

    @property
    def uses_embedder(self) -> bool:
        return self.retriever != "bm25"

    @property
    def uses_words(self) -> bool:
        return self.retriever != "dense"

    @property
    def looks_deeper(self) -> bool:
        """Whether candidates behind the first `top_k` can change what is used."""
        fused = self.retriever == "hybrid" or self.rewrite != "none"
        return fused or bool(self.reranker or self.variety or self.at_most)


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """No search: all of the papers that are asked, page by page, as far as the generator has room
    for them; in the order of their ids, as a run names them."""

    kind: Literal["whole"] = "whole"


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
    `unanswerable` allows the answer that the passages do not say it, and `cite` asks for the
    numbers of the passages; panels without passages get the same words as far as they apply.
    """

    generator: str = "SmolLM2-135M-Instruct"
    max_tokens: int = 256
    temperature: float = 0.0
    seed: int = 0
    style: Style = "chat"
    passages: PassageOrder = "best-last"
    top_p: float = 1.0
    top_tokens: int = 0
    unanswerable: bool = False
    cite: bool = False


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
    evidence: Retrieval | Whole | Given | None = None
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
            case Whole():
                return "whole"
            case Retrieval(reranker=None):
                return "retrieved"
            case _:
                return "reranked"

    @property
    def draws_on_papers(self) -> bool:
        """Whether it matters which papers are asked."""
        return isinstance(self.evidence, Retrieval | Whole)


# The fields of the first keys. The usual values of all that came later stand in no key.
FIRST_OF_RETRIEVAL = {
    "kind", "retriever", "embedder", "candidates", "top_k", "reranker", "switched_off",
}  # fmt: skip
FIRST_OF_GENERATION = {"generator", "max_tokens", "temperature", "seed", "style"}


@lru_cache(maxsize=4096)
def _recipe_key(recipe: Recipe) -> str:
    fields = asdict(recipe)
    if not isinstance(recipe.evidence, Retrieval):
        del fields["chunking"]
    else:
        evidence = fields["evidence"]
        evidence["variety"] = float(evidence["variety"])
        if recipe.evidence.rewrite == "none":
            evidence["rewriter"] = ""
        for name in evidence.keys() - FIRST_OF_RETRIEVAL:
            if evidence[name] == getattr(Retrieval(), name):
                del evidence[name]
        if not recipe.evidence.uses_embedder:
            del evidence["embedder"]
            evidence.pop("index", None)
    if recipe.generation:
        generation = fields["generation"]
        for name in ("temperature", "top_p"):  # 0 and 0.0 are one recipe, and so one key
            generation[name] = float(generation[name])
        for name in generation.keys() - FIRST_OF_GENERATION:
            if generation[name] == getattr(Generation(), name):
                del generation[name]
    return digest(fields)


def run_key(question: str, recipe: Recipe, paper_ids: tuple[str, ...]) -> str:
    """The address of an answer: question + recipe + the papers it may draw on, where it does."""
    papers = _papers(paper_ids) if recipe.draws_on_papers else "[]"
    asked = canonical([question.strip(), recipe.key])
    return digest_of(f"{asked.removesuffix(']')},{papers}]")


@lru_cache(maxsize=64)
def _papers(paper_ids: tuple[str, ...]) -> str:
    """As they stand in a key; written once for all cells of a grid."""
    return canonical(sorted(paper_ids))
