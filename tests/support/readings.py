"""A paper as an earlier version of Triptych would have read it."""

from dataclasses import replace

from core.lab import Lab
from core.types import Paper, with_text_digest


def as_before(lab: Lab, paper_id: str, text: str, **fields: object) -> str:
    """Let a paper that is here have this text, as if an earlier version had read it in its file;
    returns the id that it has then."""
    paper = replace(lab.papers.get(paper_id), text=text, page_starts=(0,), margins=())
    old: Paper = with_text_digest(replace(paper, id=paper.file_id, raw_map=(), **fields))  # type: ignore[arg-type]
    lab._store.readings.put(paper_id, old, {}, {})
    lab.papers.get.cache_clear()
    return old.id
