"""The same lab without a browser: `python -m core VERB ...`.

JSON lines on stdout, sentences on stderr. Exit 0: all well; 1: some item failed, the others are
done and saved; 2: wrong usage.
"""

import argparse
import json
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Event

from core import chunkers
from core.codec import plain
from core.errors import BadInput, TriptychError
from core.lab import Lab
from core.lab.live import Doing, Done
from core.retrieval import RETRIEVERS
from core.settings import from_environment
from core.types import Chunking, Generation, Recipe, Retrieval, three_ways


def main(arguments: Sequence[str]) -> int:
    """Run one verb; returns the exit status."""
    options = parser().parse_args(arguments)
    verb: Callable[[Lab, argparse.Namespace], int] = options.verb
    try:
        return verb(Lab(from_environment()), options)
    except BadInput as error:
        say(error.sentence)
        return 2
    except TriptychError as error:
        say(error.sentence)
        return 1


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="python -m core", description="Triptych without a browser.")
    verbs = top.add_subparsers(required=True, metavar="VERB")

    add = verbs.add_parser("add", help="add papers (PDF, TXT, Markdown)")
    add.add_argument("files", nargs="+", metavar="FILE", type=Path)
    add.set_defaults(verb=add_papers)

    verbs.add_parser("papers", help="list the papers").set_defaults(verb=list_papers)

    remove = verbs.add_parser("remove", help="remove a paper")
    remove.add_argument("paper", metavar="PAPER", help="its id, or the beginning of it")
    remove.set_defaults(verb=remove_paper)

    search = verbs.add_parser("search", help="find chunks; no answer is written")
    add_recipe(search)
    search.set_defaults(verb=search_papers)

    ask = verbs.add_parser("ask", help="answer a question")
    ask.add_argument(
        "--three-ways", action="store_true", help="no context, retrieved, retrieved and reranked"
    )
    add_recipe(ask)
    ask.set_defaults(verb=ask_question)

    verbs.add_parser("models", help="list the models").set_defaults(verb=list_models)

    download = verbs.add_parser("download", help="download a model; may be broken off and resumed")
    download.add_argument("name", metavar="NAME")
    download.set_defaults(verb=download_model)

    verbs.add_parser("doctor", help="check the data folder").set_defaults(verb=doctor)
    return top


def add_recipe(command: argparse.ArgumentParser) -> None:
    retrieval, generation = Retrieval(), Generation()
    command.add_argument("question", metavar="QUESTION")
    command.add_argument("--papers", default="", metavar="ID,...", help="default: all")
    command.add_argument("--chunker", default=Chunking().chunker, help=" | ".join(chunkers.names()))
    command.add_argument("--size", type=int, help="in the chunker's unit; default: its usual size")
    command.add_argument("--overlap", type=int, help="in the same unit; default: its usual one")
    command.add_argument("--retriever", default=retrieval.retriever, help=" | ".join(RETRIEVERS))
    command.add_argument("--embedder", default=retrieval.embedder)
    command.add_argument("--candidates", type=int, default=retrieval.candidates)
    command.add_argument("--top-k", type=int, default=retrieval.top_k)
    command.add_argument("--reranker", metavar="NAME|none", help="default: the first that is here")
    command.add_argument("--generator", metavar="NAME", help="default: the best that is here")
    command.add_argument("--style", choices=["chat", "completion"], default=generation.style)
    command.add_argument("--max-tokens", type=int, default=generation.max_tokens)
    command.add_argument("--temperature", type=float, default=generation.temperature)
    command.add_argument("--seed", type=int, default=generation.seed)


def recipe_from(lab: Lab, options: argparse.Namespace) -> Recipe:
    size, overlap = chunkers.usual(options.chunker)[0]
    reranker = options.reranker or lab.models.default("reranker")
    return Recipe(
        chunking=Chunking(
            chunker=options.chunker,
            size=size if options.size is None else options.size,
            overlap=overlap if options.overlap is None else options.overlap,
        ),
        evidence=Retrieval(
            retriever=options.retriever,
            embedder=options.embedder,
            candidates=options.candidates,
            top_k=options.top_k,
            reranker=None if reranker == "none" else reranker,
        ),
        generation=Generation(
            generator=options.generator or lab.models.default("generator"),
            max_tokens=options.max_tokens,
            temperature=options.temperature,
            seed=options.seed,
            style=options.style,
        ),
    )


def papers_from(lab: Lab, options: argparse.Namespace) -> tuple[str, ...]:
    return lab.papers.resolve(tuple(options.papers.split(",")) if options.papers else ())


def add_papers(lab: Lab, options: argparse.Namespace) -> int:
    failed = 0
    for path in options.files:
        added = lab.papers.add(path)
        failed += added.status == "failed"
        show(
            {
                "file": str(path),
                "paper": added.paper and added.paper.id,
                "title": added.paper and added.paper.title,
                "pages": added.paper and added.paper.pages,
                "characters": added.paper and added.paper.characters,
                "status": added.status,
                "reason": added.reason,
            }
        )
    return 1 if failed else 0


def list_papers(lab: Lab, _options: argparse.Namespace) -> int:
    for row in lab.papers.all():
        show({"paper": row.id} | {k: v for k, v in plain(row).items() if k != "id"})
    return 0


def remove_paper(lab: Lab, options: argparse.Namespace) -> int:
    row = lab.papers.remove(options.paper)
    show({"paper": row.id, "title": row.title, "status": "removed"})
    return 0


def search_papers(lab: Lab, options: argparse.Namespace) -> int:
    run = lab.bench.search(options.question, recipe_from(lab, options), papers_from(lab, options))
    show(plain(run))
    return 0


def ask_question(lab: Lab, options: argparse.Namespace) -> int:
    recipe = recipe_from(lab, options)
    recipes: tuple[Recipe, ...] = (recipe,)
    if options.three_ways:
        if options.reranker == "none":
            raise BadInput("--three-ways compares with a reranker; leave out --reranker none.")
        assert isinstance(recipe.evidence, Retrieval)
        recipes = three_ways(recipe, recipe.evidence.reranker or "")
    failed, stop = False, Event()
    signal.signal(signal.SIGINT, lambda *_: stop.set())  # Ctrl-C keeps what was said so far
    steps = lab.bench.ask(options.question, recipes, papers_from(lab, options), stop=stop)
    for step in steps:
        match step:
            case Doing(sentence=sentence, share=None):
                say(sentence)
            case Done(comparison=comparison):
                for run in comparison.runs:
                    show(plain(run))
                    failed |= run.answer is not None and run.answer.finish_reason == "error"
    return 1 if failed else 0


def list_models(lab: Lab, _options: argparse.Namespace) -> int:
    for model in lab.models.all():
        show(plain(model))
    return 0


def download_model(lab: Lab, options: argparse.Namespace) -> int:
    said = -1
    for doing in lab.models.download(options.name):
        percent = int(100 * (doing.share or 0))
        if percent > said:
            said = percent
            say(doing.sentence)
    show({"name": options.name, "status": "downloaded"})
    return 0


def doctor(lab: Lab, _options: argparse.Namespace) -> int:
    checks = list(lab.doctor())
    for check in checks:
        show(plain(check))
    return 0 if all(check.ok for check in checks) else 1


def show(value: object) -> None:
    print(json.dumps(value, ensure_ascii=False), flush=True)


def say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
