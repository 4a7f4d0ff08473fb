"""Decks in Markdown -> cards, whatever state they are in.

    # Flashcards: <deck>
    **Starting Chapter:** <chapter>
    ---
    #### <title>
    <background>
    :p <question>
    ??x
    <answer>
    x??

Reads line by line. A marker line outside a code fence wins over everything else, so no card can
swallow its neighbour: every `:p` line outside a fence becomes a card or a note in the report. What
is between the cards and belongs to none is dropped with a note. Knows no file; `write.py` writes
what this reads.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import Literal

from core.cards import Note, Reading, card_id
from core.cards.fences import CLOSER, FENCE_AND_CLOSER, OPENER, QUESTION, TITLE, closed, fenced
from core.cards.placeholders import TAG as PLACEHOLDER
from core.cards.placeholders import is_placeholder
from core.types import Card, Span

Kind = Literal[
    "text", "code", "blank", "rule", "title", "heading", "deck", "chapter", "rating", "tags",
    "meta", "question", "opener", "closer",
]  # fmt: skip

# Markers at the end of a line of text. "??x" is no word; "x??" could end one ("the max??"), and
# ":p" part of a path, so these need a formula, a stop or a space before them.
GLUED_OPENER = re.compile(r"(.*?\S)[ \t]*(\?\?x)[ \t]*", re.IGNORECASE)
GLUED_CLOSER = re.compile(r"(.*?\S)(?:(?<=[^\w\s?])|[ \t]+)(x\?\?)[ \t]*", re.IGNORECASE)
GLUED_QUESTION = re.compile(r"(.*?(?:\$|\\\]|\\\)))[ \t]*(:p[ \t].*)")
LOST_QUESTION = re.compile(r"[ \t]*:[ \t]*(\w.*)")  # the p of :p is missing
OPENER_AND_TEXT = re.compile(r"[ \t]*\?{2,3}x[ \t]+(\S.*)", re.IGNORECASE)
CLOSER_AND_TEXT = re.compile(r"[ \t]*x\?{2,3}[ \t]*(\S.*)", re.IGNORECASE)
RULE = re.compile(r"[ \t]*-{3,}[ \t]*")
CLOSING_HASHES = re.compile(r"(?:(?:^|\s)#+)+$")
HEADING = re.compile(r"[ \t]{0,3}#{1,6}[ \t]+(\S.*)")
DECK = re.compile(r"[ \t]{0,3}#[ \t]+(?:high-quality[ \t]+)?flashcards?[ \t]*:[ \t]*(.*)", re.I)
CHAPTER = re.compile(r"\*\*starting chapter:\*\*(.*)", re.IGNORECASE)
RATING = re.compile(
    r"[ \t]*\*\*rating(?: threshold)?[ \t]*:?(?:\*\*)?[ \t]*:?[ \t]*(>?=?)[ \t]*"
    r"(\d{1,2}(?:\.\d)?)[ \t]*/[ \t]*10[ \t]*(?:\*\*)?[ \t]*",
    re.IGNORECASE,
)
TAGS = re.compile(r"\*\*tags:\*\*(.*)", re.IGNORECASE)
META = re.compile(
    r"<!-- id: (?P<id>[\w-]{1,64})"
    r"(?:, paper: (?P<paper>[\w-]{1,64}):(?P<start>\d{1,12})-(?P<end>\d{1,12}))?"
    r"(?P<escaped>, escaped)? -->[ \t]*"
)
LINES: dict[Kind, re.Pattern[str]] = {
    "rule": RULE, "title": TITLE, "deck": DECK, "chapter": CHAPTER, "rating": RATING, "tags": TAGS,
    "meta": META,
}  # fmt: skip
SHOWN = 60  # characters of what is dropped that its note shows


@dataclass(frozen=True, slots=True)
class _Token:
    """A line, or a part of one, and what it is. `text` is what it says beside its marker."""

    kind: Kind
    line: int
    text: str


@dataclass(slots=True)
class _Reader:
    """Where the reading stands."""

    file: str
    deck: str
    chapter: str = ""
    group_tags: tuple[str, ...] = ()  # of the group of cards that is being read
    title: str = ""
    title_background: str = ""
    title_tags: tuple[str, ...] = ()
    cards: list[Card] = field(default_factory=list)
    repaired: list[Note] = field(default_factory=list)
    dropped: list[Note] = field(default_factory=list)
    seen: Counter[tuple[str, str]] = field(default_factory=Counter)
    ids: set[str] = field(default_factory=set)


def read(text: str, file: str) -> Reading:
    """The cards of the deck `text`. `file` is the name it came with: part of the cards' ids, and
    without its ending the deck's name where the deck has none. No text is refused."""
    tokens = _tokens(text)
    reader = _Reader(file=file, deck=one_line(PurePosixPath(file).stem) or "Deck")
    if not text.strip("\ufeff\0 \t\r\n"):
        return Reading(cards=(), dropped=(Note(line=1, why="the file is empty"),))
    questions = [place for place, token in enumerate(tokens) if token.kind == "question"]
    between: Sequence[_Token] = tokens[: questions[0]] if questions else tokens
    for number, place in enumerate(questions, 1):
        body = tokens[place + 1 : questions[number] if number < len(questions) else len(tokens)]
        between = _card(reader, between, tokens[place], body)
    _drop_loose(reader, between)
    if not questions:
        reader.dropped.append(Note(line=1, why="the file holds no question (no line with :p)"))
    dropped = tuple(sorted(reader.dropped, key=lambda note: note.line))
    return Reading(cards=tuple(reader.cards), repaired=tuple(reader.repaired), dropped=dropped)


