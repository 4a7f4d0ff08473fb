"""What comes in from other programs, and what goes out to them: `import KIND`, `export KIND`.

A kind is one line in a table: its name and the function that does it.
"""

import argparse
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from core.codec import plain
from core.commands import Verbs
from core.commands.output import say, show
from core.commands.recipes import add_retrieval, retrieval_from
from core.errors import TriptychError
from core.lab import Lab
from core.types import from_link

# Reads one file, and yields for each thing in it a line and whether it failed.
Reader = Callable[[Lab, Path], Iterator[tuple[dict[str, object], bool]]]
# The whole export as bytes; the options say which runs (`view`), and the path (`to`).
Writer = Callable[[Lab, argparse.Namespace], bytes]


def import_deck(lab: Lab, path: Path) -> Iterator[tuple[dict[str, object], bool]]:
    for done in lab.cards.load(path):
        if done.failed:
            say(done.failed)
        dropped = [plain(note) for note in done.dropped]
        if done.failed:
            dropped.append({"line": 1, "why": done.failed})
        yield (
            {
                "file": f"{path}{done.file.removeprefix(path.name)}",
                "cards": done.cards,
                "repaired": len(done.repaired),
                "dropped": dropped,
            },
            bool(done.failed),
        )


def export_deck(lab: Lab, options: argparse.Namespace) -> bytes:
    """The path says which format; without one Markdown."""
    return lab.cards.written(options.to.suffix.lower() if options.to else ".md")


def import_runs(kind: str, lab: Lab, path: Path) -> Iterator[tuple[dict[str, object], bool]]:
    """A file is what it says it is, whatever kind it was called."""
    counted = "hits" if kind == "retrieval-log" else "runs"
    try:
        made = lab.runs.load(path.name, path.read_bytes())
        counted = "hits" if made.kind == "retrieval-log" else "runs"
    except (TriptychError, OSError) as error:
        why = error.sentence if isinstance(error, TriptychError) else f"{path}: {error.strerror}."
        say(why)
        dropped = [{"line": 1, "why": why}]
        yield {"file": str(path), counted: 0, "repaired": 0, "dropped": dropped}, True
        return
    yield (
        {
            "file": str(path),
            counted: made.hits if counted == "hits" else made.runs,
            "known": made.known,
            "repaired": made.repaired,
            "dropped": [plain(each) for each in made.dropped],
        },
        False,
    )


def import_bibtex(lab: Lab, path: Path) -> Iterator[tuple[dict[str, object], bool]]:
    """A line for each entry; one that fits no paper is no failure, one that cannot be read is."""
    try:
        report = lab.papers.take_bibtex(str(path), path.read_bytes())
    except (TriptychError, OSError) as error:
        why = error.sentence if isinstance(error, TriptychError) else f"{path}: {error.strerror}."
        say(why)
        yield {"file": str(path), "status": "failed", "reason": why}, True
        return
    for row, key in report.matched:
        line: dict[str, object] = {"entry": key, "status": "matched", "paper": row.id}
        line |= {"title": row.title, "authors": row.authors, "year": row.year, "tags": row.tags}
        yield line, False
    for left in report.unmatched:
        status = "unmatched" if left.key else "failed"
        line = {"entry": left.key, "status": status, "title": left.title, "reason": left.reason}
        yield line, not left.key
    say(f"{len(report.matched)} papers got facts; {len(report.unmatched)} entries fit none.")


def import_grades(lab: Lab, path: Path) -> Iterator[tuple[dict[str, object], bool]]:
    """All of a file or, where a line is no grade, nothing of it."""
    try:
        grades, new = lab.grades.load(path.name, path.read_bytes())
    except (TriptychError, OSError) as error:
        why = error.sentence if isinstance(error, TriptychError) else f"{path}: {error.strerror}."
        say(why)
        yield {"file": str(path), "grades": 0, "known": 0, "reason": why}, True
        return
    yield {"file": str(path), "grades": grades, "known": grades - new, "reason": ""}, False


def export_grades(lab: Lab, _options: argparse.Namespace) -> bytes:
    return lab.grades.written().encode()


def export_runs(kind: str, lab: Lab, options: argparse.Namespace) -> bytes:
    return lab.runs.written(kind, from_link(options.view))


def export_script(lab: Lab, options: argparse.Namespace) -> bytes:
    return lab.script(retrieval_from(lab, options)).encode()


READERS: dict[str, Reader] = {
    "deck": import_deck,
    "bibtex": import_bibtex,
    "grades": import_grades,
    **{kind: partial(import_runs, kind) for kind in ("log", "retrieval-log", "capsule")},
}
WRITERS: dict[str, Writer] = {
    "deck": export_deck,
    "grades": export_grades,
    "script": export_script,
    **{
        kind: partial(export_runs, kind)
        for kind in ("runs", "log", "retrieval-log", "report", "capsule")
    },
}


def add_verbs(verbs: Verbs) -> None:
    reading = verbs.add_parser("import", help=f"read files of other programs: {', '.join(READERS)}")
    reading.add_argument("kind", choices=READERS, metavar="|".join(READERS))
    reading.add_argument("files", nargs="+", metavar="FILE", type=Path)
    reading.set_defaults(verb=import_files)

    writing = verbs.add_parser("export", help=f"write for other programs: {', '.join(WRITERS)}")
    writing.add_argument("kind", choices=WRITERS, metavar="|".join(WRITERS))
    writing.add_argument("--to", metavar="FILE", type=Path, help="default: stdout")
    writing.add_argument(
        "--view", default="", help="which runs, as the address of the Runs page says it"
    )
    add_retrieval(writing.add_argument_group("of a script, which finds what this setting finds"))
    writing.set_defaults(verb=export)


def import_files(lab: Lab, options: argparse.Namespace) -> int:
    status = 0
    for path in options.files:
        for line, failed in READERS[options.kind](lab, path):
            show(line)
            status |= failed
    return status


def export(lab: Lab, options: argparse.Namespace) -> int:
    written = WRITERS[options.kind](lab, options)
    if options.to is None:
        sys.stdout.buffer.write(written)
        sys.stdout.flush()
        return 0
    try:
        options.to.write_bytes(written)
    except OSError as error:
        raise TriptychError(f"{options.to} cannot be written: {error.strerror}.") from error
    say(f"{options.to}: {len(written):,} bytes written.")
    return 0
