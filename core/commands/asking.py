"""Questions: searched, or answered."""

import argparse
import signal
from dataclasses import replace
from threading import Event

from core.answering import Step
from core.codec import plain
from core.commands import Verbs
from core.commands.output import say, show
from core.commands.recipes import add_recipe, papers_from, recipe_from
from core.errors import BadInput
from core.lab import Lab
from core.tasks import Progress, result_of
from core.types import Recipe, Retrieval, Whole, three_ways


def add_verbs(verbs: Verbs) -> None:
    search = verbs.add_parser("search", help="find chunks; no answer is written")
    add_recipe(search)
    search.set_defaults(verb=search_papers)

    ask = verbs.add_parser("ask", help="answer a question")
    ask.add_argument(
        "--three-ways", action="store_true", help="no context, retrieved, retrieved and reranked"
    )
    ask.add_argument(
        "--whole",
        action="store_true",
        help="no search: all of the papers, as far as the model's window goes; with --three-ways a"
        " fourth way",
    )
    add_recipe(ask)
    ask.set_defaults(verb=ask_question)


def search_papers(lab: Lab, options: argparse.Namespace) -> int:
    run = lab.answering.search(
        options.question, recipe_from(lab, options), papers_from(lab, options)
    )
    show(plain(run))
    return 0


def ask_question(lab: Lab, options: argparse.Namespace) -> int:
    recipe = recipe_from(lab, options)
    whole = replace(recipe, evidence=Whole())
    recipes: tuple[Recipe, ...] = (whole,) if options.whole else (recipe,)
    if options.three_ways:
        if options.reranker == "none":
            raise BadInput("--three-ways compares with a reranker; leave out --reranker none.")
        assert isinstance(recipe.evidence, Retrieval)
        three = three_ways(recipe, recipe.evidence.reranker or "")
        recipes = (*three, whole) if options.whole else three
    failed, stop = False, Event()
    signal.signal(signal.SIGINT, lambda *_: stop.set())  # Ctrl-C keeps what was said so far
    steps = lab.answering.ask(options.question, recipes, papers_from(lab, options), stop=stop)
    for run in result_of(steps, _said).runs:
        show(plain(run))
        failed |= run.answer is not None and run.answer.finish_reason == "error"
    return 1 if failed else 0


def _said(step: Step) -> None:
    match step:
        case Progress(sentence=sentence, share=None):
            say(sentence)
