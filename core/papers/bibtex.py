"""BibTeX, as Zotero writes it -> what it says of each publication. Knows no paper."""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

from core.errors import BadInput
from core.papers.reading import KINDS

if TYPE_CHECKING:
    from pybtex.database import Entry, Person

_parsing = Lock()  # the library notes its complaints in one place for all threads


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """An entry: its key, the names of its files, and what it says; empty and None where it does
    not. `complaint` says why an entry could not be read whole."""

    key: str
    title: str = ""
    doi: str = ""
    files: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    year: int | None = None
    keywords: tuple[str, ...] = ()


def publications(text: str) -> tuple[list[Publication], list[str]]:
    """The entries in their order, and what is wrong with the text, in words of the library.

    Errors: BadInput for a text without any entry.
    """
    from pybtex import errors
    from pybtex.database import BibliographyData, parse_string
    from pybtex.exceptions import PybtexError

    with _parsing, errors.capture() as complaints:
        try:
            found = parse_string(text, "bibtex")
        except (PybtexError, RecursionError) as error:
            complaints.append(error)
            found = BibliographyData()
        entries = [_publication(key, entry) for key, entry in found.entries.items()]
    said = [" ".join(str(each).split()) for each in complaints]
    if not entries:
        why = f": {said[0]}" if said else ""
        raise BadInput(f"There is no entry in it that can be read as BibTeX{why}.")
    return entries, said


def _publication(key: str, entry: "Entry") -> Publication:
    fields = entry.fields
    date = re.search(r"\b\d{4}\b", fields.get("year", "") or fields.get("date", ""))
    names = map(_name, entry.persons.get("author", []))
    doi = re.search(r"10\.\d{4,9}/\S+", fields.get("doi", "") or fields.get("url", ""))
    return Publication(
        key=key,
        title=plain(fields.get("title", "")),
        doi=plain(doi[0]) if doi else "",
        files=tuple(_files(fields.get("file", ""))),
        authors=tuple(name for name in names if name and name != "others"),
        year=int(date[0]) if date else None,
        keywords=tuple(map(plain, re.split("[,;]", fields.get("keywords", "")))),
    )


def _name(person: "Person") -> str:
    """First names first, as one would say it."""
    parts = (
        person.first_names + person.middle_names + person.prelast_names + person.last_names,
        person.lineage_names,
    )
    return plain(" ".join(word for part in parts for word in part))


def _files(field: str) -> Iterator[str]:
    """Names of papers' files out of Zotero's list: NAME:PATH:TYPE;..., a path of any system."""
    for piece in re.split(r"[/\\:;]+", field.replace(r"\_", "_")):
        name = plain(piece)
        if any(name.lower().endswith(suffix) for suffix in KINDS):
            yield name


def plain(latex: str) -> str:
    """What a reader would see, as far as it is letters: no braces, no commands."""
    import latexcodec  # noqa: F401 - brings the codec

    try:
        text = codecs.decode(latex, "ulatex")  # type: ignore[call-overload]  # text to text
    except ValueError:
        text = latex
    return " ".join(re.sub(r"[{}$]|\\[a-zA-Z]+|\\", "", text).split())
