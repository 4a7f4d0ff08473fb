"""Recipe options, alike for every verb that takes them."""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from core import choices, chunkers
from core.choices import Axis
from core.errors import BadInput
from core.lab import Lab
from core.types import Chunking, Generation, Recipe, Retrieval, filter_from_link

NAMES = {"reranker": "NAME|none", "generator": "NAME|FILE.gguf"}
WHERE = "the papers that fit, such as 'text:lamp;tag:survey;since:2023;pages_to:20'"


def add_recipe(command: argparse.ArgumentParser) -> None:
    command.add_argument("question", metavar="QUESTION")
    add_papers(command)
    add_retrieval(command)
    add_generation(command)


def add_retrieval(command: argparse._ActionsContainer) -> None:
    command.add_argument("--chunker", default=Chunking().chunker, help=" | ".join(chunkers.names()))
    command.add_argument("--size", type=int, help="in the chunker's unit; default: its usual size")
    command.add_argument("--overlap", type=int, help="in the same unit; default: its usual one")
    command.add_argument(
        "--tokenizer", metavar="NAME", help="whose tokens are counted; default: the embedder's"
    )
    for axis in choices.RETRIEVAL:
        if (
            axis.name != "where"
        ):  # `add_papers` asks for it: it chooses them, and the recipe says so
            _add(command, axis)


def add_generation(command: argparse.ArgumentParser) -> None:
    for axis in choices.GENERATION:
        _add(command, axis)


def _add(command: argparse._ActionsContainer, axis: Axis) -> None:
    option, offered = f"--{axis.name.replace('_', '-')}", " | ".join(map(str, axis.values))
    if axis.kind is bool:
        command.add_argument(option, action="store_true", help=axis.help)
    elif axis.family:
        name = NAMES.get(axis.name, "NAME")
        command.add_argument(option, metavar=name, help=f"{axis.help} Default: as Settings says")
    elif axis.kind is str:
        command.add_argument(option, default=axis.usual, metavar=offered, help=axis.help)
    else:
        command.add_argument(
            option, type=axis.kind, default=axis.usual, metavar="N", help=axis.help
        )


def add_papers(command: argparse.ArgumentParser) -> None:
    which = command.add_mutually_exclusive_group()
    which.add_argument("--papers", default="", metavar="ID,...", help="default: all")
    which.add_argument("--where", default="", metavar="FILTER", help=WHERE)


def recipe_from(lab: Lab, options: argparse.Namespace) -> Recipe:
    chosen = _chosen(options, choices.GENERATION)
    generation = Generation(**chosen | {"generator": _generator(lab, options.generator)})
    return replace(retrieval_from(lab, options), generation=generation)


def retrieval_from(lab: Lab, options: argparse.Namespace) -> Recipe:
    """Without an answer."""
    size, overlap = chunkers.usual(options.chunker)[0]
    reranker = options.reranker or lab.models.default("reranker")
    models = {
        "embedder": options.embedder or lab.models.default("embedder"),
        "reranker": None if reranker == "none" else reranker,
        "rewriter": options.rewriter or "",
    }
    return Recipe(
        chunking=Chunking(
            chunker=options.chunker,
            size=size if options.size is None else options.size,
            overlap=overlap if options.overlap is None else options.overlap,
            tokenizer=options.tokenizer,
        ),
        evidence=Retrieval(**_chosen(options, choices.RETRIEVAL) | models),
        generation=None,
    )


def _chosen(options: argparse.Namespace, axes: Sequence[Axis]) -> dict[str, Any]:
    """The fields by name; those that this verb does not ask for are left out. Errors: BadInput for
    another value where there is a fixed list."""
    given = vars(options)
    chosen = {axis: given[axis.name] for axis in axes if axis.name in given}
    for axis, value in chosen.items():
        if axis.kind is str and axis.values and not axis.open and value not in axis.values:
            raise BadInput(
                f"There is no {axis.name} called {value!r}; known are: {', '.join(axis.values)}."
            )
    return {axis.name: value for axis, value in chosen.items()}


def _generator(lab: Lab, given: str | None) -> str:
    """A name, or the whole path of a GGUF file."""
    if given and given.endswith(".gguf") and Path(given).is_file():
        return str(Path(given).resolve())
    return given or lab.models.default("generator")


def papers_from(lab: Lab, options: argparse.Namespace) -> tuple[str, ...]:
    """Errors: BadInput for an id that fits no paper, and a filter that fits none."""
    if not options.where:
        return lab.papers.resolve(tuple(options.papers.split(",")) if options.papers else ())
    found = lab.papers.ids(filter_from_link(options.where))
    if not found:
        raise BadInput(f"No paper fits {options.where!r}; `papers` lists what is here.")
    return found
