"""How much of a text a model reads: its window against the real tokens. Knows no model.

A text that is longer than the window is cut at its end; a question never is. The models cut by
`room`, so what `characters_read` says is what they read.
"""

from array import array
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tokenizers import Tokenizer

TEXTS_KEPT = 5_000  # about a kilobyte each


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


class ReadLengths:
    """How far one model reads texts, each tokenised once while it is among the last few thousand.
    `tokenizer` must truncate and pad nothing."""

    def __init__(self, tokenizer: "Tokenizer", window: int) -> None:
        self._tokenizer, self._window = tokenizer, window
        self._ends: dict[str, array[int]] = {}  # of each token of a text

    def of(self, texts: Sequence[str], question: str | None = None) -> list[int]:
        """As `characters_read`."""
        most = room(self._tokenizer, self._window, question)
        if len(self._ends) > TEXTS_KEPT:
            self._ends.clear()
        new = [text for text in dict.fromkeys(texts) if text not in self._ends]
        for text, encoding in zip(
            new, self._tokenizer.encode_batch(new, add_special_tokens=False), strict=True
        ):
            self._ends[text] = array("I", (end for _, end in encoding.offsets))
        ends = [self._ends[text] for text in texts]
        return [
            len(text) if len(each) <= most else each[most - 1] if most else 0
            for text, each in zip(texts, ends, strict=True)
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
