"""What a word is where words are matched or searched for. Knows no index and no database.

A word matches itself alone, in any case, but not its plural and no synonym.
"""

import re
from functools import lru_cache
from textwrap import fill

from core.text.folding import BETWEEN, IDEOGRAPH, SIGNS, fold

PART = rf"[^\W_{IDEOGRAPH}]+"
PARTS = re.compile(PART)
WORD = re.compile(rf"[{IDEOGRAPH}]|{PART}(?:[-._,'/]{PART})*")
SPACELESS = re.compile(f"[{IDEOGRAPH}]")

TELL_NOTHING = frozenset(
    """a about an and any are as at be been but by can could did do does for from had has have how
    if in into is it its of on or should so than that the their them then there these they this
    those to was were what when where which while who whom whose why will with would""".split()  # noqa: SIM905
)


def words(text: str) -> list[str]:
    """The words of a text, folded and in lower case: compounds both whole and in parts, so that
    "GPT-4", "3.14" and "fine-tuning" match themselves best, but "tuning" matches as well. Of
    Chinese and Japanese each character is a word. English words that tell nothing of a subject are
    left out: papers ask so seldom that "what" would count as rare."""
    plain = fold(text).casefold()
    return [word for found in WORD.findall(plain) for word in _whole_and_parts(found)]


@lru_cache(maxsize=65_536)
def _whole_and_parts(found: str) -> tuple[str, ...]:
    parts = [] if found.isalnum() else PARTS.findall(found)
    every = [found, *parts] if len(parts) > 1 else [found]
    return tuple(word for word in every if word not in TELL_NOTHING)


def spaced(text: str | None) -> str:
    """The text as full-text search reads it: folded, and a space around each Chinese or Japanese
    character, which have none and would all be one word."""
    return SPACELESS.sub(r" \g<0> ", fold(text or ""))


AS_CODE = '''\
SIGNS = {signs!a}
TYPED = {{ord(sign): typed for typed, signs in SIGNS.items() for sign in signs}}
LEFT_OUT = set("""{left_out}""".split())


def words(text):
    """What BM25 counts: compounds whole and in parts, without the most usual English words."""
    if not text.isascii():
        text = re.sub({between!a}, "", text).translate(TYPED)
        text = unicodedata.normalize("NFKC", text)
    for word in re.findall({word!a}, re.sub(r"\\s+", " ", text).casefold()):
        parts = [] if word.isalnum() else re.findall({part!a}, word)
        yield from (w for w in ([word, *parts] if len(parts) > 1 else [word]) if w not in LEFT_OUT)
'''


def words_as_code() -> str:
    """What `words` does, as Python that needs `re` and `unicodedata` alone."""
    return AS_CODE.format(
        signs=SIGNS,
        left_out=fill(" ".join(sorted(TELL_NOTHING)), 100),
        between=BETWEEN.pattern,
        word=WORD.pattern,
        part=PART,
    )
