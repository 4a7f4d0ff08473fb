"""The same lab without a browser: `python -m core VERB ...`.

JSON lines on stdout, sentences on stderr. Exit 0: all well; 1: some item failed, the others are
done and saved; 2: wrong usage.
"""

import argparse
import sys
from collections.abc import Callable, Sequence

from core.commands import (
    asking,
    classes,
    evaluation,
    exchange,
    gpu,
    models,
    papers,
    questions,
    reproduction,
    sweeps,
)
from core.commands.output import say
from core.errors import BadInput, TriptychError
from core.lab import Lab
from core.settings import from_environment


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
    nouns = (
        papers,
        asking,
        sweeps,
        questions,
        evaluation,
        reproduction,
        exchange,
        models,
        gpu,
        classes,
    )
    for noun in nouns:
        noun.add_verbs(verbs)
    return top


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
