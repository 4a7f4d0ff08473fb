"""The parts of a question, which are looked up one by one; the question itself is not."""

from core.rewritings import LONGEST, lines

VERSION = "1"
COUNTED = False
PASSAGE = False
MOST = 4


def asks(question: str, _count: int) -> str:
    return (
        f"Split the question into at most {MOST} simpler questions that can be looked up one by"
        " one. Write one a line, and nothing else. If it is simple already, write it as it is."
        f"\n\nQuestion: {question}"
    )


def takes(_question: str, written: str, _count: int) -> list[str]:
    return [line for line in lines(written, MOST) if len(line) <= LONGEST]
