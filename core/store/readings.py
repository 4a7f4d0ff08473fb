"""A paper's file read again: another text in the place of the one before, with all places in it
that gold, cards and proposals name. Knows SQL.

What cannot be moved stays as it was, and its words are kept here.
"""

import json
from collections.abc import Collection, Iterable, Mapping

from core.codec import from_json, to_json
from core.store.database import Database, now
from core.store.questions import question_id
from core.text import language_of
from core.types import Paper, Question, Span

# Every place in a paper that something else names; `path` leads to one in a body.
PLACES = """
    SELECT paper_id AS id, span_start AS start, span_end AS end FROM cards
    UNION SELECT json_extract(value, '$.paper_id'), json_extract(value, '$.start'),
        json_extract(value, '$.end') FROM questions, json_each(body, '$.gold')
    UNION SELECT json_extract(body, '$.span.paper_id'), json_extract(body, '$.span.start'),
        json_extract(body, '$.span.end') FROM proposals
    UNION SELECT json_extract(before, '$.span.paper_id'), json_extract(before, '$.span.start'),
        json_extract(before, '$.span.end') FROM card_changes WHERE NOT undone
"""
MOVED = "json_set({0}, '$.span.paper_id', :new, '$.span.start', :first, '$.span.end', :last)"
HERE = (
    "json_extract({0}, '$.span.paper_id') = :old AND json_extract({0}, '$.span.start') = :start"
    " AND json_extract({0}, '$.span.end') = :end"
)
MOVES = (
    "UPDATE cards SET paper_id = :new, span_start = :first, span_end = :last"
    " WHERE paper_id = :old AND span_start = :start AND span_end = :end",
    f"UPDATE proposals SET body = {MOVED.format('body')} WHERE {HERE.format('body')}",
    f"UPDATE card_changes SET before = {MOVED.format('before')} WHERE {HERE.format('before')}",
)


def of_file(file_id: str, column: str = "papers.id") -> str:
    """A condition for SQL: that a paper's id, in this column, is one of a file's readings. Such an
    id is the file's, or goes on with a hyphen, which comes right before a full stop."""
    return f"{column} >= {file_id} AND {column} < {file_id} || '.'"


class ReadingStore:
    """Errors of every method: as Database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def places(self, file_id: str) -> list[Span]:
        """Every place that is named in any reading of a file."""
        rows = self._database.rows(
            f"SELECT * FROM ({PLACES}) WHERE {of_file(':file', 'id')} ORDER BY start, end, id",
            file=file_id,
        )
        return [Span(paper_id=row["id"], start=row["start"], end=row["end"]) for row in rows]

    def put(
        self, old_id: str, paper: Paper, moved: Mapping[Span, Span], left: Mapping[Span, str]
    ) -> None:
        """Let a reading take the place of another one, with its number and facts: places that
        were `moved`, and the words of those in the old one that were `left`."""
        with self._database.writing() as connection:
            (row,) = connection.execute(
                "SELECT number, added_at, authors, year, tags FROM papers WHERE id = ?", (old_id,)
            )
            facts = dict(row) | {
                "id": paper.id,
                "title": paper.title,
                "source": paper.source,
                "kind": paper.kind,
                "pages": paper.pages,
                "characters": len(paper.text),
                "blank_pages": json.dumps(paper.blank_pages),
                "language": language_of(paper.text),
                "body": to_json(paper),
            }
            connection.execute("DELETE FROM papers WHERE id = ?", (old_id,))
            connection.execute(
                f"INSERT INTO papers ({', '.join(facts)}) VALUES (:{', :'.join(facts)})", facts
            )
            if paper.id == old_id:
                return
            connection.execute(
                "REPLACE INTO earlier_readings (id, at, passages) VALUES (?, ?, ?)",
                (old_id, now(), _passages(left)),
            )
            connection.execute(
                "UPDATE proposals SET paper_id = ? WHERE paper_id = ?", (paper.id, old_id)
            )
            changes = [
                {
                    "old": old.paper_id,
                    "start": old.start,
                    "end": old.end,
                    "new": new.paper_id,
                    "first": new.start,
                    "last": new.end,
                }
                for old, new in moved.items()
            ]
            for sql in MOVES:
                connection.executemany(sql, changes)
            self._move_gold(paper.file_id, moved)

    def _move_gold(self, file_id: str, moved: Mapping[Span, Span]) -> None:
        """A question that becomes one that is here already goes."""
        with self._database.writing() as connection:
            rows = connection.execute(
                "SELECT id, body FROM questions WHERE instr(body, ?)", (file_id,)
            ).fetchall()
            for row in rows:
                old = from_json(Question, row["body"])
                question = old.answered_by(
                    [moved.get(span, span) for span in group] for group in old.alternatives
                )
                if question != old:
                    connection.execute(
                        "UPDATE OR IGNORE questions SET id = ?, body = ? WHERE id = ?",
                        (question_id(question), to_json(question), row["id"]),
                    )
                    connection.execute(
                        "DELETE FROM questions WHERE id = ? AND body = ?", (row["id"], row["body"])
                    )

    def left(self, paper_ids: Collection[str]) -> dict[Span, str]:
        """The words of those places in earlier readings that could not be moved."""
        rows = self._database.rows(
            "SELECT id, passages FROM earlier_readings"
            " WHERE id IN (SELECT value FROM json_each(?))",
            json.dumps(list(paper_ids)),
        )
        return {
            Span(paper_id=row["id"], start=start, end=end): words
            for row in rows
            for start, end, words in json.loads(row["passages"])
        }

    def now_here(self, paper_ids: Iterable[str]) -> dict[str, str]:
        """Of papers that are not here those whose file is, read in another way: the id of that."""
        rows = self._database.rows(
            "SELECT each.value AS old, papers.id FROM json_each(?) AS each JOIN papers"
            f" ON {of_file('substr(each.value, 1, 64)')} AND papers.id <> each.value",
            json.dumps(list(paper_ids)),
        )
        return {row["old"]: row["id"] for row in rows}


def _passages(left: Mapping[Span, str]) -> str:
    places = [(span.start, span.end, words) for span, words in left.items()]
    return json.dumps(places, ensure_ascii=False)
