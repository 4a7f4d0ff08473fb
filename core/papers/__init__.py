"""Papers: files in, texts out, and away again; what they say, and how a page looks."""

from core.papers.adding import Added, AddProgress, blank_pages_sentence
from core.papers.catalogue import BibTeXReport, UnmatchedEntry
from core.papers.facts import split_authors
from core.papers.finding import TextMatch
from core.papers.library import Papers, Removal
from core.papers.reading import KINDS, PageImage, read
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
    "blank_pages_sentence",
    "read",
    "split_authors",
]
