"""What a backend of each family offers, once it is loaded: one small Protocol a family.

An embedder turns texts into vectors, a reranker scores texts for a question, a generator answers
chat messages. Knows no backend.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from threading import Event
from typing import TYPE_CHECKING, Protocol

from core.types.asking import FinishReason, Message
from core.types.recipes import Generation

if TYPE_CHECKING:
    import numpy as np
    from tokenizers import Tokenizer


class Embedder(Protocol):
    """One model, ready. `tokenizer` truncates and pads nothing; `window` is how many of its tokens
    the model reads, special tokens included; both are None where a server knows them alone.
    `dimensions` is the length of a vector."""

    dimensions: int

    @property
    def tokenizer(self) -> "Tokenizer | None": ...

    @property
    def window(self) -> int | None: ...

    def embed(self, texts: Sequence[str], *, query: bool = False) -> "np.ndarray":
        """Unit vectors, float32, shape (len(texts), dimensions), in the order of the texts.

        A text's vector does not depend on its neighbours. `query` says that the texts are
        questions, for models that treat these otherwise.
        """
        ...


class Reranker(Protocol):
    """One model, ready. `tokenizer` truncates and pads nothing; `window` is how many of its tokens
    the model reads of a question and a text together, special tokens included; both are None
    where a server knows them alone."""

    @property
    def tokenizer(self) -> "Tokenizer | None": ...

    @property
    def window(self) -> int | None: ...

    def score(self, question: str, texts: Sequence[str]) -> Iterator[float]:
        """One score from 0 to 1 for each text, in order, as it is computed.

        A text's score does not depend on its neighbours.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One answer that is wanted."""

    messages: tuple[Message, ...]
    generation: Generation


@dataclass(frozen=True, slots=True, kw_only=True)
class Delta:
    """The next piece of answer `index`. The last piece of each answer carries `finish` and both
    token counts, None where nobody counted, and a `note` where a reader must know how it ended:
    with finish "error" why it failed, with "stop" that it was ended because it repeated itself.

    A generator that reads prompts one after the other, or waits for others, says with an empty
    piece where one `begins`: its seconds count from there. Otherwise they count from the request.
    `ahead`, in an empty piece before the first begins, says how many answers go before these.
    `thinking` is a piece of what the model wrote before its answer, and is no part of it."""

    index: int
    text: str
    finish: FinishReason | None = None
    prompt_tokens: int | None = None
    answer_tokens: int | None = None
    note: str = ""
    begins: bool = False
    ahead: int = 0
    thinking: str = ""


class TextGenerator(Protocol):
    """One model, ready. `window` is how many tokens prompt and answer may have together, None
    where that cannot be known; `engine` and `precision` say what computes ("transformers 5.23.0
    on cpu", "float32")."""

    engine: str
    precision: str

    @property
    def window(self) -> int | None: ...

    def count(self, messages: Sequence[Message], generation: Generation) -> int | None:
        """How many tokens these messages are as a prompt; None only where `window` is None too."""
        ...

    def generate(self, requests: Iterable[Request | None], stop: Event) -> Iterator[Delta]:
        """Answer all requests together, numbered as they come. Each gets exactly one Delta with
        `finish`; when `stop` is set the unfinished ones end soon with "stopped". Closing the
        iterator stops as well.

        None among them says that the next is still being made: those before it go on for a piece,
        then it is asked for again. Once none of them is open, what stands behind a None is not
        asked for any more."""
        ...
