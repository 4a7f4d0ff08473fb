"""Cards by deck, tag and words, and the way back from each change. Knows SQL."""

import json
import re
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from core.codec import from_json, to_json
from core.errors import BadInput
from core.store.database import Database, now
from core.text import spaced
from core.types import Card, Span

COLUMNS = "id, deck, chapter, title, background, question, answer, tags"
COLUMNS += ", paper_id, span_start, span_end"
# Characters that are written without spaces between words: each is found by itself.


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Which cards are meant: those of a deck, with a tag, with all these words (or their
    beginnings) in them; those that a learner left out, or forgot at least `lapses` times. Empty
    means any."""

    deck: str = ""
    tag: str = ""
    words: str = ""
    left_out_by: str = ""
    forgotten_by: str = ""
    lapses: int = 1


EVERY = Scope()


@dataclass(frozen=True, slots=True, kw_only=True)
class DeckRow:
    name: str
    cards: int


class CardStore:
    """Errors of every method: as Database."""

    def __init__(self, database: Database) -> None:
        self.database = database

    # cards

    def keep(self, cards: Iterable[Card]) -> int:
        """Add cards, all or none. One that is here gets the new texts and keeps its reviews; one
        that was deleted comes back. Returns how many were not here."""
        added = 0
        with self.database.writing() as connection:
            for card in cards:
                added += _write(connection, card)
        return added

    def card(self, card_id: str) -> Card:
        """Errors: BadInput if it is not here (any more)."""
        rows = self.database.rows(
            f"SELECT {COLUMNS} FROM cards WHERE id = ? AND NOT deleted", card_id
        )
        if not rows:
            raise BadInput("That card is not here (any more).")
        return card_of(rows[0])

    def some(self, card_ids: Iterable[str]) -> list[Card]:
        """Those of the cards that are here."""
        rows = self.database.rows(
            f"SELECT {COLUMNS} FROM cards WHERE NOT deleted"
            " AND id IN (SELECT value FROM json_each(?))",
            json.dumps(list(card_ids)),
        )
        return list(map(card_of, rows))

    def cards(self, scope: Scope = EVERY, limit: int = -1, offset: int = 0) -> Iterator[Card]:
        """In the order they came; `limit` -1 for all."""
        where, values = condition(scope)
        rows = self.database.rows(
            f"SELECT {COLUMNS} FROM cards WHERE {where} ORDER BY number"
            " LIMIT :limit OFFSET :offset",
            **values,
            limit=limit,
            offset=offset,
        )
        return map(card_of, rows)

    def count(self, scope: Scope = EVERY) -> int:
        where, values = condition(scope)
        count: int = self.database.rows(f"SELECT count(*) FROM cards WHERE {where}", **values)[0][0]
        return count

    def decks(self, *, placed: bool = False) -> list[DeckRow]:
        """Decks by name, with how many cards each has; `placed`: only those cards count that know
        their place in a paper."""
        rows = self.database.rows(
            "SELECT deck AS name, count(*) AS cards FROM cards WHERE NOT deleted"
            f"{' AND paper_id IS NOT NULL' if placed else ''} GROUP BY deck ORDER BY deck"
        )
        return [DeckRow(**dict(row)) for row in rows]

    def tags(self, deck: str = "") -> list[str]:
        """All tags of a deck's cards, or of all cards."""
        rows = self.database.rows(
            "SELECT DISTINCT tag FROM card_tags JOIN cards USING (number)"
            " WHERE NOT deleted AND (:deck = '' OR deck = :deck) ORDER BY tag",
            deck=deck,
        )
        return [row["tag"] for row in rows]

    def change(self, card: Card) -> int:
        """Write a card anew; returns the number of the change, for `undo`."""
        with self.database.writing() as connection:
            number = _log_change(connection, card.id, "edited")
            _write(connection, card)
        return number

    def delete(self, card_id: str) -> int:
        """Take a card away; returns the number of the change, for `undo`."""
        with self.database.writing() as connection:
            number = _log_change(connection, card_id, "deleted")
            connection.execute("UPDATE cards SET deleted = 1 WHERE id = ?", (card_id,))
        return number

    # proposals

    def propose(self, card: Card) -> bool:
        """Keep a card that waits for a verdict; False if it was proposed before."""
        assert card.span
        with self.database.writing() as connection:
            cursor = connection.execute(
                "INSERT OR IGNORE INTO proposals VALUES (?, ?, ?, ?, 'open')",
                (card.id, card.span.paper_id, now(), to_json(card)),
            )
        return cursor.rowcount == 1

    def proposed(self, paper_id: str) -> list[Card]:
        """The cards proposed from a paper that wait for a verdict, in the order of the paper."""
        cards = self._proposals("paper_id = ? AND verdict = 'open'", paper_id)
        return sorted(cards, key=lambda card: card.span.start if card.span else 0)

    def ever_proposed(self, paper_id: str) -> list[Card]:
        """All cards ever proposed from a paper, whatever became of them."""
        return self._proposals("paper_id = ?", paper_id)

    def _proposals(self, where: str, paper_id: str) -> list[Card]:
        rows = self.database.rows(
            f"SELECT body FROM proposals WHERE {where} ORDER BY at, id", paper_id
        )
        return [from_json(Card, row["body"]) for row in rows]

    def judge(self, proposal_id: str, card: Card | None) -> None:
        """Settle a proposal: keep it as this card, or reject it with None."""
        with self.database.writing() as connection:
            connection.execute(
                "UPDATE proposals SET verdict = ? WHERE id = ?",
                ("accepted" if card else "rejected", proposal_id),
            )
            if card:
                _write(connection, card)

    def from_paper(self, paper_id: str) -> list[Card]:
        """The cards made from a paper."""
        rows = self.database.rows(
            f"SELECT {COLUMNS} FROM cards WHERE paper_id = ? AND NOT deleted", paper_id
        )
        return list(map(card_of, rows))

    def undo(self, number: int) -> Card:
        """Bring back what a change changed. Errors: BadInput where the card changed again since."""
        with self.database.writing() as connection:
            row = connection.execute(
                "SELECT * FROM card_changes WHERE number = ? AND NOT undone AND number ="
                " (SELECT max(number) FROM card_changes AS later"
                "  WHERE later.card_id = card_changes.card_id AND NOT later.undone)",
                (number,),
            ).fetchone()
            if row is None:
                raise BadInput("That card has changed again since; there is nothing to undo.")
            card = from_json(Card, row["before"])
            _write(connection, card)
            connection.execute("UPDATE card_changes SET undone = 1 WHERE number = ?", (number,))
        return card


