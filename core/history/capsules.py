"""Capsules: runs, and the sweep they belong to, as one file that opens in any Triptych. Pure.

A gzip file of JSON lines: first what it is, then one run a line, with all texts in it, so that it
opens without the papers and without a model. Which papers runs searched is said once for each set,
in the first line; in version 1 each run said it.
"""

import gzip
import json
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from core.codec import from_json, plain, to_json
from core.errors import BadInput, Damaged
from core.types import PlayedRound, Run, Sweep

FORMAT, VERSION = "triptych capsule", 2
MOST_BYTES = 500_000_000  # unpacked: a small file may hold a large one
NAME = re.compile(r"[\w.-]{1,64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Capsule:
    """What a capsule holds. `at` says when it, or the last of its runs, was made. `rounds` are how
    the class of that id voted on the runs, where one did."""

    name: str
    at: str
    runs: tuple[Run, ...]
    sweep: Sweep | None = None
    class_id: str = ""
    rounds: tuple[PlayedRound, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchedTogether:
    """A set of papers, and the ids of the runs that searched it."""

    paper_ids: tuple[str, ...]
    runs: tuple[str, ...]


def write(capsule: Capsule) -> bytes:
    """The capsule as bytes; the same capsule gives the same bytes."""
    searched: dict[tuple[str, ...], list[str]] = {}
    for run in capsule.runs:
        if run.paper_ids:
            searched.setdefault(run.paper_ids, []).append(run.id)
    head = json.dumps(
        {
            "format": FORMAT,
            "version": VERSION,
            "name": capsule.name,
            "at": capsule.at,
            "sweep": plain(capsule.sweep) if capsule.sweep else None,
            "class": capsule.class_id,
            "rounds": [plain(each) for each in capsule.rounds],
            "searched": [{"paper_ids": ids, "runs": runs} for ids, runs in searched.items()],
        }
    )
    lines = [head, *(to_json(replace(run, paper_ids=())) for run in capsule.runs)]
    return gzip.compress("\n".join(lines).encode("utf-8"), mtime=0)


def is_capsule(content: bytes) -> bool:
    """Whether these may be the bytes of a capsule: no text begins so."""
    return content.startswith(b"\x1f\x8b")


def read(content: bytes) -> Capsule:
    """What `write` packed. Errors: BadInput for a file that is no capsule, that is too large, or
    that a newer Triptych wrote."""
    lines = iter(_unpacked(content).split("\n"))
    head = _head(next(lines))
    kept, rounds = head.get("sweep"), head.get("rounds") or []
    try:
        sweep = from_json(Sweep, json.dumps(kept)) if kept else None
        played = from_json(tuple[PlayedRound, ...], json.dumps(rounds))
        sets = from_json(tuple[SearchedTogether, ...], json.dumps(head.get("searched") or []))
    except Damaged as error:
        raise BadInput(
            "The sweep, the papers or the votes of this capsule are damaged.", error.detail
        ) from error
    class_id = str(head.get("class", ""))
    if sweep and not NAME.fullmatch(sweep.id):
        raise BadInput("The sweep of this capsule has no proper id.")
    if class_id and not NAME.fullmatch(class_id):
        raise BadInput("The class of this capsule has no proper id.")
    return Capsule(
        name=str(head.get("name", "")),
        at=str(head.get("at", "")),
        runs=_runs(lines, {run_id: each.paper_ids for each in sets for run_id in each.runs}),
        sweep=sweep,
        class_id=class_id,
        rounds=played,
    )


def _runs(lines: Iterator[str], searched: Mapping[str, tuple[str, ...]]) -> tuple[Run, ...]:
    runs = []
    for number, line in enumerate(lines, start=2):
        try:
            run = from_json(Run, line)
        except Damaged as error:
            raise BadInput(
                f"Line {number} of this capsule is no run; ask for the capsule again.", error.detail
            ) from error
        if not NAME.fullmatch(run.id):
            raise BadInput(f"The run in line {number} of this capsule has no proper id.")
        runs.append(replace(run, paper_ids=searched.get(run.id, run.paper_ids)))
    return tuple(runs)


def _head(line: str) -> dict[str, object]:
    try:
        head = json.loads(line)
    except (ValueError, RecursionError):
        head = None
    if not isinstance(head, dict) or head.get("format") != FORMAT:
        raise BadInput("This file is no capsule of Triptych.")
    if head.get("version") not in (1, VERSION):
        raise BadInput("This capsule was written by a newer Triptych; update this one to open it.")
    return head


def _unpacked(content: bytes) -> str:
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        text = unpacker.decompress(content, MOST_BYTES)
        if unpacker.unconsumed_tail:
            raise BadInput(f"This capsule holds more than {MOST_BYTES // 1_000_000} MB.")
        if not unpacker.eof:
            raise BadInput("This capsule is not whole; ask for it again.")
        return text.decode("utf-8")
    except (zlib.error, UnicodeDecodeError) as error:
        raise BadInput("This file is no capsule of Triptych.", str(error)) from error
