"""All candidates of a comparison: how reranking moved them, and a table of them."""

from collections.abc import Sequence

import streamlit as st

from core import labels
from core.answering import Panel
from core.lab import Lab
from core.metrics import relevant
from core.types import Hit, Question, Retrieval
from pages.ui.compare import chunk
from pages.ui.compare.rank_flow import rank_flow
from pages.ui.shared import gold


def draw(lab: Lab, panels: Sequence[Panel], comparison_id: str, asked: Question | None) -> None:
    """The rank flow of the last panel that reranked; a table of the last that searched. `asked` is
    the question with its gold, if that is known and may be shown."""
    reranked = [panel for panel in panels if panel.recipe.arm == "reranked" and panel.candidates]
    if reranked:
        _flow(lab, reranked[-1], comparison_id, gold.of(asked, reranked[-1]))
    found = [
        panel
        for panel in panels
        if panel.candidates and isinstance(panel.recipe.evidence, Retrieval)
    ]
    if found:
        with st.container(key="candidates"):
            _table(found[-1], gold.of(asked, found[-1]))


def _flow(lab: Lab, panel: Panel, comparison_id: str, spans: gold.Gold) -> None:
    evidence = panel.recipe.evidence
    assert isinstance(evidence, Retrieval)
    with st.container(key="rank-flow"):
        st.subheader("What reranking did", anchor=False)
        moved = gold.moved(spans, panel.candidates)
        st.caption(f"{labels.flow(panel.candidates, evidence.top_k)} {moved}")
        opened = rank_flow(
            f"flow-{comparison_id}",
            panel.candidates,
            panel.hits,
            evidence.top_k,
            labels.found_by(panel.candidates[0]),
            [(gold.said(spans, hit), relevant(hit.chunk, spans)) for hit in panel.candidates],
        )
        if opened:
            chunk.page_dialog(lab, opened, spans)


def _table(panel: Panel, spans: gold.Gold) -> None:
    """The candidates in their final order."""
    hits, used = panel.candidates, panel.hits
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
