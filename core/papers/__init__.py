"""Papers: files in, texts out, and away again; what they say, and how a page looks."""

from core.papers import texts
from core.papers.finding import TextMatch
from core.papers.library import Added, Papers, blank_pages_sentence
from core.papers.reading import PageImage, read

__all__ = ["Added", "PageImage", "Papers", "TextMatch", "blank_pages_sentence", "read", "texts"]
