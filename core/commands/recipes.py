"""Recipe options, alike for every verb that takes them."""

import argparse
from dataclasses import replace
from pathlib import Path

from core import chunkers
from core.errors import BadInput
from core.lab import Lab
from core.retrieval import INDEXES, RETRIEVERS
from core.types import Chunking, Generation, Recipe, Retrieval, filter_from_link

WHERE = "the papers that fit, such as 'text:lamp;tag:survey;since:2023;pages_to:20'"


def add_recipe(command: argparse.ArgumentParser) -> None:
    command.add_argument("question", metavar="QUESTION")
    add_papers(command)
    add_retrieval(command)
    add_generation(command)


def add_retrieval(command: argparse._ActionsContainer) -> None:
    retrieval = Retrieval()
    command.add_argument("--chunker", default=Chunking().chunker, help=" | ".join(chunkers.names()))
    command.add_argument("--size", type=int, help="in the chunker's unit; default: its usual size")
    command.add_argument("--overlap", type=int, help="in the same unit; default: its usual one")
    command.add_argument(
        "--tokenizer", metavar="NAME", help="whose tokens are counted; default: the embedder's"
    )
    command.add_argument("--retriever", default=retrieval.retriever, help=" | ".join(RETRIEVERS))
    command.add_argument("--embedder", default=retrieval.embedder)
    command.add_argument(
        "--index", default=retrieval.index, help=f"{' | '.join(INDEXES)}; exact misses nothing"
    )
    command.add_argument("--candidates", type=int, default=retrieval.candidates)
    command.add_argument("--top-k", type=int, default=retrieval.top_k)
    command.add_argument("--reranker", metavar="NAME|none", help="default: the first that is here")


def add_generation(command: argparse.ArgumentParser) -> None:
    generation = Generation()
    command.add_argument(
        "--generator", metavar="NAME|FILE.gguf", help="default: the best that is here"
    )
    command.add_argument("--style", choices=["chat", "completion"], default=generation.style)
    command.add_argument(
        "--passages", choices=["best-last", "best-first"], default=generation.passages
    )
    command.add_argument("--max-tokens", type=int, default=generation.max_tokens)
    command.add_argument("--temperature", type=float, default=generation.temperature)
    command.add_argument("--seed", type=int, default=generation.seed)


def add_papers(command: argparse.ArgumentParser) -> None:
    which = command.add_mutually_exclusive_group()
    which.add_argument("--papers", default="", metavar="ID,...", help="default: all")
    which.add_argument("--where", default="", metavar="FILTER", help=WHERE)


def recipe_from(lab: Lab, options: argparse.Namespace) -> Recipe:
    return replace(
        retrieval_from(lab, options),
        generation=Generation(
            generator=_generator(lab, options.generator),
            max_tokens=options.max_tokens,
            temperature=options.temperature,
            seed=options.seed,
            style=options.style,
            passages=options.passages,
        ),
    )


def retrieval_from(lab: Lab, options: argparse.Namespace) -> Recipe:
    """Without an answer."""
    size, overlap = chunkers.usual(options.chunker)[0]
    reranker = options.reranker or lab.models.default("reranker")
    return Recipe(
        chunking=Chunking(
            chunker=options.chunker,
            size=size if options.size is None else options.size,
            overlap=overlap if options.overlap is None else options.overlap,
            tokenizer=options.tokenizer,
        ),
        evidence=Retrieval(
            retriever=options.retriever,
            embedder=options.embedder,
            index=options.index,
            candidates=options.candidates,
            top_k=options.top_k,
            reranker=None if reranker == "none" else reranker,
        ),
        generation=None,
    )


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
