"""Cards that a generator proposes from a passage: what it is asked, and what is let through.

Small models write many poor cards, so the filter is strict: what it lets through must be answered
by words that stand in one place of the passage, and make sense without it. Where the question holds
but the answer was made up, the passage's own sentence answers instead. Knows no model.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from core.cards.placeholders import is_placeholder
from core.text import sentences
from core.text import words as words_of
from core.types import PROPOSED, Card, Message, PaperKind, Question, Span, digest

# An example of its own, of no paper here, so that what is copied from it is told by its words.
RULES = (
    "You write flashcards. From the text of the user, write one question and its answer. Take the"
    " answer from the text, word by word. The question must make sense without the text."
)
EXAMPLE = "The lighthouse of Orn has burned whale oil since 1874, when Ida Falk lit its lamp."
EXAMPLE_CARD = "Question: Who lit the lamp of the lighthouse of Orn in 1874?\nAnswer: Ida Falk"
MAX_TOKENS = 120
SHORTEST = 200  # characters of a passage worth asking about
LONGEST_QUESTION, LONGEST_ANSWER = 250, 400  # characters
ALIKE = 0.9  # cosine similarity of their vectors from which two cards ask the same

WHOLE = re.compile(r"\w.*[.!]", re.DOTALL)  # no heading, no line of a table, no question
PAIR = re.compile(
    r"Question:\s*(?P<question>.+?)\s*\n+\s*Answer:\s*(?P<answer>.+?)\s*(?=\n\s*\n|\nQuestion:|\Z)",
    re.DOTALL | re.IGNORECASE,
)
LEANS = re.compile(
    r"\b(this\s+|the\s+((given|above|provided|following|user'?s?)\s+)?)"
    r"(text|passage|paper|article|section|author|authors|paragraph|example|document|flashcard)s?\b",
    re.IGNORECASE,
)
ASKS = re.compile(
    r"(what|which|who|whom|whose|when|where|why|how|is|are|was|were|does|do|did|can|could|in|at|by|"
    r"for|on|to|from|under|after|before|with)\b",
    re.IGNORECASE,
)


NOT_THERE = "its answer does not stand in the text"
ROUND = "the question says its own answer"
MADE_UP = (NOT_THERE, ROUND)
HELD = 0.75  # share of a question's words that the sentence which answers it holds
NEW = 3  # words at least that such a sentence says besides


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """A card that was let through, or why one was not."""

    card: Card | None
    why: str = ""


def messages(passage: str) -> tuple[Message, ...]:
    """The prompt for one passage."""
    return (
        Message(role="system", content=RULES),
        Message(role="user", content=EXAMPLE),
        Message(role="assistant", content=EXAMPLE_CARD),
        Message(role="user", content=passage),
    )


def of_question(question: Question, passages: Sequence[str], deck: str) -> Card:
    """The card of a question whose gold is known: its reference answers it, or else the passages.
    It is from the first place of its gold."""
    return Card(
        id=digest(["question", question.text, [str(span) for span in question.gold]]),
        deck=deck,
        question=question.text,
        answer=question.reference or "\n\n".join(passages),
        tags=(PROPOSED,) if question.generated_by else (),
        span=question.gold[0],
    )


def quoted(passage: str, kind: PaperKind) -> str:
    """A passage as a card shows it: lines that a page or a file broke are joined, and Markdown
    stays what it is."""
    return passage.strip() if kind == "markdown" else " ".join(passage.split())


def pairs(said: str) -> Iterator[tuple[str, str]]:
    """Questions and answers in what a generator said."""
    for found in PAIR.finditer(said):
        yield " ".join(found["question"].split()), " ".join(found["answer"].split())


def judged(said: str, passage: Span, text: str, deck: str) -> list[Proposed]:
    """What becomes of an answer of the generator; `text` is the passage's."""
    found = []
    for question, answer in pairs(said):
        if fault(question, answer, text) in MADE_UP:
            answer = own_sentence(question, text) or answer
        why = fault(question, answer, text)
        found.append(
            Proposed(card=None if why else _card(question, answer, passage, text, deck), why=why)
        )
    return found or [Proposed(card=None, why="no question and answer were written")]


def fault(question: str, answer: str, text: str) -> str:
    """Why a pair is not let through; empty if it is."""
    asked, said = telling(question), telling(answer)
    if is_placeholder(answer) or is_placeholder(question):
        return "a placeholder"
    if not question.endswith("?") or not ASKS.match(question) or len(asked) < 2:
        return "no whole question"
    if len(question) > LONGEST_QUESTION or len(answer) > LONGEST_ANSWER:
        return "too long for a card"
    words = words_of(f"{question} {answer}")
    if len(set(words)) * 2 < len(words):
        return "it repeats itself"
    if LEANS.search(question) or LEANS.search(answer):
        return "it only makes sense beside the text"
    if not said or not said - asked:
        return ROUND
    if place(answer, text) is None:
        return NOT_THERE
    if len(asked & telling(text)) * 2 < len(asked):
        return "it asks about something else"
    return ""


def place(answer: str, text: str) -> tuple[int, int] | None:
    """The shortest run of at most three sentences that holds every telling word of the answer, as
    start and end in the text; None if there is none."""
    wanted = telling(answer)
    spans = list(sentences(text))
    for length in (1, 2, 3):
        for first in range(len(spans) - length + 1):
            start, end = spans[first][0], spans[first + length - 1][1]
            if wanted <= telling(text[start:end]):
                return start, end
    return None


def own_sentence(question: str, text: str) -> str:
    """The sentence of the passage that the question asks about: it holds nearly all its words, in
    this form or another, and says more. Empty if there is none."""
    asked = telling(question)
    if not asked:
        return ""
    best, found = HELD, ""
    for start, end in sentences(text):
        sentence = " ".join(text[start:end].split())
        if not WHOLE.fullmatch(sentence):
            continue
        said = telling(sentence)
        held = sum(any(_same(word, other) for other in said) for word in asked) / len(asked)
        if held >= best and len(said) - held * len(asked) >= NEW:
            best, found = held + 1e-9, sentence
    return found


def _same(word: str, other: str) -> bool:
    """Whether two words begin alike and differ by an ending of three letters at most."""
    stem = max(4, min(len(word), len(other)) - 3)
    alike = word[:stem] == other[:stem] and abs(len(word) - len(other)) <= 3
    return word == other or (alike and min(len(word), len(other)) >= stem)


def telling(text: str) -> set[str]:
    """The words that say something."""
    return set(words_of(text))


def shown(card: Card) -> str:
    """What two cards are compared by."""
    return f"{card.question}\n{card.answer}"


def _card(question: str, answer: str, passage: Span, text: str, deck: str) -> Card:
    found = place(answer, text)
    assert found
    start, end = passage.start + found[0], passage.start + found[1]
    span = Span(paper_id=passage.paper_id, start=start, end=end)
    identity = digest(["proposed", passage.paper_id, start, end, question, answer])
    return Card(
        id=identity, deck=deck, question=question, answer=answer, tags=(PROPOSED,), span=span
    )
