"""A file's bytes -> a Paper and its facts. Knows what kinds there are; keeps nothing.

All but text and Markdown is read in a process of its own, which is killed when it takes too long or
too much memory.
"""

import hashlib
import json
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import accumulate
from pathlib import Path

from core.errors import Unreadable
from core.papers import child, facts, mending, paragraphs, texts, titles
from core.papers.ocr import KNOWN_LETTERS, OCR, READABLE, NeedsOCR, with_words
from core.papers.reader import DOCUMENTS, Document
from core.papers.recognized import Recognized
from core.settings import Settings
from core.store import PaperFacts
from core.text import file_name
from core.types import Paper, PaperKind, with_text_digest

KINDS: dict[str, PaperKind] = {
    ".pdf": "pdf",
    ".txt": "text",
    ".md": "markdown",
    ".markdown": "markdown",
    ".docx": "docx",
    ".pptx": "pptx",
    ".html": "html",
    ".htm": "html",
    ".epub": "epub",
}

# What a page without text holds, said of one page and of several.
HOLDS = {
    "image": ("a scanned image", "scanned images"),
    "slide": ("an image of a slide", "images of slides"),
    "drawing": ("a drawing without letters", "drawings without letters"),
    "lost": ("unreadable", "unreadable"),
    "empty": ("empty", "empty"),
    "foreign": ("in letters that OCR cannot read", "in letters that OCR cannot read"),
}
REMEDIES = {
    "image": "add it with OCR",
    "slide": "export the slides with their text, or add them with OCR",
    "drawing": "add it with OCR",
    "lost": "add it with OCR, or print it to a new PDF and add that",
    "empty": "there is nothing to add",
    "foreign": f"{KNOWN_LETTERS}, so run another OCR on it and add the result",
}

NUMBERED = (
    "its fonts are pictures that name no letters: words were read as TeX numbers letters, and"
    " formulas may be wrong"
)
OLDER_OFFICE = bytes.fromhex("d0cf11e0a1b11ae1")  # begins .doc, .ppt and encrypted office files
TITLE_LINES = 50  # the title is looked for in the first so many


