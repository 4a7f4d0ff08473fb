"""Cards -> a deck in Markdown that reads back to the same cards.

Each card is preceded by a comment with its id, which Markdown does not show: so a card that was
edited here or in a text editor is still known as the same one.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby

from core.cards.fences import FENCE
from core.cards.markdown import read
from core.cards.normal import escaped
from core.types import Card


def markdown(cards: Iterable[Card]) -> Iterator[str]:
    """The deck's text, card by card. The cards are to be `core.cards.normal.normal`."""
    for (deck, chapter), group in groupby(cards, key=lambda card: (card.deck, card.chapter)):
        yield f"# Flashcards: {deck}\n\n"
        if chapter:
            yield f"**Starting Chapter:** {chapter}\n\n"
        yield "---\n\n"
        for card in group:
            plain = _written(card, guarded=False)
            heading = f"# Flashcards: {deck}\n**Starting Chapter:** {chapter}\n---\n"
            same = read(heading + plain, "").cards == (card,)
            yield plain if same else _written(card, guarded=True)


def _written(card: Card, *, guarded: bool) -> str:
    """One card; `guarded` writes its texts so that no line can be taken for a marker."""
    meta = f"id: {card.id}"
    if card.span:
        meta += f", paper: {card.span.paper_id}:{card.span.start}-{card.span.end}"
    parts = [f"#### {card.title}"] if card.title else []
    parts.append(f"<!-- {meta}{', escaped' if guarded else ''} -->")
    if card.tags:
        parts.append(f"**Tags:** {' '.join(card.tags)}")
    texts = [card.background, card.question, card.answer]
    background, question, answer = map(escaped, texts) if guarded else texts
    if background:
        parts.append(background)
    begin = ":p\n" if FENCE.match(question) else ":p "
    parts += [f"{begin}{question}", "??x", answer, "x??", "", "---", "", ""]
    return "\n".join(parts)
