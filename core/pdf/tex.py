"""Letters of TeX's older fonts, which a PDF may hold as pictures that tell their numbers alone.

There are two tables for text: OT1 (D. Knuth, Computer Modern Typefaces, 1986) and T1 (agreed upon
at Cork in 1990, TUGboat 11:4). Fonts for formulas have others, which nothing tells apart.
"""

import re
from collections.abc import Sequence

LIGATURES = "ﬀﬁﬂﬃﬄ"
LETTER = r"[A-Za-z\xc0-\xff]"
# From 0x0b on in one, from 0x1b on in the other: one that touches a letter tells which it is.
OLD = re.compile(f"(?<={LETTER})[\x0b-\x0f]|[\x0b-\x0f](?={LETTER})|\x7f[aeiouAOU]")
CORK = re.compile(f"(?<={LETTER})[\x1b-\x1f]|[\x1b-\x1f](?={LETTER})|(?<=[a-zà-þ])ÿ")

# In OT1 an accent is a picture of its own, and so are these letters.
OT1 = dict(zip("\x0b\x0c\r\x0e\x0f", LIGATURES, strict=True)) | dict(
    zip(
        '\x10\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f"\\{|\x7f',
        "ı`´ˇ˘¯˚¸ßæœøÆŒØ”“–—¨",
        strict=True,
    )
)
T1 = (
    dict(zip("\x1b\x1c\x1d\x1e\x1f", LIGATURES, strict=True))
    | dict(zip(map(chr, range(0x10, 0x17)), "“”„«»–—", strict=True))
    | dict(
        zip(
            map(chr, range(0x80, 0xC0)),
            "ĂĄĆČĎĚĘĞĹĽŁŃŇŊŐŔŘŚŠŞŤŢŰŮŸŹŽŻĲİđ§ăąćčďěęğĺľłńňŋőŕřśšşťţűůÿźžżĳ¡¿£",
            strict=True,
        )
    )
    | {"\x0d": "‚", "\x0e": "‹", "\x0f": "›", "\x19": "ı", "\x7f": "-"}
    | {"\xd7": "Œ", "\xdf": "ẞ", "\xf7": "œ", "\xff": "ß"}
)


def decoded(text: str, untold: Sequence[bool]) -> str:
    """The text, of the same length, with the letters of such fonts in place of their numbers.
    `untold` says of each character whether its font does not tell what it is."""
    old, cork = (
        sum(untold[found.start()] for found in sign.finditer(text)) for sign in (OLD, CORK)
    )
    # The older one has 128 letters.
    table = T1 if cork > old or (cork and _above(text, untold)) else OT1 if old else {}
    return "".join(
        table.get(letter, letter) if not_told else letter
        for letter, not_told in zip(text, untold, strict=True)
    )


def _above(text: str, untold: Sequence[bool]) -> bool:
    return any(letter > "\x7f" and not_told for letter, not_told in zip(text, untold, strict=True))
