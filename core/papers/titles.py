"""What a document calls itself. Pure: knows texts, type sizes and file names, and opens no file."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from core.types import PaperKind

LONGEST = 200  # characters of a title set over several lines
LONGEST_LINE = 120  # a longer first line is text

# What programs write where a title should be.
PLACEHOLDER = re.compile(
    r"(untitled|title|no title|document|doc|paper|article|manuscript|main|template|presentation"
    r"|(microsoft )?powerpoint( presentation)?|(microsoft )?word( document)?|slide|layout|print"
    r"|new (document|presentation)|diapositiva|folie|scan|scanned document|image|book)"
    r"[\s_\-]*\d*",
    re.IGNORECASE,
)
FROM_A_PROGRAM = re.compile(r"(microsoft|adobe) \w+ - ", re.IGNORECASE)
FILE_NAME = re.compile(
    r".*\.(pdf|do[ct][xm]?|pp[ts][xm]?|xls[xmb]?|od[tpsg]|sx[wic]|key|pages|numbers|rtf|wp[dst]|tex|dvi"
    r"|e?ps|indd?|qxd|p65|fm|pub|txt|csv|md|html?|xml|jsp|php|aspx?|cdr|ai|psd|svg|vsdx?|dwg|jpe?g"
    r"|png|gif|bmp|tiff?|exe|bat|dll|zip|tmp|bak|dat)",
    re.IGNORECASE,
)
ARXIV = re.compile(r"(arxiv:)?\s*\d{4}\.\d{4,5}(v\d+)?\b", re.IGNORECASE)
LATEX = re.compile(r"\\[a-z]|[{}$]", re.IGNORECASE)

# Lines that stand first and are no title.
SECTION = re.compile(
    r"[\d.\s]*(abstract|introduction|(table of )?contents|summary|overview|preface|references"
    r"|acknowledge?ments|zusammenfassung|inhalt|résumé|resumen|índice)[\s:.]*",
    re.IGNORECASE,
)
ADDRESS = re.compile(r"https?://|www\.|\w@\w")
CELLS = re.compile(r"\S[ ]*\t|\|.*\||\S {3,}\S.*\S {3,}\S")  # a table's, side by side
NUMBER = re.compile(r"[-+±≈<>(]*\d[\d.,:%/)]*")


def of_pdf(given: str, lines: Sequence[tuple[str, float]], name: str) -> str:
    """The title in the file's properties if it means something, else the largest type on the
    first page, else its first line if that can be a title, else the file's name.

    `lines` are the first page's, with their type size in points (0: unknown, or turned).
    """
    given = _one_line(given)
    if _meaningful(given):
        return given
    return _largest(lines) or _first(line for line, _ in lines) or of_name(name)


def of_document(given: str, text: str, name: str) -> str:
    """The title in the file's properties if it means something, else as of Markdown."""
    given = _one_line(given)
    return given if _meaningful(given) else of_text(text, "markdown", name)


def of_text(text: str, kind: PaperKind, name: str) -> str:
    """A Markdown file's front matter or first heading; else the first line that is not blank, if
    it can be a title; else the file's name."""
    return (kind == "markdown" and _of_markdown(text)) or _first(text.split("\n")) or of_name(name)


def of_name(name: str) -> str:
    """A file name as a title: no suffix, no underscores."""
    return _one_line(Path(name).stem.replace("_", " ")) or name


def _meaningful(title: str) -> bool:
    return _can_be_title(title, LONGEST) and not (
        PLACEHOLDER.fullmatch(title) or FROM_A_PROGRAM.match(title) or FILE_NAME.fullmatch(title)
    )


def _can_be_title(line: str, longest: int) -> bool:
    """Whether a line names something: some letters, not too many, no address, no section."""
    return (
        sum(map(str.isalpha, line)) >= 2
        and len(line) <= longest
        and "\ufffd" not in line
        and not SECTION.fullmatch(line)
        and not _are_numbers(line)
        and not ARXIV.match(line)
        and not ADDRESS.search(line)
        and not LATEX.search(line)
    )


def _are_numbers(line: str) -> bool:
    """Whether it is numbers for the most part, as a table's row is."""
    parts = line.split()
    return len(parts) > 2 and 2 * sum(1 for part in parts if NUMBER.fullmatch(part)) >= len(parts)


def _largest(lines: Sequence[tuple[str, float]]) -> str | None:
    """The first lines in a row that are set larger than the running text, largest type first."""
    letters: Counter[float] = Counter()
    for line, size in lines:
        letters[size] += len(line)
    del letters[0.0]
    if not letters:
        return None
    body = letters.most_common(1)[0][0]
    for largest in sorted((size for size in letters if size > 1.1 * body), reverse=True):
        title = ""
        for line, size in lines:
            if 0.95 * largest <= size <= largest and len(title) + len(line) < LONGEST:
                title = f"{title} {line}"
            elif title.strip():
                break
        title = _one_line(title)
        if _can_be_title(title, LONGEST):
            return title
    return None


def _first(lines: Iterable[str]) -> str | None:
    """The first line with something on it, without what decorates it, if it can be a title."""
    for line in lines:
        cells = CELLS.search(line.strip())
        line = _one_line(line.strip(" \t=-*_#~>|"))
        if line:
            ends_well = line[-1] not in ".,;:-" or len(line.split()) < 4
            can_be = ends_well and not cells and _can_be_title(line, LONGEST_LINE)
            return line if can_be else None
    return None


FRONT_MATTER = re.compile(r"---\n(.*?)\n(?:---|\.\.\.)(?:\n|\Z)", re.DOTALL)
FRONT_TITLE = re.compile(r"^title:[ \t]*(.+)$", re.MULTILINE | re.IGNORECASE)
FENCE = re.compile(r"^ {0,3}(```|~~~).*?(?:^ {0,3}\1|\Z)", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^ {0,3}#{1,6}[ \t]+(.+)$|^(\S.*)\n=+[ \t]*$", re.MULTILINE)
LINK = re.compile(r"!?\[([^\]\n]*)\]\([^)\n]*\)")
EMPHASIS = re.compile(r"(?<!\w)(_{1,3}|\*{1,3}|`+)(?=\S)(.+?)(?<=\S)\1(?!\w)")
TAG = re.compile(r"</?\w[^>\n]*>")


def _of_markdown(text: str) -> str | None:
    front = FRONT_MATTER.match(text)
    if front and (found := FRONT_TITLE.search(front[1])):
        return _one_line(found[1].strip().strip("\"'")) or None
    heading = HEADING.search(FENCE.sub("", text[front.end() if front else 0 :]))
    if not heading:
        return None
    plain = TAG.sub("", LINK.sub(r"\1", (heading[1] or heading[2])[: 4 * LONGEST]))
    while plain != (plainer := EMPHASIS.sub(r"\2", plain)):
        plain = plainer
    title = _one_line(plain.strip().rstrip("#").rstrip(" :"))
    return title[:LONGEST] if _can_be_title(title, len(title)) else None


def _one_line(text: str) -> str:
    return " ".join(text.split())
