"""What is known of a paper besides its text: authors, a year, tags. Pure."""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from core.errors import BadInput
from core.store import PaperFacts

FIRST_YEAR, LAST_YEAR = 1450, 2100  # printing began; a later one is a slip of the pen
FIRST_PDF = 1992
LONGEST = 200  # characters of a name or a tag
MOST = 500  # authors or tags

# What programs and scanners write where an author should be.
NOBODY = re.compile(
    r"(unknown|anonymous|author|authors?|admin(istrator)?|user|owner|default|me|pc|home|office"
    r"|(microsoft|ms) office( user)?|windows( user)?|root|guest|none|n/?a|untitled|scan(ner)?)"
    r"[\s\d]*",
    re.IGNORECASE,
)
NO_NAME = re.compile(r"@|https?:|www\.|[/\\<>{}|=]|\.(pdf|docx?|tex)\b|\d{3}", re.IGNORECASE)


def checked(authors: Sequence[str], year: int | None, tags: Sequence[str]) -> PaperFacts:
    """Facts as a person typed them, without blanks and what was said twice. Errors: BadInput."""
    if year is not None and not is_year(year):
        raise BadInput(f"{year} is no year of a paper; write one from {FIRST_YEAR} to {LAST_YEAR}.")
    found = shortened(authors, year, tags)
    if found != PaperFacts(authors=_names(authors), year=year, tags=_names(tags)):
        raise BadInput(
            f"At most {MOST} authors or tags of {LONGEST} characters each can be kept; shorten"
            " them."
        )
    return found


def shortened(authors: Iterable[str], year: int | None, tags: Iterable[str]) -> PaperFacts:
    """Facts as a program wrote them, as much of them as is kept."""
    fitting = ([name[:LONGEST] for name in _names(each)][:MOST] for each in (authors, tags))
    names, marks = map(tuple, fitting)
    return PaperFacts(authors=names, year=year, tags=marks)


def is_year(year: int | None) -> bool:
    """Whether it can be the year of a paper."""
    return year is not None and FIRST_YEAR <= year <= LAST_YEAR


def of_pdf(author: str, made: str) -> PaperFacts:
    """Facts from a PDF's properties, as far as they mean something. `made` is a date as PDF writes
    it ("D:20230719120000Z"); a year before there were PDFs, or one to come, is none."""
    year = re.match(r"(?:D:)?((?:19|20)\d\d)", made.strip())
    sane = year and FIRST_PDF <= int(year[1]) <= datetime.now(UTC).year
    named = filter(_is_name, split_authors(author))
    return shortened(named, int(year[1]) if year and sane else None, ())


def split_authors(text: str) -> list[str]:
    """Single names out of a line of them. Semicolons and "and" always part; commas only where what
    they part has a first and a last name each, since "Voss, Anneli" is one person."""
    names = []
    for part in re.split(r";|\n|\band\b|&", text):
        pieces = [" ".join(piece.split()) for piece in part.split(",") if piece.strip()]
        several = all(len(piece.split()) > 1 for piece in pieces)
        names += pieces if several else [", ".join(pieces)]
    return [name for name in names if name]


def _is_name(name: str) -> bool:
    letters = sum(map(str.isalpha, name))
    plain = not NOBODY.fullmatch(name) and not NO_NAME.search(name) and "\ufffd" not in name
    return plain and letters >= 2 and len(name) <= LONGEST


def _names(given: Iterable[str]) -> tuple[str, ...]:
    """Each once, on one line."""
    return tuple(dict.fromkeys(filter(None, (" ".join(each.split()) for each in given))))
