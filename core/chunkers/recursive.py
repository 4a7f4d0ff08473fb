"""Recursive characters: cut at paragraphs, where these are too long at lines, then at spaces, then
anywhere. Sizes and overlaps count characters.

It cuts where LangChain's RecursiveCharacterTextSplitter cuts with its default settings, so that
results can be compared with others', but works on offsets from the start.
"""

from core.chunkers._recursion import cut

UNIT = "character"
USUAL = ((800, 100), (1200, 200), (1600, 300))
SEPARATORS = ("\n\n", "\n", " ", "")


def spans(text: str, size: int, overlap: int, _tokens: object = None) -> list[tuple[int, int]]:
    """Start and end of each chunk, white space at its ends included."""
    return list(cut(text, 0, len(text), size, overlap, SEPARATORS, len))