def _tokens(text: str) -> list[_Token]:
    """The lines (from 1) as tokens."""
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    tokens: list[_Token] = []
    for number, (line, code) in enumerate(zip(lines, fenced(lines), strict=True), 1):
        tokens += _code(line, number) if code else _parts(line, number)
    return list(_with_lost_questions(tokens))


def _with_lost_questions(tokens: Sequence[_Token]) -> Iterator[_Token]:
    """The tokens, where a line such as ": What is it?" is a question if a title stands before it,
    an opening marker behind it, and no other question between."""
    asked = True
    for place, token in enumerate(tokens):
        if token.kind in ("title", "question"):
            asked = token.kind == "question"
        found = LOST_QUESTION.fullmatch(token.text) if token.kind == "text" and not asked else None
        behind = _next(tokens, place + 1) if found else None
        if found and behind and behind.kind == "opener":
            asked = True
            yield _Token("question", token.line, "mended")
            yield _line(found[1], token.line)
        else:
            yield token


def _code(line: str, number: int) -> Iterator[_Token]:
    glued = FENCE_AND_CLOSER.fullmatch(line)
    if glued:
        yield _Token("code", number, glued[1])
        yield _Token("closer" if glued[2][0] in "xX" else "opener", number, "glued")
    else:
        yield _Token("code", number, line)


def _parts(line: str, number: int) -> Iterator[_Token]:
    """The tokens of a line outside of code."""
    alone = _known(line, number)
    if alone:
        yield alone
        return
    question = QUESTION.match(line)
    if question:
        rest = line[question.end() :].strip()
        yield _Token("question", number, "")
        if rest:
            yield from _glued(rest, number)
    elif found := GLUED_QUESTION.fullmatch(line):
        yield _Token("text", number, found[1])
        yield from _parts(found[2], number)
    elif OPENER.fullmatch(line):
        yield _Token("opener", number, "")
    elif found := OPENER_AND_TEXT.fullmatch(line):
        yield _Token("opener", number, "glued")
        yield from _glued(found[1], number)
    elif CLOSER.fullmatch(line):
        usual = line.strip() == "x??"
        found = CLOSER_AND_TEXT.fullmatch(line)
        rest = found[1].strip("?") if found else ""
        yield _Token("closer", number, "" if usual else "other")
        if rest:
            yield _Token("text", number, rest)
    else:
        yield from _glued(line, number)


