"""Published tables, computed again from the folders that hold their data sets."""

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
        "reproduce",
        help="compute a published table again: Chroma's chunking evaluation, or a BEIR data set",
    )
    reproduce.add_argument("folder", metavar="FOLDER", type=Path, help="the data set's folder")
    which = reproduce.add_mutually_exclusive_group()
    which.add_argument("--omega", action="store_true", help="what needs no model, in seconds")
    which.add_argument(
        "--beir", action="store_true", help="a BEIR folder: corpus.jsonl, queries.jsonl, qrels.tsv"
    )
    reproduce.set_defaults(verb=reproduce_table)


def reproduce_table(lab: Lab, options: argparse.Namespace) -> int:
    if options.beir:
        return _beir(lab, options.folder)
    return _omega(lab, options.folder) if options.omega else _recall(lab, options.folder)


def _beir(lab: Lab, folder: Path) -> int:
    """A line a way to search, as soon as it is measured; then all of them beside what others
    published."""
    started, shown, said = time.monotonic(), 0, ""

    def told(step: Progress) -> None:
        nonlocal shown, said
        if step.sentence != said:  # it comes once a pair
            say(step.sentence)
            said = step.sentence
        for row in lab.beir.table.rows[shown:] if lab.beir.table else ():
            show(plain(row))
            shown += 1

    table = result_of(lab.beir.whole(folder), told)
    for line in (*table.lines(), *table.notes):
        say(line)
    show(
        {
            "ours": {
                row.name: {
                    "ndcg@10": round(row.ndcg.mean, 2),
                    "recall@100": round(row.recall.mean, 2),
                }
                for row in table.rows
            },
            "minutes": round((time.monotonic() - started) / 60, 1),
            "megabytes": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        }
    )
    return 0


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
