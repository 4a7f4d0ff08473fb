"""Questions with gold spans: from files, checked against the papers, from cards, or marked by a
person; and out again."""

import math
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from core.errors import BadInput
from core.gold import files, finding, matching
from core.gold.by_question import Gold, joined, trimmed
from core.metrics import of_other_readings
from core.papers import Papers
from core.settings import SAMPLES
from core.store import DeckRow, KeptQuestion, PaperRow, Scope, Store, now, question_id
from core.types import (
    GENERATED,
    PROPOSED,
    Alternatives,
    Card,
    Paper,
    PaperFilter,
    Question,
    Span,
    file_id_of,
)

FROM_CARD = "card "  # how the origin of a question begins that was taken from a card
LOOKED_AT = 40  # papers that are read for a question's words


@dataclass(frozen=True, slots=True, kw_only=True)
class Instead:
    """What stands in a paper where a passage of a file was looked for: on which page, how much
    like the passage it is (0..1), its text, and the passage as the file should say it."""

    page: int
    likeness: float
    quote: str
    pasted: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedQuestion:
    """What became of one line of a file. `instead`: for its passages that were not found, or stand
    in several places, what stands there, ready to paste; `nearest` is the text of the first."""

    line: int
    status: Literal["added", "known", "failed"]
    question: Question | None = None
    reason: str = ""
    instead: tuple[Instead, ...] = ()

    @property
    def nearest(self) -> str:
        return self.instead[0].quote if self.instead else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a person changed: the question as it stood, None for a new one, and as it is now, None
    where it was taken away. Both are the same if there was nothing to change."""

    before: KeptQuestion | None
    after: KeptQuestion | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What a look for a question's gold found: its telling `words`, the `places` that hold some,
    among how many `papers`, and how many of these hold some but were not read."""

    words: tuple[str, ...]
    places: tuple[finding.FoundPlace, ...]
    papers: int
    left_out: int


