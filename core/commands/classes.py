"""The class, for whoever sits at the machine itself."""

import argparse

from core.codec import plain
from core.commands import Verbs
from core.commands.output import show
from core.lab import Lab


def add_verbs(verbs: Verbs) -> None:
    group = verbs.add_parser("class", help="end the class that is open, also without its PIN")
    group.add_argument("action", choices=["end"])
    group.set_defaults(verb=end_class)


def end_class(lab: Lab, _options: argparse.Namespace) -> int:
    show(plain(lab.classes.end()))
    return 0
