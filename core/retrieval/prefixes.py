"""A line of context before a chunk: the embedder and BM25 read it, the reranker and the answer
model do not. Pure."""

from collections.abc import Sequence

from core.chunkers import headings
from core.types import Paper, Prefix

MARKS = "#-*+. \t0123456789)"  # what a heading begins with besides its words
LONGEST = 200  # characters: a line, and no text of its own

Headings = Sequence[tuple[int, str]]  # where each begins, ascending, and its words


def headings_of(paper: Paper) -> Headings:
    """The headings of a paper that can be told; none in PDFs and plain texts."""
    if not paper.is_markdown:
        return ()
    text = paper.text[: paper.body_end]
    found = ((start, text[start:end].strip()) for start, end in headings.headings(text))
    return [(start, line.lstrip(MARKS).rstrip("# ")) for start, line in found]


def line(prefix: Prefix, title: str, found: Headings, start: int) -> str:
    """The line for a chunk that begins at `start`, with its line break; empty without a prefix.
    With headings the last one at or before the chunk; the title alone where there is none."""
    if prefix == "none":
        return ""
    parts = [title]
    if prefix == "title+heading":
        parts += [words for at, words in found if at <= start and words][-1:]
    return " › ".join(" ".join(part.split())[:LONGEST] for part in parts) + "\n"
