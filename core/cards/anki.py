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
from html.parser import HTMLParser
from typing import TYPE_CHECKING

from core.cards import archives
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
    for number, note in enumerate(notes(collection(data, file, most_bytes)), 1):
        card = _own(note) or _foreign(note, file)
        if card.id in ids:
            card = replace(card, id=card_id(file, card.title, card.question, number))
        if not card.question.strip() or not card.answer.strip():
            missing = "answer" if card.question.strip() else "question"
            dropped.append(Note(line=number, why=f"note {number} has no {missing} in words"))
            continue
        ids.add(card.id)
        cards.append(card)
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
        text if fields[name] == _html(text) else _markdown(fields[name])
        for name, text in zip(FIELDS, _texts(card), strict=False)
    ]
    title, background, question, answer = now
    changed = replace(
        card, deck=note.deck or card.deck, title=title, background=background, question=question,
        answer=answer, tags=note.tags,
    )  # fmt: skip
    return normal(changed)


def _foreign(note: AnkiNote, file: str) -> Card:
    """A note of any other kind: the first field asks, the others answer."""
    texts = [(name, _markdown(value)) for name, value in note.fields]
    question, rest = texts[0][1] if texts else "", [each for each in texts[1:] if each[1].strip()]
    answer = rest[0][1] if len(rest) == 1 else "\n\n".join(f"**{n}:** {text}" for n, text in rest)
    if "{{c" in question:
        answer = "\n\n".join(
            filter(
                None,
                (CLOZE.sub(lambda said: f"**{said[1].partition('::')[0]}**", question), answer),
            )
        )
        question = CLOZE.sub("[…]", question)
    return normal(
        Card(
            id=digest(["anki", note.guid]),
            deck=note.deck or file,
            question=question,
            answer=answer,
            tags=note.tags,
        )
    )


CLOZE = re.compile(r"\{\{c\d+::(.{0,2000}?)\}\}", re.DOTALL)  # behind another :: is a hint


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


def _markdown(text: str) -> str:
    """HTML as Markdown: code, tables, lists and emphasis; of what is not text, a word."""
    reader = _Html()
    reader.feed(_tame(text))
    reader.close()
    lines = [line.rstrip() for line in "".join(reader.parts).replace("\xa0", " ").split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


DEEPEST = 20  # lists in lists that are indented
OPEN = re.compile(r"<(?=[!?]|[^<>]*(?:<|\Z))")  # begins no tag that ends before the next begins


def _tame(text: str) -> str:
    """HTML without comments, and with nothing in it that the parser takes ages over or gives up
    at: declarations and tags that nobody closed are text."""
    parts: list[str] = []
    for piece in text.split("<!--"):
        _, closed, behind = piece.partition("-->")
        parts.append(behind if parts and closed else piece)
    return OPEN.sub("&lt;", "".join(parts))


class _Html(HTMLParser):
    """Collects the Markdown of what it is fed."""

    AROUND = {"b": "**", "strong": "**", "i": "*", "em": "*"}  # noqa: RUF012 - a constant
    BLOCKS = frozenset(
        ["div", "p", "ul", "ol", "table", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "hr"]
    )
    SILENT = frozenset(("script", "style", "head"))

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.silent = 0
        self.code = False  # within pre
        self.lists: list[int] = []  # of each open list the next number; -1 for bullets
        self.cells = 0  # in the row of a table; its first row is the header
        self.rows = 0
        self.tables = 0  # open ones; between their cells white space is none

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        match tag:
            case "br":
                self.parts.append("\n")
            case "pre":
                self.code = True
                self.parts.append("\n```\n")
            case "code" if not self.code:
                self.parts.append("`")
            case "code":
                kind = dict(attributes).get("class") or ""
                if kind.startswith("language-") and self.parts[-1:] == ["\n```\n"]:
                    self.parts[-1] = f"\n```{kind.removeprefix('language-').split()[0]}\n"
            case "ul" | "ol":
                self.lists.append(1 if tag == "ol" else -1)
            case "li":
                number = self.lists[-1] if self.lists else -1
                mark = "-" if number < 0 else f"{number}."
                if number > 0:
                    self.lists[-1] += 1
                self.parts.append(f"\n{'   ' * min(len(self.lists) - 1, DEEPEST)}{mark} ")
            case "table":
                self.tables += 1
                self.rows = 0
                self.parts.append("\n\n")
            case "tr":
                self.cells = 0
                self.parts.append("\n")
            case "td" | "th":
                self.cells += 1
                self.tables -= 1
                self.parts.append("| ")
            case "img":
                name = dict(attributes).get("src") or ""
                self.parts.append(f"[image {name}]")
            case _ if tag in self.SILENT:
                self.silent += 1
            case _ if tag in self.AROUND:
                self.parts.append(self.AROUND[tag])
            case _ if tag in self.BLOCKS:
                self.parts.append("\n\n" if tag != "div" else "\n")

    def handle_endtag(self, tag: str) -> None:
        match tag:
            case "pre":
                self.code = False
                end = "" if "".join(self.parts[-1:]).endswith("\n") else "\n"
                self.parts.append(f"{end}```\n")
            case "code" if not self.code:
                self.parts.append("`")
            case "ul" | "ol":
                del self.lists[-1:]
                self.parts.append("\n")
            case "td" | "th":
                self.tables += 1
                self.parts.append(" ")
            case "table":
                self.tables = 0
                self.parts.append("\n\n")
            case "tr":
                self.rows += 1
                self.parts.append("|")
                if self.rows == 1:
                    self.parts.append("\n" + "| --- " * self.cells + "|")
            case _ if tag in self.SILENT:
                self.silent = max(0, self.silent - 1)
            case _ if tag in self.AROUND:
                self.parts.append(self.AROUND[tag])
            case _ if tag in self.BLOCKS:
                self.parts.append("\n\n" if tag != "div" else "\n")

    def handle_data(self, data: str) -> None:
        if not self.silent and (self.tables <= 0 or data.strip()):
            self.parts.append(data if self.code else re.sub(r"[ \t\n]+", " ", data))
