"""A comparison that is being answered, as any page may watch it: it runs on when the page is
left, and two browsers never share one. Knows nothing of how answers are made."""

from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import TypeVar

from core.tasks import Progress, Task, Ticket
from core.types import Comparison, Evidence, Recipe, Run

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceFound:
    """The evidence of one panel, before the first word of its answer."""

    panel: int
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class TextDelta:
    """The next piece of one panel's answer."""

    panel: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """One panel is done; its run is kept. `again` says that it was answered before."""

    panel: int
    run: Run
    again: bool = False


Step = Progress | EvidenceFound | TextDelta | Finished


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """What one panel can show so far."""

    recipe: Recipe
    evidence: Evidence = field(default_factory=Evidence)
    text: str = ""
    run: Run | None = None


@dataclass(kw_only=True)
class RunningComparison(Task[Step, Comparison]):
    """The state of one comparison under way; its result is the comparison, which is kept."""

    id: str
    name: str = "question"
    question: str
    panels: tuple[Panel, ...]
    doing: Progress | None = None

    def show(self, step: Step) -> None:
        match step:
            case Progress():
                self.doing = step
            case EvidenceFound(panel=index, evidence=evidence):
                self._change(index, evidence=evidence)
            case TextDelta(panel=index, text=text):
                self.doing = None
                self._change(index, text=self.panels[index].text + text)
            case Finished(panel=index, run=run):
                text = run.answer.text if run.answer else ""
                self._change(index, run=run, evidence=run.evidence, text=text)

    def _change(self, index: int, **changes: object) -> None:
        panels = list(self.panels)
        panels[index] = replace(panels[index], **changes)  # type: ignore[arg-type]
        self.panels = tuple(panels)


def follow(ticket: Ticket[T, R]) -> Generator[T | Progress, None, R]:
    """The steps of a ticket and its result, and before them its place in line."""
    with closing(ticket):
        for ahead in ticket.waiting():
            others = "one question is" if ahead == 1 else f"{ahead} questions are"
            yield Progress(sentence=f"Waiting: {others} before yours")
        return (yield from ticket)