class QuestionBook:
    """Gold belongs to the paper's text, which never changes; it knows nothing of chunks."""

    def __init__(self, store: Store, papers: Papers) -> None:
        self._questions = store.questions
        self._cards = store.cards
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
        yield from self.upload(path.name, data, held_out=held_out)

    def add_samples(self) -> Iterator[AddedQuestion]:
        """The questions that come with Triptych, and the papers that hold their gold."""
        self._papers.add_samples()
        data = (SAMPLES / "questions.jsonl").read_bytes()
        yield from self.upload("sample questions.jsonl", data)

    def upload(self, name: str, data: bytes, *, held_out: bool = False) -> Iterator[AddedQuestion]:
        """As `add`, of a file's bytes; its name says the format. Errors: as `add`."""
        here = self._papers.all()
        for written in files.read(name, data):
            if isinstance(written, files.Unread):
                yield AddedQuestion(line=written.line, status="failed", reason=written.why)
            else:
                yield self._add(written, name, here, held_out)

    def decks(self) -> list[DeckRow]:
        """The decks with cards that know their place in a paper, and how many of these."""
        return self._cards.decks(placed=True)

    def take_cards(self, deck: str, *, held_out: bool = False) -> Iterator[AddedQuestion]:
        """Every card of a deck that knows its place in a paper, as a question with that gold; one
        whose paper is not here is refused, and the others go on. `line` counts these cards."""
        here = set(self._papers.ids(PaperFilter()))
        cards = (card for card in self._cards.cards(Scope(deck=deck)) if card.span)
        for number, card in enumerate(cards, start=1):
            assert card.span
            asked = " ".join(card.question.split())
            if card.span.paper_id not in here:
                yield AddedQuestion(
                    line=number,
                    status="failed",
                    reason=f"The paper of “{asked}” is not here (any more).",
                )
                continue
            # A card that a model proposed is tagged so; which model is not known of it.
            origin = f"{GENERATED}a model" if PROPOSED in card.tags else f"{FROM_CARD}{card.id}"
            question = Question(text=asked, gold=(card.span,), reference=card.answer, origin=origin)
            yield self.keep(question, held_out=held_out, line=number)

    def _add(
        self, written: files.Written, origin: str, here: Sequence[PaperRow], held_out: bool
    ) -> AddedQuestion:
        """All passages are looked for, so that each that is missed is named at once."""
        spans: list[Span] = []
        missed: list[str] = []
        instead: list[Instead] = []
        for passage in written.passages:
            try:
                paper = self._papers.get(matching.paper_named(passage.paper, here))
            except BadInput as error:
                missed.append(error.sentence)
                continue
            found = matching.place(passage, paper)
            if isinstance(found, Span):
                spans.append(found)
                continue
            missed.append(found.sentence)
            instead += [
                _instead(origin, passage, paper, place, found.likeness) for place in found.places
            ]
        if missed:
            return AddedQuestion(
                line=written.line,
                status="failed",
                reason=" ".join(dict.fromkeys(missed)),
                instead=tuple(instead),
            )
        numbers = [each.alternative for each in written.passages if each.alternative is not None]
        question = Question(
            text=written.text,
            gold=tuple(spans),
            reference=written.reference,
            origin=f"{GENERATED}{written.generated_by}" if written.generated_by else origin,
            alternative_of=tuple(numbers) if len(set(numbers)) > 1 else (),
        )
        return self.keep(question, held_out=held_out, line=written.line)

    def look_for(self, text: str, paper_id: str | None = None) -> Looked:
        """The places that hold the question's telling words, in one paper or in those papers that
        hold most of them."""
        wanted = finding.telling(text)
        every = (paper_id,) if paper_id else self._papers.ids(PaperFilter())
        weights = dict.fromkeys(every, 0.0)
        for word in wanted:
            holding = weights.keys() & self._papers.ids(PaperFilter(text=finding.stem(word)))
            for each in holding:
                weights[each] += math.log(1 + len(every) / len(holding))
        best = sorted((each for each in every if weights[each]), key=lambda each: -weights[each])
        read = best[:LOOKED_AT]
        return Looked(
            words=wanted,
            places=tuple(finding.find(wanted, [self._papers.get(each) for each in read])),
            papers=len(every),
            left_out=len(best) - len(read),
        )

    def mark(
        self,
        text: str,
        spans: Sequence[Span],
        reference: str = "",
        *,
        held_out: bool = False,
        each_answers: bool = False,
        origin: str = "marked",
    ) -> Change:
        """A question with the places that a person marked. One that is asked here already gets
        them besides its own, or in place of those that an earlier reading of the paper left, and
        stays set aside if it is; the newer reference answer counts.

        `each_answers`: each place is one more alternative; else they are needed together with what
        was marked before them. Errors: BadInput for an empty question and for a place that is not
        in its paper.
        """
        text = text.strip()
        if not text:
            raise BadInput("The question is empty; type one.")
        for span in spans:
            paper = self._papers.get(span.paper_id)
            if not 0 <= span.start < span.end <= len(paper.text):
                raise BadInput(f"“{paper.title}” has no text from {span.start} to {span.end}.")
        asking = self._questions.asking(text)
        if not asking:
            asked = Question(text=text, reference=reference.strip(), origin=origin)
            asked = (
                asked.answered_by([span] for span in spans)
                if each_answers
                else (asked.answered_by([spans]))
            )
            return self._change(None, _kept(asked, held_out=held_out))
        known = {span for each in asking for span in each.question.gold}
        before = asking[0]
        more = [span for span in spans if span not in known]
        left = [each for each in before.question.gold if of_other_readings([each], _ids(more))]
        instead = dict(zip(left, more, strict=False))
        groups = [
            [instead.get(each, each) for each in group] for group in before.question.alternatives
        ]
        added = more[len(instead) :]
        if each_answers:
            groups += [[span] for span in added]
        elif groups:
            groups[-1] += added
        else:
            groups = [added]
        question = replace(
            before.question.answered_by(groups),
            reference=reference.strip() or before.question.reference,
        )
        return self._change(before, replace(before, id=question_id(question), question=question))

    def regroup(self, kept: KeptQuestion, *, each_answers: bool) -> Change:
        """Let each passage answer alone, or let all be needed together. Errors: as `undo`."""
        gold = kept.question.gold
        question = (
            kept.question.answered_by([span] for span in gold)
            if each_answers
            else (kept.question.answered_by([gold]))
        )
        return self._change(kept, replace(kept, id=question_id(question), question=question))

    def set_aside(self, kept: KeptQuestion, held_out: bool) -> Change:
        """Hold a question out for the final check, or take it in again. Errors: as `undo`."""
        return self._change(kept, replace(kept, held_out=held_out))

    def remove(self, kept: KeptQuestion) -> Change:
        """Errors: as `undo`."""
        return self._change(kept, None)

    def undo(self, change: Change) -> None:
        """Bring back what a change changed. Errors: BadInput where it changed again since."""
        self._change(change.after, change.before)

    def _change(self, before: KeptQuestion | None, after: KeptQuestion | None) -> Change:
        if before != after and not self._questions.change(before, after):
            raise BadInput("That question has changed meanwhile; look at it again.")
        return Change(before=before, after=after)

    def keep(self, question: Question, *, held_out: bool = False, line: int = 0) -> AddedQuestion:
        """Keep a question whose spans are known to be right, a card's for example."""
        new = self._questions.keep(question, held_out=held_out)
        return AddedQuestion(line=line, status="added" if new else "known", question=question)

    def all(self, *, held_out: bool = False, sources: Collection[str] = ()) -> list[KeptQuestion]:
        """The questions to choose settings with; or those held out, which are not to be looked at
        until the choice is made. Of any of these sources (`sources`), or of all."""
        every = self._questions.all(held_out=held_out)
        if not sources:
            return every
        found = zip(every, self._sources(every), strict=True)
        return [kept for kept, its in found if its & set(sources)]

    def papers_with_gold(self, sources: Collection[str] = ()) -> tuple[str, ...]:
        """The papers that are here and hold gold of the questions of these sources, or of all."""
        gold = (span for kept in self.all(sources=sources) for span in kept.question.gold)
        holding = {span.paper_id for span in gold}
        return tuple(each for each in self._papers.ids(PaperFilter()) if each in holding)

    def sources(self) -> dict[str, int]:
        """Where the questions with gold come from, and how many each has; a question from a card
        comes from its deck and has its tags as well, as the card is now."""
        every = [kept for kept in self.all() if kept.question.gold]
        found = Counter(source for its in self._sources(every) for source in its)
        return {source: found[source] for source in sorted(found)}

    def _sources(self, every: Sequence[KeptQuestion]) -> list[frozenset[str]]:
        """Of each question, as people choose by it."""
        ids = [_card_of(kept) for kept in every]
        cards = {card.id: card for card in self._cards.some(filter(None, ids))}
        return [
            _sources_of(kept, cards.get(card_id)) for kept, card_id in zip(every, ids, strict=True)
        ]

    def asking(self, text: str, *, held_out: bool = False) -> Question | None:
        """The question of this text, with the gold of all that ask the same, as an evaluation
        takes it; None if it is not here, or not among those asked for."""
        fitting = [
            each.question
            for each in self._questions.asking(text.strip())
            if each.held_out == held_out
        ]
        if not fitting:
            return None
        return replace(
            fitting[0].answered_by(joined(fitting)),
            reference=next((each.reference for each in fitting if each.reference), ""),
        )

    def as_measured(self, alternatives: Alternatives) -> Alternatives:
        """Gold passages without the white space at their ends; those of nothing else are left out,
        and one whose paper is not here (any more) stays as it is."""
        found = (
            tuple(dict.fromkeys(span for each in group if (span := self._trim(each))))
            for group in alternatives
        )
        return tuple(dict.fromkeys(filter(None, found)))

    def all_as_measured(self, gold: Gold) -> Gold:
        """As `as_measured`, by question; one without any passage is left out."""
        measured = {text: self.as_measured(alternatives) for text, alternatives in gold.items()}
        return {text: alternatives for text, alternatives in measured.items() if alternatives}

    def _trim(self, passage: Span) -> Span | None:
        try:
            text = self._papers.get(passage.paper_id).text
        except BadInput:
            return passage
        return trimmed(passage, text)

    def in_paper(self, paper_id: str, *, held_out: bool = False) -> list[KeptQuestion]:
        """The questions with gold in a paper, those set aside or the others."""
        found = self._questions.in_paper(paper_id)
        return [each for each in found if each.held_out == held_out]

    def left_in(self, paper_id: str, *, held_out: bool = False) -> list[tuple[str, str]]:
        """Passages of earlier readings of the paper that stand no more in its text: the question
        that each answers, and its words."""
        file_id = file_id_of(paper_id)
        places = [
            (kept.question.text, span)
            for kept in self.all(held_out=held_out)
            for span in kept.question.gold
            if file_id_of(span.paper_id) == file_id and span.paper_id != paper_id
        ]
        words = self._papers.left([span for _, span in places])
        return [(text, words[span]) for text, span in places if span in words]

    def lines(self, *, held_out: bool = False) -> Iterator[dict[str, Any]]:
        """The questions in the format that `add` reads."""
        here = set(self._papers.ids(PaperFilter()))
        every = self.all(held_out=held_out)
        left = self._papers.left([span for kept in every for span in kept.question.gold])
        for kept in every:
            yield self._line(kept.question, here, left)

    def line(self, question: Question) -> dict[str, Any]:
        """A question that is not kept here, in that format."""
        return self._line(question, set(self._papers.ids(PaperFilter())), {})

    def _line(self, question: Question, here: set[str], left: dict[Span, str]) -> dict[str, Any]:
        ids = {span.paper_id for span in question.gold} & here
        return files.to_line(question, {each: self._papers.get(each) for each in ids}, left)


