"""Papers, and places in them. Knows no database, no model and no page.

Offsets are character offsets into `Paper.text`, half open: `text[start:end]`.
Pages are numbered from 1.
"""

from bisect import bisect_right
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import Literal

from core.types.digests import digest

PaperKind = Literal["pdf", "text", "markdown", "docx", "pptx", "html", "epub"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A place in a paper: `paper.text[start:end]`."""

    paper_id: str
    start: int
    end: int

    def __str__(self) -> str:
        return f"{self.paper_id[:12]}:{self.start}-{self.end}"


def with_text_digest(paper: "Paper") -> "Paper":
    """The same paper (whose id is its file's sha256) with an id that names its text as well: what
    was read in the file, and what of it can be cut. So whatever is addressed by a paper (runs,
    vectors, gold) is addressed by its text. A text that the first version of Triptych would have
    read alike does without, as the ids of that version do."""
    read = digest([paper.text, paper.page_starts, paper.margins])
    return replace(paper, id=f"{paper.id}-{read}")


def file_id_of(paper_id: str) -> str:
    """The part of a paper's id that is the sha256 of its file's bytes, 64 hex digits."""
    return paper_id[:64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A document as it was read; its text never changes. Read in another way it is another paper:
    see `with_text_digest`.

    `page_starts[i]` is the offset at which page i + 1 begins; the first is 0. A paragraph may go on
    over such a place.
    `raw_map` leads back to the file for highlights: pairs (offset in text, character index on
    that page as the PDF reader counts it), ascending in the text alone; between two pairs both
    sides advance together, but never over a page's end. Empty for what is no PDF.
    `margins` are running heads, feet and page numbers: they stand behind all pages' own text, and
    are searched for but not cut. Pairs (offset in text, page), ascending; each ends where the next
    begins.
    `ocr_pages` were read from their image; `word_boxes` say where: (offset in text, left, bottom,
    right, top in points), a word each, ascending. `doubtful` are spans that may be misread.
    """

    id: str
    title: str
    text: str
    page_starts: tuple[int, ...] = (0,)
    raw_map: tuple[tuple[int, int], ...] = ()
    source: str  # the file name it came with
    kind: PaperKind
    blank_pages: tuple[int, ...] = ()  # pages that hold no text (images, or empty)
    margins: tuple[tuple[int, int], ...] = ()
    ocr_pages: tuple[int, ...] = ()
    word_boxes: tuple[tuple[int, float, float, float, float], ...] = ()
    doubtful: tuple[tuple[int, int], ...] = ()

    @property
    def file_id(self) -> str:
        return file_id_of(self.id)

    @property
    def is_markdown(self) -> bool:
        return self.kind not in ("pdf", "text")

    @property
    def pages(self) -> int:
        return len(self.page_starts)

    def is_ocr(self, start: int, end: int) -> bool:
        """Whether some of `text[start:end]` was read from a page's image."""
        return not set(self.ocr_pages).isdisjoint(self.pages_of(start, end))

    @property
    def body_end(self) -> int:
        """Where the pages' own text ends, and the margins begin."""
        return self.margins[0][0] if self.margins else len(self.text)

    def page_span(self, page: int) -> tuple[int, int]:
        """Start and end of page `page` (from 1) in the text, without its margins."""
        end = self.page_starts[page] if page < self.pages else self.body_end
        return self.page_starts[page - 1], end

    def margin_span(self, page: int) -> tuple[int, int]:
        """Start and end of the margins of page `page` in the text; both alike if it has none."""
        starts = [offset for offset, each in self.margins if each == page]
        behind = [offset for offset, each in self.margins if each > page]
        return (starts[0], behind[0] if behind else len(self.text)) if starts else (0, 0)

    def pages_of(self, start: int, end: int) -> tuple[int, ...]:
        """The pages that `text[start:end]` touches."""
        if start >= self.body_end and self.margins:
            first = bisect_right(self.margins, start, key=itemgetter(0)) - 1
            last = bisect_right(self.margins, max(start, end - 1), key=itemgetter(0))
            return tuple(sorted({page for _, page in self.margins[first:last]}))
        first = bisect_right(self.page_starts, start)
        last = bisect_right(self.page_starts, max(start, end - 1))
        return tuple(range(first, last + 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """A piece of a paper; `text == paper.text[start:end]` always."""

    paper_id: str
    start: int
    end: int
    text: str

    @property
    def span(self) -> Span:
        return Span(paper_id=self.paper_id, start=self.start, end=self.end)
