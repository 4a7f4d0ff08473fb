"""Past runs as rows: listed, filtered and counted by the database, without reading their bodies.

The rows are derived from the runs by the database itself (see the migration 0004). Knows SQL.
"""

import json
import re
from collections import Counter
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta

from core.codec import from_json
from core.store.database import Database
from core.store.paper_sets import PaperSets
from core.store.readings import of_file
from core.text import spaced
from core.types import CHOICES, Arm, Choice, FinishReason, Recipe, Run, View, file_id_of

NONE = "none"  # how a setting that a run does not have is written in a view


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRow:
    """A run in a list. None is what it has not (an overlap without a retrieval), or what is not
    known of an imported one. Sizes count in the chunker's unit; seconds are wall-clock seconds."""

    id: str
    at: str
    origin: str
    question: str
    arm: Arm
    chunker: str | None
    size: int | None
    overlap: int | None
    retriever: str | None
    embedder: str | None
    index: str | None
    candidates: int | None
    top_k: int | None
    reranker: str | None
    generator: str | None
    max_tokens: int | None
    finish: FinishReason | None
    prompt_tokens: int | None
    answer_tokens: int | None
    answer_characters: int | None
    cited: bool | None
    search_seconds: float | None
    rerank_seconds: float | None
    seconds: float | None
    hits: int
    context_characters: int | None


# "index" is a word of SQL's own
COLUMNS = ", ".join(f'"{field.name}"' for field in fields(RunRow))
SETTINGS = ", ".join(f'"{name}"' for name in CHOICES)


class RunFacts:
    """Past runs by their settings. Errors of every method: as Database."""

    def __init__(self, database: Database, sets: PaperSets) -> None:
        self._database = database
        self._sets = sets

    def count(self, view: View) -> int:
        """How many runs fit."""
        where, values = _where(view)
        found = self._database.rows(f"SELECT count(*) AS runs FROM run_facts {where}", *values)
        return int(found[0]["runs"])

    def newest(self) -> int:
        """The number of the run that was kept last, 0 before the first: what was counted up to
        here holds until there is another one."""
        (row,) = self._database.rows("SELECT coalesce(max(number), 0) AS newest FROM run_facts")
        return int(row["newest"])

    def rows(self, view: View, limit: int, offset: int = 0) -> list[RunRow]:
        """The runs that fit, newest first, from `offset` on."""
        where, values = _where(view)
        found = self._database.rows(
            f"SELECT {COLUMNS} FROM run_facts {where} ORDER BY at DESC, number LIMIT ? OFFSET ?",
            *values,
            limit,
            offset,
        )
        return [RunRow(**dict(row)) for row in found]

    def runs(self, run_ids: tuple[str, ...]) -> list[Run]:
        """The whole runs of these ids, in this order; ids that are not here are left out."""
        found = self._database.rows(
            "SELECT id, body, paper_set FROM runs WHERE id IN (SELECT value FROM json_each(?))",
            json.dumps(run_ids),
        )
        rows = {row["id"]: row for row in found}
        return [self._sets.opened(Run, rows[run_id]) for run_id in run_ids if run_id in rows]

    def recipes(self, run_ids: tuple[str, ...]) -> dict[str, Recipe]:
        """What each of these runs was answered by, without the rest of it."""
        found = self._database.rows(
            "SELECT id, json_extract(body, '$.recipe') AS recipe FROM runs"
            " WHERE id IN (SELECT value FROM json_each(?))",
            json.dumps(run_ids),
        )
        return {row["id"]: from_json(Recipe, row["recipe"]) for row in found}

    def papers(self, run_ids: tuple[str, ...]) -> dict[str, frozenset[str]]:
        """For each of these runs the papers that it searched and those it holds chunks of."""
        found = self._database.rows(
            "SELECT runs.id, number, paper_set FROM runs JOIN run_facts USING (id)"
            " WHERE runs.id IN (SELECT value FROM json_each(?))",
            json.dumps(run_ids),
        )
        held = self._database.rows(
            "SELECT * FROM run_papers WHERE number IN (SELECT value FROM json_each(?))",
            json.dumps([row["number"] for row in found]),
        )
        return {
            row["id"]: frozenset(self._sets.ids(row["paper_set"])).union(
                each["paper_id"] for each in held if each["number"] == row["number"]
            )
            for row in found
        }

    def known(self, run_ids: tuple[str, ...]) -> frozenset[str]:
        """Those of the ids that are here."""
        found = self._database.rows(
            "SELECT id FROM runs WHERE id IN (SELECT value FROM json_each(?))", json.dumps(run_ids)
        )
        return frozenset(row["id"] for row in found)

    def values(self, view: View) -> dict[Choice, list[tuple[str, int]]]:
        """For each setting the values that occur and how often, most first, among the runs that
        fit all else: what is chosen for a setting does not narrow its own values.

        The database goes through its rows once, for all settings together.
        """
        where, values = _where(replace(view, chosen=()))
        found = self._database.rows(
            f"SELECT {SETTINGS}, count(*) AS runs FROM run_facts {where} GROUP BY {SETTINGS}",
            *values,
        )
        counts: dict[Choice, Counter[str]] = {choice: Counter() for choice in CHOICES}
        for row in found:
            settings = {name: NONE if row[name] is None else str(row[name]) for name in CHOICES}
            unfit = [name for name, chosen in view.chosen if settings[name] not in chosen]
            for choice in CHOICES:
                if not unfit or unfit == [choice]:
                    counts[choice][settings[choice]] += row["runs"]
        return {
            choice: sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))
            for choice, counted in counts.items()
        }

    def questions(self, view: View, limit: int) -> list[tuple[str, int]]:
        """The questions asked most among the runs that fit, and how many runs each has."""
        where, values = _where(view)
        found = self._database.rows(
            f"SELECT question, count(*) AS runs FROM run_facts {where} GROUP BY question"
            " ORDER BY runs DESC, question LIMIT ?",
            *values,
            limit,
        )
        return [(row["question"], row["runs"]) for row in found]


def _where(view: View) -> tuple[str, list[object]]:
    """The view as a WHERE clause and its values."""
    parts: list[str] = []
    values: list[object] = []
    for choice, chosen in view.chosen:
        # As text on both sides: an address holds texts.
        marks = ", ".join("?" * len(chosen))
        parts.append(f"coalesce(CAST(\"{choice}\" AS TEXT), '{NONE}') IN ({marks})")
        values += chosen
    if view.question:
        parts.append("question = ?")
        values.append(view.question)
    if view.sweep:
        parts.append("id IN (SELECT run_id FROM cells WHERE sweep_id = ?)")
        values.append(view.sweep)
    if view.since:
        parts.append("at >= ?")
        values.append(view.since)
    if view.until:
        parts.append("at < ?")
        values.append(_day_after(view.until))
    if view.paper:
        of_paper = of_file("?", "paper_id")  # in whatever reading
        parts.append(f"number IN (SELECT number FROM run_papers WHERE {of_paper})")
        values += [file_id_of(view.paper)] * 2
    if re.search(r"\w", view.text):
        parts.append("number IN (SELECT rowid FROM run_texts WHERE run_texts MATCH ?)")
        values.append(match(view.text))
    return f"WHERE {' AND '.join(parts)}" if parts else "", values


def match(text: str) -> str:
    """Every word of the text, each as the beginning of a word, in the language of FTS5."""
    words = [spaced(word).replace('"', '""') for word in re.findall(r"\S*\w\S*", text)]
    return " ".join(f'"{word.strip()}"*' for word in words)


def _day_after(day: str) -> str:
    return (date.fromisoformat(day) + timedelta(days=1)).isoformat()
