"""A published table, computed again from the folder that holds its data set."""

import argparse
import resource
import time
from pathlib import Path

from core.codec import plain
from core.commands import Verbs
from core.commands.output import say, show
from core.evaluation import RecallRow
from core.lab import Lab
from core.tasks import Progress, result_of


def add_verbs(verbs: Verbs) -> None:
    reproduce = verbs.add_parser(
        "reproduce", help="compute the published table of Chroma's chunking evaluation again"
    )
    reproduce.add_argument("folder", metavar="FOLDER", type=Path, help="the data set's folder")
    reproduce.add_argument("--omega", action="store_true", help="what needs no model, in seconds")
    reproduce.set_defaults(verb=reproduce_table)


def reproduce_table(lab: Lab, options: argparse.Namespace) -> int:
    return _omega(lab, options.folder) if options.omega else _recall(lab, options.folder)


def _omega(lab: Lab, folder: Path) -> int:
    rows = []
    for row in lab.reproduction.omega(folder):
        rows.append(row)
        show(plain(row))
    close = sum(row.close for row in rows)
    say(f"{close} of {len(rows)} within 0.1")
    return 0 if close == len(rows) else 1


def _recall(lab: Lab, folder: Path) -> int:
    started, rows = time.monotonic(), list[RecallRow]()

    def told(step: Progress | RecallRow) -> None:
        match step:
            case Progress():
                say(step.sentence)
            case RecallRow():
                rows.append(step)
                show(plain(step))

    tied = result_of(lab.reproduction.recall(folder), told)
    best = [rows[number] for number in tied]
    inside = sum(row.inside for row in rows)
    show(
        {
            "inside": inside,
            "of": len(rows),
            "tied_with_best": [f"{row.chunker} {row.size}/{row.overlap}" for row in best],
            "minutes": round((time.monotonic() - started) / 60, 1),
            "embedded": sum(row.embedded for row in rows),
            "megabytes": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        }
    )
    say(f"{inside} of {len(rows)} inside")
    return 0
