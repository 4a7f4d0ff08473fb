"""Test questions, and the places in papers that answer them."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from core.types.asking import Span

# Each of them answers alone; the spans of one are needed together.
Alternatives = tuple[tuple[Span, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question with the places that answer it. No gold spans: the papers cannot answer it.

    `gold` are all of them. `alternative_of` says of each which alternative it belongs to: those of
    one number are needed together, and any one alternative answers. Empty: all are needed.
    """

    text: str
    gold: tuple[Span, ...] = ()
    reference: str = ""
    origin: str = ""
    alternative_of: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if self.alternative_of and len(self.alternative_of) != len(self.gold):
            raise ValueError("each gold span belongs to one alternative")

    @property
    def alternatives(self) -> Alternatives:
        """The gold, one group for each way to answer; none without gold."""
        if not self.alternative_of:
            return (self.gold,) if self.gold else ()
        groups: dict[int, list[Span]] = {}
        for number, span in zip(self.alternative_of, self.gold, strict=True):
            groups.setdefault(number, []).append(span)
        return tuple(map(tuple, groups.values()))

    def answered_by(self, alternatives: Iterable[Iterable[Span]]) -> "Question":
        """The same question with this gold; a span that a group names twice, or a group that comes
        twice, counts once."""
        groups: dict[frozenset[Span], tuple[Span, ...]] = {}
        for each in alternatives:
            if group := tuple(dict.fromkeys(each)):
                groups.setdefault(frozenset(group), group)
        numbered = [
            (span, number) for number, group in enumerate(groups.values(), 1) for span in group
        ]
        return replace(
            self,
            gold=tuple(span for span, _ in numbered),
            alternative_of=tuple(number for _, number in numbered) if len(groups) > 1 else (),
        )


def spans_of(alternatives: Iterable[Iterable[Span]]) -> tuple[Span, ...]:
    """The spans of all alternatives, each once."""
    return tuple(dict.fromkeys(span for group in alternatives for span in group))
