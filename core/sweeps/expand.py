"""From a preset to its settings: every combination that can be meant, and the others with their
reason. Knows no model; who names them for it does."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import product

from core import chunkers
from core.errors import TriptychError
from core.sweeps.presets import NO_RERANKER, Answers, Preset
from core.types import Chunking, Family, Generation, Recipe, Retrieval, Setting

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

    Without a reranker the candidates behind the used ones change nothing, so only the largest
    number is taken; not so where two lists are fused at that depth.
    """
    settings: dict[str, Setting] = {}  # by the recipe's key
    dropped: dict[str, DroppedSetting] = {}
    for recipe in _recipes(preset):
        label = _label(preset, recipe)
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


def _recipes(preset: Preset) -> Iterator[Recipe]:
    generations = list(_generations(preset.answers)) if preset.answers else [None]
    for generation in generations:
        if preset.baseline and generation:
            yield Recipe(generation=replace(generation, passages=Generation().passages))
        for chunking in _chunkings(preset):
            for evidence in _retrievals(preset):
                yield Recipe(chunking=chunking, evidence=evidence, generation=generation)


def _chunkings(preset: Preset) -> Iterator[Chunking]:
    for chunker, (size, overlap), across in product(
        preset.chunker, preset.chunks, preset.across_pages
    ):
        yield Chunking(chunker=chunker, size=size, overlap=overlap, across_pages=across)


def _retrievals(preset: Preset) -> Iterator[Retrieval]:
    for retriever, embedder, index, reranker in product(
        preset.retriever, preset.embedder, preset.index, preset.reranker
    ):
        reranked = reranker != NO_RERANKER
        depths = preset.candidates
        if not reranked and retriever != "hybrid":
            depths = (max(depths),)
        for candidates, top_k in product(depths, preset.top_k):
            yield Retrieval(
                retriever=retriever,
                embedder=embedder,
                index=index,
                candidates=candidates,
                top_k=top_k,
                reranker=reranker if reranked else None,
            )


def _generations(answers: Answers) -> Iterator[Generation]:
    for generator, style, passages, max_tokens, temperature, top_p, top_tokens, seed in product(
        answers.generator,
        answers.style,
        answers.passages,
        answers.max_tokens,
        answers.temperature,
        answers.top_p,
        answers.top_tokens,
        answers.seed,
    ):
        yield Generation(
            generator=generator,
            style=style,
            passages=passages,
            max_tokens=max_tokens,
            temperature=temperature,
            top_p=top_p,
            top_tokens=top_tokens,
            seed=seed,
        )


def _with_models(recipe: Recipe, named: Named) -> Recipe:
    """The recipe with the models' own names."""
    evidence, generation = recipe.evidence, recipe.generation
    if isinstance(evidence, Retrieval):
        if evidence.uses_embedder:
            evidence = replace(evidence, embedder=named("embedder", evidence.embedder))
        if evidence.reranker:
            evidence = replace(evidence, reranker=named("reranker", evidence.reranker))
    if generation:
        generation = replace(generation, generator=named("generator", generation.generator))
    chunking = recipe.chunking
    if isinstance(evidence, Retrieval):
        chunking = chunkers.completed(chunking, evidence.embedder)
    return replace(recipe, chunking=chunking, evidence=evidence, generation=generation)


def _label(preset: Preset, recipe: Recipe) -> str:
    """What tells this setting from the others of its preset, in a few words."""
    answers = preset.answers or Answers()
    parts = []
    evidence, generation = recipe.evidence, recipe.generation
    if isinstance(evidence, Retrieval):
        parts.append(_chunking_label(preset, recipe.chunking))
        if len(preset.retriever) > 1:
            parts.append(evidence.retriever)
        if len(preset.embedder) > 1 and evidence.uses_embedder:
            parts.append(evidence.embedder)
        if len(preset.index) > 1 and evidence.uses_embedder:
            parts.append(f"{evidence.index} index")
        parts.append(_top_label(preset, evidence))
        if generation and len(answers.passages) > 1:
            parts.append(generation.passages.replace("-", " "))
    else:
        parts.append("no context")
    if generation:
        if len(answers.generator) > 1:
            parts.append(generation.generator)
        if len(answers.style) > 1:
            parts.append(generation.style)
        if len(answers.max_tokens) > 1:
            parts.append(f"{generation.max_tokens} tokens")
        if len(answers.temperature) > 1:
            parts.append(f"temperature {generation.temperature:g}")
        if len(answers.top_p) > 1:
            parts.append(f"top-p {generation.top_p:g}")
        if len(answers.top_tokens) > 1:
            parts.append(f"top tokens {generation.top_tokens}")
        if len(answers.seed) > 1:
            parts.append(f"seed {generation.seed}")
    return " · ".join(parts)


def _chunking_label(preset: Preset, chunking: Chunking) -> str:
    label = f"{chunking.size}/{chunking.overlap}"
    if chunking.chunker in chunkers.names():
        unit = chunkers.unit(chunking.chunker)
        if unit == "page":
            label = "whole pages"
        elif unit != "character":
            label += f" {unit}s"
    if len(preset.chunker) > 1:
        label += f" {chunking.chunker}"
    if chunking.across_pages:
        label += " across pages"
    return label


def _top_label(preset: Preset, evidence: Retrieval) -> str:
    label = f"top {evidence.top_k}"
    if evidence.reranker is None:
        fused = evidence.retriever == "hybrid" and len(preset.candidates) > 1
        return f"{label} of {evidence.candidates}" if fused else label
    by = [name for name in preset.reranker if name != NO_RERANKER]
    reranked = f"reranked by {evidence.reranker}" if len(by) > 1 else "reranked"
    return f"{label} of {evidence.candidates}, {reranked}"
