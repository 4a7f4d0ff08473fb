"""Questions with gold spans: in from files, checked against the papers, and out again."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from core import gold
from core.errors import BadInput
from core.lab.papers import Papers
from core.store import PaperRow, Store
from core.store.questions import KeptQuestion, Questions
from core.types import Question, Span


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedQuestion:
    """What became of one line of a file. `nearest` is the text that stands where a passage that
    was not found is most nearly met."""

    line: int
    status: Literal["added", "known", "failed"]
    question: Question | None = None
    reason: str = ""
    nearest: str = ""


class QuestionBook:
    """Gold belongs to the paper's text, which never changes; it knows nothing of chunks."""

    def __init__(self, store: Store, papers: Papers) -> None:
        self._questions = Questions(store.database)
        self._papers = papers

    def add(self, path: Path, *, held_out: bool = False) -> Iterator[AddedQuestion]:
        """Every question of a file in turn; one whose gold does not stand in its paper is refused
        and named with what stands there instead, and the others go on.

        Errors: BadInput for a file that cannot be read or is none of questions.
        """
        try:
            data = path.read_bytes()
        except OSError as error:
            raise BadInput(f"{path} cannot be read: {error.strerror}.") from error
        here = self._papers.all()
        for written in gold.read(path.name, data):
            if isinstance(written, gold.Unread):
                yield AddedQuestion(line=written.line, status="failed", reason=written.why)
            else:
                yield self._add(written, path.name, here, held_out)

    def _add(
        self, written: gold.Written, origin: str, here: Sequence[PaperRow], held_out: bool
    ) -> AddedQuestion:
        spans = []
        for passage in written.passages:
            try:
                paper = self._papers.get(gold.paper_named(passage.paper, here))
            except BadInput as error:
                return AddedQuestion(line=written.line, status="failed", reason=error.sentence)
            found = gold.place(passage, paper)
            if isinstance(found, gold.Missed):
                near = found.nearest
                return AddedQuestion(
                    line=written.line,
                    status="failed",
                    reason=found.sentence,
                    nearest=paper.text[near.start : near.end] if near else "",
                )
            spans.append(found)
        return self.keep(
            Question(
                text=written.text, gold=tuple(spans), reference=written.reference, origin=origin
            ),
            held_out=held_out,
            line=written.line,
        )

    def mark(self, text: str, spans: Sequence[Span], reference: str = "") -> AddedQuestion:
        """A question with the places that a person marked. Errors: BadInput for an empty question
        and for a place that is not in its paper."""
        if not text.strip():
            raise BadInput("The question is empty; type one.")
        for span in spans:
            paper = self._papers.get(span.paper_id)
            if not 0 <= span.start < span.end <= len(paper.text):
                raise BadInput(f"“{paper.title}” has no text from {span.start} to {span.end}.")
        question = Question(
            text=text.strip(), gold=tuple(spans), reference=reference, origin="marked"
        )
        return self.keep(question)

    def keep(self, question: Question, *, held_out: bool = False, line: int = 0) -> AddedQuestion:
        """Keep a question whose spans are known to be right, a card's for example."""
        new = self._questions.keep(question, held_out=held_out)
        return AddedQuestion(line=line, status="added" if new else "known", question=question)

    def all(self, *, held_out: bool = False) -> list[KeptQuestion]:
        """The questions to choose settings with; or those held out, which are not to be looked at
        until the choice is made."""
        return self._questions.all(held_out=held_out)

    def remove(self, beginning: str) -> KeptQuestion:
        """Errors: BadInput for an id, or the beginning of one, that fits none or several."""
        known = [*self.all(), *self.all(held_out=True)]
        fitting = [each for each in known if beginning and each.id.startswith(beginning)]
        if len(fitting) != 1:
            said = "no question" if not fitting else f"{len(fitting)} questions"
            raise BadInput(f"The id {beginning!r} fits {said}; `questions list` lists them.")
        self._questions.remove(fitting[0].id)
        return fitting[0]

    def lines(self, *, held_out: bool = False) -> Iterator[dict[str, Any]]:
        """The questions in the format that `add` reads."""
        here = {row.id for row in self._papers.all()}
        for kept in self.all(held_out=held_out):
            ids = {span.paper_id for span in kept.question.gold} & here
            yield gold.to_line(kept.question, {each: self._papers.get(each) for each in ids})
