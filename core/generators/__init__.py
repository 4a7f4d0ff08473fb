"""Chat messages -> answers. One file = one kind of backend (see core.models.registry)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from threading import Event
from typing import Protocol

from core.errors import BadInput
from core.types import FinishReason, Generation, Message


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

    A generator that reads prompts one after the other says with an empty piece where one `begins`:
    its seconds count from there. Otherwise they count from the request."""

    index: int
    text: str
    finish: FinishReason | None = None
    prompt_tokens: int | None = None
    answer_tokens: int | None = None
    note: str = ""
    begins: bool = False


class Generator(Protocol):
    """One model, ready. `window` is how many tokens prompt and answer may have together, None
    where that cannot be known; `engine` and `precision` say what computes ("transformers 5.23.0
    on cpu", "float32")."""

    window: int | None
    engine: str
    precision: str

    def count(self, messages: Sequence[Message], generation: Generation) -> int | None:
        """How many tokens these messages are as a prompt; None only where `window` is None too."""
        ...

    def generate(self, requests: Sequence[Request], stop: Event) -> Iterator[Delta]:
        """Answer all requests together. Each gets exactly one Delta with `finish`; when `stop` is
        set the unfinished ones end soon with "stopped". Closing the iterator stops as well."""
        ...


def check(generation: Generation) -> None:
    """Errors: BadInput for numbers that cannot be meant."""
    if generation.max_tokens < 1:
        raise BadInput(
            f"The answer may have {generation.max_tokens} tokens at most; allow at least 1."
        )
    if not 0 <= generation.temperature <= 2:
        raise BadInput(
            f"The temperature is {generation.temperature:g}; it must lie between 0 and 2."
        )
    if not 0 <= generation.seed < 2**32:
        raise BadInput(f"The seed is {generation.seed}; it must lie between 0 and 4,294,967,295.")
