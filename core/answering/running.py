"""A comparison that is being answered, as any page may watch it: it runs on when the page is
left, and two browsers never share one. Knows nothing of how answers are made."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from threading import Event, Thread

from core.errors import TriptychError
from core.tasks import Progress
from core.types import Comparison, Evidence, Recipe, Run


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """All panels are done; the comparison is kept."""

    comparison: Comparison


Step = Progress | EvidenceFound | TextDelta | Finished | Done


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """What one panel can show so far."""

    recipe: Recipe
    evidence: Evidence = field(default_factory=Evidence)
    text: str = ""
    run: Run | None = None


@dataclass
class RunningComparison:
    """The state of one comparison under way; written by its own thread, read by pages.

    Every attribute is replaced whole, so a reader always sees a consistent value.
    """

    id: str
    question: str
    panels: tuple[Panel, ...]
    doing: Progress | None = None
    comparison: Comparison | None = None
    error: TriptychError | None = None
    started: float = field(default_factory=time.monotonic)
    stopping: Event = field(default_factory=Event)

    @property
    def over(self) -> bool:
        return self.comparison is not None or self.error is not None

    @property
    def seconds(self) -> float:
        """How long it has been under way."""
        return time.monotonic() - self.started

    def stop(self) -> None:
        """End soon and keep what is done."""
        self.stopping.set()

    def follow(self, steps: Iterator[Step]) -> None:
        """Take the steps in a thread of this comparison's own until they end."""
        self._thread = Thread(target=self._take, args=(steps,), daemon=True, name=self.id)
        self._thread.start()

    def join(self) -> None:
        """Wait until it is over."""
        self._thread.join()

    def _take(self, steps: Iterator[Step]) -> None:
        try:
            for step in steps:
                self._apply(step)
        except TriptychError as error:
            self.error = error
        except Exception as error:  # noqa: BLE001 - the last stop: without it a page waits for ever
            self.error = TriptychError(
                "Something went wrong inside Triptych; what was kept before is safe.", repr(error)
            )

    def _apply(self, step: Step) -> None:
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
            case Done(comparison=comparison):
                self.comparison = comparison

    def _change(self, index: int, **changes: object) -> None:
        panels = list(self.panels)
        panels[index] = replace(panels[index], **changes)  # type: ignore[arg-type]
        self.panels = tuple(panels)
