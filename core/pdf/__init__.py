"""What a PDF page says, made of the letters that PDFium finds on it, or by OCR of its image; knows
nothing of papers.

It is used where a PDF is read, in a process that has to start fast: no large import here.
"""

from core.pdf.language import readable
from core.pdf.ocr import OCRLetter, OCRLine, OCRPage, read_images
from core.pdf.page import text_of

__all__ = ["OCRLetter", "OCRLine", "OCRPage", "read_images", "readable", "text_of"]
