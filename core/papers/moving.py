"""A passage of a text found again in another reading of the same file, by its letters. Pure.

What differs between two readings is mostly what stands between the letters (line ends, spaces,
hyphens) or how they are written (ligatures, accents, raised figures); so letters and digits alone
are compared, in any case and without accents.
"""

import re
import unicodedata
from bisect import bisect_right
from collections import Counter
from difflib import SequenceMatcher

AROUND = 60  # letters before and behind a passage that tell which of several places is meant
PIECE = 12  # letters that stand in a row in what is taken for the same place
SURE = 12  # letters of a passage, and of its surroundings, that are no chance
DOTLESS = str.maketrans("ıȷ", "ij")  # what an accent beside its letter leaves of it
ALIKE = 0.85  # of a passage's letters and those found, as difflib counts it


class Letters:
    """The letters of a text, and where each stands in it."""

    def __init__(self, text: str) -> None:
        self.text = text
        found: list[str] = []
        self.places: list[int] = []
        for place, character in enumerate(text):
            for letter in _letters(character):
                found.append(letter)
                self.places.append(place)
        self.all = "".join(found)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The first and last letter, half open, of `text[start:end]`."""
        return bisect_right(self.places, start - 1), bisect_right(self.places, end - 1)


def moved(old: Letters, start: int, end: int, new: Letters) -> tuple[int, int] | None:
    """Where `old.text[start:end]` stands in the new text; None where it does not, or where
    nothing tells which of several places is meant."""
    first, last = old.span(start, end)
    wanted = old.all[first:last]
    if not wanted:
        return None
    before, behind = old.all[max(0, first - AROUND) : first], old.all[last : last + AROUND]
    places = _places(wanted, new.all)

    def shared(place: int) -> int:
        """How many letters around it are those around the passage."""
        ahead = new.all[max(0, place - AROUND) : place]
        after = new.all[place + len(wanted) :][:AROUND]
        return _common(before[::-1], ahead[::-1]) + _common(behind, after)

    best = sorted(places, key=shared, reverse=True)[:2]
    if best:
        known = [shared(place) for place in best]
        place = best[0]
        if len(best) > 1 and known[0] == known[1]:
            same = _places(wanted, old.all)
            if len(same) != len(places):
                return None
            place = places[same.index(first)]  # the third of three is still the third
        if known[0] + len(wanted) < SURE:
            return None
        return _with_ends(old.text[start:end], new, place, place + len(wanted))
    likely = _likely(wanted, new.all)
    return _with_ends(old.text[start:end], new, *likely) if likely else None


def _places(wanted: str, letters: str) -> list[int]:
    return [found.start() for found in re.finditer(f"(?={re.escape(wanted)})", letters)]


def _likely(wanted: str, text: str) -> tuple[int, int] | None:
    """The place that most pieces of the passage lead to, if it is nearly the same."""
    shifts: Counter[int] = Counter()
    for at in range(len(wanted) - PIECE + 1):
        place = text.find(wanted[at : at + PIECE])
        if place >= 0 and text.find(wanted[at : at + PIECE], place + 1) < 0:
            shifts[place - at] += 1
    if not shifts:
        return None
    # What came in or went within the passage shifts all behind it.
    (shift, _), slack = shifts.most_common(1)[0], len(wanted) // 4
    near = [each for each in shifts if abs(each - shift) <= slack]
    start, end = max(0, min(near)), max(near) + len(wanted)
    pairs = SequenceMatcher(None, wanted, text[start:end], autojunk=False).get_matching_blocks()
    pairs = [pair for pair in pairs if pair.size >= PIECE // 2]  # a letter alone is anywhere
    first, last = start + pairs[0].b, start + pairs[-1].b + pairs[-1].size
    alike = 2 * sum(pair.size for pair in pairs) / (len(wanted) + last - first)
    return (first, last) if alike >= ALIKE else None


def _with_ends(passage: str, new: Letters, first: int, last: int) -> tuple[int, int]:
    """A place in the text for one in its letters, with the signs at the passage's ends where they
    stand there too."""
    start, end = new.places[first], new.places[last - 1] + 1
    while end < len(new.text) and unicodedata.combining(new.text[end]):
        end += 1
    at = [place for place, character in enumerate(passage) if _letters(character)]
    signs = "".join(passage[: at[0]].split())
    while signs and start and new.text[start - 1] == signs[-1]:
        signs, start = signs[:-1], start - 1
    signs = "".join(passage[at[-1] + 1 :].split())
    while signs and end < len(new.text) and new.text[end] == signs[0]:
        signs, end = signs[1:], end + 1
    return start, end


def _letters(character: str) -> str:
    if character.isascii():
        return character.lower() if character.isalnum() else ""
    plain = unicodedata.normalize("NFKD", character.casefold()).translate(DOTLESS)
    return "".join(filter(str.isalnum, plain))


def _common(one: str, other: str) -> int:
    """How many characters both begin with alike."""
    pairs = zip(one, other, strict=False)
    return next((at for at, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))
