"""Whether a text can be some language's at all. Pure; knows no dictionary.

A font in a PDF may not tell what its letters are; then a reader shows the numbers of its glyphs
as if they were letters, and "The orchard" becomes "7KHRUFKDUG", or it shows their names.
"""

import re
import unicodedata

ENOUGH = 40  # with fewer letters nothing can be said
ODD = 0.15  # of what is seen may be no characters at all
# With so few letters, so much punctuation of changing kinds is no text.
LETTERS, PUNCTUATION = 0.2, 0.55
NAMES, NAMED = re.compile(r"(?:/[A-Za-z]{1,3}\d\w{0,4}){3,}"), 0.25  # of glyphs: /g12/g7/g3
# Among Latin letters, at least so many are one of these, in any language; of letters that their
# font does not tell more is asked, for they may be any others.
COMMON = frozenset("eainrsto")
COMMONEST, UNTOLD = 0.25, 0.4
ACCENTED = 0.5  # of them are so at most, or they are Cyrillic ones shown as if they were Western
RUN = re.compile(r"[^\W\d_]{3,}")
# Scripts that stand together in a word or a formula.
TOGETHER = {"GREEK": "LATIN", "HIRAGANA": "CJK", "KATAKANA": "CJK", "HANGUL": "CJK"}


def sound(text: str) -> bool:
    """Whether a text is surely in Latin letters that make words; costs almost nothing."""
    return sum(map(text.count, "aeiou")) > 0.17 * len(text)


def readable(text: str, told: bool = True) -> bool:
    """Whether a text can be a language's, any one's. `told` is False for letters of a font that
    does not tell what they are."""
    if told and sound(text):
        return True
    seen = "".join(text.split())
    if len(seen) < ENOUGH:
        return True
    odd = seen.count("\ufffd")
    odd += sum(unicodedata.category(letter) in ("Cc", "Cn", "Co") for letter in seen)
    if odd > ODD * len(seen) or sum(map(len, NAMES.findall(seen))) > NAMED * len(seen):
        return False
    letters = [letter for letter in seen if letter.isalpha()]
    signs = sum(
        not letter.isalnum() and letter != before
        for before, letter in zip(f" {seen}", seen, strict=False)
    )
    if len(letters) < LETTERS * len(seen) and signs > PUNCTUATION * len(seen):
        return False
    return len(letters) < ENOUGH or not (_mixed(text) or _unlikely(letters, told))


def _mixed(text: str) -> bool:
    """Whether most words have letters of several scripts."""
    runs = RUN.findall(text)
    mixed = sum(len(run) for run in runs if len(set(map(_script, run)) - {"CJK"}) > 1)
    return 2 * mixed > sum(map(len, runs))


def _script(letter: str) -> str:
    """LATIN, CYRILLIC, CJK… and RARE for ideographs that hardly anybody writes."""
    if "\u3400" <= letter <= "\u4dbf":
        return "RARE"
    plain = unicodedata.normalize("NFKC", letter)[0]
    name = unicodedata.name(plain, "?").split()[0].split("-")[0]
    return TOGETHER.get(name, name)


def _unlikely(letters: list[str], told: bool) -> bool:
    """Whether these are mostly Latin letters, but not as often as any language has them."""
    bases = [unicodedata.normalize("NFKD", letter)[0].lower() for letter in letters]
    latin = sum(base.isascii() for base in bases)
    accented = sum("\xc0" <= letter <= "\xff" for letter in letters)
    common = sum(base in COMMON for base in bases)
    return 2 * latin > len(letters) and (
        accented > ACCENTED * len(letters) or common < (COMMONEST if told else UNTOLD) * latin
    )
