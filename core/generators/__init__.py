"""Chat messages -> answers. One file = one kind of backend: see core.models.GeneratorBackend."""

from core.errors import BadInput
from core.types import Generation


def check(generation: Generation) -> None:
    """Errors: BadInput for invalid numbers."""
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
