"""Presets: the values a sweep varies, read from TOML and written as TOML. Knows which keys there
are and what a value may look like, but no model's name and no file.

Each value is one or a list. A model's name may name others behind it, "A or B": the first that is
here is taken; "best" is the best that is here.
"""

import json
import re
import reprlib
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

from core import choices
from core.choices import Axis
from core.errors import BadInput
from core.types import Chunking, Generation, PassageOrder, Prefix, Retrieval, Style

BEST = "best"
NO_RERANKER = "none"
LARGEST = 2**63  # a whole number that a database and a model can take is below; nan is not


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """How answers are written; the fields are those of core.types.Generation, each varied."""

    generator: tuple[str, ...] = (BEST,)
    max_tokens: tuple[int, ...] = (Generation().max_tokens,)
    temperature: tuple[float, ...] = (Generation().temperature,)
    top_p: tuple[float, ...] = (Generation().top_p,)
    top_tokens: tuple[int, ...] = (Generation().top_tokens,)
    seed: tuple[int, ...] = (Generation().seed,)
    style: tuple[Style, ...] = (Generation().style,)
    passages: tuple[PassageOrder, ...] = (Generation().passages,)
    unanswerable: tuple[bool, ...] = (Generation().unanswerable,)
    cite: tuple[bool, ...] = (Generation().cite,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """The values to vary; `answers` is None for the evidence alone.

    `chunks` are pairs (size, overlap), the others are fields of core.types.Chunking and Retrieval.
    `baseline` adds the setting without context, and `whole` the one that reads all of the papers.
    With `one_at_a_time` the first values are the base, and each other value is tried alone in its
    place; else every combination is. `questions` says how many of the questions are asked at most;
    None: all.
    """

    name: str
    about: str = ""
    questions: int | None = None
    baseline: bool = False
    whole: bool = False
    one_at_a_time: bool = False
    chunker: tuple[str, ...] = (Chunking().chunker,)
    chunks: tuple[tuple[int, int], ...] = ((Chunking().size, Chunking().overlap),)
    across_pages: tuple[bool, ...] = (Chunking().across_pages,)
    retriever: tuple[str, ...] = (Retrieval().retriever,)
    embedder: tuple[str, ...] = (Retrieval().embedder,)
    index: tuple[str, ...] = (Retrieval().index,)
    reranker: tuple[str, ...] = (NO_RERANKER,)
    candidates: tuple[int, ...] = (Retrieval().candidates,)
    top_k: tuple[int, ...] = (Retrieval().top_k,)
    read: tuple[str, ...] = (Retrieval().read,)
    prefix: tuple[Prefix, ...] = (Retrieval().prefix,)
    rewrite: tuple[str, ...] = (Retrieval().rewrite,)
    rewriter: tuple[str, ...] = (Retrieval().rewriter,)
    variety: tuple[float, ...] = (Retrieval().variety,)
    at_most: tuple[int, ...] = (Retrieval().at_most,)
    budget: tuple[int, ...] = (Retrieval().budget,)
    where: tuple[str, ...] = (Retrieval().where,)
    answers: Answers | None = None


def read(name: str, text: str) -> Preset:
    """The preset that a file's text says. Errors: BadInput, in one sentence, for what is no TOML,
    a key that is not known, and an invalid value."""
    try:
        table = tomllib.loads(text)
    except ValueError as error:  # also of a number with thousands of digits
        raise BadInput(f"The preset {name!r} is no TOML: {error}.") from error
    except RecursionError as error:
        raise BadInput(f"The preset {name!r} is nested too deeply.") from error
    answers = table.pop("answers", None)
    if answers is not None and not isinstance(answers, dict):
        raise BadInput(f"The preset {name!r}: answers must be a table, begun with [answers].")
    top = _values(name, table, Preset, "", TOP)
    below = _values(name, answers or {}, Answers, "answers.", ANSWERS)
    return Preset(**{"name": name, **top}, answers=None if answers is None else Answers(**below))


def written(preset: Preset) -> str:
    """The preset as TOML that `read` takes; what is as usual is left out."""
    lines = _lines(preset, Preset(name=preset.name))
    if preset.answers:
        lines += ["", "[answers]", *_lines(preset.answers, Answers())]
    return "\n".join(lines).lstrip("\n") + "\n"


def _lines(value: Preset | Answers, usual: Preset | Answers) -> list[str]:
    lines = []
    for field in fields(value):
        has = getattr(value, field.name)
        if field.name in ("name", "answers") or has == getattr(usual, field.name):
            continue
        if field.name == "chunks":
            has = tuple(f"{size}/{overlap}" for size, overlap in has)
        shown = f"[{', '.join(map(_toml, has))}]" if isinstance(has, tuple) else _toml(has)
        lines.append(f"{field.name} = {shown}")
    return lines


def _toml(value: str | int | float | bool) -> str:
    return quoted(value) if isinstance(value, str) else json.dumps(value)


def quoted(text: str) -> str:
    """A text as TOML writes it."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _values(
    name: str, table: dict[str, Any], kind: type, prefix: str, readers: "dict[str, Reader]"
) -> dict[str, Any]:
    """The fields of `kind` that a table sets."""
    values = {}
    for key, value in table.items():
        if key not in readers:
            raise BadInput(
                f"The preset {name!r} has a key {prefix}{key} that is not known; known are:"
                f" {', '.join(prefix + each for each in readers)}"
                + (", [answers]." if kind is Preset else ".")
            )
        convert, wanted = readers[key]
        given = [value] if key in SINGLE or not isinstance(value, list) else value
        try:
            converted = tuple(dict.fromkeys(map(convert, given)))
        except (TypeError, ValueError):
            converted = ()
        if not converted:
            raise BadInput(
                f"The preset {name!r}: {prefix}{key} is {_shown(value)}; it must be {wanted}."
            )
        values[key] = converted[0] if key in SINGLE else converted
    return values


def _shown(value: Any) -> str:
    """A value for a sentence, shortened."""
    try:
        return reprlib.repr(value)
    except ValueError:  # Python writes no number of more than 4,300 digits
        return "a number of thousands of digits"


def _is(*kinds: type, where: Callable[[Any], bool] = lambda _: True) -> Callable[[Any], Any]:
    """Takes values of exactly these types (True is no number) for which `where` holds."""

    def convert(value: Any) -> Any:
        if type(value) not in kinds or not where(value):
            raise ValueError
        return kinds[0](value)

    return convert


def _chunk_pair(value: Any) -> tuple[int, int]:
    if not isinstance(value, str) or not re.fullmatch(r"\d{1,9}/\d{1,9}", value):
        raise ValueError
    size, _, overlap = value.partition("/")
    return int(size), int(overlap)


Reader = tuple[Callable[[Any], Any], str]


def _reader(axis: Axis) -> Reader:
    """What values of a field look like in a preset, and how a sentence says so."""
    such = ", ".join(map(_toml, axis.values[:2]))
    if axis.kind is bool:
        return _is(bool), "true, false or both, such as [false, true]"
    if axis.kind is int:
        return _is(
            int, where=lambda value: abs(value) < LARGEST
        ), f"whole numbers, such as [{such}]"
    if axis.kind is float:
        return NUMBER, f"numbers, such as [{such}]"
    if axis.usual == "":
        return _is(str), "texts in quotes"
    if axis.family:
        return NAMES
    if axis.open:
        return _is(str), f"texts in quotes, such as [{such}]"
    known = " or ".join(map(repr, axis.values))
    return _is(str, where=lambda value: value in axis.values), known


NUMBER = _is(float, int, where=lambda value: abs(value) < LARGEST)
NAMES: Reader = (
    _is(str, where=lambda value: bool(value.strip())),
    'names in quotes, such as ["recursive"]',
)
SWITCH: Reader = (_is(bool), "true or false")
SINGLE: dict[str, Reader] = {  # keys that have one value
    "about": (_is(str), "a text in quotes"),
    "questions": (
        _is(int, where=lambda value: 0 < value < LARGEST),
        "a whole number of at least 1",
    ),
    "baseline": SWITCH,
    "whole": SWITCH,
    "one_at_a_time": SWITCH,
}
TOP: dict[str, Reader] = SINGLE | {
    "chunker": NAMES,
    "chunks": (_chunk_pair, 'sizes and overlaps, such as ["800/100", "1200/200"]'),
    "across_pages": (_is(bool), "true, false or both, such as [false, true]"),
    **{axis.name: _reader(axis) for axis in choices.RETRIEVAL},
}
ANSWERS: dict[str, Reader] = {axis.name: _reader(axis) for axis in choices.GENERATION}
