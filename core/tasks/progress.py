"""How far a piece of work is. Knows nothing of the work."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What is going on: a sentence, how far (0..1) where that is known."""

    sentence: str
    share: float | None = None
