"""What a PDF page says, made of the letters that PDFium finds on it; knows nothing of papers.

It is used where a PDF is read, in a process that has to start fast: no large import here.
"""

from core.pdf import opened
from core.pdf.language import readable
from core.pdf.page import text_of

__all__ = ["opened", "readable", "text_of"]
