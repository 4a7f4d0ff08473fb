"""Anki's gaps in a text, `{{c1::what is hidden::hint}}`, also one within another. Pure."""

import re
from dataclasses import dataclass, field

SIGN = re.compile(r"\{\{c(\d{1,3}(?:,\d{1,3}){0,9})::|\}\}")


@dataclass(slots=True)
class _Open:
    """A gap whose end has not come, and what stands in it on either side of the card."""

    numbers: tuple[int, ...]
    begins: str
    formula: int  # how many formulas it stands in
    question: list[str] = field(default_factory=list)
    answer: list[str] = field(default_factory=list)


def numbers(text: str) -> list[int]:
    """The numbers of its gaps, ascending: a card each."""
    signs = (sign[1] for sign in SIGN.finditer(text) if sign[1])
    return sorted({int(number) for sign in signs for number in sign.split(",")})


def sides(text: str, number: int) -> tuple[str, str]:
    """The text with the gaps of that number as they are asked, `[…]` or the hint, and as they are
    answered, bold; other gaps are filled."""
    whole = _Open(numbers=(), begins="", formula=0)
    gaps = [whole]
    done = formula = 0
    for sign in SIGN.finditer(text):
        before = text[done : sign.start()]
        done = sign.end()
        formula += before.count("\\(") + before.count("\\[")
        formula -= before.count("\\)") + before.count("\\]")
        _put(gaps[-1], before)
        if sign[1]:
            named = tuple(map(int, sign[1].split(",")))
            gaps.append(_Open(numbers=named, begins=sign[0], formula=formula))
        elif len(gaps) == 1:
            _put(whole, sign[0])
        else:
            gap = gaps.pop()
            filled, _, hint = "".join(gap.answer).partition("::")
            if number in gap.numbers:
                gaps[-1].question.append(f"[{hint.strip() or '…'}]")
                gaps[-1].answer.append(filled if gap.formula else _bold(filled))
            else:
                gaps[-1].question.append("".join(gap.question).partition("::")[0])
                gaps[-1].answer.append(filled)
    _put(gaps[-1], text[done:])
    while len(gaps) > 1:  # nobody closed it
        gap = gaps.pop()
        gaps[-1].question += [gap.begins, *gap.question]
        gaps[-1].answer += [gap.begins, *gap.answer]
    return "".join(whole.question), "".join(whole.answer)


def _put(gap: _Open, text: str) -> None:
    gap.question.append(text)
    gap.answer.append(text)


def _bold(text: str) -> str:
    """In bold, where that can be: not over lines, nor around what is bold in parts."""
    plain = not text.strip() or "\n" in text or "**" in text
    return text if plain else f"**{text.strip()}**"
