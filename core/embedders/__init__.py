"""Texts -> vectors. One file = one kind of backend (see core.models.registry).

Beside `models` and `load` each offers

    reading(model) -> (tokenizer, window)       those of the loaded model, without its weights

so that what a model would read of a text can be told before it is loaded.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from tokenizers import Tokenizer


class Embedder(Protocol):
    """One model, ready. `tokenizer` truncates and pads nothing; `window` is how many of its tokens
    the model reads, special tokens included. `dimensions` is the length of a vector."""

    tokenizer: "Tokenizer"
    window: int
    dimensions: int

    def embed(self, texts: Sequence[str], *, query: bool = False) -> "np.ndarray":
        """Unit vectors, float32, shape (len(texts), dimensions), in the order of the texts.

        A text's vector does not depend on its neighbours. `query` says that the texts are
        questions, for models that treat these otherwise.
        """
        ...
