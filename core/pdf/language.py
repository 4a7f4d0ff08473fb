"""Whether a text can be some language's at all. Pure; knows no dictionary.

A font in a PDF may not tell what its letters are; then a reader shows the numbers of its glyphs
as if they were letters, and "The orchard" becomes "7KHRUFKDUG".
"""

import re
import unicodedata
from collections import Counter

ENOUGH = 30  # with fewer letters nothing can be said
ODD, SYMBOL = 0.15, 0.25  # of what is seen may be no characters, and symbols
MOST = 0.7  # of the letters are of one script or of two
VOWELS = frozenset("aeiouyAEIOUY")
RUN = re.compile(r"[^\W\d_]{5,}")
SYMBOLS = frozenset('!"#$&*+<=>?@[\\]^_`{|}~')
TOGETHER = {"HIRAGANA": "CJK", "KATAKANA": "CJK", "HANGUL": "CJK", "BOPOMOFO": "CJK"}


def sound(text: str) -> bool:
    """Whether a text is surely in Latin letters that make words; costs almost nothing."""
    return sum(map(text.count, "aeiou")) > 0.17 * len(text)


def readable(text: str, told: bool = True) -> bool:
    """Whether a text can be a language's, any one's. `told` is False for letters of a font that
    does not tell what they are: of these, symbols are not taken for words either."""
    if sound(text):
        return True
    seen = "".join(text.split())
    odd = seen.count("\ufffd")
    odd += sum(unicodedata.category(letter) in ("Cc", "Cn", "Co") for letter in seen)
    if len(seen) > ENOUGH and odd > ODD * len(seen):
        return False
    if not told and sum(map(seen.count, SYMBOLS)) > SYMBOL * len(seen):
        return False
    letters = [letter for letter in seen if letter.isalpha()]
    if len(letters) < ENOUGH:
        return True
    scripts = Counter(map(_script, letters))
    del scripts["RARE"]
    if sum(count for _, count in scripts.most_common(2)) < MOST * len(letters):
        return False
    return scripts["LATIN"] < len(letters) / 2 or _pronounceable(text)


def _script(letter: str) -> str:
    """LATIN, CYRILLIC, CJK… and RARE for ideographs that hardly anybody writes."""
    if "\u3400" <= letter <= "\u4dbf":
        return "RARE"
    plain = unicodedata.normalize("NFKC", letter)[0]
    name = unicodedata.name(plain, "?").split()[0].split("-")[0]
    return TOGETHER.get(name, name)


def _pronounceable(text: str) -> bool:
    """Whether most longer runs of Latin letters have some vowels, and not only accents, as
    Cyrillic letters do that are shown as if they were Western."""
    runs = RUN.findall(text)
    bad = 0
    for run in runs:
        bases = [unicodedata.normalize("NFD", letter)[0] for letter in run]
        vowels = sum(base in VOWELS for base in bases)
        accented = sum("\xc0" <= letter <= "\xff" for letter in run)
        if vowels < 0.2 * len(run) or accented > 0.6 * len(run):
            bad += len(run)
    total = sum(map(len, runs))
    return total < ENOUGH or bad <= total / 2
