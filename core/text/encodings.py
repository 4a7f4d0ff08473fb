"""Which of the older encodings a text was written in, told from its letters. Knows no Unicode ones.

Each encoding is tried, and what comes out is judged: by the alphabets and the commonest letters of
the languages that were written in it, and by what stands beside what within a word.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice, pairwise
from math import log, sqrt

# Letters by their frequency; of languages written in Latin letters those beside a to z alone.
WESTERN = {
    "German": "üäößéà",
    "French": "éàèêçôîùâûëïœæ",
    "Spanish": "óíáéñúü",
    "Portuguese": "ãáçéóíêõâúàô",
    "Italian": "èàùìòé",
    "Dutch": "ëéïèöüó",
    "Swedish or Finnish": "äöåé",
    "Danish or Norwegian": "øåæé",
    "Icelandic": "áðíéþöóæýú",
    "English": "éïèöüáóñçêô",
}
CENTRAL = {
    "Polish": "łęąóżśćńź",
    "Czech": "íáéěýřžčšůúóťďň",
    "Slovak": "áíéýčžšľťúňôäďóĺŕ",
    "Hungarian": "áéöóőüíúű",
    "Croatian or Slovene": "čšžćđ",
    "Romanian": "ăîşâţ",
}
RUSSIAN = "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъё"
UKRAINIAN = "оанівитерсклудмпязьгбчйхцїжєющшфґ"
GREEK = {"Greek": "ατοιενσρκηπςυμλίόάγέδήωχθύώβφξζψ"}

THAI = "านรอก่เง้มยลวดัทสตะี์ิปบคหแ็จพชขใืไุูโถผซึธณำศฉฟภษญฐฎฏฒฌฑฤฮฝฆฬ๊๋ฯๆ"


@dataclass(frozen=True, slots=True)
class Encoding:
    """One of the older encodings: what people call it, the languages written in it with their
    letters, and how much rarer than the commonest it is. For Chinese, Japanese and Korean a
    `standard` stands for the alphabets, which has the commonest characters in ROWS."""

    name: str
    languages: Mapping[str, str] = field(default_factory=dict)
    rarity: float = 4.0
    standard: str = ""


ROWS = {
    "euc_jp": (0xB0, 0xCF),
    "euc_kr": (0xB0, 0xC8),
    "gb2312": (0xB0, 0xD7),
    "big5": (0xA4, 0xC6),
}
OLDER = {
    "cp1252": Encoding("Windows-1252 (Western European)", WESTERN, 0.0),
    "mac_roman": Encoding("Mac Roman (Western European)", WESTERN, 5.0),
    "cp850": Encoding("DOS 850 (Western European)", WESTERN, 6.0),
    "cp1250": Encoding("Windows-1250 (Central European)", CENTRAL),
    "iso8859_2": Encoding("ISO 8859-2 (Central European)", CENTRAL, 5.0),
    "cp1251": Encoding(
        "Windows-1251 (Cyrillic)",
        {
            "Russian": RUSSIAN,
            "Ukrainian": UKRAINIAN,
            "Bulgarian": "аиоентрсвлкдпмзгяъубчцйжщхюшфь",
            "Serbian": "аиоенрсуткјвдмплгзбчшцњжћхљђфџ",
        },
    ),
    "koi8_u": Encoding("KOI8 (Cyrillic)", {"Russian": RUSSIAN, "Ukrainian": UKRAINIAN}),
    "cp866": Encoding("DOS 866 (Cyrillic)", {"Russian": RUSSIAN}, 6.0),
    "cp1253": Encoding("Windows-1253 (Greek)", GREEK),
    "iso8859_7": Encoding("ISO 8859-7 (Greek)", GREEK, 5.0),
    "cp1254": Encoding("Windows-1254 (Turkish)", {"Turkish": "ıüşçğöİâ"}),
    "cp1255": Encoding("Windows-1255 (Hebrew)", {"Hebrew": "יוהלרבתמאשנעםדקחפסכגטצןזךףץ"}),
    "cp1256": Encoding(
        "Windows-1256 (Arabic)",
        {
            "Arabic": "اليمنورتبةعدسفهكقأحجشطصىخإذثضغزءئآؤظ",
            "Persian": "ایردنهوتمبسلکشزفگعخقجآپحطصچذضغثژ",
        },
    ),
    "cp1257": Encoding(
        "Windows-1257 (Baltic)",
        {"Lithuanian": "ėšųžįčąūę", "Latvian": "āīēšņūžļģķč", "Estonian": "äõüöšž"},
    ),
    "cp874": Encoding("Windows-874 (Thai)", {"Thai": THAI}, 5.0),
    "cp932": Encoding("Shift JIS (Japanese)", standard="euc_jp"),
    "euc_jp": Encoding("EUC-JP (Japanese)", standard="euc_jp"),
    "cp949": Encoding("EUC-KR (Korean)", standard="euc_kr"),
    "gb18030": Encoding("GB 18030 (Chinese)", standard="gb2312"),
    "cp950": Encoding("Big5 (Chinese)", standard="big5"),
}

# How likely a character is, and what counts against a word, as natural logarithms.
KNOWN, SIGN, ODD, ABSURD, CAPITAL = -5.0, -3.5, -7.0, -10.0, -1.5
KANA, SYLLABLE, COMMON, RARE = -4.0, -6.0, -7.0, -11.0
FLAW = -7.0
LEAST = -6.5  # a character, in the mean of a text that was written so
COMMON_LEAST = -7.8  # the same where each is one of thousands
LEAD = 3.0  # over what reads differently
WORDS = 500  # judged of a long text
LONGEST = 20_000  # characters judged

SIGNS = frozenset("–—‘’‚“”„•…«»€£§©®°±²³×µ½·¿¡\xa0،؟؛、。，．：；？！「」『』（）《》・ー")
CONTROL = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f-\x84\x86-\x9f\ue000-\uf8ff]")
# A sign amid the letters of a word that is neither an apostrophe nor a hyphen, one behind a word or
# before one that stands there for none; more accents in a row than a language has.
MISPLACED = re.compile(
    "(?<=L)[\xa1-\xac\xae-\xb6\xb8\xb9\xbb-\xbf×÷\u2017\u201a-\u2025\u2027-\u2bff](?=L)"
    "|(?<=L)[§¶¿¡]|[©®](?=L)|[À-ÖØ-öø-ɏ]{4}|(?<!\\w)[’¶](?=(?![a-zA-Z])L)".replace("L", r"[^\W\d_]")
)


def likely(data: bytes) -> list[str]:
    """The encodings a text may be in, the likeliest first: one where its letters tell, several
    where they do not and the text reads differently in each, none where it reads well in none."""
    words = (word[0] for word in re.finditer(rb"\S+", data) if not word[0].isascii())
    sample = b"\n".join(islice(words, WORDS))
    readings: dict[str, tuple[float, str]] = {}
    for name, encoding in OLDER.items():
        try:
            text = sample.decode(name)[:LONGEST]
        except UnicodeDecodeError:
            continue
        chance = None if CONTROL.search(text) else _chance(text, encoding)
        if chance is not None and chance > readings.get(text, (chance - 1,))[0]:
            readings[text] = chance, name
    ranked = sorted(readings.values(), reverse=True)
    return [name for chance, name in ranked if chance > ranked[0][0] - LEAD]


def _chance(text: str, encoding: Encoding) -> float | None:
    """How likely it is that somebody wrote this in the encoding; None for what nobody would. A
    letter that comes again tells less than another one."""
    counts = Counter(letter for letter in text if letter > "\x7f")
    weights = {letter: sqrt(count) for letter, count in counts.items()}
    if encoding.standard:
        rows = [{letter: _of_thousands(letter, encoding.standard) for letter in weights}]
    else:
        every = "".join(encoding.languages.values())
        rows = [
            {letter: _of_an_alphabet(letter, alphabet, every) for letter in weights}
            for alphabet in encoding.languages.values()
        ]
    chance = max(sum(row[letter] * weight for letter, weight in weights.items()) for row in rows)
    if not encoding.standard:
        chance += FLAW * _flaws(text)
    least = COMMON_LEAST if encoding.standard else LEAST
    return None if chance < least * sum(weights.values()) else chance - encoding.rarity


@lru_cache(maxsize=100_000)
def _of_an_alphabet(letter: str, alphabet: str, every: str) -> float:
    """The r-th commonest of n letters has a share of about ln((n + 1) / r) / n (Gusein-Zade)."""
    if letter in SIGNS:
        return SIGN
    if unicodedata.category(letter)[0] not in "LM":
        return ODD
    small = letter.lower()
    capital = CAPITAL if small != letter and letter not in alphabet else 0.0
    rank = max(alphabet.find(letter), alphabet.find(small)) + 1
    if rank:
        return log(log((len(alphabet) + 1) / rank) / len(alphabet)) + capital
    return (KNOWN if small in every else ABSURD) + capital


@lru_cache(maxsize=100_000)
def _of_thousands(letter: str, standard: str) -> float:
    if letter in SIGNS:
        return SIGN
    if standard == "euc_jp" and "\u3040" < letter < "\u30ff":
        return KANA
    try:
        row = letter.encode(standard)[0]
    except UnicodeEncodeError:
        return RARE
    first, last = ROWS[standard]
    if not first <= row <= last:
        return RARE
    return SYLLABLE if standard == "euc_kr" else COMMON


def _flaws(text: str) -> int:
    """Small before capital letters, letters of two scripts, and signs within a word."""
    flaws = len(MISPLACED.findall(text))
    for left, right in pairwise(text):
        if not (left + right).isascii() and _is_letter(left) and _is_letter(right):
            flaws += (left.islower() and right.isupper()) or _script(left) != _script(right)
    return flaws


def _is_letter(letter: str) -> bool:
    return letter.isalpha() and letter not in SIGNS


@lru_cache(maxsize=10_000)
def _script(letter: str) -> str:
    return unicodedata.name(letter, "?").partition(" ")[0]
