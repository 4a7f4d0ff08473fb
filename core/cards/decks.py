"""Flashcards: decks in and out, cards found, changed, taken away and brought back."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import IO

from core.cards import anki, archives, markdown, normal, tables, write
from core.cards.note import Note, Reading
from core.errors import BadInput, TriptychError, Unreadable
from core.settings import Settings
from core.store import EVERY, DeckRow, Scope, Store
from core.store import anki as anki_store
from core.text import Undecodable, decode, file_name
from core.types import Card


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedDeck:
    """What became of one file. `failed` says why it could not be read at all."""

    file: str
    cards: int = 0
    added: int = 0  # of them not here before
    repaired: tuple[Note, ...] = ()
    dropped: tuple[Note, ...] = ()
    failed: str = ""


class Cards:
    """Cards by id, deck, tag and words."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self._settings = settings
        self._store = store.cards

    # in and out

    def load(self, path: Path) -> Iterator[ImportedDeck]:
        """Read a deck, or each deck in a folder or a zip file, and keep its cards; one Imported
        for each. A file that cannot be read is "failed", and the others go on."""
        yield from self._load(path, file_name(path.name))

    def upload(self, name: str, stream: IO[bytes]) -> Iterator[ImportedDeck]:
        """As `load`; the name is only ever shown and hashed, never used as a path."""
        with tempfile.NamedTemporaryFile(suffix=Path(name).suffix) as copy:
            copy.write(stream.read())
            copy.flush()
            yield from self._load(Path(copy.name), file_name(name))

    def _load(self, path: Path, name: str) -> Iterator[ImportedDeck]:
        most_bytes = self._settings.max_file_mb * 1_000_000
        try:
            if path.is_dir() or name.lower().endswith(".zip"):
                found = False
                for member in archives.members(path, most_bytes):
                    found = True
                    yield self._member(f"{name}/{file_name(member.name)}", member)
                if not found:
                    yield ImportedDeck(file=name, failed=f"{name} holds no file.")
                return
            if path.exists() and not path.is_file():
                raise Unreadable(f"{name} cannot be read: it is not a file.")
            if path.exists() and path.stat().st_size > most_bytes:
                megabytes = path.stat().st_size / 1e6
                raise Unreadable(
                    f"{name} has {megabytes:,.1f} MB, more than the {self._settings.max_file_mb}"
                    " allowed; split it."
                )
            data = path.read_bytes()
        except OSError as error:
            yield ImportedDeck(file=name, failed=f"{name} cannot be read: {error.strerror}.")
        except Unreadable as error:
            yield ImportedDeck(file=name, failed=error.sentence)
        else:
            yield self._keep(name, name, data)

    def _member(self, name: str, member: archives.Member) -> ImportedDeck:
        if member.left_out:
            return ImportedDeck(file=name, failed=f"{name} was left out: {member.left_out}.")
        return self._keep(name, file_name(member.name), member.data)

    def _keep(self, shown: str, name: str, data: bytes) -> ImportedDeck:
        try:
            reading = read(name, data, self._settings.max_file_mb * 1_000_000)
        except TriptychError as error:
            return ImportedDeck(file=shown, failed=error.sentence)
        return ImportedDeck(
            file=shown,
            cards=len(reading.cards),
            added=self._store.keep(reading.cards),
            repaired=reading.repaired,
            dropped=reading.dropped,
        )

    def written(self, kind: str = ".md", scope: Scope = EVERY) -> bytes:
        """All cards in scope as a file of that kind. Errors: BadInput for a kind that is none."""
        cards = self._store.cards(scope)
        match kind:
            case ".md" | ".markdown" | ".txt":
                return "".join(write.markdown(cards)).encode()
            case ".csv":
                return tables.write(cards).encode()
            case ".apkg":
                return anki.write(cards)
        raise BadInput(f"Cards cannot be written as {kind!r}; choose .md, .csv or .apkg.")

    # browsing and changing

    def decks(self) -> list[DeckRow]:
        return self._store.decks()

    def tags(self, deck: str = "") -> list[str]:
        return self._store.tags(deck)

    def get(self, card_id: str) -> Card:
        """Errors: BadInput if it is not here (any more)."""
        return self._store.card(card_id)

    def find(self, scope: Scope, limit: int = -1, offset: int = 0) -> list[Card]:
        """The cards in scope, in the order they came."""
        return list(self._store.cards(scope, limit, offset))

    def questions(self, deck: str) -> tuple[str, ...]:
        """What the cards of a deck ask, a line each. Errors: BadInput if there is no such deck."""
        cards = self.find(Scope(deck=deck)) if deck else []
        if not cards:
            names = ", ".join(row.name for row in self.decks()) or "none"
            raise BadInput(f"There is no deck called {deck!r}; known are: {names}.")
        return tuple(" ".join(card.question.split()) for card in cards)

    def count(self, scope: Scope) -> int:
        return self._store.count(scope)

    def change(self, card: Card) -> int:
        """Write a card anew; the number is for `undo`. Errors: BadInput without a question, an
        answer or a deck, or for a card that is not here."""
        return self._store.change(checked(card))

    def delete(self, card_id: str) -> int:
        """Take a card away; the number is for `undo`. Its reviews stay in the log."""
        return self._store.delete(card_id)

    def undo(self, number: int) -> Card:
        """Bring back what a change changed. Errors: BadInput where the card changed again since."""
        return self._store.undo(number)


def read(name: str, data: bytes, most_bytes: int) -> Reading:
    """The cards in the bytes of a file. Errors: Unreadable for what holds none by its kind, or
    unpacks to more than `most_bytes`."""
    if not name.lower().endswith(archives.KINDS):
        raise Unreadable(
            f"{name} is none of the kinds that hold cards ({', '.join(archives.KINDS)}, .zip)."
        )
    if name.lower().endswith(".apkg"):
        return anki.read(data, name, most_bytes, anki_store.notes)
    try:
        text = decode(data).text
    except Undecodable as error:
        raise Unreadable(f"{name} {error}; save it as UTF-8 and import it again.") from error
    kind = PurePosixPath(name).suffix.lower()
    if kind in (".csv", ".tsv") or (kind == ".txt" and tables.is_table(text)):
        return tables.read(text, name, PurePosixPath(name).stem)
    return markdown.read(text, name)


def checked(card: Card) -> Card:
    """The card as it is kept. Errors: BadInput for one that nobody could study."""
    card = normal.normal(replace(card, deck=card.deck.strip()))
    for what, text in (("question", card.question), ("answer", card.answer), ("deck", card.deck)):
        if not text.strip():
            raise BadInput(f"The card has no {what}; write one.")
    return card
