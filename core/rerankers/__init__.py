"""Question and texts -> scores. One file = one kind of backend (see core.models.registry)."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from tokenizers import Tokenizer


class Reranker(Protocol):
    """One model, ready. `tokenizer` truncates and pads nothing; `window` is how many of its tokens
    the model reads of a question and a text together, special tokens included."""

    tokenizer: "Tokenizer"
    window: int

    def score(self, question: str, texts: Sequence[str]) -> Iterator[float]:
        """One score from 0 to 1 for each text, in order, as it is computed.

        A text's score does not depend on its neighbours.
        """
        ...
