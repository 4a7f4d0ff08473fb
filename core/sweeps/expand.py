"""From a preset to its settings: every combination that can be meant, and the others with their
reason. Knows no model; who names them for it does."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

from core import choices, chunkers
from core.errors import TriptychError
from core.sweeps.presets import NO_RERANKER, Preset
from core.types import Chunking, Family, Generation, Recipe, Retrieval, Setting, Whole

CUTTING = ("chunker", "chunks", "across_pages")
SEARCHING = tuple(axis.name for axis in choices.RETRIEVAL)

Named = Callable[[Family, str], str]  # the model that a preset means; TriptychError if none is here


@dataclass(frozen=True, slots=True, kw_only=True)
class DroppedSetting:
    """A setting or a question that is not part of the sweep, and why."""

    what: str
    why: str


def settings_of(
    preset: Preset, named: Named, check: Callable[[Recipe], None]
) -> tuple[tuple[Setting, ...], tuple[DroppedSetting, ...]]:
    """The settings in the order of the preset's values, the baseline first, and what was dropped:
    `check` raises a TriptychError for an invalid recipe.

    Where the candidates behind the used ones change nothing, only the largest number is taken.
    """
    settings: dict[str, Setting] = {}  # by the recipe's key
    dropped: dict[str, DroppedSetting] = {}
    for label, recipe in _recipes(preset):
        try:
            recipe = _with_models(recipe, named)
            check(recipe)
        except TriptychError as error:
            dropped.setdefault(label, DroppedSetting(what=label, why=error.sentence))
            continue
        same = settings.setdefault(recipe.key, Setting(label=label, recipe=recipe))
        if same.label != label:
            dropped[label] = DroppedSetting(what=label, why=f"It is the same as “{same.label}”.")
    return tuple(settings.values()), tuple(dropped.values())


def _recipes(preset: Preset) -> Iterator[tuple[str, Recipe]]:
    """Every combination of the values, or the first of each and around them one at a time; before
    those of each way to answer, what is asked without a search. With what to call them."""
    searching = {name: getattr(preset, name) for name in (*CUTTING, *SEARCHING)}
    answering = _answering(preset)
    alone = preset.one_at_a_time
    axes = searching | answering if alone else answering | searching
    seen = set()
    for varied, values in _combined(axes, alone=alone):
        generation = Generation(**{name: values[name] for name in answering}) if answering else None
        if generation and generation not in seen:
            seen.add(generation)
            usual = replace(generation, passages=Generation().passages)
            if preset.baseline:
                yield _unsearched_label(preset, usual, "no context"), Recipe(generation=usual)
            if preset.whole:
                whole = Recipe(evidence=Whole(), generation=generation)
                yield _unsearched_label(preset, generation, "whole papers"), whole
        recipe = Recipe(
            chunking=_chunking(values), evidence=_retrieval(preset, values), generation=generation
        )
        yield _label(preset, recipe, varied), recipe


def _answering(preset: Preset) -> dict[str, Any]:
    """The values of how answers are written, by name; empty for the evidence alone."""
    if preset.answers is None:
        return {}
    return {axis.name: getattr(preset.answers, axis.name) for axis in choices.GENERATION}


def _combined(
    axes: Mapping[str, Sequence[Any]], *, alone: bool
) -> Iterator[tuple[str | None, dict[str, Any]]]:
    """Values for all axes; `alone`: each axis varied alone around the first values, with its name,
    which is empty for those first values."""
    if not alone:
        for combination in product(*axes.values()):
            yield None, dict(zip(axes, combination, strict=True))
        return
    base = {name: values[0] for name, values in axes.items()}
    yield "", base
    for name, values in axes.items():
        for value in values[1:]:
            yield name, base | {name: value}


def _chunking(values: Mapping[str, Any]) -> Chunking:
    size, overlap = values["chunks"]
    across = values["across_pages"]
    return Chunking(chunker=values["chunker"], size=size, overlap=overlap, across_pages=across)


def _retrieval(preset: Preset, values: Mapping[str, Any]) -> Retrieval:
    wanted = Retrieval(**{axis.name: values[axis.name] for axis in choices.RETRIEVAL})
    if wanted.reranker == NO_RERANKER:
        wanted = replace(wanted, reranker=None)
    return wanted if wanted.looks_deeper else replace(wanted, candidates=max(preset.candidates))


def _with_models(recipe: Recipe, named: Named) -> Recipe:
    """The recipe with the models' own names."""
    evidence, generation = recipe.evidence, recipe.generation
    if isinstance(evidence, Retrieval):
        if evidence.uses_embedder:
            evidence = replace(evidence, embedder=named("embedder", evidence.embedder))
        if evidence.reranker:
            evidence = replace(evidence, reranker=named("reranker", evidence.reranker))
        if evidence.rewriter and evidence.rewrite != "none":
            evidence = replace(evidence, rewriter=named("generator", evidence.rewriter))
    if generation:
        generation = replace(generation, generator=named("generator", generation.generator))
    chunking = recipe.chunking
    if isinstance(evidence, Retrieval):
        chunking = chunkers.completed(chunking, evidence.embedder)
    return replace(recipe, chunking=chunking, evidence=evidence, generation=generation)