def _instead(
    file: str, passage: files.WrittenPassage, paper: Paper, place: Span, likeness: float
) -> Instead:
    quote = paper.text[place.start : place.end]
    right = replace(passage, quote=quote, start=place.start, end=place.end)
    return Instead(
        page=paper.pages_of(place.start, place.end)[0],
        likeness=likeness,
        quote=quote,
        pasted=files.pasted(file, right),
    )


def _card_of(kept: KeptQuestion) -> str:
    """The id of the card that a question was taken from; empty for any other."""
    origin = kept.question.origin
    return origin.removeprefix(FROM_CARD) if origin.startswith(FROM_CARD) else ""


def _sources_of(kept: KeptQuestion, card: Card | None) -> frozenset[str]:
    if not _card_of(kept):
        origin = kept.question.origin
        return frozenset({"marked in the Library" if origin == "marked" else origin or "unknown"})
    if card is None:
        return frozenset({"from cards"})
    return frozenset({"from cards", f"deck {card.deck}", *(f"#{tag}" for tag in card.tags)})


def _ids(spans: Iterable[Span]) -> set[str]:
    return {span.paper_id for span in spans}


def _kept(question: Question, *, held_out: bool) -> KeptQuestion:
    return KeptQuestion(id=question_id(question), question=question, held_out=held_out, at=now())
