"""Places of papers that hold the telling words of a question, for a person who looks for its gold.

By the question's words alone: no chunk, no index and no retriever that the gold will judge has a
hand in it. Pure.
"""

import math
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.text import IDEOGRAPH, folded, sentences, words
from core.types import Paper, Span

LISTED = 12  # places
SENTENCES, LONGEST = 3, 600  # of one place, at most; a sentence that is longer stays whole
ENDING = re.compile("(?:ations?|ions?|ings?|ed|ly|es|e|s)$")
HOW = frozenset(("much", "many"))  # behind "how", and rare in a paper
SHORTEST_STEM = 4  # letters; what is shorter keeps its ending
OTHER_ENDINGS = r"\w{0,6}"


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPlace:
    """A run of whole sentences of a paper; `marks` are the words in it, as offsets into its text,
    and `held` which of the question's telling words these are."""

    span: Span
    marks: tuple[tuple[int, int], ...]
    held: tuple[str, ...]


def telling(question: str) -> tuple[str, ...]:
    """The words of a question that tell of a subject, without their parts; of one word in
    several forms, the first."""
    whole = dict.fromkeys(word for word in words(question) if word not in HOW)
    parts = {part for word in whole if not word.isalnum() for part in words(word) if part != word}
    by_stem: dict[str, str] = {}
    for word in whole:
        if word not in parts:
            by_stem.setdefault(stem(word), word)
    return tuple(by_stem.values())


def stem(word: str) -> str:
    """A word without its English ending, so that "quantized" finds "quantization"; whole where
    little would be left."""
    short = ENDING.sub("", word) if word.isalpha() else word
    return short if len(short) >= SHORTEST_STEM else word


def find(wanted: Sequence[str], papers: Sequence[Paper]) -> list[FoundPlace]:
    """Where most of the words stand together, the best place first, none over another. A word
    weighs the more the fewer sentences hold it, and counts once in a place, however often it stands
    there and however long the place is."""
    pattern = _pattern(wanted)
    if pattern is None:
        return []
    read = [_sentences(paper, pattern, wanted) for paper in papers]
    total = sum(len(every) for every, _ in read)
    holding = Counter(word for _, held in read for each in held.values() for word in each)
    weights = {word: math.log(1 + total / count) for word, count in holding.items()}
    ranked = [
        (-sum(weights[word] for word in held), end - start, number, start, end)
        for number, (every, here) in enumerate(read)
        for start, end, held in _runs(every, here)
    ]
    chosen: list[FoundPlace] = []
    for _, _, number, start, end in sorted(ranked):
        span = Span(paper_id=papers[number].id, start=start, end=end)
        if all(_apart(span, each.span) for each in chosen):
            chosen.append(_place(span, papers[number].text[start:end], pattern, wanted))
            if len(chosen) == LISTED:
                break
    return chosen


def _pattern(wanted: Sequence[str]) -> re.Pattern[str] | None:
    """Every word of a text that is one of these, in a group of its own; None without words."""
    if not wanted:
        return None
    longest_first = sorted(range(len(wanted)), key=lambda number: -len(wanted[number]))
    return re.compile(
        "|".join(f"(?P<w{number}>{_form(wanted[number])})" for number in longest_first),
        re.IGNORECASE,
    )


def _form(word: str) -> str:
    if re.fullmatch(f"[{IDEOGRAPH}]", word):
        return word
    short = stem(word)
    endings = OTHER_ENDINGS if word.isalpha() and len(word) >= SHORTEST_STEM else ""
    return rf"(?<!\w){re.escape(short)}{endings}(?!\w)"


def _sentences(
    paper: Paper, pattern: re.Pattern[str], wanted: Sequence[str]
) -> tuple[list[tuple[int, int]], Mapping[int, set[str]]]:
    """The sentences of a paper, and which of the words those hold that hold any."""
    text = paper.text[: paper.body_end]
    every = list(sentences(text))
    starts = [start for start, _ in every]
    plain = folded(text)
    held: dict[int, set[str]] = {}
    for found in pattern.finditer(plain.text):
        number = bisect_right(starts, plain.span(*found.span())[0]) - 1
        held.setdefault(number, set()).add(_word(found, wanted))
    return every, held


def _runs(
    every: Sequence[tuple[int, int]], held: Mapping[int, set[str]]
) -> list[tuple[int, int, frozenset[str]]]:
    """Up to three sentences that follow each other, of which the first and the last hold words."""
    runs = []
    for first in held:
        for last in range(first, first + SENTENCES):
            start, end = every[first][0], every[min(last, len(every) - 1)][1]
            if last in held and (last == first or end - start <= LONGEST):
                several = (held.get(each, set()) for each in range(first, last + 1))
                runs.append((start, end, frozenset().union(*several)))
    return runs


def _place(span: Span, text: str, pattern: re.Pattern[str], wanted: Sequence[str]) -> FoundPlace:
    plain = folded(text)
    found = list(pattern.finditer(plain.text))
    held = {_word(each, wanted) for each in found}
    return FoundPlace(
        span=span,
        marks=tuple(plain.span(*each.span()) for each in found),
        held=tuple(word for word in wanted if word in held),
    )


def _word(found: re.Match[str], wanted: Sequence[str]) -> str:
    assert found.lastgroup
    return wanted[int(found.lastgroup[1:])]


def _apart(one: Span, other: Span) -> bool:
    return one.paper_id != other.paper_id or one.end <= other.start or other.end <= one.start
