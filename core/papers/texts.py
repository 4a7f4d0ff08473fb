"""A text or Markdown file -> a Paper. Opens the file, and knows no other kind."""

import hashlib
import re
from pathlib import Path

from core.errors import Unreadable
from core.papers import mending, titles
from core.text import Undecodable, decode
from core.types import Paper, PaperKind, with_text_digest

FIRST_READ = ("utf-8", "utf-16", "cp1252")  # the encodings that the first version read
# A picture written into Markdown: in its place, as an HTML tag, or at the end under a name.
PICTURE = re.compile(
    r"!\[[^\]\n]*\]\(\s*<?data:[^)]*\)|<img\b[^>]{0,500}?\bsrc\s*=\s*[\"']?data:[^>]*>",
    re.IGNORECASE,
)
NAMED_PICTURE = re.compile(r"^ {0,3}\[[^\]\n]+\]:\s*<?data:\S*>?[ \t]*$\n?", re.I | re.MULTILINE)


def read(path: Path, name: str, kind: PaperKind) -> tuple[Paper, str]:
    """The paper, and what was guessed or lost when its encoding was told. Errors: Unreadable."""
    data = path.read_bytes()
    remedy = "give it its right suffix, or save it as UTF-8 text."
    if data.startswith(b"%PDF-"):
        raise Unreadable(f"{name} is a PDF, although its name says otherwise; {remedy}")
    try:
        decoded = decode(data)
    except Undecodable as error:
        raise Unreadable(f"{name} {error}; {remedy}") from error
    first = mending.tidy(decoded.text)
    text = without_pictures(first) if kind == "markdown" else first
    if not text.strip():
        raise Unreadable(f"{name} is empty: it holds nothing but blanks.")
    paper = Paper(
        id=hashlib.sha256(data).hexdigest(),
        title=titles.of_text(text, kind, name),
        text=text,
        source=name,
        kind=kind,
    )
    as_first = text == first and decoded.encoding in FIRST_READ and not decoded.lost
    return paper if as_first else with_text_digest(paper), decoded.note


def without_pictures(markdown: str) -> str:
    """With "[image]" where the bytes of a picture stand."""
    return NAMED_PICTURE.sub("", PICTURE.sub("[image]", markdown))
