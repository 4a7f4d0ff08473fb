"""Filters as one short text for the address and the command line. Pure.

Written as `text:lamp;tag:survey,methods;since:2023`, so that it can be read and changed by hand.
"""

from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import quote, unquote


def written(parts: Iterable[tuple[str, Sequence[str]]]) -> str:
    """Names with their values as one text; names without values are left out."""
    return ";".join(
        f"{name}:{','.join(quote(value, safe=' /+') for value in values)}"
        for name, values in parts
        if values
    )


def parts(link: str) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """What `written` wrote, or a person typed: each part as it stands, its name, and its values. A
    part without a colon has an empty name."""
    for part in filter(None, link.split(";")):
        name, colon, rest = part.partition(":")
        yield part, name if colon else "", tuple(map(unquote, rest.split(",")))
