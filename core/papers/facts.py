"""What is known of a paper besides its text: authors, a year, tags. Pure."""

from collections.abc import Iterable

from core.errors import BadInput
from core.store import PaperFacts

FIRST_YEAR, LAST_YEAR = 1450, 2100  # printing began; a later one is a slip of the pen
LONGEST = 200  # characters of a name or a tag
MOST = 500  # authors or tags


def checked(authors: Iterable[str], year: int | None, tags: Iterable[str]) -> PaperFacts:
    """Facts as a person typed them, without blanks and what was said twice. Errors: BadInput."""
    if year is not None and not FIRST_YEAR <= year <= LAST_YEAR:
        raise BadInput(f"{year} is no year of a paper; write one from {FIRST_YEAR} to {LAST_YEAR}.")
    return PaperFacts(authors=_names(authors), year=year, tags=_names(tags))


def _names(given: Iterable[str]) -> tuple[str, ...]:
    """Each once, on one line. Errors: BadInput for what is too long or too many."""
    names = tuple(dict.fromkeys(filter(None, (" ".join(each.split()) for each in given))))
    if len(names) > MOST or any(len(name) > LONGEST for name in names):
        raise BadInput(
            f"At most {MOST} authors or tags of {LONGEST} characters each can be kept; shorten"
            " them."
        )
    return names
