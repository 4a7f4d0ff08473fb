"""What people say of answers. Knows no database, no model and no page."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Said = Literal["1", "2", "3", "4", "5", "left", "right", "tie"]
MARKS: Mapping[Said, str] = {  # the guide: what each mark of an answer means
    "1": "wrong, or no answer",
    "2": "mostly wrong",
    "3": "partly right",
    "4": "right, with a flaw",
    "5": "right and complete",
}
PREFERENCES: Mapping[Said, str] = {
    "left": "A is better",
    "tie": "neither is",
    "right": "B is better",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Grade:
    """What one person said of one answer to a question (a mark, 1 to 5), or of two that they saw
    side by side (which is better). The answers' texts are what is graded, whichever runs hold them;
    `run_ids` are the runs that were shown. `at`: when, ISO 8601 in UTC."""

    grader: str
    question: str
    answers: tuple[str, ...]
    said: Said
    run_ids: tuple[str, ...] = ()
    at: str = ""

    @property
    def mark(self) -> int | None:
        """1 to 5; None of two answers."""
        return int(self.said) if self.said in MARKS else None

    @property
    def thing(self) -> tuple[str, tuple[str, ...]]:
        """What was graded, whoever did and on whichever side it stood."""
        return self.question, tuple(sorted(self.answers))

    @property
    def better(self) -> str | None:
        """The run that was found better of two; None of a tie, and where runs are not named."""
        if self.said not in ("left", "right") or len(self.run_ids) != 2:
            return None
        return self.run_ids[0 if self.said == "left" else 1]
