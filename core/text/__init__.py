"""Texts as such: their sentences, their words, and the cells of a table. Pure."""

from core.text.escape_formula import escape_formula, unescape_formula
from core.text.sentences import sentences, stripped
from core.text.words import IDEOGRAPH, TELL_NOTHING, WORD, spaced, words

__all__ = [
    "IDEOGRAPH",
    "TELL_NOTHING",
    "WORD",
    "escape_formula",
    "sentences",
    "spaced",
    "stripped",
    "unescape_formula",
    "words",
]