def card_of(row: sqlite3.Row) -> Card:
    span = None
    if row["paper_id"]:
        span = Span(paper_id=row["paper_id"], start=row["span_start"], end=row["span_end"])
    return Card(
        id=row["id"],
        deck=row["deck"],
        chapter=row["chapter"],
        title=row["title"],
        background=row["background"],
        question=row["question"],
        answer=row["answer"],
        tags=tuple(row["tags"].split()),
        span=span,
    )


def _write(connection: sqlite3.Connection, card: Card) -> bool:
    """Write a card and what it is found by; True if it was not here."""
    span = (card.span.paper_id, card.span.start, card.span.end) if card.span else (None,) * 3
    texts = (card.deck, card.chapter, card.title, card.background, card.question, card.answer)
    row = connection.execute("SELECT number FROM cards WHERE id = ?", (card.id,)).fetchone()
    connection.execute(
        f"INSERT INTO cards ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET deck = excluded.deck, chapter = excluded.chapter,"
        " title = excluded.title, background = excluded.background, question = excluded.question,"
        " answer = excluded.answer, tags = excluded.tags, paper_id = excluded.paper_id,"
        " span_start = excluded.span_start, span_end = excluded.span_end, deleted = 0",
        (card.id, *texts, " ".join(card.tags), *span),
    )
    if row:
        (number,) = row
        connection.execute("DELETE FROM card_words WHERE rowid = ?", (number,))
        connection.execute("DELETE FROM card_tags WHERE number = ?", (number,))
    else:
        (number,) = connection.execute("SELECT last_insert_rowid()").fetchone()
    words = spaced("\n".join((*texts[2:], *card.tags)))
    connection.execute("INSERT INTO card_words (rowid, words) VALUES (?, ?)", (number, words))
    connection.executemany(
        "INSERT OR IGNORE INTO card_tags VALUES (?, ?)", [(tag, number) for tag in card.tags]
    )
    return row is None


def _log_change(connection: sqlite3.Connection, card_id: str, what: str) -> int:
    """Keep how a card is before it is changed. Errors: BadInput if it is not here."""
    row = connection.execute(
        f"SELECT {COLUMNS} FROM cards WHERE id = ? AND NOT deleted", (card_id,)
    ).fetchone()
    if row is None:
        raise BadInput("That card is not here (any more).")
    cursor = connection.execute(
        "INSERT INTO card_changes (card_id, at, what, before) VALUES (?, ?, ?, ?)",
        (card_id, now(), what, to_json(card_of(row))),
    )
    number: int = cursor.lastrowid or 0
    return number


def condition(scope: Scope) -> tuple[str, dict[str, object]]:
    """A condition on `cards`, and its values."""
    conditions: list[str] = ["NOT cards.deleted"]
    values: dict[str, object] = {}
    if scope.deck:
        conditions.append("cards.deck = :deck")
        values["deck"] = scope.deck
    if scope.tag:
        conditions.append("cards.number IN (SELECT number FROM card_tags WHERE tag = :tag)")
        values["tag"] = scope.tag
    if scope.left_out_by:
        conditions.append(
            "cards.id IN (SELECT card_id FROM suspensions WHERE learner = :left_out_by)"
        )
        values["left_out_by"] = scope.left_out_by
    if scope.forgotten_by:
        conditions.append(
            "cards.id IN (SELECT card_id FROM memories WHERE learner = :forgotten_by"
            " AND lapses >= :lapses)"
        )
        values |= {"forgotten_by": scope.forgotten_by, "lapses": scope.lapses}
    if scope.words.strip():
        conditions.append(
            "cards.number IN (SELECT rowid FROM card_words WHERE card_words MATCH :words)"
        )
        words = re.findall(r"\w+", spaced(scope.words))
        # Each in quotes, so that none is an operator; nothing is found by signs alone.
        beginnings = [f'"{word}"*' for word in words]
        values["words"] = " AND ".join(beginnings) or '""'
    return " AND ".join(conditions), values
