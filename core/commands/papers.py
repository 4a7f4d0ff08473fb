"""Papers in, listed, out."""

import argparse
import signal
from pathlib import Path
from threading import Event

from core.codec import plain
from core.commands import Verbs
from core.commands.output import show
from core.lab import Lab
from core.papers import AddProgress
from core.tasks import result_of


def add_verbs(verbs: Verbs) -> None:
    add = verbs.add_parser("add", help="add papers (PDF, TXT, Markdown), folders and zip files")
    add.add_argument("files", nargs="+", metavar="FILE|FOLDER|ZIP", type=Path)
    add.set_defaults(verb=add_papers)

    verbs.add_parser("papers", help="list the papers").set_defaults(verb=list_papers)

    remove = verbs.add_parser("remove", help="remove papers")
    remove.add_argument("papers", nargs="+", metavar="PAPER", help="its id, or the beginning of it")
    remove.set_defaults(verb=remove_papers)


def add_papers(lab: Lab, options: argparse.Namespace) -> int:
    """A line for each file once it is kept; Ctrl-C keeps what was said."""
    stop = Event()
    signal.signal(signal.SIGINT, lambda *_: stop.set())
    done = result_of(lab.papers.add_all(options.files, stop), _show_added)
    return 1 if stop.is_set() or any(added.status == "failed" for added in done) else 0


def _show_added(step: AddProgress) -> None:
    for added in step.added:
        show(
            {
                "file": added.file,
                "paper": added.paper and added.paper.id,
                "title": added.paper and added.paper.title,
                "pages": added.paper and added.paper.pages,
                "characters": added.paper and added.paper.characters,
                "status": added.status,
                "reason": added.reason,
            }
        )


def list_papers(lab: Lab, _options: argparse.Namespace) -> int:
    for row in lab.papers.all():
        show({"paper": row.id} | {k: v for k, v in plain(row).items() if k != "id"})
    return 0


def remove_papers(lab: Lab, options: argparse.Namespace) -> int:
    for row in lab.papers.remove(*options.papers):
        show({"paper": row.id, "title": row.title, "status": "removed"})
    return 0
