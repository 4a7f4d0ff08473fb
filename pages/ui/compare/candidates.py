"""All candidates of a comparison: how reranking moved them, and a table of them."""

from collections.abc import Sequence

import streamlit as st

from core import labels
from core.answering import Panel
from core.lab import Lab
from core.types import Evidence, Hit, Question, Retrieval
from pages.ui.compare import chunk
from pages.ui.compare.rank_flow import rank_flow
from pages.ui.shared import gold


def draw(lab: Lab, panels: Sequence[Panel], comparison_id: str, asked: Question | None) -> None:
    """The rank flow of the last panel that reranked; a table of the last that searched. `asked` is
    the question with its gold, if that is known and may be shown."""
    found = [panel for panel in panels if panel.evidence.candidates]
    reranked = [panel for panel in found if panel.recipe.arm == "reranked"]
    if reranked:
        _flow(lab, reranked[-1], comparison_id, gold.of(lab, asked, reranked[-1]))
    searched = [panel for panel in found if isinstance(panel.recipe.evidence, Retrieval)]
    if searched:
        with st.container(key="candidates"):
            _table(searched[-1].evidence, gold.of(lab, asked, searched[-1]))


def _flow(lab: Lab, panel: Panel, comparison_id: str, spans: gold.Gold) -> None:
    wanted, candidates = panel.recipe.evidence, panel.evidence.candidates
    assert isinstance(wanted, Retrieval)
    with st.container(key="rank-flow"):
        st.subheader("What reranking did", anchor=False)
        moved = gold.moved(spans, candidates)
        st.caption(f"{labels.flow(candidates, wanted.top_k)} {moved}")
        opened = rank_flow(
            f"flow-{comparison_id}",
            panel.evidence,
            wanted.top_k,
            labels.found_by(candidates[0]),
            [(gold.said(spans, hit), gold.counts(spans, hit)) for hit in candidates],
        )
        if opened:
            chunk.page_dialog(lab, opened, spans)


def _table(found: Evidence, spans: gold.Gold) -> None:
    """The candidates in their final order."""
    hits, used = found.candidates, found.hits
    reranked = hits[0].rerank_score is not None
    order = "after reranking" if reranked else labels.found_by(hits[0])
    st.subheader(f"{labels.counted(len(hits), 'candidate')} {order}", anchor=False)
    rows = [_row(hit, hit in used, gold.said(spans, hit)) for hit in hits]
    if not reranked:
        for row in rows:
            del row["rank before"], row["rerank score"], row["reranker read"]
    for name in ("gold", "similarity", "BM25", "fused", "embedder read", "page"):
        if all(row[name] in (None, "") for row in rows):
            for row in rows:
                del row[name]
    st.dataframe(
        rows,
        hide_index=True,
        column_config={
            "similarity": st.column_config.NumberColumn(format="%.3f", help="cosine, -1 to 1"),
            "BM25": st.column_config.NumberColumn(format="%.2f", help="from 0, no upper bound"),
            "fused": st.column_config.NumberColumn(format="%.4f", help="by rank, at most 0.0328"),
            "rerank score": st.column_config.NumberColumn(format="%.3f", help="0 to 1"),
            "embedder read": st.column_config.NumberColumn(help="characters within its window"),
            "reranker read": st.column_config.NumberColumn(help="characters within its window"),
            "gold": st.column_config.TextColumn(width=150),
            "text": st.column_config.TextColumn(width="large"),
        },
    )


def _row(hit: Hit, used: bool, gold_held: str) -> dict[str, object]:
    return {
        "rank": hit.rank,
        "rank before": hit.rank_before,
        "used": used,
        "gold": gold_held,
        "similarity": hit.similarity,
        "BM25": hit.lexical_score,
        "fused": hit.fused_score,
        "rerank score": hit.rerank_score,
        "paper": hit.title,
        "page": hit.pages[0] if hit.pages else None,
        "characters": len(hit.chunk.text),
        "embedder read": hit.embedder_reads,
        "reranker read": hit.reranker_reads,
        "text": " ".join(hit.chunk.text.split()),
    }
