"""Questions with gold spans: in, listed, out."""

import argparse
import json
import signal
from collections import Counter
from pathlib import Path
from threading import Event

from core.codec import plain
from core.commands import Verbs
from core.commands.output import say, show
from core.commands.recipes import add_papers, papers_from
from core.errors import BadInput
from core.lab import Lab


def add_verbs(verbs: Verbs) -> None:
    questions = verbs.add_parser("questions", help="questions whose answers' places are known")
    what = questions.add_subparsers(required=True, metavar="add|list|export|propose")

    add = what.add_parser("add", help="add a file of questions (JSON lines, CSV)")
    add.add_argument("file", metavar="FILE", type=Path)
    _held_out(add, "set them aside, to test a choice once it is made")
    add.set_defaults(verb=add_questions)

    listing = what.add_parser("list", help="list the questions that are not set aside")
    _held_out(listing, "list those that are set aside")
    listing.set_defaults(verb=list_questions)

    export = what.add_parser("export", help="write them in the format that `add` reads")
    export.add_argument("--to", metavar="FILE", type=Path, help="default: stdout")
    _held_out(export, "those that are set aside")
    export.set_defaults(verb=export_questions)

    propose = what.add_parser(
        "propose", help="let a model write some, in the format that `add` reads; none is added"
    )
    add_papers(propose)
    propose.add_argument("--count", metavar="N", type=int, default=20, help="passages (20)")
    propose.add_argument("--generator", metavar="NAME", help="default: the lab's")
    propose.set_defaults(verb=propose_questions)


def add_questions(lab: Lab, options: argparse.Namespace) -> int:
    failed = added = 0
    for each in lab.questions.add(options.file, held_out=options.held_out):
        failed += each.status == "failed"
        added += each.status == "added"
        show(
            {
                "line": each.line,
                "question": each.question and each.question.text,
                "gold": plain(each.question)["gold"] if each.question else [],
                "status": each.status,
                "reason": each.reason,
                "nearest": each.nearest,
                "instead": [
                    {
                        "page": found.page,
                        "likeness": round(found.likeness, 3),
                        "passage": json.loads(found.pasted),
                    }
                    for found in each.instead
                ],
            }
        )
    say(f"{added} added, {failed} failed.")
    return 1 if failed else 0


def list_questions(lab: Lab, options: argparse.Namespace) -> int:
    for kept in lab.questions.all(held_out=options.held_out):
        show({"id": kept.id, **plain(kept.question), "held_out": kept.held_out, "at": kept.at})
    return 0


def propose_questions(lab: Lab, options: argparse.Namespace) -> int:
    """Those let through to stdout, each as it is written, and the others to stderr; Ctrl+C ends it
    and keeps what was printed."""
    name = options.generator or lab.models.default("generator")
    passages = lab.proposed_questions.passages(papers_from(lab, options), options.count)
    stop = Event()
    signal.signal(signal.SIGINT, lambda *_: stop.set())
    refused: Counter[str] = Counter()
    kept = 0
    read = set()
    for each in lab.proposed_questions.propose(passages, name, stop):
        read.add(each.passage)
        if each.question and each.let_through:
            kept += 1
            show(lab.questions.line(each.question))
        else:
            refused[each.why] += 1
            asked = f": {each.asked}" if each.asked else ""
            say(f"{each.passage.paper_id[:8]} at {each.passage.start}: {each.why}{asked}")
    for why, count in refused.most_common():
        say(f"{count} refused: {why}.")
    say(
        f"{kept} proposed by {name} from {len(read)} of {len(passages)} passages; read them, and"
        " `questions add` takes those that you leave in the file."
    )
    return 0


def export_questions(lab: Lab, options: argparse.Namespace) -> int:
    lines = lab.questions.lines(held_out=options.held_out)
    if options.to is None:
        for line in lines:
            show(line)
        return 0
    written = [json.dumps(line, ensure_ascii=False) + "\n" for line in lines]
    try:
        options.to.write_text("".join(written), encoding="utf-8")
    except OSError as error:
        raise BadInput(f"{options.to} cannot be written: {error.strerror}.") from error
    say(f"{len(written)} questions written to {options.to}.")
    return 0


def _held_out(command: argparse.ArgumentParser, what: str) -> None:
    command.add_argument("--held-out", action="store_true", help=what)
