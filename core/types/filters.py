"""Which papers, and in which order, as one short text for the address and the command line. Pure.

Written as `text:lamp;tag:survey;since:2023`, so that it can be read and changed by hand.
"""

from dataclasses import dataclass
from typing import Literal, cast, get_args

from core.errors import BadInput
from core.types import links
from core.types.papers import PaperKind

PaperSort = Literal["added", "title", "year", "pages"]
PAPER_SORTS: tuple[PaperSort, ...] = get_args(PaperSort)
UNKNOWN = "unknown"  # how a language is written that the words do not tell


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperFilter:
    """Papers that fit all of these; what is empty restricts nothing.

    `text` are words to find in title, file name, authors or text, each as the beginning of a word;
    of kinds, languages and tags any one is enough. Years and pages are inclusive; a paper without
    a year fits no years.
    """

    text: str = ""
    kinds: tuple[PaperKind, ...] = ()
    languages: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    since: int | None = None
    until: int | None = None
    pages_from: int | None = None
    pages_to: int | None = None


LISTS = {"kind": "kinds", "language": "languages", "tag": "tags"}  # as written, and the field
NUMBERS = ("since", "until", "pages_from", "pages_to")


def filter_to_link(wanted: PaperFilter) -> str:
    """The filter as one text; empty for all papers."""
    parts = [("text", (wanted.text,))] if wanted.text else []
    parts += [(name, getattr(wanted, field)) for name, field in LISTS.items()]
    numbers = [(name, getattr(wanted, name)) for name in NUMBERS]
    parts += [(name, (str(number),)) for name, number in numbers if number is not None]
    return links.written(parts)


def filter_from_link(link: str) -> PaperFilter:
    """The filter that `filter_to_link` wrote. Errors: BadInput for a text that is none."""
    found: dict[str, object] = {}
    spaceless = ";".join(filter(None, map(str.strip, link.split(";"))))
    for part, name, given in links.parts(spaceless):
        values = tuple(map(str.strip, given))
        if name == "text" and len(values) == 1:
            found["text"] = values[0]
        elif name in LISTS:
            found[LISTS[name]] = values
        elif name in NUMBERS and len(values) == 1:
            found[name] = _number(name, values[0])
        else:
            raise BadInput(
                f"{part[:60]!r} is no filter of papers; write it like"
                " text:lamp;tag:survey;since:2023."
            )
    unknown = set(cast(tuple[str, ...], found.get("kinds", ()))) - set(get_args(PaperKind))
    if unknown:
        raise BadInput(
            f"{min(unknown)[:60]!r} is no kind of paper; there are"
            f" {', '.join(get_args(PaperKind))}."
        )
    return PaperFilter(**found)  # type: ignore[arg-type]


def _number(name: str, value: str) -> int:
    if not (value.isascii() and value.isdecimal() and len(value) <= 9):
        raise BadInput(f"{value[:60]!r} is no number for {name!r}; write it like {name}:2023.")
    return int(value)
