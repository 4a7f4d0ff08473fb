"""One folding for all that is searched for: what a keyboard types alike becomes alike.

Quotes become straight, minus and short dashes a hyphen, a long dash one between blanks; letters and
digits are composed and of usual width (NFKC); a run of white space is one blank. What nobody sees
is left out, and so is white space between two Chinese or Japanese characters. Case stays.
"""

import re
import unicodedata
from array import array
from dataclasses import dataclass, field

IDEOGRAPH = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
# Ideographs, and the signs among them; no letters of their width.
WIDE = f"{IDEOGRAPH}\u3001-\u303f\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff9f"
SIGNS = {
    "'": "\u2018\u2019\u201a\u201b\u2032\u02bc\u00b4",
    '"': "\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb",
    "-": "\u2010\u2011\u2012\u2013\u2212\u2043",
    " - ": "\u2014\u2015",
    "": "\u00ad\u200b\u2060\ufeff",
}
TYPED = {ord(sign): typed for typed, signs in SIGNS.items() for sign in signs}
BETWEEN = re.compile(rf"(?<=[{WIDE}])\s+(?=[{WIDE}])")
SPACES = re.compile(r"\s+")
# All that may change; the character before may belong to what stands here.
ODD = re.compile(r"[\0-\x7f]?[^\0-\x7f]+\s*|\s*[^\S ]\s*|\s{2,}")


@dataclass(frozen=True, slots=True)
class Folded:
    """A folded text, and of each of its characters the start and the end in the text as it was."""

    text: str
    starts: "array[int]" = field(repr=False)
    ends: "array[int]" = field(repr=False)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where `text[start:end]`, which must not be empty, stands in the text as it was."""
        return self.starts[start], self.ends[end - 1]


def fold(text: str) -> str:
    """The text folded, where nothing leads back to it."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", BETWEEN.sub("", text).translate(TYPED))
    return SPACES.sub(" ", text)


def folded(text: str) -> Folded:
    """As `fold`, with the way back."""
    parts: list[str] = []
    starts, ends = array("i"), array("i")
    done = 0

    def same(until: int) -> None:
        if done < until:
            parts.append(text[done:until])
            starts.extend(range(done, until))
            ends.extend(range(done + 1, until + 1))

    for odd in ODD.finditer(text):
        same(odd.start())
        done = odd.start()
        while done < odd.end():
            start = done
            if unseen := BETWEEN.match(text, start):
                done = unseen.end()
                continue
            done = _cluster_end(text, start, odd.end())
            for letter in unicodedata.normalize("NFKC", text[start:done].translate(TYPED)):
                if not letter.isspace():
                    parts.append(letter)
                elif parts and parts[-1][-1] == " ":
                    ends[-1] = done
                    continue
                else:
                    parts.append(" ")
                starts.append(start)
                ends.append(done)
    same(len(text))
    return Folded("".join(parts), starts, ends)


def places(phrase: str, text: str, *, any_case: bool = False) -> list[tuple[int, int]]:
    """Where the phrase stands in the text, in order, both folded; nowhere if nothing is left of
    the phrase without the white space at its ends."""
    sought = fold(phrase).strip()
    if not sought:
        return []
    plain = folded(text)
    found = re.finditer(re.escape(sought), plain.text, re.IGNORECASE if any_case else 0)
    return [plain.span(*each.span()) for each in found]


def _cluster_end(text: str, start: int, last: int) -> int:
    """The end of the character that begins at `start`, with the marks that belong to it."""
    end = start + 1
    while end < last and (
        unicodedata.combining(text[end]) or _composes(text[start:end], text[end])
    ):
        end += 1
    return end


def _composes(before: str, letter: str) -> bool:
    if letter.isascii() or "\u3400" <= letter <= "\u9fff":  # quick: they never do
        return False
    apart = unicodedata.normalize("NFKC", before) + unicodedata.normalize("NFKC", letter)
    return unicodedata.normalize("NFKC", before + letter) != apart
