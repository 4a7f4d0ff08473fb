"""The rank flow: a slope chart from the rank before reranking to the rank after it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from core import labels
from core.types import Evidence, Hit

HTML = '<div class="flow"></div>'

_component = st.components.v2.component(
    "triptych_rank_flow",
    html=HTML,
    css=Path(__file__).with_suffix(".css").read_text("utf-8"),
    js=Path(__file__).with_suffix(".js").read_text("utf-8"),
)


def rank_flow(
    key: str,
    found: Evidence,
    top_k: int,
    found_by: str,
    gold: Sequence[tuple[str, bool]] = (),
) -> Hit | None:
    """Draw the flow of reranked candidates, in their final order; returns one just clicked.

    One above the cut that is not among the hits was switched off or left out. `found_by` says what
    put them in order before: "by similarity". `gold` says for each candidate what it holds of the
    question's gold, empty for nothing, and whether that counts as found; it is empty where there is
    none to show.
    """
    candidates = found.candidates
    rows = [
        _row(hit, found.hits, top_k) | {"gold": said, "counts": counts}
        for hit, (said, counts) in zip(
            candidates, gold or [("", False)] * len(candidates), strict=True
        )
    ]
    data = {
        "rows": rows,
        "top": top_k,
        "from": found_by,
        "to": f"after reranking · the first {top_k} are used",
    }
    clicked = _component(key=key, data=data, on_opened_change=_nothing).opened
    return None if clicked is None else candidates[int(clicked)]


def _row(hit: Hit, hits: Sequence[Hit], top_k: int) -> dict[str, Any]:
    assert hit.rank_before is not None
    if hit in hits:
        kind = "used"
    elif hit.rank <= top_k:
        kind = "off"
    else:
        kind = "fell" if hit.rank_before <= top_k else "other"
    return {
        "before": hit.rank_before,
        "kind": kind,
        "moved": labels.movement(hit) if hit.rank != hit.rank_before else "",
        "label": f"{labels.pages_of(hit)} · {hit.title}",
        "said": " ".join(hit.chunk.text.split())[:400],
    }


def _nothing() -> None:
    """A trigger reaches Python only where a callback is named."""
