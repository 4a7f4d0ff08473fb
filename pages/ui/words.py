"""Numbers and texts as people read them. Knows nothing of Streamlit's widgets."""

import re

from core.types import Answer, Arm, Hit, Run

PANEL_NAMES: dict[Arm, str] = {
    "no_context": "No context",
    "retrieved": "Retrieved",
    "reranked": "Retrieved and reranked",
    "given": "Passages given",
}
PANEL_COLOURS: dict[Arm, str] = {
    "no_context": "gray",
    "retrieved": "blue",
    "reranked": "orange",
    "given": "yellow",
}
UNMARKED = (
    ":material/visibility_off: The place could not be found on the page's image, so nothing is"
    " marked there; the text is the one that was searched."
)


def escaped(text: str) -> str:
    """Text for a Markdown label, with nothing in it that Markdown could take for markup."""
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", " ".join(text.split()))


def shortened(text: str, length: int) -> str:
    """At most `length` characters, cut at a word, with an ellipsis that says so."""
    text = " ".join(text.split())
    if len(text) <= length:
        return text
    return text[: length - 1].rsplit(" ", 1)[0] + "…"


def counted(number: int, noun: str) -> str:
    """1 page, 2 pages, 1,200 characters"""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def pages_of(hit: Hit) -> str:
    """p. 3, or pp. 3-4"""
    first, last = hit.pages[0], hit.pages[-1]
    return f"p. {first}" if first == last else f"pp. {first}–{last}"


def scores(hit: Hit) -> list[str]:
    """What found the chunk, and behind the last where that put it; empty if given by hand."""
    found = []
    if hit.similarity is not None:
        found.append(f"similarity {hit.similarity:.3f}")
    if hit.lexical_score is not None:
        found.append(f"BM25 {hit.lexical_score:.2f}")
    if hit.fused_score is not None:
        found.append(f"fused {hit.fused_score:.4f}")
    if found:
        found[-1] += f" (rank {hit.rank_before})"
    return found


def movement(hit: Hit) -> str:
    """6 → 1; stays 2; empty without reranking."""
    if hit.rank_before is None or hit.rerank_score is None:
        return ""
    if hit.rank_before == hit.rank:
        return f"stays {hit.rank}"
    return f"{hit.rank_before} → {hit.rank}"


def outcome(answer: Answer) -> str:
    """How the answer ended, in words first."""
    tokens = answer.answer_tokens or 0
    match answer.finish_reason:
        case "stop":
            return f"ended after {counted(tokens, 'token')}"
        case "length":
            return f"cut off at {counted(tokens, 'token')}"
        case "stopped":
            return f"stopped by hand after {counted(tokens, 'token')}"
        case "error":
            return "failed"
        case _:
            return "it is not known how it ended"


def measured(answer: Answer) -> str:
    """What it read and how long it took; empty where nothing was measured."""
    parts = []
    if answer.prompt_tokens is not None:
        parts.append(f"prompt {answer.prompt_tokens:,}")
    if answer.seconds is not None:
        parts.append(f"{answer.seconds:.1f} s")
    return " · ".join(parts)


def timing(run: Run) -> str:
    """The seconds of each stage that was measured, a line each."""
    stages = {
        "search": run.search_seconds,
        "rerank": run.rerank_seconds,
        "first word": run.answer and run.answer.seconds_to_first_token,
        "whole answer": run.answer and run.answer.seconds,
    }
    known = [f"{name} {seconds:.2f} s" for name, seconds in stages.items() if seconds is not None]
    return "  \n".join(known)


def unseen(hit: Hit) -> list[str]:
    """Which models could not read the whole chunk, a sentence each."""
    length = len(hit.chunk.text)
    readers = (("embedder", hit.embedder_reads), ("reranker", hit.reranker_reads))
    return [
        f"the {model} read {reads:,} of {length:,} characters"
        for model, reads in readers
        if reads is not None and reads < length
    ]


def unseen_together(hits: tuple[Hit, ...]) -> str:
    """The same over several chunks, in one sentence; empty if all was read."""
    parts = []
    for model, attribute in (("embedder", "embedder_reads"), ("reranker", "reranker_reads")):
        cut = [
            len(hit.chunk.text) - reads
            for hit in hits
            if (reads := getattr(hit, attribute)) is not None and reads < len(hit.chunk.text)
        ]
        if cut:
            parts.append(
                f"the {model} never saw {counted(sum(cut), 'character')} at the end of"
                f" {len(cut)} of {counted(len(hits), 'chunk')}"
            )
    return "; ".join(parts)
