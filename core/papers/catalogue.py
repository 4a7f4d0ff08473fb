"""Which publication of a BibTeX file a paper is, and what that says of it."""

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass

from core.papers import bibtex, facts
from core.papers.bibtex import Publication
from core.store import PaperFacts, PaperRow, PaperStore

BEGINNING = 5_000  # characters of a text in which its own title and DOI stand
FEWEST_WORDS = 3  # of a title that is looked for in texts; a shorter one has to be the paper's own


@dataclass(frozen=True, slots=True, kw_only=True)
class UnmatchedEntry:
    """An entry that fits no paper, or what could not be read (then without a key), and why."""

    key: str
    title: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BibTeXReport:
    """The papers that got facts, each with the key of its entry, and what fits none."""

    matched: tuple[tuple[PaperRow, str], ...]
    unmatched: tuple[UnmatchedEntry, ...]


def take(text: str, store: PaperStore) -> BibTeXReport:
    """Give papers the authors and the year of their entries, where these have any, and the
    keywords as tags besides their own. A paper takes one entry, an entry one paper.

    Errors: BadInput for a text without any entry.
    """
    entries, complaints = bibtex.publications(text)
    unmatched = [UnmatchedEntry(key="", title="", reason=each) for each in complaints]
    matched: dict[str, Publication] = {}
    for entry in entries:
        fitting = [each for each in _fitting(entry, store) if each not in matched]
        if len(fitting) == 1:
            matched[fitting[0]] = entry
        else:
            reason = f"{len(fitting)} papers fit it" if fitting else "no paper fits it"
            unmatched.append(UnmatchedEntry(key=entry.key, title=entry.title, reason=reason))
    rows = store.rows(matched)
    store.keep_facts({row.id: _facts(row, matched[row.id]) for row in rows})
    return BibTeXReport(
        matched=tuple((row, matched[row.id].key) for row in store.rows(matched)),
        unmatched=tuple(unmatched),
    )


def _fitting(entry: Publication, store: PaperStore) -> list[str]:
    """The papers that came as its file, or else say its DOI, or else its title, where a paper says
    such of itself."""
    by_file = [each for name in entry.files for each in store.from_files(name)]
    if by_file:
        return list(dict.fromkeys(by_file))
    if entry.doi:
        starts = store.beginnings(store.saying(entry.doi), BEGINNING)
        by_doi = [each for each, start in starts.items() if _says(start, entry.doi)]
        if by_doi:
            return by_doi
    rows = store.rows(store.saying(entry.title))
    own = [row.id for row in rows if _words(row.title) == _words(entry.title)]
    if own or len(_words(entry.title)) < FEWEST_WORDS:
        return own
    return _saying(entry.title, [row.id for row in rows], store)


def _saying(title: str, paper_ids: Collection[str], store: PaperStore) -> list[str]:
    starts = store.beginnings(paper_ids, BEGINNING)
    return [paper_id for paper_id, start in starts.items() if _says(start, title)]


def _says(text: str, phrase: str) -> bool:
    return f" {' '.join(_words(phrase))} " in f" {' '.join(_words(text))} "


def _words(text: str) -> list[str]:
    """Its words as full-text search compares them: in any case, without accents."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return re.findall(r"\w+", "".join(each for each in plain if not unicodedata.combining(each)))


def _facts(row: PaperRow, entry: Publication) -> PaperFacts:
    year = entry.year if facts.is_year(entry.year) else row.year
    return facts.shortened(entry.authors or row.authors, year, (*row.tags, *entry.keywords))
