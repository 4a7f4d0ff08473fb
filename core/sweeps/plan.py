"""The plan of a sweep: its cells, and under them each piece of work once. Pure: it counts and
orders; what chunks there are is handed in, and nothing is computed.

A search at the largest depth that a question needs serves every setting that searches alike; a pair
of question and chunk is reranked once; equal prompts are answered once; a prompt that begins like
the one before it need not be read again.
"""

from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from core import chunkers, rewritings
from core.answering import LONGEST_QUESTION, answer_units
from core.retrieval import reading
from core.settings import Endpoint
from core.sweeps.expand import DroppedSetting
from core.types import (
    Chunking,
    Generation,
    Given,
    Prefix,
    Recipe,
    Retrieval,
    Setting,
    Span,
    Whole,
    digest,
)

# Before anything was measured: two cores, the packaged models (docs/benchmarks.md).
GUESSED = {"embed": 23.0, "rerank": 36.0, "answer": 300.0}  # texts, pairs, units of work a second
FRAME = 60  # tokens of a prompt besides its passages: rules, titles, the question
CHARACTERS_A_TOKEN, TOKENS_A_WORD, CHARACTERS_A_PAGE = 4, 1.4, 2_000
REWRITTEN = 128  # tokens at most of what is searched for instead of a question
LONGEST_READ = 32_000  # characters of whole papers: the packaged model's window, no larger one's


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """One way to search; all settings that search like this share one list a question."""

    chunking: Chunking
    retriever: str
    embedder: str  # empty where only words are searched
    index: str = ""  # likewise
    prefix: Prefix = "none"
    where: str = ""
    rewrite: str = rewritings.NONE
    rewriter: str = ""

    @property
    def way(self) -> tuple[Chunking, Prefix]:
        """What decides the texts that are searched."""
        return self.chunking, self.prefix

    @staticmethod
    def of(recipe: Recipe) -> "Search":
        """Errors: ValueError for a recipe that does not search."""
        evidence = recipe.evidence
        if not isinstance(evidence, Retrieval):
            raise ValueError("this recipe does not search")
        return Search(
            chunking=recipe.chunking,
            retriever=evidence.retriever,
            embedder=evidence.embedder if evidence.uses_embedder else "",
            index=evidence.index if evidence.uses_embedder else "",
            prefix=evidence.prefix,
            where=evidence.where,
            rewrite=evidence.rewrite,
            rewriter=evidence.rewriter if evidence.rewrite != rewritings.NONE else "",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepPlan:
    """A sweep before it starts. All counts are upper bounds: what is already kept is counted too,
    and texts that fall together are found out only when they are there.

    `seconds` and `dollars` are estimated for the cells that are not `known`; `seconds` are a guess
    where `guessed` names stages that were never measured here. `given` as that of a sweep; `whole`
    is how many characters its papers have that are read whole, as far as windows may go.
    """

    name: str
    preset: str
    questions: tuple[str, ...]
    paper_ids: tuple[str, ...]
    settings: tuple[Setting, ...]
    given: tuple[tuple[Span, ...], ...] = ()
    whole: int = 0
    dropped: tuple[DroppedSetting, ...] = ()
    known: int = 0  # cells that were answered before
    answers: int = 0
    searches: int = 0
    embedded_texts: int = 0
    rerank_pairs: int = 0
    rewritings: int = 0
    distinct_prompts: int = 0
    passages: int = 0  # in all distinct prompts
    passages_read: int = 0  # of these, when what prompts begin alike with is read once
    seconds: float = 0.0
    guessed: tuple[str, ...] = ()
    dollars: float | None = None  # at most about; None where no model of it has a price

    @property
    def cells(self) -> int:
        return len(self.questions) * len(self.settings)

    @property
    def key(self) -> str:
        """What it asks: the same questions, settings and papers have the same key."""
        recipes = [setting.recipe.key for setting in self.settings]
        given = [[str(span) for span in spans] for spans in self.given]
        parts = [self.questions, recipes, sorted(self.paper_ids)]
        return digest([*parts, given] if given else parts)

    def recipes(self) -> Iterator[tuple[str, Recipe]]:
        """Every cell: its question and what that is answered by."""
        for number, question in enumerate(self.questions):
            for setting in self.settings:
                yield question, setting.recipe_with(self.given[number] if self.given else ())


def asked(texts: Iterable[str]) -> tuple[tuple[str, ...], tuple[DroppedSetting, ...]]:
    """The questions that can be asked, each once, in order; and the others with their reason."""
    questions: dict[str, None] = {}
    dropped = []
    for text in map(str.strip, texts):
        if len(text) > LONGEST_QUESTION:
            why = f"It has {len(text):,} characters; at most {LONGEST_QUESTION:,} are asked."
            dropped.append(DroppedSetting(what=text[:80] + "…", why=why))
        elif text in questions:
            dropped.append(DroppedSetting(what=text, why="It was asked before."))
        elif text:
            questions[text] = None
    return tuple(questions), tuple(dropped)


def depths(recipes: Iterable[Recipe]) -> dict[Search, int]:
    """Each search that these recipes need, and the largest number of candidates of any."""
    found: dict[Search, int] = {}
    for recipe in recipes:
        if isinstance(recipe.evidence, Retrieval):
            search = Search.of(recipe)
            found[search] = max(found.get(search, 0), recipe.evidence.candidates)
    return found


def reranked(recipes: Iterable[Recipe]) -> dict[tuple[Search, str], list[int]]:
    """For each search and reranker the numbers of candidates to rerank, ascending. Of a search by
    vectors or by words the largest holds all others; two fused lists are others at each depth."""
    found: dict[tuple[Search, str], set[int]] = {}
    for recipe in recipes:
        evidence = recipe.evidence
        if isinstance(evidence, Retrieval) and evidence.reranker:
            found.setdefault((Search.of(recipe), evidence.reranker), set()).add(evidence.candidates)
    return {
        (search, reranker): sorted(counts) if search.retriever == "hybrid" else [max(counts)]
        for (search, reranker), counts in found.items()
    }


def rewriters(recipes: Iterable[Recipe]) -> list[tuple[str, str]]:
    """Each way in which these recipes rewrite a question, and who does it."""
    found = {(each.rewrite, each.rewriter): None for each in depths(recipes) if each.rewriter}
    return list(found)


Texts = Collection[Hashable] | int  # what stands for each text of the chunks, or how many at most


def plan(
    name: str,
    questions: Iterable[str],
    settings: Sequence[Setting],
    paper_ids: Sequence[str],
    chunks_of: Callable[[tuple[Chunking, Prefix]], Texts],
    *,
    preset: str = "",
    dropped: Sequence[DroppedSetting] = (),
    given: Mapping[str, tuple[Span, ...]] | None = None,
    whole: int = 0,
) -> SweepPlan:
    """Questions x settings, counted; without the estimate. `given`: for each question the passages
    for a setting that gives passages; `whole`: the characters of all papers."""
    kept, unasked = asked(questions)
    recipes = [setting.recipe for setting in settings]
    spans = tuple(given[question] for question in kept) if given else ()
    texts = {search.way: chunks_of(search.way) for search in depths(recipes)}
    sizes = {way: found if isinstance(found, int) else len(found) for way, found in texts.items()}
    pairs = sum(
        min(count, sizes[search.way])
        for (search, _), counts in reranked(recipes).items()
        for count in counts
    )
    whole = min(whole, LONGEST_READ)
    prompts = _prompts(recipes, sizes, spans, whole)
    by_hand = {each.generation for each in recipes if isinstance(each.evidence, Given)}
    handed = len(by_hand) * sum(map(len, spans))
    return SweepPlan(
        name=name,
        preset=preset,
        questions=kept,
        paper_ids=tuple(paper_ids),
        settings=tuple(settings),
        given=spans,
        whole=whole,
        dropped=(*dropped, *unasked),
        answers=len(kept) * sum(recipe.generation is not None for recipe in recipes),
        searches=len(kept) * len(depths(recipes)),
        embedded_texts=sum(
            _different(texts[search.way] for search in searches) + len(kept)
            for searches in _by_embedder(recipes).values()
        ),
        rerank_pairs=len(kept) * pairs,
        rewritings=len(kept) * len(rewriters(recipes)),
        distinct_prompts=len(kept) * len(prompts),
        passages=len(kept) * sum(each.passages for each in prompts) + handed,
        passages_read=len(kept) * sum(each.passages for each in _longest(prompts)) + handed,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """What decides a prompt, so far as it is known before the search: where its passages come
    from, how many they are, and how it is answered. `given`: how many characters it is given by
    hand, on average, or of whole papers; None where passages are searched for, or none are used."""

    source: tuple[Search, str, int] | None
    passages: int
    generation: Generation
    given: float | None = None
    read: str = reading.CHUNK
    budget: int = 0
    spread: tuple[float, int] = (0.0, 0)  # variety, and how many of one paper


def _prompts(
    recipes: Iterable[Recipe],
    sizes: Mapping[tuple[Chunking, Prefix], int],
    given: Sequence[tuple[Span, ...]],
    whole: int,
) -> list[Prompt]:
    """The prompts of one question that may differ."""
    characters = sum(span.end - span.start for spans in given for span in spans)
    found: dict[Prompt, None] = {}
    for recipe in recipes:
        if recipe.generation is None:
            continue
        evidence = recipe.evidence
        source, passages, read, budget, spread = None, 0, reading.CHUNK, 0, (0.0, 0)
        if isinstance(evidence, Retrieval):
            read, budget = evidence.read, evidence.budget
            spread = (evidence.variety, evidence.at_most)
            most = sizes[recipe.chunking, evidence.prefix]
            passages = min(evidence.top_k, most)
            depth = min(evidence.candidates, most) if evidence.looks_deeper else 0
            source = (Search.of(recipe), evidence.reranker or "", depth)
        by_hand = characters / len(given) if given and isinstance(evidence, Given) else None
        if isinstance(evidence, Whole):
            by_hand = whole
        prompt = Prompt(
            source=source,
            passages=passages,
            generation=recipe.generation,
            given=by_hand,
            read=read,
            budget=budget,
            spread=spread,
        )
        found[prompt] = None
    return list(found)


def _longest(prompts: Iterable[Prompt]) -> list[Prompt]:
    """Of prompts that begin one another, the longest; what is left has to be read."""
    longest: dict[object, Prompt] = {}
    for prompt in prompts:
        how = prompt.generation
        nested = how.passages == "best-first"
        # How an answer is decoded does not change what is read.
        said = (how.generator, how.style, how.passages, how.unanswerable, how.cite)
        taken = (prompt.source, prompt.given, prompt.read, prompt.budget, prompt.spread)
        family = (taken, said, None if nested else prompt.passages)
        best = longest.get(family)
        if best is None or best.passages < prompt.passages:
            longest[family] = prompt
    return list(longest.values())


def _by_embedder(recipes: Iterable[Recipe]) -> dict[str, list[Search]]:
    found: dict[str, list[Search]] = {}
    for search in depths(recipes):
        if search.embedder:
            found.setdefault(search.embedder, []).append(search)
    return found


def _different(collections: Iterable[Texts]) -> int:
    """How many different texts, those only counted taken as different."""
    texts: set[Hashable] = set()
    counted = 0
    for found in collections:
        if isinstance(found, int):
            counted += found
        else:
            texts.update(found)
    return counted + len(texts)


def estimated(
    plan: SweepPlan,
    open_share: float,
    fresh_texts: Mapping[str, int],
    speeds: Mapping[tuple[str, str], float],
    prices: Mapping[str, Endpoint] = MappingProxyType({}),
) -> SweepPlan:
    """The plan with its seconds, and its dollars where it uses an endpoint of `prices`.
    `open_share`: of the cells, those not answered yet (0..1); `fresh_texts`: how many chunks have
    no vector yet, by embedder; `speeds`: what each stage's model does a second, texts ("embed"),
    pairs ("rerank") or units ("answer")."""
    questions = len(plan.questions) * open_share
    recipes = [setting.recipe for setting in plan.settings]
    amounts: dict[tuple[str, str], float] = {}
    if questions:
        for embedder, texts in fresh_texts.items():
            amounts["embed", embedder] = texts + questions
    for (_, reranker), counts in reranked(recipes).items():
        pairs = amounts.get(("rerank", reranker), 0)
        amounts["rerank", reranker] = pairs + questions * sum(counts)
    for prompt in _prompts(recipes, _Unbounded(), plan.given, plan.whole):
        how = prompt.generation
        units = answer_units(_tokens(prompt), how.max_tokens)
        so_far = amounts.get(("answer", how.generator), 0)
        amounts["answer", how.generator] = so_far + questions * units
    for _, rewriter in rewriters(recipes):
        so_far = amounts.get(("answer", rewriter), 0)
        amounts["answer", rewriter] = so_far + questions * answer_units(FRAME, REWRITTEN)
    guessed = {stage: None for stage, model in amounts if (stage, model) not in speeds}
    seconds = sum(
        amount / speeds.get((stage, model), GUESSED[stage])
        for (stage, model), amount in amounts.items()
    )
    dollars = _dollars(plan, questions, fresh_texts, prices)
    return replace(plan, seconds=seconds, guessed=tuple(guessed), dollars=dollars)


def _dollars(
    plan: SweepPlan,
    questions: float,
    fresh_texts: Mapping[str, int],
    prices: Mapping[str, Endpoint],
) -> float | None:
    """What the endpoints with a price take at most, every chunk as long as it may be and every
    answer as long as it is allowed; tokens of prompts are estimated. None without such a one."""
    recipes = [setting.recipe for setting in plan.settings]
    read: dict[str, float] = {}  # tokens, by endpoint
    written: dict[str, float] = {}
    searches = _by_embedder(recipes)
    for embedder, texts in fresh_texts.items():
        longest = max(_chunk_tokens(search.chunking) for search in searches[embedder])
        read[embedder] = texts * longest + questions * FRAME if questions else 0.0
    for (search, reranker), counts in reranked(recipes).items():
        pair = FRAME + _chunk_tokens(search.chunking)
        read[reranker] = read.get(reranker, 0.0) + questions * sum(counts) * pair
    for prompt in _prompts(recipes, _Unbounded(), plan.given, plan.whole):
        name = prompt.generation.generator
        read[name] = read.get(name, 0.0) + questions * _tokens(prompt)
        written[name] = written.get(name, 0.0) + questions * prompt.generation.max_tokens
    for _, rewriter in rewriters(recipes):
        read[rewriter] = read.get(rewriter, 0.0) + questions * FRAME
        written[rewriter] = written.get(rewriter, 0.0) + questions * REWRITTEN
    costs = [
        prices[name].dollars(tokens, written.get(name, 0.0))
        for name, tokens in read.items()
        if name in prices
    ]
    return sum(cost or 0.0 for cost in costs) if costs else None


class _Unbounded(dict[tuple[Chunking, Prefix], int]):
    def __missing__(self, way: tuple[Chunking, Prefix]) -> int:
        return 1_000_000


def _tokens(prompt: Prompt) -> float:
    """About how many tokens it has, passages taken as long as they may be."""
    if prompt.source is None:
        return FRAME + (prompt.given or 0) / CHARACTERS_A_TOKEN
    tokens = prompt.passages * _read_tokens(prompt.source[0].chunking, prompt.read)
    return FRAME + (min(tokens, prompt.budget) if prompt.budget else tokens)


def _read_tokens(chunking: Chunking, read: str) -> float:
    """About how many tokens are read for one chunk; a section is taken for as long as a page."""
    chunk = _chunk_tokens(chunking)
    if read == reading.CHUNK:
        return chunk
    neighbours = reading.neighbours(read)
    if neighbours:
        return chunk * (1 + 2 * neighbours)
    return max(chunk, CHARACTERS_A_PAGE / CHARACTERS_A_TOKEN)


def _chunk_tokens(chunking: Chunking) -> float:
    """About how many tokens a chunk may have."""
    return {
        "character": chunking.size / CHARACTERS_A_TOKEN,
        "word": chunking.size * TOKENS_A_WORD,
        "token": chunking.size,
        "page": CHARACTERS_A_PAGE / CHARACTERS_A_TOKEN,
    }[chunkers.unit(chunking.chunker)]


def reading_order(prompts: Sequence[str]) -> list[int]:
    """The order in which a prompt shares the longest beginning with the one before it: sorted."""
    return sorted(range(len(prompts)), key=lambda at: prompts[at])
