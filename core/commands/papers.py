"""Papers in, listed, out."""

import argparse
from pathlib import Path

from core.codec import plain
from core.commands import Verbs
from core.commands.output import show
from core.lab import Lab


def add_verbs(verbs: Verbs) -> None:
    add = verbs.add_parser("add", help="add papers (PDF, TXT, Markdown)")
    add.add_argument("files", nargs="+", metavar="FILE", type=Path)
    add.set_defaults(verb=add_papers)

    verbs.add_parser("papers", help="list the papers").set_defaults(verb=list_papers)

    remove = verbs.add_parser("remove", help="remove papers")
    remove.add_argument("papers", nargs="+", metavar="PAPER", help="its id, or the beginning of it")
    remove.set_defaults(verb=remove_papers)


def add_papers(lab: Lab, options: argparse.Namespace) -> int:
    failed = 0
    for path in options.files:
        added = lab.papers.add(path)
        failed += added.status == "failed"
        show(
            {
                "file": str(path),
                "paper": added.paper and added.paper.id,
                "title": added.paper and added.paper.title,
                "pages": added.paper and added.paper.pages,
                "characters": added.paper and added.paper.characters,
                "status": added.status,
                "reason": added.reason,
            }
        )
    return 1 if failed else 0


def list_papers(lab: Lab, _options: argparse.Namespace) -> int:
    for row in lab.papers.all():
        show({"paper": row.id} | {k: v for k, v in plain(row).items() if k != "id"})
    return 0


def remove_papers(lab: Lab, options: argparse.Namespace) -> int:
    for row in lab.papers.remove(*options.papers):
        show({"paper": row.id, "title": row.title, "status": "removed"})
    return 0