def _label(preset: Preset, recipe: Recipe, varied: str | None) -> str:
    """What tells this setting from the others of its preset, in a few words. `varied`: which axis
    alone is not as in the base; empty for the base itself."""
    evidence, generation = recipe.evidence, recipe.generation
    assert isinstance(evidence, Retrieval)
    if varied:
        return _alone(recipe, evidence, varied)
    several = set() if varied == "" else _several(preset)
    if not evidence.uses_embedder:
        several -= {"embedder", "index"}
    first, later = choices.RETRIEVAL[:3], choices.RETRIEVAL[3:]
    parts = [
        _chunking_label(recipe.chunking, named="chunker" in several),
        *(axis.words(getattr(evidence, axis.name)) for axis in first if axis.name in several),
        _top_label(preset, evidence),
        *(
            axis.words(getattr(evidence, axis.name))
            for axis in later
            if axis.name in several - {"reranker", "candidates", "top_k"}
        ),
    ]
    if generation:
        parts += _answer_words(generation, several)
    return f"base: {' · '.join(parts)}" if varied == "" else " · ".join(parts)


def _unsearched_label(preset: Preset, generation: Generation, what: str) -> str:
    several = _several(preset) - ({"passages"} if what == "no context" else set())
    return " · ".join([what, *_answer_words(generation, several)])


def _answer_words(generation: Generation, several: Collection[str]) -> list[str]:
    return [
        axis.words(getattr(generation, axis.name))
        for axis in choices.GENERATION
        if axis.name in several
    ]


def _several(preset: Preset) -> set[str]:
    """The axes that have more than one value."""
    axes = {name: getattr(preset, name) for name in (*CUTTING, *SEARCHING)} | _answering(preset)
    return {name for name, values in axes.items() if len(values) > 1}


def _alone(recipe: Recipe, evidence: Retrieval, varied: str) -> str:
    """The value of the one axis in words."""
    match varied:
        case "chunker":
            return recipe.chunking.chunker
        case "chunks":
            return _chunking_label(recipe.chunking, named=False)
        case "across_pages":
            return "across pages" if recipe.chunking.across_pages else "page by page"
    axis = next(each for each in choices.ALL if each.name == varied)
    holder = evidence if axis in choices.RETRIEVAL else recipe.generation
    return axis.words(getattr(holder, varied))


def _chunking_label(chunking: Chunking, *, named: bool) -> str:
    label = f"{chunking.size}/{chunking.overlap}"
    if chunking.chunker in chunkers.names():
        unit = chunkers.unit(chunking.chunker)
        if unit == "page":
            label = "whole pages"
        elif unit != "character":
            label += f" {unit}s"
    if named:
        label += f" {chunking.chunker}"
    if chunking.across_pages:
        label += " across pages"
    return label


def _top_label(preset: Preset, evidence: Retrieval) -> str:
    label = f"top {evidence.top_k}"
    if evidence.reranker is None:
        deep = evidence.looks_deeper and len(preset.candidates) > 1
        return f"{label} of {evidence.candidates}" if deep else label
    by = [name for name in preset.reranker if name != NO_RERANKER]
    reranked = f"reranked by {evidence.reranker}" if len(by) > 1 else "reranked"
    return f"{label} of {evidence.candidates}, {reranked}"
