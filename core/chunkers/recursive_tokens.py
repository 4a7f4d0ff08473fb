"""Recursive tokens: cut at paragraphs, where these are too long at lines, then at the ends of
sentences, at spaces, and anywhere. Sizes and overlaps count a model's tokens.

Each piece between two separators is counted by itself, so a chunk read as a whole is often a token
or two shorter than its pieces together. Separators and counting are those of the recursive
splitter in Chroma's chunking evaluation, whose published numbers can so be compared with ours.
"""

from core.chunkers import Tokens
from core.chunkers._recursion import cut

UNIT = "token"
USUAL = ((200, 0), (250, 125), (128, 16))
SEPARATORS = ("\n\n", "\n", ".", "?", "!", " ", "")


def spans(
    text: str, size: int, overlap: int, tokens: Tokens | None = None
) -> list[tuple[int, int]]:
    """Errors: ValueError where nobody says what a token is."""
    if tokens is None:
        raise ValueError("whose tokens are to be counted?")
    return list(
        cut(text, 0, len(text), size, overlap, SEPARATORS, lambda piece: len(tokens(piece)))
    )
