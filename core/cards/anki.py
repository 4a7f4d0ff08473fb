"""Cards <-> Anki packages.

A card goes out as HTML that Anki shows well, with its formulas for MathJax, and beside it, in a
field no template shows, as it is. Coming back, that field counts where the HTML is still the one
written from it; where someone changed a text in Anki, the changed text counts.
"""

import html
import io
import re
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from core.cards import archives, foreign
from core.cards.html import to_markdown
from core.cards.normal import normal
from core.cards.note import Note, Reading, card_id
from core.codec import from_json, to_json
from core.errors import Damaged, Unreadable
from core.store import AnkiNote
from core.types import Card, digest

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

KIND = "Triptych"
FIELDS = ("Title", "Background", "Question", "Answer", "Card")
COLLECTIONS = ("collection.anki21b", "collection.anki21", "collection.anki2")  # newest first
# Notes of one guid, decks and note types of one number are updated by Anki, not added twice.
MODEL_NUMBER = 1_718_034_267
FRONT = (
    '<div class="title">{{Title}}</div><div class="question">{{Question}}</div>'
    '{{#Background}}<div class="background">{{Background}}</div>{{/Background}}'
)
BACK = '{{FrontSide}}<hr id="answer">{{Answer}}'
CSS = (
    ".card { font: 20px/1.5 Georgia, serif; max-width: 40em; margin: auto; padding: 1em; }"
    " .title { font-size: 80%; opacity: .7; } .question { font-size: 120%; margin: .6em 0; }"
    " pre { overflow-x: auto; font-size: 85%; } table { border-collapse: collapse; }"
    " td, th { border: 1px solid #8888; padding: .2em .5em; }"
)
MATHS = re.compile(
    r"(?<![`~])(?P<code>`+|~{3,})[^`~].*?(?P=code)"
    r"|\$\$(?P<display>.{1,2000}?)\$\$|\\\[(?P<brackets>.{1,2000}?)\\\]"
    r"|\\\((?P<inline>.{1,2000}?)\\\)"
    r"|(?<![\\$\w])\$(?P<dollar>[^\s$](?:[^$\n]*[^\s$\\])?)\$(?![\d$])",
    re.DOTALL,
)
HELD = re.compile("\ue000(\\d+)\ue001")


def write(cards: Iterable[Card]) -> bytes:
    """A package of all cards, a deck for each of theirs. The same cards have the same numbers in
    every package, so importing one again changes cards and doubles none."""
    import genanki

    templates = [{"name": "Card 1", "qfmt": FRONT, "afmt": BACK}]
    names = [{"name": name} for name in FIELDS]
    model = genanki.Model(MODEL_NUMBER, KIND, fields=names, templates=templates, css=CSS)
    decks: dict[str, genanki.Deck] = {}
    for card in cards:
        deck = decks.setdefault(card.deck, genanki.Deck(_number(card.deck), card.deck))
        shown = [_html(text) for text in _texts(card)]
        note = genanki.Note(
            model=model,
            fields=[*shown, html.escape(to_json(card))],
            tags=card.tags,
            guid=card.id,
            sort_field=card.title or card.question[:80],
        )
        deck.add_note(note)
    out = io.BytesIO()
    genanki.Package(list(decks.values())).write_to_file(out)
    return out.getvalue()


