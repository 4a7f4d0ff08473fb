"""Texts as such: their folding, language, sentences and words, and the cells of a table. Pure."""

from core.text.decoding import LOST, Decoded, Undecodable, decode, file_name
from core.text.escape_formula import escape_formula, unescape_formula
from core.text.folding import IDEOGRAPH, fold, folded, places
from core.text.languages import guess as language_of
from core.text.sentences import sentences, stripped
from core.text.separator import separator_of
from core.text.words import TELL_NOTHING, WORD, spaced, words, words_as_code

__all__ = [
    "IDEOGRAPH",
    "LOST",
    "TELL_NOTHING",
    "WORD",
    "Decoded",
    "Undecodable",
    "decode",
    "escape_formula",
    "file_name",
    "fold",
    "folded",
    "language_of",
    "places",
    "sentences",
    "separator_of",
    "spaced",
    "stripped",
    "unescape_formula",
    "words",
    "words_as_code",
]