def _glued(line: str, number: int) -> Iterator[_Token]:
    """A line of text that may end in a marker."""
    if found := GLUED_OPENER.fullmatch(line):
        yield _line(found[1], number)
        yield _Token("opener", number, "glued")
    elif found := GLUED_CLOSER.fullmatch(line):
        yield _line(found[1], number)
        yield _Token("closer", number, "glued")
    else:
        yield _line(line, number)


def _line(line: str, number: int) -> _Token:
    """A line without markers."""
    return _known(line, number) or _Token(
        "heading" if HEADING.fullmatch(line) else "text", number, line
    )


def _known(line: str, number: int) -> _Token | None:
    """A line that is never text, and in which no marker is looked for; None for any other."""
    if not line.strip():
        return _Token("blank", number, "")
    for kind, pattern in LINES.items():
        if pattern.fullmatch(line):
            return _Token(kind, number, line)
    return None


def _card(
    reader: _Reader,
    before: Sequence[_Token],
    question: _Token,
    body: Sequence[_Token],
) -> Sequence[_Token]:
    """Read one question; what is left of `body` stands before the next one."""
    repairs: list[str] = []
    background, meta = _heading(reader, before, repairs)
    if question.text:
        repairs.append("its question began with : instead of :p")
    asked, answer, rest = _split(body, repairs)
    asked_text, answer_text = _text(asked).lstrip(), _text(answer)
    if meta and meta["escaped"]:
        background, asked_text, answer_text = map(unescaped, (background, asked_text, answer_text))
    shown = _shown(asked_text)
    if not asked_text:
        reader.dropped.append(Note(line=question.line, why="a question without words"))
        reader.dropped += _notes(answer)
        return rest
    if not answer_text:
        reader.dropped.append(
            Note(line=question.line, why=f"a question without an answer: {shown}")
        )
        return rest
    texts = background, asked_text, answer_text
    background, asked_text, answer_text = map(closed, texts)
    if texts != (background, asked_text, answer_text):
        repairs.append("a code fence was left open")
    tags = (*reader.group_tags, *reader.title_tags)
    if meta is None and is_placeholder(answer_text):
        tags += (PLACEHOLDER,)
    key = (reader.title, asked_text)
    identity = card_id(reader.file, *key, reader.seen[key])
    reader.seen[key] += 1
    span = None
    if meta:
        if meta["id"] in reader.ids:
            repairs.append("its id is another card's, so it got its own")
        else:
            identity = meta["id"]
        if meta["paper"]:
            span = Span(paper_id=meta["paper"], start=int(meta["start"]), end=int(meta["end"]))
    reader.ids.add(identity)
    reader.cards.append(
        Card(
            id=identity,
            deck=reader.deck,
            chapter=reader.chapter,
            title=reader.title,
            background=background,
            question=asked_text,
            answer=answer_text,
            tags=tuple(dict.fromkeys(tags)),
            span=span,
        )
    )
    if repairs:
        why = "; ".join(dict.fromkeys(repairs))
        reader.repaired.append(Note(line=question.line, why=f"{why}: {shown}"))
    return rest


def _heading(
    reader: _Reader, before: Sequence[_Token], repairs: list[str]
) -> tuple[str, re.Match[str] | None]:
    """Background and meta line of the question behind `before`; sets the reader's title."""
    titles = [place for place, token in enumerate(before) if token.kind == "title"]
    titles = titles or [place for place, token in enumerate(before) if token.kind == "heading"]
    rules = [place for place, token in enumerate(before) if token.kind in ("rule", "deck")]
    metas = [META.fullmatch(token.text) for token in before if token.kind == "meta"]
    meta = metas[-1] if metas else None
    if titles:
        place = titles[-1]
        reader.title = _heading_text(before[place])
        own, loose = before[place + 1 :], before[:place]
    elif rules or not reader.cards:
        place = rules[-1] if rules else -1
        reader.title = ""
        own, loose = before[place + 1 :], before[: place + 1]
        if meta is None:
            repairs.append("it has no title")
    else:  # another question under the same title
        own, loose = before, ()
    fresh = bool(titles or rules or not reader.cards)
    tags = _drop_loose(reader, loose)
    text = _text([token for token in own if token.kind not in ("rating", "tags", "meta")])
    if fresh:
        reader.title_background, reader.title_tags = text, ()
    reader.title_tags = (*reader.title_tags, *tags, *_tags(own))
    if any(token.kind in ("opener", "closer") for token in own):
        repairs.append("a marker stood in its background")
    return text or reader.title_background, meta


