"""Bytes of a text, or of a file's name -> characters. Knows no file."""

import codecs
import re
from dataclasses import dataclass

from core.text import encodings

FEW = 0.001  # of the bytes: so many, or one, may be lost in a text that else is sound
LOST = "\ufffd"  # stands for what could not be read
# No text has these; a tab, a line break, a form feed and an escape it may have.
BINARY = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
BEYOND_ASCII = re.compile(  # a character of UTF-8 that is more than a byte
    rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """A text as it was written, and the name Python has for its encoding. `note` says what was
    guessed or lost, without a full stop; empty where nothing was. `lost` counts places kept as
    U+FFFD."""

    text: str
    encoding: str
    note: str = ""
    lost: int = 0


class Undecodable(Exception):
    """Bytes that are no text, or may be several. The message goes on after the file's name."""


def decode(data: bytes) -> Decoded:
    """UTF-8, UTF-16, or the older encoding that the letters tell. What is not UTF-8 in a text that
    else is becomes U+FFFD, as do a few bytes that tell nothing. Errors: Undecodable."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _strictly(data, "utf-16")
    if order := _byte_order(data):
        return _strictly(data, order, "read as UTF-16, though nothing in it says so")
    text = data.decode("utf-8-sig", "replace")
    bad = text.count(LOST) - data.count(LOST.encode())
    if "\0" in text or (bad and BINARY.search(data)):
        raise Undecodable("is not text")
    if not bad:
        return Decoded(text=text, encoding="utf-8")
    if len(BEYOND_ASCII.findall(data)) <= bad:
        names = encodings.likely(data)
        if len(names) == 1:
            return _strictly(data, names[0], f"read as {encodings.OLDER[names[0]].name}")
        if bad > max(1, FEW * len(data)):
            raise Undecodable(_doubt(names))
    note = f"{bad:,} {'place is' if bad == 1 else 'places are'} not UTF-8 and kept as {LOST}"
    return Decoded(text=text, encoding="utf-8", note=note, lost=bad)


def file_name(name: str) -> str:
    """A file's name as it can be kept and shown: a name on disk need not be Unicode."""
    return name.encode("utf-8", "replace").decode()


def _byte_order(data: bytes) -> str | None:
    """How UTF-16 without a mark is to be read: most of a text is ASCII, with a 0 in each other
    byte, and no text has control characters."""
    for order, first in (("utf-16-be", 0), ("utf-16-le", 1)):
        zeros = data[first:2_000:2].count(0)
        letters = data[1 - first : 2_000 : 2]
        if len(data) % 2 == 0 and zeros > 0.7 * len(letters) and not BINARY.search(letters):
            return order
    return None


def _doubt(names: list[str]) -> str:
    if not names:
        return "is not text, or in an encoding that is not known"
    said = " or ".join(encodings.OLDER[name].name for name in names)
    return f"may be written in {said}, and reads differently in each"


def _strictly(data: bytes, encoding: str, note: str = "") -> Decoded:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise Undecodable("is not text") from error
    if "\0" in text:
        raise Undecodable("is not text")
    return Decoded(text=text, encoding=encoding, note=note)
