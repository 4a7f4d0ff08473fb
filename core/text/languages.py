"""Which language a text is in, told from its script and its commonest words. Knows no papers.

An honest guess for a list of papers, nothing more: the languages below, and None for all others,
for formulas, code and tables, and where two languages are equally likely.
"""

import re
from collections import Counter

# The commonest words of each language, as many each, so that their shares can be compared. Of
# words that several share, the others decide.
COMMONEST = {
    "English": "the of and to in is that for it as was with be by on are this",
    "German": "der die und das den von ist des mit nicht ein eine dem auf für im zu",
    "French": "le la les de des et en un une du est que pour dans qui sur pas",
    "Spanish": "el la los las de que y en un una del es por con para se no",
    "Portuguese": "o os as de que e do da em um uma não para com dos por é",
    "Italian": "il di che e la un per in è una del della non con le si i",
    "Dutch": "de het een en van is dat in op te niet zijn met voor aan er die",
    "Swedish": "och att det som en är av för på den till med inte har ett om de",
    "Danish or Norwegian": "og at det som en er af av for på den til med ikke har et om",
    "Polish": "i w nie na się z do to że jest o jak za od po przez dla",
    "Turkish": "ve bir bu için ile da de olarak olan daha çok gibi ne her ya ki en",
    "Vietnamese": "là và của có được các trong cho không một với những người này đã khi để",
    "Indonesian or Malay": "yang dan di untuk dengan pada dari ini itu dalam adalah tidak akan"
    " oleh juga atau ke",
}
WORDS = {language: frozenset(words.split()) for language, words in COMMONEST.items()}

SCRIPTS = {
    "Korean": "[\uac00-\ud7af\u1100-\u11ff]",
    "kana": "[\u3041-\u30ff]",
    "Han": "[\u3400-\u4dbf\u4e00-\u9fff]",
    "Cyrillic": "[\u0400-\u04ff]",
    "Greek": "[\u0370-\u03ff]",
    "Arabic": "[\u0620-\u06ff]",
    "Hebrew": "[\u05d0-\u05ea]",
    "Hindi": "[\u0900-\u097f]",
    "Thai": "[\u0e00-\u0e7f]",
}
UKRAINIAN, RUSSIAN, PERSIAN = "[іїєґ]", "[ыэъё]", "[پچژگ]"

SAMPLES, SAMPLE = 5, 2_000  # pieces of a long text, evenly spread, and characters in each
LEAST_WORDS = 3  # different ones of a language that must be there
LEAST_SHARE = 0.08  # of the words; prose has about 0.25
LEAD = 1.25  # over the next likely language
WORD = re.compile(r"[^\W\d_]+")


def guess(text: str) -> str | None:
    """The language's English name; None where it cannot be told."""
    sample = _sample(text).lower()
    letters = sum(map(str.isalpha, sample))
    if not letters:
        return None
    counts = {script: len(re.findall(signs, sample)) for script, signs in SCRIPTS.items()}
    script = max(counts, key=lambda each: counts[each])
    if (counts["Han"] + counts["kana"]) * 2 > letters:
        return "Japanese" if counts["kana"] * 20 > counts["Han"] else "Chinese"
    if counts[script] * 2 <= letters:
        return _by_words(WORD.findall(sample))
    if script == "Cyrillic":
        return _rather(sample, {"Ukrainian": UKRAINIAN, "Russian": RUSSIAN})
    if script == "Arabic":
        return "Persian" if re.search(PERSIAN, sample) else "Arabic"
    return script


def _sample(text: str) -> str:
    if len(text) <= SAMPLES * SAMPLE:
        return text
    step = (len(text) - SAMPLE) // (SAMPLES - 1)
    return "\n".join(text[at : at + SAMPLE] for at in range(0, SAMPLES * step, step))


def _by_words(words: list[str]) -> str | None:
    counts = Counter(words)
    shares = {
        language: sum(counts[word] for word in known) / max(1, len(words))
        for language, known in WORDS.items()
        if len(known & counts.keys()) >= LEAST_WORDS
    }
    ranked = sorted(shares, key=lambda language: -shares[language])
    if not ranked or shares[ranked[0]] < LEAST_SHARE:
        return None
    if len(ranked) > 1 and shares[ranked[0]] < LEAD * shares[ranked[1]]:
        return None
    return ranked[0]


def _rather(sample: str, languages: dict[str, str]) -> str | None:
    """The one of whose own letters there are most; None without any."""
    counts = {name: len(re.findall(letters, sample)) for name, letters in languages.items()}
    best = max(counts, key=lambda name: counts[name])
    return best if counts[best] else None
