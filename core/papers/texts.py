"""Bytes of a text file, or of its name -> characters. Knows encodings, and nothing of papers."""

import codecs
import re

# No text has these; a tab, a line break, a form feed and an escape it may have.
BINARY = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")


def decode(data: bytes) -> str | None:
    """UTF-8, or UTF-16 with a byte order mark, or Windows' western code page (cp1252).

    None for what is no text: it decodes as none of them, or has control characters.
    """
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = _decoded(data, "utf-16")
        return None if text is None or "\0" in text else text
    if (text := _decoded(data, "utf-8-sig")) is not None:
        return None if "\0" in text else text
    return None if BINARY.search(data) else _decoded(data, "cp1252")


def name(of_file: str) -> str:
    """A file's name as it can be kept and shown: a name on disk need not be Unicode."""
    return of_file.encode("utf-8", "replace").decode()


def _decoded(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None
