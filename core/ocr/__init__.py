"""What the image of a PDF's page says; knows nothing of papers."""

from core.ocr.images import OCRLetter, OCRLine, OCRPage, read_images

__all__ = ["OCRLetter", "OCRLine", "OCRPage", "read_images"]
