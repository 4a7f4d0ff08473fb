"""Papers in, listed, out."""

import argparse
import signal
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import TypeVar

from core.codec import plain
from core.commands import Verbs
from core.commands.output import print_as_it_is, say, show
from core.commands.recipes import WHERE
from core.errors import BadInput
from core.lab import Lab
from core.papers import AddProgress, PaperRow, ReadingProgress, pages_sentence
from core.tasks import Progress, result_of
from core.types import PAPER_SORTS, filter_from_link

S = TypeVar("S", bound=Progress)
BY_OCR = "read pages without text from their images, some seconds each"
PAGE_FEED = "\f"  # no text of a paper holds one


def add_verbs(verbs: Verbs) -> None:
    add = verbs.add_parser("add", help="add papers, folders and zip files of them")
    add.add_argument("files", nargs="+", metavar="FILE|FOLDER|ZIP", type=Path)
    add.add_argument("--ocr", action="store_true", help=BY_OCR)
    add.set_defaults(verb=add_papers)

    papers = verbs.add_parser("papers", help="list the papers")
    papers.add_argument("--where", default="", metavar="FILTER", help=WHERE)
    papers.add_argument("--sort", choices=PAPER_SORTS, default="added")
    papers.add_argument("--limit", type=int, default=-1, metavar="N", help="default: all")
    papers.set_defaults(verb=list_papers)

    text = verbs.add_parser("text", help="print a paper's text, or how a file would be read")
    text.add_argument("what", metavar="PAPER|FILE", help="a FILE is read and not added")
    text.add_argument("--page", type=int, metavar="N", help="default: all pages")
    text.set_defaults(verb=print_text)

    facts = verbs.add_parser("facts", help="say who wrote a paper and when, and tag it")
    facts.add_argument("paper", metavar="PAPER", help="its id, or the beginning of it")
    facts.add_argument("--authors", metavar="NAME;...", help="default: as they are")
    facts.add_argument("--year", metavar="YEAR|none", help="default: as it is")
    facts.add_argument("--tags", metavar="TAG,...", help="default: as they are")
    facts.set_defaults(verb=change_facts)

    again = verbs.add_parser(
        "reread", help="read papers that are here once more, as this version reads"
    )
    again.add_argument(
        "papers", nargs="*", metavar="PAPER", help="its id, or the beginning of it; default: all"
    )
    again.add_argument("--ocr", action="store_true", help=BY_OCR)
    again.set_defaults(verb=read_again)

    remove = verbs.add_parser("remove", help="remove papers")
    remove.add_argument("papers", nargs="+", metavar="PAPER", help="its id, or the beginning of it")
    remove.set_defaults(verb=remove_papers)


def add_papers(lab: Lab, options: argparse.Namespace) -> int:
    """A line for each file once it is kept; Ctrl-C keeps what was said."""
    stop = Event()
    signal.signal(signal.SIGINT, lambda *_: stop.set())
    steps = lab.papers.add_all(options.files, stop, ocr=options.ocr)
    done = result_of(steps, _telling(_show_added, options.ocr))
    if stop.is_set():
        say("Stopped; what was told is kept, and the same command goes on from there.")
    return 1 if stop.is_set() or any(added.status == "failed" for added in done) else 0


def read_again(lab: Lab, options: argparse.Namespace) -> int:
    """A line for each paper once its new text is kept; Ctrl-C keeps what was said."""
    stop = Event()
    signal.signal(signal.SIGINT, lambda *_: stop.set())
    papers = lab.papers.resolve(tuple(options.papers))
    steps = lab.read_again(papers, stop, ocr=options.ocr)
    done = result_of(steps, _telling(_show_reread, options.ocr))
    if stop.is_set():
        say("Stopped; what was told is kept.")
    return 1 if stop.is_set() or any(each.status == "failed" for each in done) else 0


def _telling(show_step: Callable[[S], None], ocr: bool) -> Callable[[S], None]:
    """Besides what became of the papers, how far the OCR is, which takes long."""
    told = ""

    def tell(step: S) -> None:
        nonlocal told
        show_step(step)
        if ocr and step.sentence != told:
            say(told := step.sentence)

    return tell


def _show_reread(step: ReadingProgress) -> None:
    for each in step.reread:
        fields = {name: value for name, value in plain(each).items() if name != "paper_id"}
        show({"paper": each.paper_id} | fields)


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


def list_papers(lab: Lab, options: argparse.Namespace) -> int:
    wanted = filter_from_link(options.where)
    for row in lab.papers.page(wanted, options.sort, 0, options.limit):
        _show_row(row)
    return 0


def print_text(lab: Lab, options: argparse.Namespace) -> int:
    """The text alone on stdout, a form feed between pages; without these it is the paper's text,
    character by character, without its margins. What a reader should know of it on stderr."""
    file = Path(options.what)
    if file.is_file():
        paper, note = lab.papers.read_file(file)
        if note:
            say(f"{paper.source}: {note}.")
    else:
        (paper_id,) = lab.papers.resolve((options.what,))
        paper = lab.papers.get(paper_id)
    if said := pages_sentence(paper.blank_pages, paper.ocr_pages):
        say(f"{paper.source}: {said}.")
    if options.page is None:
        pages = (paper.page_span(page) for page in range(1, paper.pages + 1))
        print_as_it_is(PAGE_FEED.join(paper.text[start:end] for start, end in pages))
        return 0
    if not 1 <= options.page <= paper.pages:
        raise BadInput(f"{paper.source} has pages 1 to {paper.pages}, not {options.page}.")
    start, end = paper.page_span(options.page)
    print_as_it_is(paper.text[start:end].strip())
    return 0


def change_facts(lab: Lab, options: argparse.Namespace) -> int:
    (row,) = lab.papers.rows(lab.papers.resolve((options.paper,)))
    authors, year, tags = row.authors, row.year, row.tags
    if options.authors is not None:
        authors = tuple(options.authors.split(";"))
    if options.year is not None:
        year = None if options.year == "none" else _year(options.year)
    if options.tags is not None:
        tags = tuple(options.tags.split(","))
    _show_row(lab.papers.keep_facts(row.id, authors=authors, year=year, tags=tags))
    return 0


def _year(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) == 4):
        raise BadInput(f"{text[:60]!r} is no year; write it like 2023, or none.")
    return int(text)


def _show_row(row: PaperRow) -> None:
    show({"paper": row.id} | {k: v for k, v in plain(row).items() if k != "id"})


def remove_papers(lab: Lab, options: argparse.Namespace) -> int:
    for row in lab.papers.remove(*options.papers):
        show({"paper": row.id, "title": row.title, "status": "removed"})
    return 0
