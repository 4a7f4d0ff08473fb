"""Papers: files in, texts out, and away again; what they say, and how a page looks."""

from core.papers.adding import Added, AddProgress
from core.papers.catalogue import BibTeXReport, UnmatchedEntry
from core.papers.facts import split_authors
from core.papers.finding import TextMatch
from core.papers.library import Papers, Removal
from core.papers.ocr import ocr_takes, pages_sentence
from core.papers.page_images import PageImage
from core.papers.reading import KINDS, read
from core.papers.rereading import ReadingProgress, Reread
from core.store import PaperChoices, PaperRow, Refusal

__all__ = [
    "KINDS",
    "AddProgress",
    "Added",
    "BibTeXReport",
    "PageImage",
    "PaperChoices",
    "PaperRow",
    "Papers",
    "ReadingProgress",
    "Refusal",
    "Removal",
    "Reread",
    "TextMatch",
    "UnmatchedEntry",
    "ocr_takes",
    "pages_sentence",
    "read",
    "split_authors",
]
