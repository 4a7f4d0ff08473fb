"""A passage that might answer the question, true or not: it is searched for as if it stood in a
paper.

Source: Gao, Ma, Lin and Callan, "Precise Zero-Shot Dense Retrieval without Relevance Labels"
(2022).
"""

VERSION = "1"
COUNTED = False
PASSAGE = True


def asks(question: str, _count: int) -> str:
    return f"Write a short passage of a paper that answers the question.\n\nQuestion: {question}"


def takes(_question: str, written: str, _count: int) -> list[str]:
    return [written]
