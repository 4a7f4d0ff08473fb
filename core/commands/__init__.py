"""The verbs of the command line, a file for each noun; `core/__main__.py` puts them together.

A file has `add_verbs(verbs)`: it adds its parsers, and each names the function that runs it, which
takes the lab and the options and returns the exit status. Knows no page and no SQL.
"""

import argparse
from typing import Protocol

__all__ = [
    "Verbs",
    "asking",
    "classes",
    "evaluation",
    "exchange",
    "gpu",
    "models",
    "output",
    "papers",
    "questions",
    "reproduction",
    "sweeps",
]


class Verbs(Protocol):
    """Where a file adds its parsers: what argparse's `add_subparsers` returns."""

    def add_parser(self, name: str, *, help: str) -> argparse.ArgumentParser: ...
