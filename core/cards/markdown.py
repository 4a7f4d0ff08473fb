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

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from re import Match

from core.cards.fences import closed
from core.cards.lines import CHAPTER, DECK, META, RATING, TAGS, Kind, Token, following, tokens_of
from core.cards.normal import one_line, trimmed, unescaped
from core.cards.note import Note, Reading, card_id
from core.cards.placeholders import TAG as PLACEHOLDER
from core.cards.placeholders import is_placeholder
from core.types import Card, Span

SHOWN = 60  # characters of what is dropped that its note shows


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
    tokens = tokens_of(text)
    reader = _Reader(file=file, deck=one_line(PurePosixPath(file).stem) or "Deck")
    if not text.strip("\ufeff\0 \t\r\n"):
        return Reading(cards=(), dropped=(Note(line=1, why="the file is empty"),))
    questions = [place for place, token in enumerate(tokens) if token.kind == "question"]
    between: Sequence[Token] = tokens[: questions[0]] if questions else tokens
    for number, place in enumerate(questions, 1):
        body = tokens[place + 1 : questions[number] if number < len(questions) else len(tokens)]
        between = _card(reader, between, tokens[place], body)
    _drop_loose(reader, between)
    if not questions:
        reader.dropped.append(Note(line=1, why="the file holds no question (no line with :p)"))
    dropped = tuple(sorted(reader.dropped, key=lambda note: note.line))
    return Reading(cards=tuple(reader.cards), repaired=tuple(reader.repaired), dropped=dropped)


def _card(
    reader: _Reader,
    before: Sequence[Token],
    question: Token,
    body: Sequence[Token],
) -> Sequence[Token]:
    """Read one question; what is left of `body` stands before the next one."""
    repairs: list[str] = []
    background, meta = _heading(reader, before, repairs)
    if question.text:
        repairs.append("its question began with : instead of :p")
    asked, answer, rest = _split(body, repairs)
    asked_text, answer_text = _text(asked).lstrip(), _text(answer)
    if meta and meta["escaped"]:
        # A person may have written backslashes that leave blanks behind.
        escaped = background, asked_text, answer_text
        background, asked_text, answer_text = (trimmed(unescaped(each)) for each in escaped)
        asked_text = asked_text.lstrip()
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
    reader: _Reader, before: Sequence[Token], repairs: list[str]
) -> tuple[str, Match[str] | None]:
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


def _drop_loose(reader: _Reader, loose: Sequence[Token]) -> tuple[str, ...]:
    """Take what says something about the cards behind it, and note what belongs to none. Returns
    the tags of the next title alone: those behind the last rule."""
    texts: list[Token] = []
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


def _tags(tokens: Sequence[Token]) -> tuple[str, ...]:
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
    body: Sequence[Token], repairs: list[str]
) -> tuple[Sequence[Token], Sequence[Token], Sequence[Token]]:
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


def _close(answer: Sequence[Token]) -> int | None:
    """The place of the closing marker: the last x?? before the card is certainly over."""
    over = len(answer)
    for place, token in enumerate(answer):
        if token.kind == "rule":
            behind = following(answer, place + 1)
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
    body: Sequence[Token], repairs: list[str]
) -> tuple[Sequence[Token], Sequence[Token], Sequence[Token]]:
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


def _first(tokens: Sequence[Token], kinds: Sequence[Kind], start: int) -> int:
    """The place of the first token of these kinds from `start` on; the end if there is none."""
    places = range(start, len(tokens))
    return next((n for n in places if tokens[n].kind in kinds), len(tokens))


def _text(tokens: Sequence[Token]) -> str:
    """The lines without the markers, and without rules and blank lines around them."""
    kept = [token for token in tokens if token.kind not in ("opener", "closer")]
    words = [n for n, token in enumerate(kept) if token.kind != "rule" and token.text.strip()]
    inner = kept[words[0] : words[-1] + 1] if words else []
    return "\n".join(token.text.rstrip() for token in inner)


def _notes(tokens: Sequence[Token]) -> Iterator[Note]:
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


def _heading_text(token: Token) -> str:
    return one_line(token.text.strip().lstrip("#"))
