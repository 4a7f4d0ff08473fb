"""Chunks of a few words."""

from core.types import Chunk

TEXTS = ["red cat", "red dog red", "...", "red cat", "shy bird"]


def chunks(texts: list[str]) -> list[Chunk]:
    return [
        Chunk(paper_id="p", start=100 * place, end=100 * place + len(text), text=text)
        for place, text in enumerate(texts)
    ]
