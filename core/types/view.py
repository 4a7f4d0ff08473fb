"""A view of the past runs: which of them, as one short text for the address. Pure.

Written as `text:lamp;arm:retrieved,reranked;size:800`, so that it can be read and changed by hand.
"""

import re
from dataclasses import dataclass, fields, replace
from typing import Literal, get_args

from core.errors import BadInput
from core.types import links

Choice = Literal[
    "arm",
    "generator",
    "reranker",
    "chunker",
    "size",
    "overlap",
    "retriever",
    "embedder",
    "index",
    "candidates",
    "top_k",
    "finish",
    "origin",
]
CHOICES: tuple[Choice, ...] = get_args(Choice)


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Runs that fit all of these; what is empty restricts nothing.

    `text` are words to find in questions and answers, `since` and `until` days ("2026-11-21"),
    both included. `chosen` holds for a setting the values it may have, as text.
    """

    text: str = ""
    question: str = ""
    paper: str = ""
    sweep: str = ""
    since: str = ""
    until: str = ""
    chosen: tuple[tuple[Choice, tuple[str, ...]], ...] = ()

    def values(self, choice: Choice) -> tuple[str, ...]:
        return dict(self.chosen).get(choice, ())

    def choosing(self, choice: Choice, values: tuple[str, ...]) -> "View":
        """The same view with other values for one setting; none: any."""
        chosen = dict(self.chosen) | {choice: values}
        return replace(
            self, chosen=tuple((name, chosen[name]) for name in CHOICES if chosen.get(name))
        )


WORDS = tuple(field.name for field in fields(View) if field.name != "chosen")


def to_link(view: View) -> str:
    """The view as one text; empty for all runs."""
    words = [(name, (getattr(view, name),)) for name in WORDS if getattr(view, name)]
    return links.written((*words, *view.chosen))


def from_link(link: str) -> View:
    """The view that `to_link` wrote. Errors: BadInput for a text that is none."""
    view = View()
    for part, name, values in links.parts(link):
        if name in CHOICES:
            choice: Choice = next(each for each in CHOICES if each == name)
            view = view.choosing(choice, values)
        elif name in WORDS and len(values) == 1:
            _check(name, values[0])
            view = replace(view, **{name: values[0]})  # type: ignore[arg-type]
        else:
            raise BadInput(
                f"The link asks for {part[:60]!r}, which is no filter of past runs; leave that out."
            )
    return view


def _check(name: str, value: str) -> None:
    """Errors: BadInput for a day that is none."""
    if name in ("since", "until") and not re.fullmatch(r"[12]\d{3}-[01]\d-[0-3]\d", value):
        raise BadInput(f"{value[:60]!r} is no day; write it like 2026-11-21.")
