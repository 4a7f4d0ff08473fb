"""Question and text as one input of a cross-encoder: the text is cut to what the window leaves,
the question never. Knows no model."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from core.errors import BadInput
from core.models import room

if TYPE_CHECKING:
    from tokenizers import Encoding, Tokenizer


def check_question(tokenizer: "Tokenizer", window: int, question: str) -> None:
    """Errors: BadInput for a question that would leave the texts less than half the window."""
    length = len(tokenizer.encode(question, add_special_tokens=False))
    if length > window // 2:
        raise BadInput(
            f"The question is {length} tokens long, and the reranker reads at most "
            f"{window // 2} of a question; shorten it or compare without reranking."
        )


def pairs(
    tokenizer: "Tokenizer", window: int, question: str, texts: Sequence[str]
) -> Iterator["Encoding"]:
    """One input for each text, at most `window` tokens long. Errors: as `check_question`."""
    check_question(tokenizer, window, question)
    asked = tokenizer.encode(question, add_special_tokens=False)
    most = room(tokenizer, window, question)
    for text in texts:
        read = tokenizer.encode(text, add_special_tokens=False)
        read.truncate(most)
        yield tokenizer.post_process(asked, read)
