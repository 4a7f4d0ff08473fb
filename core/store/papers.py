"""Papers as they were read, their facts, and files that could not be. Knows no folder of files."""

import json
import re
import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields

from core.codec import from_json, to_json
from core.store.database import Database, now
from core.store.facts import match
from core.store.readings import of_file
from core.text import language_of, spaced
from core.types import UNKNOWN, Paper, PaperFilter, PaperKind, PaperSort


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperFacts:
    """What is known of a paper besides its text; `authors` in their order, each as one would
    write a name."""

    authors: tuple[str, ...] = ()
    year: int | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperRow:
    """A paper without its text, for lists. `language` is None where the words do not tell it."""

    id: str
    title: str
    source: str
    kind: PaperKind
    pages: int
    characters: int
    blank_pages: tuple[int, ...]
    added_at: str
    authors: tuple[str, ...]
    year: int | None
    tags: tuple[str, ...]
    language: str | None

    @property
    def facts(self) -> PaperFacts:
        return PaperFacts(authors=self.authors, year=self.year, tags=self.tags)


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperChoices:
    """What filters can choose among: names, and how many papers each has, the commonest first; the
    first and last year, the fewest and most pages, None where no paper has any."""

    kinds: dict[str, int]
    languages: dict[str, int]
    tags: dict[str, int]
    years: tuple[int, int] | None
    pages: tuple[int, int] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A file that could not be added, and why."""

    name: str
    reason: str
    at: str


COLUMNS = ", ".join(field.name for field in fields(PaperRow))
LISTS = ("blank_pages", "authors", "tags")  # kept as JSON
WHOLE = f"number, {COLUMNS}, body"
THESE = "FROM papers WHERE id IN (SELECT value FROM json_each(?))"
ORDERS: dict[PaperSort, str] = {
    "added": "number",
    "title": "title COLLATE NOCASE, number",
    "year": "year DESC NULLS LAST, number",
    "pages": "pages DESC, number",
}


class PaperStore:
    """Errors of every method: as Database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(self, paper: Paper, facts: PaperFacts | None = None) -> None:
        """Keep a paper; one of the same file that is there already stays as it was."""
        facts = facts or PaperFacts()
        with self._database.writing() as connection:
            connection.execute(
                f"INSERT INTO papers ({COLUMNS}, body)"
                " SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?"
                f" WHERE NOT EXISTS (SELECT 1 FROM papers WHERE {of_file('?14')})",
                (
                    paper.id,
                    paper.title,
                    paper.source,
                    paper.kind,
                    paper.pages,
                    len(paper.text),
                    json.dumps(paper.blank_pages),
                    now(),
                    _list(facts.authors),
                    facts.year,
                    _list(facts.tags),
                    language_of(paper.text),
                    to_json(paper),
                    paper.file_id,
                ),
            )

    def keep_batch(
        self,
        papers: Iterable[tuple[Paper, PaperFacts]],
        refused: Mapping[str, str],
        welcome: Iterable[str],
    ) -> None:
        """Keep papers and refusals (reasons by file name), and forget the refusals of files that
        could be read: all of it or nothing."""
        with self._database.writing() as connection:
            for paper, facts in papers:
                self.keep(paper, facts)
            connection.executemany(
                "DELETE FROM refusals WHERE name = ?", [(name,) for name in welcome]
            )
            for name, reason in refused.items():
                self.keep_refusal(name, reason)

    def get(self, paper_id: str) -> Paper | None:
        rows = self._database.rows("SELECT body FROM papers WHERE id = ?", paper_id)
        return from_json(Paper, rows[0]["body"]) if rows else None

    # lists

    def here(self, paper_ids: Collection[str]) -> frozenset[str]:
        """Those of the ids that papers have."""
        rows = self._database.rows(f"SELECT id {THESE}", json.dumps(list(paper_ids)))
        return frozenset(row["id"] for row in rows)

    def of_files(self, file_ids: Iterable[str]) -> dict[str, str]:
        """Of these files those that papers here were read from, each with its paper's id."""
        rows = self._database.rows(
            f"SELECT value AS file, papers.id FROM json_each(?) JOIN papers ON {of_file('value')}",
            json.dumps(list(file_ids)),
        )
        return {row["file"]: row["id"] for row in rows}

    def first_readings(self) -> tuple[str, ...]:
        """The ids of the PDFs whose id names no text: see `core.types.with_text_digest`."""
        found = self._database.rows(
            "SELECT id FROM papers WHERE kind = 'pdf' AND length(id) = 64 ORDER BY number"
        )
        return tuple(row["id"] for row in found)

    def all(self) -> list[PaperRow]:
        """All papers, in the order they were added."""
        return self.page(PaperFilter(), "added", 0, -1)

    def ids(self, wanted: PaperFilter) -> tuple[str, ...]:
        """The ids of the papers that fit, in the order they were added."""
        where, values = _where(wanted)
        found = self._database.rows(f"SELECT id FROM papers {where} ORDER BY number", *values)
        return tuple(row["id"] for row in found)

    def count(self, wanted: PaperFilter) -> int:
        where, values = _where(wanted)
        (row,) = self._database.rows(f"SELECT count(*) FROM papers {where}", *values)
        return int(row[0])

    def page(self, wanted: PaperFilter, sort: PaperSort, offset: int, count: int) -> list[PaperRow]:
        """`count` of the papers that fit (-1: all), from `offset` on."""
        where, values = _where(wanted)
        found = self._database.rows(
            f"SELECT {COLUMNS} FROM papers {where} ORDER BY {ORDERS[sort]} LIMIT ? OFFSET ?",
            *values,
            count,
            offset,
        )
        return [_row(row) for row in found]

    def rows(self, paper_ids: Iterable[str]) -> list[PaperRow]:
        """Those of the papers that are here, in the order given."""
        wanted = tuple(paper_ids)
        found = self._database.rows(f"SELECT {COLUMNS} {THESE}", json.dumps(wanted))
        rows = {row["id"]: _row(row) for row in found}
        return [rows[paper_id] for paper_id in wanted if paper_id in rows]

    def ocr_pages(self, paper_ids: Iterable[str]) -> dict[str, tuple[int, ...]]:
        """Of those of the papers that have any, the pages that were read from their images."""
        rows = self._database.rows(
            f"SELECT id, json_extract(body, '$.ocr_pages') AS pages {THESE}",
            json.dumps(tuple(paper_ids)),
        )
        found = {row["id"]: tuple(json.loads(row["pages"] or "[]")) for row in rows}
        return {paper_id: pages for paper_id, pages in found.items() if pages}

    def mark(self) -> tuple[int, int]:
        """Two numbers that are others once a paper has come, gone, or was read again."""
        (row,) = self._database.rows(
            "SELECT count(*), coalesce(max(number), 0)"
            " + (SELECT coalesce(max(number), 0) FROM earlier_readings) FROM papers"
        )
        return row[0], row[1]

    def beginning(self, start: str) -> list[str]:
        """The ids that begin so; at most two, since one alone is wanted."""
        found = self._database.rows(
            "SELECT id FROM papers WHERE id >= ? AND substr(id, 1, ?) = ? ORDER BY id LIMIT 2",
            start,
            len(start),
            start,
        )
        return [row["id"] for row in found]

    def sources(self, names: Collection[str]) -> frozenset[str]:
        """Those of the file names that papers came with."""
        found = self._database.rows(
            "SELECT DISTINCT source FROM papers WHERE source IN (SELECT value FROM json_each(?))",
            json.dumps(tuple(names)),
        )
        return frozenset(row["source"] for row in found)

    def from_files(self, name: str) -> list[str]:
        """The ids of the papers that came with this file name, in any case."""
        found = self._database.rows(
            "SELECT id FROM papers WHERE lower(source) = lower(?) ORDER BY number", name
        )
        return [row["id"] for row in found]

    def saying(self, phrase: str) -> list[str]:
        """The ids of the papers that have these words in a row, in their title or text."""
        if not re.search(r"\w", phrase):
            return []
        words = spaced(phrase).replace('"', '""')
        found = self._database.rows(
            "SELECT id FROM papers WHERE number IN"
            " (SELECT rowid FROM paper_words WHERE paper_words MATCH ?) ORDER BY number",
            f'{{title text}} : "{words}"',
        )
        return [row["id"] for row in found]

    def beginnings(self, paper_ids: Iterable[str], characters: int) -> dict[str, str]:
        """So many characters of each text, by the paper's id."""
        found = self._database.rows(
            f"SELECT id, substr(json_extract(body, '$.text'), 1, ?) AS start {THESE}",
            characters,
            json.dumps(tuple(paper_ids)),
        )
        return {row["id"]: row["start"] for row in found}

    def choices(self) -> PaperChoices:
        with self._database.reading():
            (ends,) = self._database.rows(
                "SELECT min(year), max(year), min(pages), max(pages) FROM papers"
            )
            return PaperChoices(
                kinds=self._counted("SELECT kind AS name FROM papers"),
                languages=self._counted(
                    f"SELECT coalesce(language, '{UNKNOWN}') AS name FROM papers"
                ),
                tags=self._counted("SELECT value AS name FROM papers, json_each(tags)"),
                years=None if ends[0] is None else (ends[0], ends[1]),
                pages=None if ends[2] is None else (ends[2], ends[3]),
            )

    def _counted(self, names: str) -> dict[str, int]:
        found = self._database.rows(
            f"SELECT name, count(*) AS papers FROM ({names}) GROUP BY name"
            " ORDER BY papers DESC, name"
        )
        return {row["name"]: row["papers"] for row in found}

    # facts

    def keep_facts(self, facts: Mapping[str, PaperFacts]) -> None:
        """Put these in place of the facts of the papers with these ids."""
        with self._database.writing() as connection:
            connection.executemany(
                "UPDATE papers SET authors = ?, year = ?, tags = ? WHERE id = ?",
                [
                    (_list(each.authors), each.year, _list(each.tags), paper_id)
                    for paper_id, each in facts.items()
                ],
            )

    # away, and back

    def remove(self, paper_ids: Collection[str]) -> None:
        with self._database.writing() as connection:
            connection.execute(f"DELETE {THESE}", (json.dumps(tuple(paper_ids)),))

    def set_aside(self, paper_ids: Collection[str], removal: str) -> int:
        """Take papers out of everything else's sight, until `forget_removed` or `bring_back`; how
        many there were."""
        ids = json.dumps(tuple(paper_ids))
        with self._database.writing() as connection:
            connection.execute(
                f"REPLACE INTO removed_papers SELECT ?, {WHOLE} {THESE}", (removal, ids)
            )
            return connection.execute(f"DELETE {THESE}", (ids,)).rowcount

    def bring_back(self, removal: str) -> int:
        """Put back what was removed, each in its place; how many came back. What was added again
        meanwhile stays as it is."""
        again = f"SELECT 1 FROM papers WHERE {of_file('substr(removed.id, 1, 64)')}"
        with self._database.writing() as connection:
            back = connection.execute(
                f"INSERT INTO papers ({WHOLE}) SELECT {WHOLE} FROM removed_papers AS removed"
                f" WHERE removal = ? AND NOT EXISTS ({again})",
                (removal,),
            ).rowcount
            connection.execute("DELETE FROM removed_papers WHERE removal = ?", (removal,))
        return back

    def removed(self) -> frozenset[str]:
        """The ids of the papers that can be brought back."""
        return frozenset(row["id"] for row in self._database.rows("SELECT id FROM removed_papers"))

    def forget_removed(self, paper_ids: Collection[str]) -> None:
        """Let go for good of what was removed."""
        with self._database.writing() as connection:
            connection.execute(
                "DELETE FROM removed_papers WHERE id IN (SELECT value FROM json_each(?))",
                (json.dumps(tuple(paper_ids)),),
            )

    # files that could not be added

    def keep_refusal(self, name: str, reason: str) -> None:
        with self._database.writing() as connection:
            connection.execute("REPLACE INTO refusals VALUES (?, ?, ?)", (name, reason, now()))

    def refusals(self) -> list[Refusal]:
        rows = self._database.rows("SELECT * FROM refusals ORDER BY at")
        return [Refusal(**dict(row)) for row in rows]

    def forget_refusal(self, name: str) -> None:
        with self._database.writing() as connection:
            connection.execute("DELETE FROM refusals WHERE name = ?", (name,))


