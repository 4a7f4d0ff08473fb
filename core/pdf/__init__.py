"""What a PDF page says; knows nothing of papers."""