def _drop_loose(reader: _Reader, loose: Sequence[_Token]) -> tuple[str, ...]:
    """Take what says something about the cards behind it, and note what belongs to none. Returns
    the tags of the next title alone: those behind the last rule."""
    texts: list[_Token] = []
    waiting: tuple[str, ...] = ()
    for token in loose:
        match token.kind:
            case "deck":
                found = DECK.match(token.text)
                reader.deck = (one_line(found[1]) if found else "") or reader.deck
                reader.chapter, reader.group_tags = "", ()
            case "chapter":
                found = CHAPTER.match(token.text)
                reader.chapter = one_line(found[1]) if found else ""
            case "rating" | "tags":
                waiting += _tags([token])
            case "rule":
                reader.group_tags = waiting or reader.group_tags
                waiting = ()
                texts.append(token)
            case _:
                texts.append(token)
    first_heading = not reader.cards and not reader.dropped
    if first_heading:
        # The file's own heading names the deck where no "# Flashcards:" does.
        texts = [token for token in texts if token.kind != "heading"]
    reader.dropped += _notes(texts)
    return waiting


def _tags(tokens: Sequence[_Token]) -> tuple[str, ...]:
    found: list[str] = []
    for token in tokens:
        rating = RATING.fullmatch(token.text) if token.kind == "rating" else None
        tags = TAGS.match(token.text) if token.kind == "tags" else None
        if rating:
            found.append(f"rating-{rating[2]}{'-up' if rating[1] else ''}")
        elif tags:
            found += tags[1].replace(",", " ").split()
    return tuple(found)


def _split(
    body: Sequence[_Token], repairs: list[str]
) -> tuple[Sequence[_Token], Sequence[_Token], Sequence[_Token]]:
    """The tokens behind `:p` -> question, answer, and what stands before the next question."""
    opener = next((n for n, token in enumerate(body) if token.kind in ("opener", "closer")), None)
    limit = _first(body, ("title",), 0)
    if opener is None or opener > limit or body[opener].kind == "closer":
        return _without_opener(body, repairs)
    if body[opener].text:
        repairs.append("its opening marker was glued to text")
    asked, answer = body[:opener], body[opener + 1 :]
    close = _close(answer)
    if close is not None:
        if answer[close].text:
            repairs.append("its closing marker was not a line with x??")
        rest = answer[close + 1 :]
        answer = answer[:close]
    else:
        stop = _first(answer, ("title", "rule", "rating", "deck", "meta"), 0)
        rest, answer = answer[stop:], answer[:stop]
        words = [n for n, token in enumerate(answer) if token.kind in ("text", "code", "heading")]
        inner = words[-1] + 1 if words else 0
        marked = any(token.kind == "opener" for token in answer[inner:])
        repairs.append("its answer was closed with ??x" if marked else "its answer was not closed")
        answer = answer[:inner]
    if any(token.kind in ("opener", "closer") for token in answer):
        repairs.append("a marker stood in its answer")
    return asked, answer, rest


def _close(answer: Sequence[_Token]) -> int | None:
    """The place of the closing marker: the last x?? before the card is certainly over."""
    over = len(answer)
    for place, token in enumerate(answer):
        if token.kind == "rule":
            behind = _next(answer, place + 1)
            if behind is not None and behind.kind in ("title", "deck"):
                over = place
                break
    found = None
    for place, token in enumerate(answer[:over]):
        if token.kind == "closer":
            found = place
        elif found is not None and token.kind in ("rule", "title", "deck", "meta"):
            break
    return found