def _list(values: Sequence[str]) -> str:
    # Letters as they are, so that a search finds them.
    return json.dumps(values, ensure_ascii=False)


def _row(row: sqlite3.Row) -> PaperRow:
    lists = {name: tuple(json.loads(row[name])) for name in LISTS}
    return PaperRow(**{**dict(row), **lists})


def _where(wanted: PaperFilter) -> tuple[str, list[object]]:
    """The filter as a WHERE clause and its values."""
    parts: list[str] = []
    values: list[object] = []
    some = "IN (SELECT value FROM json_each(?))"
    for condition, chosen in (
        (f"kind {some}", wanted.kinds),
        (f"coalesce(language, '{UNKNOWN}') {some}", wanted.languages),
        (f"EXISTS (SELECT 1 FROM json_each(tags) WHERE value {some})", wanted.tags),
    ):
        if chosen:
            parts.append(condition)
            values.append(json.dumps(chosen))
    for limit, bound in (
        ("year >= ?", wanted.since),
        ("year <= ?", wanted.until),
        ("pages >= ?", wanted.pages_from),
        ("pages <= ?", wanted.pages_to),
    ):
        if bound is not None:
            parts.append(limit)
            values.append(bound)
    if re.search(r"\w", wanted.text):
        parts.append("number IN (SELECT rowid FROM paper_words WHERE paper_words MATCH ?)")
        values.append(match(wanted.text))
    return f"WHERE {' AND '.join(parts)}" if parts else "", values
