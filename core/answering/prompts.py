"""Question and passages -> chat messages, alike for all panels.

The panel without context gets the same rules and the same question; only the passages, and the
words that speak of them, are absent. Pure: knows no model, only a function that counts tokens.
"""

from collections.abc import Callable, Sequence

from core.errors import BadInput
from core.types import Generation, Hit, Message, PassageOrder, Style

LONGEST_QUESTION = 2_000  # characters; longer texts are papers
VERSION = "3"  # another one whenever a word below, or how answers are decoded, changes

RULES = "You are a helpful assistant. Answer the question in one or two short sentences."
WITH_PASSAGES = "Answer the question using the passages."


def write_messages(
    question: str,
    passages: Sequence[Hit],
    style: Style = "chat",
    order: PassageOrder = "best-last",
) -> tuple[Message, ...]:
    """The prompt as chat messages; in style "completion" one message that ends in "Answer:".

    Passages carry their rank as a number, from [1], so that one that is switched off leaves the
    others' numbers as they are; with it stand the paper's title and pages. As a rule they come in
    reverse: small models lean on what they read last, so the best is next to the question. With
    the best first, what is said with three passages begins what is said with five.
    """
    question = question.strip()
    blocks = [f"{_passage(hit)}\n\n" for hit in passages]
    numbered = "".join(reversed(blocks) if order == "best-last" else blocks)
    if style == "completion":
        text = f"{RULES}\n\n{numbered}Question: {question}\nAnswer:"
        return (Message(role="user", content=text),)
    asked = f"{numbered}{WITH_PASSAGES}\n\n{question}" if passages else question
    return (Message(role="system", content=RULES), Message(role="user", content=asked))


def fit(
    question: str,
    hits: Sequence[Hit],
    generation: Generation,
    count: Callable[[Sequence[Message], Generation], int | None],
    window: int | None,
) -> tuple[tuple[Message, ...], tuple[Hit, ...], tuple[str, ...]]:
    """The messages, the hits they use, and notes on what had to be left out.

    Prompt and answer share `window` tokens. Whole passages are dropped from the end until the
    prompt fits; nothing is dropped where the window is not known, and the model has to refuse
    what is too long. Errors: BadInput if not even the question fits.
    """
    if window is None:
        return _written(question, hits, generation), tuple(hits), ()
    room = window - generation.max_tokens
    needed: list[int] = []  # by the prompt with all passages, with one less, ...
    for used in range(len(hits), -1, -1):
        messages = _written(question, hits[:used], generation)
        counted = count(messages, generation)
        assert counted is not None, "a model with a window counts tokens"
        needed.append(counted)
        if needed[-1] <= room:
            return messages, tuple(hits[:used]), _left_out(len(hits), used, needed[0], room)
    raise BadInput(
        f"The question alone is {needed[-1]:,} tokens long, and with an answer of"
        f" {generation.max_tokens:,} this model has room for {max(room, 0):,}; shorten the question"
        " or allow a shorter answer."
    )


def _written(question: str, hits: Sequence[Hit], how: Generation) -> tuple[Message, ...]:
    return write_messages(question, hits, how.style, how.passages)


def _left_out(found: int, used: int, needed: int, room: int) -> tuple[str, ...]:
    if used == found:
        return ()
    left = found - used
    which = f"{left} of {found} passages {'was' if left == 1 else 'were'}"
    return (
        f"{which} left out: the prompt would need {needed:,} tokens and this model has room for"
        f" {room:,}.",
    )


def _passage(hit: Hit) -> str:
    first, last = hit.pages[0], hit.pages[-1]
    pages = f"page {first}" if first == last else f"pages {first}-{last}"
    return f"[{hit.rank}] {hit.title}, {pages}\n{hit.passage.text.strip()}"
