"""Words: so many a chunk, whatever their length. Sizes and overlaps count words.

A word is what stands between white space, punctuation included; of Chinese and Japanese, which
write no spaces, each character is a word, as word processors count.
"""

import re

from core.chunkers._packing import counted

UNIT = "word"
USUAL = ((150, 20), (200, 30), (250, 50))
IDEOGRAPH = "\u3040-\u30fa\u30fc-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
WORD = re.compile(rf"[{IDEOGRAPH}][^\s\w]*|[^\s{IDEOGRAPH}]+")


def spans(text: str, size: int, overlap: int, _tokens: object = None) -> list[tuple[int, int]]:
    starts = [word.start() for word in WORD.finditer(text)]
    return list(counted(starts, len(text), size, overlap))
