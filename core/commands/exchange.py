"""What comes in from other programs, and what goes out to them: `import KIND`, `export KIND`.

A kind is one line in a table: its name and the function that does it.
"""

import argparse
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from core.codec import plain
from core.commands import Verbs
from core.commands.output import say, show
from core.errors import TriptychError
from core.lab import Lab

# Reads one file, and yields for each thing in it a line and whether it failed.
Reader = Callable[[Lab, Path], Iterator[tuple[dict[str, object], bool]]]
# The whole export as bytes; the path says which format, None for the usual one.
Writer = Callable[[Lab, Path | None], bytes]


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


def export_deck(lab: Lab, path: Path | None) -> bytes:
    return lab.cards.written(path.suffix.lower() if path else ".md")


READERS: dict[str, Reader] = {
    "deck": import_deck,
}
WRITERS: dict[str, Writer] = {
    "deck": export_deck,
}


def add_verbs(verbs: Verbs) -> None:
    reading = verbs.add_parser("import", help=f"read files of other programs: {', '.join(READERS)}")
    reading.add_argument("kind", choices=READERS, metavar="|".join(READERS))
    reading.add_argument("files", nargs="+", metavar="FILE", type=Path)
    reading.set_defaults(verb=import_files)

    writing = verbs.add_parser("export", help=f"write for other programs: {', '.join(WRITERS)}")
    writing.add_argument("kind", choices=WRITERS, metavar="|".join(WRITERS))
    writing.add_argument("--to", metavar="FILE", type=Path, help="default: stdout")
    writing.set_defaults(verb=export)


def import_files(lab: Lab, options: argparse.Namespace) -> int:
    status = 0
    for path in options.files:
        for line, failed in READERS[options.kind](lab, path):
            show(line)
            status |= failed
    return status


def export(lab: Lab, options: argparse.Namespace) -> int:
    written = WRITERS[options.kind](lab, options.to)
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