def read(
    data: bytes, file: str, most_bytes: int, notes: Callable[[bytes], Sequence[AnkiNote]]
) -> Reading:
    """The cards of a package; `notes` reads its collection. Errors: Unreadable if there is none,
    or it is longer than `most_bytes`."""
    cards: list[Card] = []
    dropped: list[Note] = []
    ids: set[str] = set()
    unseen: dict[str, None] = {}  # kinds of notes and their fields that no card shows
    room = most_bytes
    for number, note in enumerate(notes(collection(data, file, most_bytes)), 1):
        if foreign.hides_image(note):
            why = f"note {number} hides parts of an image (image occlusion): that cannot be read"
            dropped.append(Note(line=number, why=why))
            continue
        own = _own(note)
        fields = {} if own else {name: to_markdown(value) for name, value in note.fields}
        unseen |= dict.fromkeys(f"{each} ({note.kind})" for each in foreign.left_out(note, fields))
        missing = "card"
        for card in [own] if own else foreign.cards(note, fields, file):
            room -= len(card.question) + len(card.answer)
            if room < 0:  # a note with many gaps becomes as many cards of its length
                raise Unreadable(
                    f"{file} unpacks to more than {most_bytes / 1e6:,.0f} MB of cards."
                )
            if not card.question.strip() or not card.answer.strip():
                missing = "answer" if card.question.strip() else "question"
                continue
            if card.id in ids:
                card = replace(card, id=card_id(file, card.title, card.question, number))
            ids.add(card.id)
            cards.append(card)
            missing = ""
        if missing:
            dropped.append(Note(line=number, why=f"note {number} has no {missing} in words"))
    if unseen:
        why = f"fields that no card shows were left out: {', '.join(unseen)}"
        dropped.append(Note(line=1, why=why))
    if not cards and not dropped:
        dropped.append(Note(line=1, why="the package holds no note"))
    return Reading(cards=tuple(cards), dropped=tuple(dropped))


def collection(data: bytes, file: str, most_bytes: int) -> bytes:
    """The SQLite file in a package; the newest format in it, for the others then only say that
    another Anki is needed. Errors: Unreadable."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            name = next((name for name in COLLECTIONS if name in archive.namelist()), None)
            if name is None:
                raise Unreadable(f"{file} is no Anki package: it holds no collection.")
            found = archives.unpacked(archive, archive.getinfo(name), most_bytes)
    except archives.DAMAGED as error:
        raise Unreadable(f"{file} is no Anki package: it is no zip file.") from error
    if name != COLLECTIONS[0]:
        return found
    import zstandard

    try:
        reader = zstandard.ZstdDecompressor().stream_reader(found)
        unpacked = reader.read(most_bytes + 1)
    except zstandard.ZstdError as error:
        raise Unreadable(f"{file} is damaged; export it from Anki again.") from error
    if len(unpacked) > most_bytes:
        raise Unreadable(f"{file} unpacks to more than {most_bytes / 1e6:,.0f} MB.")
    return unpacked


def _own(note: AnkiNote) -> Card | None:
    """The card of a note that was written here, with what was changed in Anki since."""
    fields = dict(note.fields)
    if not note.kind.startswith(KIND) or set(fields) != set(FIELDS):
        return None
    try:
        card = from_json(Card, html.unescape(fields["Card"]))
    except Damaged:
        return None
    now = [
        text if fields[name] == _html(text) else to_markdown(fields[name])
        for name, text in zip(FIELDS, _texts(card), strict=False)
    ]
    title, background, question, answer = now
    changed = replace(
        card, deck=note.deck or card.deck, title=title, background=background, question=question,
        answer=answer, tags=note.tags,
    )  # fmt: skip
    return normal(changed)


def _texts(card: Card) -> tuple[str, str, str, str]:
    return card.title, card.background, card.question, card.answer


def _number(name: str) -> int:
    """A deck's number: the same for the same name, as large as Anki's own."""
    return (1 << 30) + int(digest(name)[:8], 16) % (1 << 30)


def _html(text: str) -> str:
    """Markdown as HTML, its formulas as MathJax wants them."""
    held: list[str] = []

    def hold(found: re.Match[str]) -> str:
        if found["code"]:
            return found[0]
        inside = found["display"] or found["brackets"]
        tex = html.escape(inside or found["inline"] or found["dollar"], quote=False)
        held.append(rf"\[{tex}\]" if inside else rf"\({tex}\)")
        return f"\ue000{len(held) - 1}\ue001"

    rendered = _renderer().render(MATHS.sub(hold, text))
    return HELD.sub(lambda sign: held[int(sign[1])], rendered).strip()


@cache
def _renderer() -> "MarkdownIt":
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": False, "breaks": True}).enable("table")
