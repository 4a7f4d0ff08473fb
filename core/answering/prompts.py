"""Question and passages -> chat messages, alike for all panels.

The panel without context gets the same rules and the same question; only the passages, and the
words that speak of them, are absent. Pure: knows no model, only a function that counts tokens.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from core.errors import BadInput
from core.labels import counted
from core.text import sentences
from core.types import Generation, Hit, Message, PassageOrder, Style, passages_of

LONGEST_QUESTION = 2_000  # characters; longer texts are papers
# Another one whenever a word that stands beside it changes; of the first also whenever how answers
# are decoded does. The others are part of a recipe that asks for them.
VERSION, UNANSWERABLE_VERSION, CITE_VERSION = "3", "1", "1"

RULES = "You are a helpful assistant. Answer the question in one or two short sentences."
WITH_PASSAGES = "Answer the question using the passages."
UNSAID = "If the passages do not say it, answer: The passages do not say."
UNKNOWN = "If you do not know it, answer: I do not know."
CITE = "After each sentence name the passage that says it by its number, such as [1]."
Count = Callable[[Sequence[Message], Generation], int | None]


def write_messages(
    question: str,
    passages: Sequence[Hit],
    style: Style = "chat",
    order: PassageOrder = "best-last",
    *,
    unanswerable: bool = False,
    cite: bool = False,
) -> tuple[Message, ...]:
    """The prompt as chat messages; in style "completion" one message that ends in "Answer:".

    Passages carry their rank as a number, from [1], so that one that is switched off leaves the
    others' numbers as they are; with it stand the paper's title and pages. As a rule they come in
    reverse: small models lean on what they read last, so the best is next to the question. With
    the best first, what is said with three passages begins what is said with five. Hits that are
    read as one passage stand there once.

    `unanswerable` allows every panel not to answer, each in its own words; `cite` asks for numbers
    where there are passages to name.
    """
    question, passages = question.strip(), passages_of(passages)
    rules = [RULES]
    if unanswerable:
        rules.append(UNSAID if passages else UNKNOWN)
    if cite and passages:
        rules.append(CITE)
    blocks = [f"{_passage(hit)}\n\n" for hit in passages]
    numbered = "".join(reversed(blocks) if order == "best-last" else blocks)
    if style == "completion":
        text = f"{' '.join(rules)}\n\n{numbered}Question: {question}\nAnswer:"
        return (Message(role="user", content=text),)
    asked = f"{numbered}{WITH_PASSAGES}\n\n{question}" if passages else question
    return (Message(role="system", content=" ".join(rules)), Message(role="user", content=asked))


def revisions(how: Generation) -> list[tuple[str, str]]:
    """What a recipe's key holds of the words above."""
    return [
        ("prompt", VERSION),
        *([("unanswerable", UNANSWERABLE_VERSION)] if how.unanswerable else []),
        *([("cite", CITE_VERSION)] if how.cite else []),
    ]


def fit(
    question: str,
    hits: Sequence[Hit],
    generation: Generation,
    count: Count,
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
        needed.append(_needed(question, hits[:used], generation, count))
        if needed[-1] <= room:
            messages = _written(question, hits[:used], generation)
            return messages, tuple(hits[:used]), _left_out(hits, used, needed[0], room)
    raise _no_room(needed[-1], generation, room)


def fit_whole(
    question: str,
    pages: Sequence[Hit],
    generation: Generation,
    count: Count,
    window: int | None,
) -> tuple[tuple[Message, ...], tuple[Hit, ...], tuple[str, ...]]:
    """As `fit`, for all pages of papers: they stand as in the papers, whichever order is asked for,
    and the last one that does not fit is read as far as its last sentence that does.

    What fits is counted from few pages to more, so that the tokens counted grow with the window
    and not with the papers.
    """
    how = replace(generation, passages="best-first")
    if window is None:
        return _written(question, pages, how), tuple(pages), ()
    room = window - how.max_tokens
    least = _needed(question, (), how, count)
    if least > room:
        raise _no_room(least, how, room)
    used = _most(len(pages), lambda many: _needed(question, pages[:many], how, count) <= room)
    read = list(pages[:used])
    if used < len(pages):
        last = pages[used]
        ends = [end for _, end in sentences(last.chunk.text)]
        some = _most(
            len(ends),
            lambda many: _needed(question, [*read, _cut(last, ends[many - 1])], how, count) <= room,
        )
        read += [_cut(last, ends[some - 1])] if some else []
    return _written(question, read, how), tuple(read), _unread(pages, used, read)


def _most(count: int, fits: Callable[[int], bool]) -> int:
    """The largest number up to `count` that fits, 0 if none does; each one below it fits."""
    low, step = 0, 1
    while low + step <= count and fits(low + step):
        low, step = low + step, 2 * step
    high = min(low + step, count + 1)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low


def _cut(page: Hit, end: int) -> Hit:
    """A page as far as this character of its text."""
    chunk = page.chunk
    return replace(page, chunk=replace(chunk, end=chunk.start + end, text=chunk.text[:end]))


def _unread(pages: Sequence[Hit], used: int, read: Sequence[Hit]) -> tuple[str, ...]:
    """What of the papers does not fit, in a sentence."""
    if used == len(pages):
        return ()
    rest = pages[used].title
    papers = {page.chunk.paper_id for page in pages[used + 1 :]} - {pages[used].chunk.paper_id}
    part = " and a part of the next" if len(read) > used else ""
    begun = {page.chunk.paper_id for page in read}
    left = f"the rest of “{rest}”" if pages[used].chunk.paper_id in begun else f"“{rest}”"
    if papers:
        left += f" and {counted(len(papers), 'more paper')}"
    fitted = f"Only {used:,} of {counted(len(pages), 'page')}{part}"
    return (f"{fitted} fit into this model's window; {left} went unread.",)


def _needed(question: str, hits: Sequence[Hit], how: Generation, count: Count) -> int:
    needed = count(_written(question, hits, how), how)
    assert needed is not None, "a model with a window counts tokens"
    return needed


def _no_room(needed: int, generation: Generation, room: int) -> BadInput:
    return BadInput(
        f"The question alone is {needed:,} tokens long, and with an answer of"
        f" {generation.max_tokens:,} this model has room for {max(room, 0):,}; shorten the question"
        " or allow a shorter answer."
    )


def _written(question: str, hits: Sequence[Hit], how: Generation) -> tuple[Message, ...]:
    return write_messages(
        question, hits, how.style, how.passages, unanswerable=how.unanswerable, cite=how.cite
    )


def _left_out(hits: Sequence[Hit], used: int, needed: int, room: int) -> tuple[str, ...]:
    if used == len(hits):
        return ()
    found = len(passages_of(hits))
    left = found - len(passages_of(hits[:used]))
    which = f"{left} of {found} passages {'was' if left == 1 else 'were'}"
    return (
        f"{which} left out: the prompt would need {needed:,} tokens and this model has room for"
        f" {room:,}.",
    )


def _passage(hit: Hit) -> str:
    first, last = hit.pages[0], hit.pages[-1]
    pages = f"page {first}" if first == last else f"pages {first}-{last}"
    return f"[{hit.rank}] {hit.title}, {pages}\n{hit.passage.text.strip()}"