def digest_file(path: Path) -> str:
    """The file's id, with which those of the papers begin that are read from it: the sha256 of
    its bytes, 64 hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_original(file: Path, file_id: str) -> bool:
    """Whether a file is there and has the bytes that its id says."""
    return file.is_file() and digest_file(file) == file_id


def read(path: Path, name: str, settings: Settings) -> Paper:
    """As `read_with_facts`, the paper alone."""
    return read_with_facts(path, name, settings)[0]


def read_with_facts(
    path: Path, name: str, settings: Settings, ocr: OCR | None = None
) -> tuple[Paper, PaperFacts, str]:
    """The paper in the file at `path`, which its owner calls `name` (its suffix says the kind).

    The lines of a PDF's paragraphs are joined, also over pages; pages and paragraphs are parted by
    a blank line. `blank_pages` are those that hold no text; a page number or a watermark on a
    picture is none. If only the second reader could read the file,
    `raw_map` is empty, and no page of it can be highlighted. The facts are those in a PDF's
    properties; behind them stands what was guessed or lost, empty where nothing was.
    Errors: Unreadable, whose sentence says why and what to do.
    """
    name = file_name(name)
    kind = KINDS.get(Path(name).suffix.lower())
    if kind is None:
        known = ", ".join(KINDS)
        raise Unreadable(f"{name} is none of the kinds that can be read ({known}); convert it.")
    try:
        check(path, name, settings)
        if kind == "pdf":
            return _read_pdf(path, name, settings, ocr)
        if kind in DOCUMENTS:
            return *_read_document(path, name, kind, settings), ""
        paper, note = texts.read(path, name, kind)
        return paper, PaperFacts(), note
    except OSError as error:
        reason = error.strerror or "it cannot be opened"
        raise Unreadable(f"{name} cannot be read: {reason}.", str(error)) from error


def check(path: Path, name: str, settings: Settings) -> None:
    """Whether a file may be opened at all: a pipe or a device never ends, and what is too large
    need not be read to be refused. Errors: Unreadable; OSError where nobody may look."""
    if not path.is_file():
        there = "it is not a file" if path.exists() else "there is no such file"
        raise Unreadable(f"{name} cannot be read: {there}.")
    size = path.stat().st_size
    if size == 0:
        raise Unreadable(f"{name} is empty (0 bytes); save or download it again.")
    if size > settings.max_file_mb * 1_000_000:
        raise Unreadable(too_large(name, size, settings))


def too_large(name: str, size: int, settings: Settings) -> str:
    return (
        f"{name} has {size / 1e6:,.1f} MB, more than the {settings.max_file_mb} allowed; "
        "split it, or raise TRIPTYCH_MAX_FILE_MB."
    )


def _read_document(
    path: Path, name: str, kind: PaperKind, settings: Settings
) -> tuple[Paper, PaperFacts]:
    """Of what another program wrote: Markdown, in which a page is a slide, or all there is."""
    with path.open("rb") as file:
        if file.read(len(OLDER_OFFICE)) == OLDER_OFFICE:
            raise Unreadable(
                f"{name} is encrypted, or of an older kind than its name says; "
                f"save it as {Path(name).suffix} without a password."
            )
    deadline = time.monotonic() + settings.read_seconds
    try:
        document = _parse(child.read(kind, path, settings, deadline=deadline))
    except child.Failed as failure:
        raise Unreadable(_failed(name, failure, settings), str(failure)) from failure
    pages = [mending.tidy(page["text"]).strip() for page in document["pages"]]
    if not any(pages):
        raise Unreadable(f"{name} holds no text; save it as a PDF and add that with OCR.")
    text = mending.PAGE_BREAK.join(pages)
    paper = Paper(
        id=digest_file(path),
        title=titles.of_document(document["title"], text, name),
        text=text,
        page_starts=tuple(
            accumulate((len(page) + len(mending.PAGE_BREAK) for page in pages[:-1]), initial=0)
        ),
        source=name,
        kind=kind,
        blank_pages=tuple(number for number, page in enumerate(pages, 1) if not page),
    )
    return with_text_digest(paper), facts.of_pdf(document["author"], document["made"])


def _read_pdf(
    path: Path, name: str, settings: Settings, ocr: OCR | None
) -> tuple[Paper, PaperFacts, str]:
    with path.open("rb") as file:
        head = file.read(1024)
        if b"%PDF-" not in head and b"endobj" not in head:
            raise Unreadable(
                f"{name} is not a PDF, although its name says so; "
                "give it its right suffix, or save it as a PDF."
            )
    how, document = _document(path, name, settings)
    recognized = _recognized(path, name, document, ocr) if ocr else {}
    holds = [page["holds"] for page in document["pages"]]
    if "text" not in holds:
        offered = 0 if ocr else sum(held in READABLE for held in holds)
        raise NeedsOCR(_without_text(name, holds), offered)
    raw = [page["text"] for page in document["pages"]]
    known = mending.vocabulary(raw)
    body, margins = paragraphs.arranged(document["pages"])
    joined = mending.join(document["pages"], body, margins, known)
    lines = [(mending.mend(line, known)[0], size) for line, size in _sized_lines(document, body)]
    paper = Paper(
        id=digest_file(path),
        title=titles.of_pdf(mending.mend(document["title"], known)[0], lines, name),
        text=joined.text,
        page_starts=joined.page_starts,
        raw_map=joined.raw_map,
        margins=joined.margins,
        source=name,
        kind="pdf",
        blank_pages=tuple(page for page, held in enumerate(holds, 1) if held != "text"),
    )
    if recognized:
        paper = with_words(paper, recognized)
    if how == "pypdf":
        paper = replace(paper, raw_map=())  # it counts characters as nobody else does
    said = facts.of_pdf(mending.mend(document["author"], known)[0], document["made"])
    note = NUMBERED if any(page.get("numbered") for page in document["pages"]) else ""
    return with_text_digest(paper), said, note


def _sized_lines(document: Document, body: Iterable[mending.RawPiece]) -> list[tuple[str, float]]:
    """The first lines of the first page with letters, joined where they go on, each with its type
    size in points (0: unknown, or the line is turned)."""
    pages = document["pages"]
    first = next((n for n, page in enumerate(pages) if any(map(str.isalpha, page["text"]))), 0)
    sizes = {start: size for start, *_, size in pages[first]["lines"]}
    lines: list[tuple[str, float]] = []
    for piece in (each for each in body if each.page == first):
        words = pages[first]["text"][piece.start : piece.end]
        if lines and mending.LINE not in piece.before:
            before, size = lines.pop()
            lines.append((before + piece.before + words, size))
        else:
            lines += [(line, sizes.get(piece.start, 0.0)) for line in words.splitlines()]
    return lines[:TITLE_LINES]


def _recognized(path: Path, name: str, document: Document, ocr: OCR) -> dict[int, Recognized]:
    """The pages without text, read from their images and put into the document; those that are
    empty as they are."""
    pages = document["pages"]
    wanted = [number for number, page in enumerate(pages, 1) if page["holds"] in READABLE]
    found = ocr.read(path, name, wanted) if wanted else {}
    for number, each in found.items():
        pages[number - 1] = each.page
    blank = (number for number, page in enumerate(pages, 1) if page["holds"] == "empty")
    return found | {number: Recognized(page=pages[number - 1]) for number in blank}


def _document(path: Path, name: str, settings: Settings) -> tuple[str, Document]:
    """Which reader found it, and what it found. The second one is asked when the first fails or
    gets nothing out of any page."""
    deadline = time.monotonic() + settings.read_seconds
    best: tuple[str, Document] | None = None
    failure = child.Failed()
    for how in ("pdfium", "pypdf"):
        try:
            found = _parse(child.read(how, path, settings, deadline=deadline))
        except child.Failed as error:
            failure = error
            if type(error) is not child.Failed:
                break
            continue
        holds = {page["holds"] for page in found["pages"]}
        if "text" in holds:
            return how, found
        best = best or (how, found)
        if holds & {"image", "slide", "drawing"}:
            break
    if best is None:
        raise Unreadable(_failed(name, failure, settings), str(failure)) from failure
    return best


def _parse(output: bytes) -> Document:
    try:
        document: Document = json.loads(output.decode("utf-8", "surrogatepass"))
    except ValueError as error:
        raise child.Failed(f"the reader wrote no JSON: {error}") from error
    return document


def _failed(name: str, failure: child.Failed, settings: Settings) -> str:
    match failure:
        case child.NeedsPassword():
            return f"{name} is encrypted and needs a password; save it without one and add that."
        case child.TooSlow():
            return (
                f"{name} takes longer than {settings.read_seconds} s to read; "
                "split it, or raise TRIPTYCH_READ_SECONDS."
            )
        case child.TooMuchMemory():
            return (
                f"{name} needs more than {settings.read_mb} MB of memory to read; "
                "split it, or raise TRIPTYCH_READ_MB."
            )
        case _:
            return f"{name} is damaged: no reader can open it; save or download it again."


def _without_text(name: str, holds: Sequence[str]) -> str:
    """Why a PDF that opens has no text, and what to do about it."""
    if not holds:
        return f"{name} has no pages; save or download it again."
    counts = {kind: holds.count(kind) for kind in HOLDS if kind in holds}
    if len(holds) == 1:
        what = f"its only page is {HOLDS[holds[0]][0]}"
    elif len(counts) == 1:
        what = f"all {len(holds)} pages are {HOLDS[holds[0]][1]}"
    else:
        parts = [
            f"{count} pages are {HOLDS[kind][1]}" if count > 1 else f"1 page is {HOLDS[kind][0]}"
            for kind, count in counts.items()
        ]
        what = f"{', '.join(parts[:-1])} and {parts[-1]}"
    return f"No page of {name} holds text: {what}; {REMEDIES[next(iter(counts))]}."
