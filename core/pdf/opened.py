"""A PDF through PDFium's own functions: the library's classes take as long to import as the rest.

What it hands out is PDFium's own, and is gone when the file is closed.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import byref, c_float, c_ushort, create_string_buffer
from typing import Any, NamedTuple

DEEPEST = 15  # forms within forms


class NotOpenedError(Exception):
    """PDFium cannot open a file. `err_code` is its own: 4 says that a password is needed."""

    def __init__(self, err_code: int) -> None:
        super().__init__(f"PDFium cannot open it (error {err_code})")
        self.err_code = err_code


class Thing(NamedTuple):
    """What is drawn on a page: its kind (FPDF_PAGEOBJ_…), and where the outermost form that holds
    it lies, in points: left, bottom, right, top."""

    kind: int
    bounds: tuple[float, float, float, float]


@contextmanager
def opened(file: str) -> Iterator[Any]:
    """The document in a file. Errors: NotOpenedError."""
    import pypdfium2_raw as raw

    raw.FPDF_InitLibraryWithConfig(raw.FPDF_LIBRARY_CONFIG(version=2))
    document = raw.FPDF_LoadDocument(os.fsencode(file), None)
    try:
        if raw.FPDF_GetPageCount(document) < 1:
            raise NotOpenedError(raw.FPDF_GetLastError())
        yield document
    finally:
        raw.FPDF_CloseDocument(document)
        raw.FPDF_DestroyLibrary()


def value(document: Any, name: str) -> str:
    """A property of a document; empty if it has none of this name."""
    from pypdfium2_raw import FPDF_GetMetaText

    size = FPDF_GetMetaText(document, name.encode(), None, 0)
    said = create_string_buffer(size)
    FPDF_GetMetaText(document, name.encode(), said, size)
    return said.raw[:-2].decode("utf-16-le", "replace")


def pages(document: Any) -> Iterator[tuple[Any, Any] | None]:
    """Each page and its text page; None for one that cannot be read."""
    import pypdfium2_raw as raw

    for number in range(raw.FPDF_GetPageCount(document)):
        page = raw.FPDF_LoadPage(document, number)
        textpage = raw.FPDFText_LoadPage(page) if page else None
        yield (page, textpage) if textpage else None
        if textpage:
            raw.FPDFText_ClosePage(textpage)
        if page:
            raw.FPDF_ClosePage(page)


def letters(textpage: Any) -> str:
    """The text of a page, with halves of surrogate pairs where PDFium has them."""
    import pypdfium2_raw as raw

    # At either end there may be characters that the text leaves out.
    first, last = 0, raw.FPDFText_CountChars(textpage) - 1
    at = raw.FPDFText_GetTextIndexFromCharIndex
    while first <= last and at(textpage, first) < 0:
        first += 1
    while first <= last and at(textpage, last) < 0:
        last -= 1
    if first > last:
        return ""
    units = (c_ushort * (at(textpage, last) + 2 - at(textpage, first)))()
    written = raw.FPDFText_GetText(textpage, first, last + 1 - first, units)
    return bytes(units)[: 2 * (written - 1)].decode("utf-16-le", "surrogatepass")


def size(page: Any) -> tuple[float, float]:
    """Width and height of a page, in points."""
    from pypdfium2_raw import FPDF_GetPageHeightF, FPDF_GetPageWidthF

    return FPDF_GetPageWidthF(page), FPDF_GetPageHeightF(page)


def things(page: Any) -> Iterator[Thing]:
    """All that is drawn on a page, forms and what they hold."""
    import pypdfium2_raw as raw

    edges = c_float(), c_float(), c_float(), c_float()
    for number in range(raw.FPDFPage_CountObjects(page)):
        thing = raw.FPDFPage_GetObject(page, number)
        placed = raw.FPDFPageObj_GetBounds(thing, *map(byref, edges))
        left, bottom, right, top = (edge.value if placed else 0.0 for edge in edges)
        for kind in _kinds(thing, DEEPEST):
            yield Thing(kind, (left, bottom, right, top))


def _kinds(thing: Any, deepest: int) -> Iterator[int]:
    import pypdfium2_raw as raw

    kind = raw.FPDFPageObj_GetType(thing)
    yield kind
    if kind == raw.FPDF_PAGEOBJ_FORM and deepest > 1:
        for number in range(raw.FPDFFormObj_CountObjects(thing)):
            yield from _kinds(raw.FPDFFormObj_GetObject(thing, number), deepest - 1)
