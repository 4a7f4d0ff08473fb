"""Chat messages -> answers. One file = one kind of backend: see core.models.GeneratorBackend."""

from core.errors import BadInput
from core.types import Generation, Model

DRAWS = "2"  # another one whenever a seed says something else than before


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
    if not 0 < generation.top_p <= 1:
        raise BadInput(f"Top-p is {generation.top_p:g}; it must lie above 0, and be 1 at most.")
    if generation.top_tokens < 0:
        raise BadInput(
            f"Top tokens are {generation.top_tokens}; 0 takes all, and a number as many at most."
        )
    if not 0 <= generation.seed < 2**32:
        raise BadInput(f"The seed is {generation.seed}; it must lie between 0 and 4,294,967,295.")


def draws(generation: Generation, model: Model) -> list[tuple[str, str]]:
    """The revision of how tokens are drawn here, where they are drawn at all."""
    return [("draws", DRAWS)] if generation.temperature > 0 and model.source != "endpoint" else []
