"""Sweeps: questions x settings. Knows no database, no model and no page."""

from dataclasses import dataclass, replace
from typing import Literal

from core.types.asking import FinishReason, Run
from core.types.papers import Span
from core.types.recipes import Given, Recipe

SweepStatus = Literal["queued", "running", "stopped", "done"]
CellStatus = Literal["queued", "running", "done", "failed", "dropped"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One column of a sweep: a recipe under a short name, such as "800/100 · top 3 of 20,
    reranked"."""

    label: str
    recipe: Recipe

    def recipe_with(self, spans: tuple[Span, ...]) -> Recipe:
        """The recipe for one question: where it gives passages, these are what it gives."""
        if not isinstance(self.recipe.evidence, Given):
            return self.recipe
        return replace(self.recipe, evidence=Given(spans=spans))


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One question answered by one setting of a sweep; both are counted from 0. `sentence` says
    why it failed or was dropped. Behind it a summary of its run, None where there is none or it
    has a gap: how the answer ended, its tokens and seconds, the best similarity that was used."""

    question: int
    setting: int
    status: CellStatus
    run_id: str | None = None
    sentence: str = ""
    finish_reason: FinishReason | None = None
    answer_tokens: int | None = None
    seconds: float | None = None
    similarity: float | None = None

    @staticmethod
    def of(question: int, setting: int, run: Run) -> "Cell":
        """The cell that this run answers."""
        answer = run.answer
        failed = answer is not None and answer.finish_reason == "error"
        similarities = [hit.similarity for hit in run.hits if hit.similarity is not None]
        return Cell(
            question=question,
            setting=setting,
            status="failed" if failed else "done",
            run_id=run.id,
            sentence=" ".join(run.notes) if failed else "",
            finish_reason=answer.finish_reason if answer else None,
            answer_tokens=answer.answer_tokens if answer else None,
            seconds=answer.seconds if answer else None,
            similarity=max(similarities, default=None),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """Questions x settings. `preset` is the text it was made from, empty for an imported one;
    `origin` as that of a run. `given` holds for each question the passages that a setting which
    gives passages (`Given`) gives for it; empty where no setting does."""

    id: str
    name: str
    at: str
    origin: str = "lab"
    preset: str = ""
    questions: tuple[str, ...]
    settings: tuple[Setting, ...]
    paper_ids: tuple[str, ...] = ()
    given: tuple[tuple[Span, ...], ...] = ()

    def recipe(self, question: int, setting: int) -> Recipe:
        """What a cell is answered by; both are counted from 0."""
        return self.settings[setting].recipe_with(self.given[question] if self.given else ())
