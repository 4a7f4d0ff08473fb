"""The question in other wordings; each is searched for, the question itself too."""

from core.rewritings import LONGEST, lines

VERSION = "1"
COUNTED = True
PASSAGE = False


def asks(question: str, count: int) -> str:
    return (
        f"Write {count} other wordings of the question, one a line, and nothing else."
        f"\n\nQuestion: {question}"
    )


def takes(question: str, written: str, count: int) -> list[str]:
    found = [line for line in lines(written, count) if len(line) <= LONGEST]
    return [question, *found] if found else []
