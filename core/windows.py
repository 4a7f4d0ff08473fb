"""How much of a text a model reads: its window against the real tokens. Knows no model.

A text that is longer than the window is cut at its end; a question never is. The models cut by
`room`, so what `characters_read` says is what they read.
"""

from collections.abc import Sequence
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
    most = room(tokenizer, window, question)
    encodings = tokenizer.encode_batch(list(texts), add_special_tokens=False)
    return [
        len(text) if len(encoding) <= most else _end(encoding.offsets[:most])
        for text, encoding in zip(texts, encodings, strict=True)
    ]


def offsets(tokenizer: "Tokenizer", text: str) -> list[tuple[int, int]]:
    """Start and end of each token in the text, special ones not included."""
    found: list[tuple[int, int]] = tokenizer.encode(text, add_special_tokens=False).offsets
    return found


def _end(offsets: Sequence[tuple[int, int]]) -> int:
    """Where the last of these tokens ends; 0 without any."""
    return offsets[-1][1] if offsets else 0
