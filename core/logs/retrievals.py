"""Retrieval logs: one search with its similarities, reranking scores and the documents selected.

    === DOCUMENT RETRIEVAL LOG ===
    Query: <question>
    Retrieved 15 documents
    --- Document 1 ---
    Source: … / Chunk ID: … / Similarity Score: … / Content: … (cut at 200 characters)
    === RERANKING RESULTS ===
    --- Reranked Document 1 ---
    Source: … / Chunk ID: … / Reranking Score: … / Content: …
    === TOP 3 SELECTED DOCUMENTS ===
    --- Selected Document 1 ---
    Source: … / Chunk ID: … / Reranking Score: … / Full Content: …

Holds no answer, and the whole text of the selected chunks alone: the others are previews. Pure.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from core.logs._lines import NAMED, SHOWN, UNKNOWN, DroppedLine, guarded, numbered, one_line, plain
from core.logs.log import Log
from core.types import Chunk, Chunking, Hit, Recipe, Retrieval, Run, digest, run_key

TITLE = re.compile(r"\s*={2,}\s*DOCUMENT RETRIEVAL LOG\s*={2,}\s*$")
SECTION = re.compile(r"\s*={2,}\s*(?:RERANKING RESULTS|TOP \d+ SELECTED DOCUMENTS)\s*={2,}\s*$")
BLOCK = re.compile(r"\s*-{2,}\s*(?P<kind>Reranked |Selected |)Document \d+\s*-{2,}\s*$")
QUERY = re.compile(r"\s*Query:\s*(.*)$")
FIELD = re.compile(
    r"\s*(Source|Chunk ID|Similarity Score|Reranking Score|Content|Full Content):(.*)$"
)
COUNTED = re.compile(
    r"\s*(?:Retrieved \d+ documents?|All \d+ documents with reranking scores:)\s*$"
)
MARKER = re.compile(rf"{TITLE.pattern}|{SECTION.pattern}|{BLOCK.pattern}")
PREVIEW = 200  # characters of a chunk that is not shown whole
CUT = "..."
NOT_WHOLE = "Of {} chunks the log holds only the beginning, so nothing is judged by their texts."
NOTE = "Imported from a log: it holds no answer, and not what else was set."


@dataclass(slots=True)
class _Block:
    """One document of the log."""

    kind: str  # "", "Reranked " or "Selected "
    line: int
    source: str = ""
    chunk_id: str = ""
    score: float | None = None
    lines: list[str] = field(default_factory=list)
    whole: bool = False


@dataclass(slots=True)
class _Search:
    """One search of the log."""

    question: str = ""
    blocks: list[_Block] = field(default_factory=list)


def read(text: str, *, origin: str) -> Log:
    """A run without an answer for each search of the log. `origin` says where it came from.

    Never fails: what it does not understand is dropped, with its line.
    """
    searches: list[_Search] = []
    dropped: list[DroppedLine] = []
    block: _Block | None = None
    in_text = False  # inside a block's content, which may have many lines
    for number, line in numbered(text):
        if TITLE.match(line):
            searches.append(_Search())
            block, in_text = None, False
        elif SECTION.match(line):
            block, in_text = None, False
        elif found := BLOCK.match(line):
            block, in_text = _Block(kind=found["kind"], line=number), False
            if not searches:
                searches.append(_Search())
            searches[-1].blocks.append(block)
        elif block and in_text:
            block.lines.append(plain(line, MARKER))
        elif block and (found := FIELD.match(line)):
            in_text = found[1] in ("Content", "Full Content")
            why = _take(block, found[1], plain(found[2].strip(), MARKER))
            if why:
                dropped.append(_dropped(number, line, why))
        elif (found := QUERY.match(line)) and not block:
            if not searches or searches[-1].question:
                searches.append(_Search())
            searches[-1].question = one_line(found[1])
        elif line.strip() and not COUNTED.match(line):
            dropped.append(_dropped(number, line, "it belongs to no document"))
    runs = []
    for search in searches:
        if search.question and search.blocks:
            runs.append(_run(search, origin))
        else:
            why = "no question stands before it" if search.blocks else "the search found nothing"
            line_number = search.blocks[0].line if search.blocks else 1
            dropped.append(_dropped(line_number, search.question, why))
    dropped.sort(key=lambda each: each.line)
    return Log(kind="retrieval-log", runs=tuple(runs), dropped=tuple(dropped))


def write(runs: Iterable[Run]) -> str:
    """The searches of these runs as such logs, one after the other; those that searched nothing
    are left out."""
    return "\n\n".join("\n".join(_lines(run)) + "\n" for run in runs if run.candidates)


def _take(block: _Block, name: str, value: str) -> str:
    """Put a field where it belongs; why it cannot be, or nothing."""
    match name:
        case "Source":
            block.source = one_line(value)
        case "Chunk ID":
            block.chunk_id = one_line(value)
        case "Content" | "Full Content":
            block.lines, block.whole = [value], name == "Full Content"
        case _:
            try:
                block.score = float(value.replace(",", "."))  # as some languages write it
            except ValueError:
                block.score = None
            if block.score is None or not math.isfinite(block.score):
                block.score = None
                return "" if value == UNKNOWN else "its score is no number"
    return ""


def _run(search: _Search, origin: str) -> Run:
    found, reranked, selected = (
        _named(block for block in search.blocks if block.kind == kind)
        for kind in ("", "Reranked ", "Selected ")
    )
    # In the final order; what the reranked list lacks, if the log is damaged, comes last.
    order = list(dict.fromkeys([*reranked, *found, *selected]))
    before = {key: rank for rank, key in enumerate(found, start=1)}
    candidates = {
        key: _hit(rank, before.get(key), *blocks)
        for rank, key in enumerate(order, start=1)
        if (blocks := (found.get(key), reranked.get(key), selected.get(key)))
    }
    hits = tuple(candidates[key] for key in selected)
    previews = sum(hit.preview for hit in candidates.values())
    recipe = Recipe(
        chunking=Chunking(chunker=UNKNOWN, size=0, overlap=0),
        evidence=Retrieval(
            embedder=UNKNOWN,
            candidates=len(candidates),
            top_k=len(hits),
            reranker=UNKNOWN if reranked else None,
        ),
        generation=None,
    )
    key = run_key(search.question, recipe, ())
    places = [(*name, hit.similarity, hit.rerank_score) for name, hit in candidates.items()]
    return Run(
        # By its content, so that the same log read twice is the same run, whatever its name.
        id=digest(["log", key, places, list(selected)]),
        key=key,
        question=search.question,
        paper_ids=(),
        recipe=recipe,
        candidates=tuple(candidates.values()),
        hits=hits,
        at="",
        origin=origin,
        notes=(NOTE, NOT_WHOLE.format(previews)) if previews else (NOTE,),
    )


def _named(blocks: Iterable[_Block]) -> dict[tuple[str, int], _Block]:
    """The blocks by source and chunk id, and by the how-manieth of that name they are."""
    times: Counter[str] = Counter()
    named = {}
    for block in blocks:
        name = f"{NAMED}{block.source}#{block.chunk_id}"
        times[name] += 1
        named[name, times[name]] = block
    return named


def _hit(
    rank: int,
    rank_before: int | None,
    found: _Block | None,
    reranked: _Block | None,
    selected: _Block | None,
) -> Hit:
    """One document, from the up to three places where the log speaks of it."""
    block = selected or reranked or found
    assert block
    text = "\n".join(block.lines).strip()
    return Hit(
        chunk=Chunk(
            paper_id=f"{NAMED}{block.source}#{block.chunk_id}", start=0, end=len(text), text=text
        ),
        title=block.source,
        pages=(),
        similarity=found.score if found else None,
        rank_before=rank_before,
        rerank_score=reranked.score if reranked else None,
        rank=rank,
        preview=not block.whole and len(text) >= PREVIEW and text.endswith(CUT),
    )


def _lines(run: Run) -> Iterator[str]:
    placed = ((hit.rank_before, hit) for hit in run.candidates if hit.rank_before is not None)
    found = [hit for _, hit in sorted(placed, key=lambda pair: pair[0])]
    # Also what a damaged log named among the reranked alone, without a score.
    reranked = [
        hit
        for hit in run.candidates
        if hit.rerank_score is not None or (hit.rank_before is None and hit not in run.hits)
    ]
    yield "=== DOCUMENT RETRIEVAL LOG ==="
    yield f"Query: {one_line(run.question)}"
    yield f"Retrieved {len(found)} documents"
    for number, hit in enumerate(found, start=1):
        yield f"\n--- Document {number} ---"
        yield from _document(hit, "Similarity", hit.similarity)
    if reranked:
        yield "\n\n=== RERANKING RESULTS ==="
        yield f"All {len(reranked)} documents with reranking scores:"
        for number, hit in enumerate(reranked, start=1):
            yield f"\n--- Reranked Document {number} ---"
            yield from _document(hit, "Reranking", hit.rerank_score)
    yield f"\n=== TOP {len(run.hits)} SELECTED DOCUMENTS ==="
    for number, hit in enumerate(run.hits, start=1):
        yield f"--- Selected Document {number} ---"
        yield from _document(hit, "Reranking", hit.rerank_score, whole=not hit.preview)
        yield ""


def _document(hit: Hit, kind: str, score: float | None, *, whole: bool = False) -> Iterator[str]:
    named = hit.chunk.paper_id.removeprefix(NAMED).rpartition("#")[2]
    in_log = hit.chunk.paper_id.startswith(NAMED)
    yield f"Source: {one_line(hit.title)}"
    yield f"Chunk ID: {named if in_log else f'{hit.chunk.start}-{hit.chunk.end}'}"
    yield f"{kind} Score: {UNKNOWN if score is None else f'{score:.4f}'}"
    text = hit.chunk.text.strip()
    if whole:
        yield f"Full Content: {guarded(text, MARKER)}"
    else:
        short = one_line(text)
        cut = short if hit.preview or len(short) <= PREVIEW else short[:PREVIEW] + CUT
        yield f"Content: {guarded(cut, MARKER)}"


def _dropped(number: int, line: str, why: str) -> DroppedLine:
    return DroppedLine(line=number, why=f"{why}: {line.strip()[:SHOWN]}")
