"""Tokens: so many a chunk, counted by a model's own tokenizer, special tokens not included.

It cuts wherever a token begins, also inside a word. A word that is cut in two may be read as a
token more or less than it counts here.
"""

from core.chunkers import Tokens
from core.chunkers._packing import counted

UNIT = "token"
USUAL = ((128, 16), (200, 32), (254, 48))


def spans(
    text: str, size: int, overlap: int, tokens: Tokens | None = None
) -> list[tuple[int, int]]:
    """Errors: ValueError where nobody says what a token is."""
    if tokens is None:
        raise ValueError("whose tokens are to be counted?")
    starts = [start for start, _ in tokens(text)]
    return list(counted(starts, len(text), size, overlap))
