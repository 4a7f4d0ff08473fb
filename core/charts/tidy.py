"""Runs as tidy points: a run, its setting in words, and what was measured of it. Pure.

Runs of different papers, models' revisions or generators answer different questions; they are put
apart into groups, and never averaged together.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from core import labels
from core.types import Arm, Hit, Recipe, Retrieval, Run

NO_RERANKING = "no reranking"


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A run as charts see it. `setting` names what its recipe does differently from the others;
    `reranking` says from how many candidates, and what else of the search is not as usual. None is
    what the run does not hold."""

    run_id: str
    question: str
    generator: str  # that answered here; empty for a search alone, and for what came from elsewhere
    arm: Arm
    setting: str
    size: int | None
    top_k: int | None
    reranking: str
    values: Mapping[str, float]  # the measures, by name
    hits: tuple[Hit, ...]
    candidates: tuple[Hit, ...]
    prompt_tokens: int | None
    answer_tokens: int | None
    answer_words: int | None
    seconds: Mapping[str, float]  # by stage: search, rerank, answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Runs that may be compared and averaged: alike in papers, generator and revisions."""

    name: str
    points: tuple[Point, ...]


def groups(runs: Sequence[Run], values: Mapping[str, Mapping[str, float]]) -> list[Group]:
    """The runs in groups, the largest first; `values` are the measures by run id.

    An answer without context belongs to every group of its generator: it read no paper. What was
    imported stays among itself.
    """
    changed = _changed_revisions(runs)
    by_key: dict[tuple[str, ...], list[Run]] = defaultdict(list)
    anywhere = []
    for run in runs:
        if run.recipe.arm == "no_context" and not run.imported:
            anywhere.append(run)
        else:
            by_key[(*_answered(run, changed), _corpus(run), *_searched(run, changed))].append(run)
    for run in anywhere:
        answered = _answered(run, changed)
        fitting = [
            key
            for key, group in by_key.items()
            if key[: len(answered)] == answered and not group[0].imported
        ]
        for key in fitting or [answered]:
            by_key[key].append(run)
    found = sorted(by_key.items(), key=lambda pair: -len(pair[1]))
    return [Group(name=_name(key), points=_points(group, values)) for key, group in found]


def _points(runs: Sequence[Run], values: Mapping[str, Mapping[str, float]]) -> tuple[Point, ...]:
    names = setting_names([run.recipe for run in runs])
    return tuple(
        Point(
            run_id=run.id,
            question=run.question,
            generator=_generator(run),
            arm=run.recipe.arm,
            setting=names[run.recipe.key],
            size=_size(run.recipe),
            top_k=run.recipe.evidence.top_k if isinstance(run.recipe.evidence, Retrieval) else None,
            reranking=_reranking(run.recipe),
            values=values.get(run.id, {}),
            hits=run.hits,
            candidates=run.candidates,
            prompt_tokens=run.answer.prompt_tokens if run.answer else None,
            answer_tokens=run.answer.answer_tokens if run.answer else None,
            answer_words=len(run.answer.text.split()) if run.answer else None,
            seconds=_seconds(run),
        )
        for run in runs
    )


def setting_names(recipes: Iterable[Recipe]) -> dict[str, str]:
    """For each recipe's key a short name that says what it does differently from the others. What
    is rarely chosen is named where it is not as usual."""
    described: dict[str, dict[str, str]] = {}
    values: dict[str, set[str]] = defaultdict(set)
    for recipe in recipes:
        described[recipe.key] = _short_settings(recipe, labels.settings(recipe))
        for name, value in _short_settings(recipe, labels.settings(recipe, usual=True)).items():
            values[name].add(value)
    return {
        key: " · ".join(
            value for name, value in settings.items() if name == "arm" or len(values[name]) > 1
        )
        for key, settings in described.items()
    }


def _short_settings(recipe: Recipe, settings: Mapping[str, str]) -> dict[str, str]:
    """The settings as core.labels says them, but as short as an axis wants it: "800/100", "top 3
    of 20"."""
    found = {"arm": labels.ARM_NAMES[recipe.arm], **settings}
    evidence, cut = recipe.evidence, recipe.chunking
    if isinstance(evidence, Retrieval):
        if "chunks" in found and cut.size:
            found["chunks"] = f"{cut.size:,}/{cut.overlap:,}" if cut.overlap else f"{cut.size:,}"
            found["chunker"] = cut.chunker
        found["top-k"] = f"top {evidence.top_k}"
        if evidence.reranker:
            found["top-k"] += f" of {evidence.candidates}"
        del found["candidates"]
        if evidence.switched_off:
            found["switched off"] = f"{len(evidence.switched_off)} chunks off"
    return found


def _changed_revisions(runs: Iterable[Run]) -> frozenset[str]:
    """What stands here in more than one revision."""
    seen: dict[str, set[str]] = defaultdict(set)
    for run in runs:
        for name, revision in _held(run.recipe).items():
            seen[name].add(revision)
    return frozenset(name for name, revisions in seen.items() if len(revisions) > 1)


def _answered(run: Run, changed: frozenset[str]) -> tuple[str, ...]:
    asked = run.recipe.generation
    name = asked.generator if asked else "search alone"
    writing = {name, "prompt"} & changed
    return (name, *_revisions(run, writing))


def _searched(run: Run, changed: frozenset[str]) -> tuple[str, ...]:
    asked = run.recipe.generation
    return _revisions(run, changed - {asked.generator if asked else "", "prompt"})


def _revisions(run: Run, names: Iterable[str]) -> tuple[str, ...]:
    revisions = _held(run.recipe)
    return tuple(f"{name} {revisions[name]}" for name in sorted(names) if name in revisions)


def _held(recipe: Recipe) -> dict[str, str]:
    """The revisions by name, also the first ones of the chunker and of rank fusion, of which
    recipes say nothing."""
    first = {}
    if isinstance(recipe.evidence, Retrieval):
        first = dict.fromkeys((recipe.chunking.chunker, recipe.evidence.retriever), "as it was")
    return first | dict(recipe.revisions)


def _corpus(run: Run) -> str:
    if run.imported:
        return run.origin.removeprefix("import:")
    papers = run.paper_ids or tuple(sorted({hit.chunk.paper_id for hit in run.hits}))
    first = papers[0][:6] if papers else ""
    return f"{len(papers)} papers ({first} …)" if len(papers) > 1 else f"paper {first}"


def _name(key: tuple[str, ...]) -> str:
    return " · ".join(part for part in key if part)


def _generator(run: Run) -> str:
    asked = run.recipe.generation
    return asked.generator if asked and run.origin == "lab" else ""


def _size(recipe: Recipe) -> int | None:
    return recipe.chunking.size or None if isinstance(recipe.evidence, Retrieval) else None


def _reranking(recipe: Recipe) -> str:
    evidence = recipe.evidence
    if not isinstance(evidence, Retrieval):
        return NO_RERANKING
    reranked = f"reranked from {evidence.candidates}" if evidence.reranker else NO_RERANKING
    return " · ".join([reranked, *labels.rare(evidence).values()])


def _seconds(run: Run) -> dict[str, float]:
    stages = {
        "search": run.search_seconds,
        "rerank": run.rerank_seconds,
        "answer": run.answer.seconds if run.answer else None,
    }
    return {stage: seconds for stage, seconds in stages.items() if seconds is not None}