def _without_opener(
    body: Sequence[_Token], repairs: list[str]
) -> tuple[Sequence[_Token], Sequence[_Token], Sequence[_Token]]:
    """A question whose answer has no opening marker: its first paragraph is the question."""
    stop = _first(body, ("closer", "title", "rule", "deck", "rating", "meta"), 0)
    rest = body[stop + 1 :] if stop < len(body) and body[stop].kind == "closer" else body[stop:]
    inner = body[:stop]
    words = next((n for n, token in enumerate(inner) if token.kind != "blank"), len(inner))
    blank = _first(inner, ("blank",), words)
    if not any(token.kind in ("text", "code") for token in inner[blank:]):
        blank = words + 1
    repairs.append("its answer had no opening marker")
    return inner[:blank], inner[blank:], rest


def _first(tokens: Sequence[_Token], kinds: Sequence[Kind], start: int) -> int:
    """The place of the first token of these kinds from `start` on; the end if there is none."""
    places = range(start, len(tokens))
    return next((n for n in places if tokens[n].kind in kinds), len(tokens))


def _next(tokens: Sequence[_Token], start: int) -> _Token | None:
    """The first token from `start` on that is no blank line."""
    places = range(start, len(tokens))
    return next((tokens[n] for n in places if tokens[n].kind != "blank"), None)


def _text(tokens: Sequence[_Token]) -> str:
    """The lines without the markers, and without rules and blank lines around them."""
    kept = [token for token in tokens if token.kind not in ("opener", "closer")]
    words = [n for n, token in enumerate(kept) if token.kind != "rule" and token.text.strip()]
    inner = kept[words[0] : words[-1] + 1] if words else []
    return "\n".join(token.text.rstrip() for token in inner)


def _notes(tokens: Sequence[_Token]) -> Iterator[Note]:
    """A note for each paragraph and title that became no card."""
    open_paragraph = False
    for token in tokens:
        if token.kind in ("title", "heading"):
            open_paragraph = True  # its text goes with it
            title = _shown(_heading_text(token))
            yield Note(line=token.line, why=f"a title without a question: {title}")
        elif token.kind in ("rule", "opener", "closer"):
            open_paragraph = False
        elif token.kind in ("text", "code") and not open_paragraph:
            open_paragraph = True
            yield Note(line=token.line, why=f"text without a question: {_shown(token.text)}")


def _shown(text: str) -> str:
    text = " ".join(text.split())
    return f"“{text if len(text) <= SHOWN else text[: SHOWN - 1].rstrip() + '…'}”"


def _heading_text(token: _Token) -> str:
    return one_line(token.text.strip().lstrip("#"))


def one_line(text: str) -> str:
    """A title or a name on one line, without the # that may close a heading."""
    return CLOSING_HASHES.sub("", " ".join(text.split()))


def escaped(text: str) -> str:
    """The text with a backslash in each line where it could be taken for anything but text: at
    its beginning, before `:p`, and at its end behind a marker. `unescaped` gives it back."""
    lines = [re.sub(r"\\*:p(?=\s|$)", r"\\\g<0>", line) for line in text.split("\n")]
    lines = [f"{line}\\" if re.search(r"[xX?\\]$", line) else line for line in lines]
    return "\n".join(f"\\{line}" if line else line for line in lines)


def unescaped(text: str) -> str:
    """What `escaped` was given."""
    lines = [line.removeprefix("\\").removesuffix("\\") for line in text.split("\n")]
    return "\n".join(re.sub(r"\\(\\*:p)(?=\s|$)", r"\1", line) for line in lines)


def normal(card: Card) -> Card:
    """The card as a deck can hold it: line breaks as \\n, no blank lines around its texts, titles
    and names on one line, fences closed."""

    def block(text: str) -> str:
        lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        lines = [line.rstrip() for line in lines]
        return closed("\n".join(lines).strip("\n"))

    return replace(
        card,
        deck=one_line(card.deck),
        chapter=one_line(card.chapter),
        title=one_line(card.title),
        background=block(card.background),
        question=block(card.question).lstrip(),
        answer=block(card.answer),
        tags=tuple(dict.fromkeys("-".join(tag.replace(",", " ").split()) for tag in card.tags)),
    )
