"""Pages without text, read from their images by rapidocr in the reading process."""

import json
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter
from pathlib import Path
from threading import Event, Lock

from core.errors import Unreadable
from core.papers import child, mending
from core.papers.recognized import Box, Recognized, page_of
from core.settings import Settings
from core.types import Paper

READABLE = ("image", "slide", "drawing", "lost")  # what a page may hold that OCR is tried on
SECONDS = 4  # a page of 50 lines takes, on two cores
PATIENCE = 180  # seconds that a page may take, on a busy machine
MEGABYTES = 4_000  # of address space; a page that is full of lines needs 2,500
KNOWN_LETTERS = "it knows Latin and Chinese letters, and none that are Cyrillic, Greek or Arabic"


class NeedsOCR(Unreadable):
    """A PDF without text, of whose pages OCR could read so many."""

    def __init__(self, sentence: str, pages: int) -> None:
        super().__init__(sentence)
        self.pages = pages


_turn = Lock()  # each process takes all cores


@dataclass(slots=True)
class OCR:
    """One go at reading pages from their images; `stop` ends it. `doing` says how far it is with a
    file, as does `share`: they are written by the thread that reads, for others to see."""

    settings: Settings
    stop: Event
    doing: str = ""
    share: float = 0.0

    def read(self, path: Path, name: str, pages: Sequence[int]) -> dict[int, Recognized]:
        """These pages of a PDF, counted from 1. Errors: Unreadable, also where it was stopped."""
        roomy = replace(self.settings, read_mb=max(MEGABYTES, self.settings.read_mb))
        more = (str(self.settings.cores), *map(str, pages))
        found: dict[int, Recognized] = {}
        with _turn:
            self.doing = f"{name}: {ocr_takes(len(pages))} by OCR"
            try:
                for line in child.lines(
                    "ocr", path, roomy, *more, patience=PATIENCE, stop=self.stop
                ):
                    page = json.loads(line.decode("utf-8", "surrogatepass"))
                    found[page["page"]] = page_of(page)
                    self.doing = f"{name}: {len(found):,} of {len(pages):,} pages read by OCR"
                    self.share = len(found) / len(pages)
            except child.Failed as failure:
                page = next(page for page in pages if page not in found)
                raise Unreadable(
                    f"Page {page} of {name} cannot be read by OCR: {_reason(failure)}; add the file"
                    " without OCR, or without that page.",
                    str(failure),
                ) from failure
            finally:
                self.doing, self.share = "", 0.0
        if self.stop.is_set():
            raise Unreadable(f"The OCR of {name} was stopped.")
        return found


def ocr_takes(pages: int) -> str:
    """How many pages, and how long their OCR takes."""
    seconds = SECONDS * pages
    time = (
        f"{seconds // 10 * 10 or seconds} s" if seconds < 90 else f"{round(seconds / 60)} minutes"
    )
    return f"{pages:,} {'page' if pages == 1 else 'pages'}, about {time}"


def _reason(failure: child.Failed) -> str:
    match failure:
        case child.TooSlow():
            return f"it takes longer than {PATIENCE} s"
        case child.TooMuchMemory():
            return "it needs too much memory"
        case _:
            return "its image cannot be opened"


def pages_sentence(blank: Collection[int], ocr: Collection[int]) -> str:
    """Which pages hold no text to search, and which were read by OCR; empty if all have a text of
    their own."""
    parts = []
    if read := sorted(set(ocr) - set(blank)):
        parts.append(f"{_pages(read)} read by OCR")
    if unread := sorted(set(blank) & set(ocr)):
        holds = "holds" if len(unread) == 1 else "hold"
        parts.append(f"{_pages(unread)} {holds} nothing that OCR can read ({KNOWN_LETTERS})")
    if left := sorted(set(blank) - set(ocr)):
        parts.append(f"{_pages(left)} {'holds' if len(left) == 1 else 'hold'} no text to search")
    return "; ".join(parts)


def _pages(numbers: Sequence[int]) -> str:
    """[3, 4, 5, 9] -> "pages 3-5, 9" """
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    said = (str(first) if first == last else f"{first}-{last}" for first, last in runs)
    return f"{'page' if len(numbers) == 1 else 'pages'} {', '.join(said)}"


def with_words(paper: Paper, pages: Mapping[int, Recognized]) -> Paper:
    """The paper whose pages of these numbers were read from their images, with the places of their
    words instead of PDFium's characters."""
    boxes: list[tuple[int, Box]] = []
    doubtful: list[tuple[int, int]] = []
    for number, read in pages.items():
        places: dict[int, int] = {}  # in the text, by those in the page's raw text
        for start, end in _spans(paper, number):
            for place in range(start, end):
                if not paper.text[place].isspace():  # that may stand for a line's end
                    places.setdefault(mending.way_back(paper.raw_map, place), place)
        boxes += [(places[raw], box) for raw, box in read.words if raw in places]
        for start, end in read.doubtful:
            here = [places[raw] for raw in range(start, end) if raw in places]
            doubtful += [(min(here), max(here) + 1)] if here else []
    return replace(
        paper,
        raw_map=tuple(
            pair for pair in paper.raw_map if paper.pages_of(pair[0], pair[0] + 1)[0] not in pages
        ),
        ocr_pages=tuple(sorted(pages)),
        word_boxes=tuple((place, *box) for place, box in sorted(boxes)),
        doubtful=tuple(sorted(doubtful)),
    )


def boxes_of(paper: Paper, page: int, start: int, end: int) -> list[Box]:
    """Where the words of `text[start:end]` stand on a page that was read from its image."""
    found: list[Box] = []
    for first, last in _spans(paper, page):
        a, b = max(start, first), min(end, last)
        if a < b:
            # A word that began before, if it is not over.
            begun = bisect_right(paper.word_boxes, a, key=itemgetter(0)) - 1
            behind = bisect_left(paper.word_boxes, b, key=itemgetter(0))
            if begun < 0 or paper.word_boxes[begun][0] < first or _over(paper, begun, a):
                begun += 1
            found += [(x, y, right, top) for _, x, y, right, top in paper.word_boxes[begun:behind]]
    return found


def _over(paper: Paper, word: int, place: int) -> bool:
    """Whether a word ends before a place."""
    return any(map(str.isspace, paper.text[paper.word_boxes[word][0] : place + 1]))


def _spans(paper: Paper, page: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """Where a page's text stands: its own, and its margins."""
    return paper.page_span(page), paper.margin_span(page)
