"""How much of a text a model reads: its window against the real tokens. Knows no model.

A text that is longer than the window is cut at its end; a question never is. The models cut by
`room`, so what `characters_read` says is what they read.
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tokenizers import Tokenizer


def room(tokenizer: "Tokenizer", window: int, question: str | None = None) -> int:
    """How many tokens of a text fit `window` tokens beside the special ones and the question.

    `tokenizer` must truncate and pad nothing.
    """
    taken: int = tokenizer.num_special_tokens_to_add(is_pair=question is not None)
    if question is not None:
        taken += len(tokenizer.encode(question, add_special_tokens=False))
    return max(0, window - taken)


def characters_read(
    tokenizer: "Tokenizer", window: int, texts: Sequence[str], question: str | None = None
) -> list[int]:
    """For each text the number of its leading characters that the model reads; all of them if
    the text fits. With a question: of a reranker, which reads both together."""
    return [reads for _, reads in lengths(tokenizer, room(tokenizer, window, question), texts)]


def lengths(tokenizer: "Tokenizer", most: int, texts: Sequence[str]) -> list[tuple[int, int]]:
    """For each text how many tokens it has, and how many of its leading characters the first
    `most` of these make up."""
    encodings = tokenizer.encode_batch(list(texts), add_special_tokens=False)
    return [
        (len(encoding), len(text) if len(encoding) <= most else _end(encoding.offsets[:most]))
        for text, encoding in zip(texts, encodings, strict=True)
    ]


def covered(spans: Iterable[tuple[int, int]]) -> int:
    """How many places lie in at least one of the half open spans."""
    count = until = 0
    for start, end in sorted(spans):
        count += max(0, end - max(start, until))
        until = max(until, end)
    return count


def offsets(tokenizer: "Tokenizer", text: str) -> list[tuple[int, int]]:
    """Start and end of each token in the text, special ones not included."""
    found: list[tuple[int, int]] = tokenizer.encode(text, add_special_tokens=False).offsets
    return found


def _end(offsets: Sequence[tuple[int, int]]) -> int:
    """Where the last of these tokens ends; 0 without any."""
    return offsets[-1][1] if offsets else 0
