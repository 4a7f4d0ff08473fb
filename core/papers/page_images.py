"""How a page of a PDF looks, with places in its text marked on it."""

import json
import time
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path

from core.errors import BadInput, Unreadable
from core.papers import child, mending
from core.papers.ocr import boxes_of
from core.papers.reader import Drawn, Marked
from core.settings import Settings
from core.types import Paper

LONGEST_LIGATURE = 3  # letters

Places = list[list[str]]  # of each span, as the reader takes them


@dataclass(frozen=True, slots=True, kw_only=True)
class PageImage:
    """A page as a PNG, and the band of it around what is marked as another one, empty where
    nothing is. `unmarked` are the asked-for spans that lie on the page but could not be placed on
    its image; nothing is marked for these."""

    png: bytes
    band: bytes = b""
    unmarked: tuple[tuple[int, int], ...] = ()


def page_image(
    path: Path,
    page: int,
    highlights: Iterable[tuple[int, int]],
    paper: Paper,
    scale: float,
    settings: Settings,
) -> PageImage:
    """Page `page` (from 1) of the PDF at `path` as a PNG of `scale` pixels a point (2.0: 144 dpi),
    its longer side at most 4,000 pixels.

    `highlights` are half open spans of `paper.text`; what of them lies on the page is marked in
    yellow. A place is marked only if the letters that PDFium finds there are those of the span,
    so a paper that another version read, or only the second reader (see `read`), has no wrong
    marks. Where the page was read from its image, its words are known by their places. Errors:
    BadInput for a page that is not there or a paper that is no PDF, Unreadable for a page that
    cannot be drawn.
    """
    if paper.kind != "pdf":
        raise BadInput(f"{paper.source} has no page images; read its text instead.")
    if not 1 <= page <= paper.pages:
        raise BadInput(f"{paper.source} has pages 1 to {paper.pages}, not {page}.")
    parts = paper.page_span(page), paper.margin_span(page)
    here = [
        (max(start, first), min(end, last)) for start, end in highlights for first, last in parts
    ]
    here = [(start, end) for start, end in here if paper.text[start:end].strip()]
    by_image = page in paper.ocr_pages
    places = _boxes(paper, page, here) if by_image else _characters(paper, page, here)
    draw = partial(_draw, path, page, paper, scale, settings)
    png, band, marked = draw(places)
    wrong = {
        span
        for span, found in zip(here, marked, strict=True)
        if not found["boxes"]
        or not (by_image or _same_letters(paper.text[slice(*span)], found["text"]))
    }
    if any(found["boxes"] for span, found in zip(here, marked, strict=True) if span in wrong):
        right = [place for span, place in zip(here, places, strict=True) if span not in wrong]
        png, band, _ = draw(right)
    return PageImage(png=png, band=band, unmarked=tuple(span for span in here if span in wrong))


def _characters(paper: Paper, page: int, spans: Sequence[tuple[int, int]]) -> Places:
    raw = mending.raw_spans(paper, page, spans)
    return [[f"{start}-{end}" for start, end in pieces] for pieces in raw]


def _boxes(paper: Paper, page: int, spans: Sequence[tuple[int, int]]) -> Places:
    return [
        [",".join(map(str, box)) for box in boxes_of(paper, page, start, end)]
        for start, end in spans
    ]


def _draw(
    path: Path, page: int, paper: Paper, scale: float, settings: Settings, places: Places
) -> tuple[bytes, bytes, list[Marked]]:
    flat = [place for pieces in places for place in pieces]
    deadline = time.monotonic() + settings.read_seconds
    try:
        output = child.read("draw", path, settings, str(page), str(scale), *flat, deadline=deadline)
    except child.Failed as failure:
        raise Unreadable(
            f"Page {page} of {paper.source} cannot be drawn; read its text instead.", str(failure)
        ) from failure
    said, _, images = output.partition(b"\n")
    drawn: Drawn = json.loads(said)
    found = iter(drawn["marked"])
    marked = [_together(list(islice(found, len(pieces)))) for pieces in places]
    return images[: drawn["page"]], images[drawn["page"] :], marked


def _together(pieces: Sequence[Marked]) -> Marked:
    return Marked(
        text="".join(piece["text"] for piece in pieces),
        boxes=sum(piece["boxes"] for piece in pieces),
    )


def _same_letters(wanted: str, found: str) -> bool:
    """Whether the letters are the same, but for accents, which may be drawn apart from them, and
    for the rest of a ligature at either end."""
    ours, theirs = (
        "".join(filter(str.isalnum, unicodedata.normalize("NFKD", text).replace("ı", "i")))
        for text in (wanted, found)
    )
    return ours in theirs and len(theirs) - len(ours) <= 2 * LONGEST_LIGATURE
