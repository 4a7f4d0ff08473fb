"""Past runs as a table; one or more of them are marked, to be opened or compared."""

from collections.abc import Collection, Mapping, Sequence

import streamlit as st

from core import labels
from core.history import PAGE, RunRow
from core.lab import Lab
from core.types import View
from pages.ui.runs import pair
from pages.ui.runs.filters import said

MOST = 6  # runs beside each other
# Rows in sight: once some are marked fewer, so that what is made of them is in sight as well.
ROWS, ROWS_ABOVE = 14, 5


def draw(lab: Lab, view: View, count: int) -> None:
    """The table, and below it what is marked in it."""
    pages = max(1, -(-count // PAGE))
    page = 1
    with st.container(horizontal=True, vertical_alignment="center"):
        here = labels.counted(count, "run")
        how = "Mark one to open it, several to compare."
        st.caption(f"{here}, newest first. {how}", width="content")
        if pages > 1:
            st.space("stretch")
            page = st.number_input(
                "Page", 1, pages, key="runs.page", width=130, label_visibility="collapsed"
            )
            st.caption(f"of {pages:,}", width="content")
    rows = lab.runs.rows(view, page - 1)
    others, unusual = lab.runs.of_other_readings(rows), lab.runs.unusual(rows)
    if others:
        st.caption(
            f":material/history: {labels.counted(len(others), 'run')} on this page made with other"
            " readings of papers than those that are here now"
        )
    key = f"runs.table.{hash((view, page))}"
    before = st.session_state.get(key)
    most = ROWS_ABOVE if before and before["selection"]["rows"] else ROWS
    marked = st.dataframe(
        [
            _row(row, others, unusual) | money
            for row, money in zip(rows, _money(lab, rows), strict=True)
        ],
        hide_index=True,
        placeholder="",
        on_select="rerun",
        selection_mode="multi-row",
        key=key,
        height=35 * (min(len(rows), most) + 1) + 2,
        column_config={
            "question": st.column_config.TextColumn(width="large"),
            "top-k": st.column_config.NumberColumn(help="chunks used"),
            "candidates": st.column_config.NumberColumn(help="candidates found"),
            "context": st.column_config.NumberColumn(help="characters of the chunks used"),
            "prompt": st.column_config.NumberColumn(help="tokens of the prompt"),
            "answer": st.column_config.NumberColumn(help="tokens of the answer"),
            "seconds": st.column_config.NumberColumn(format="%.1f", help="to the last word"),
            "dollars": st.column_config.NumberColumn(
                format="%.5f",
                help="at the price of its endpoint in Settings now, for the tokens that the server"
                " counted",
            ),
        },
    )
    chosen = [rows[index] for index in marked.selection.rows if index < len(rows)]
    if not chosen:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="runs-marked"):
        if len(chosen) == 1 and st.button("Open in Compare", type="primary", key="runs.open"):
            st.switch_page("pages/compare.py", query_params={"run": chosen[0].id})
        if len(chosen) > 1:
            st.markdown(f"**{labels.counted(len(chosen), 'run')} compared**")
        if len(chosen) > MOST:
            st.caption(f"The first {MOST} of them are shown.")
    pair.draw(lab.runs.runs([row.id for row in chosen[:MOST]]))


def _money(lab: Lab, rows: Sequence[RunRow]) -> list[dict[str, object]]:
    """For each row what its answer cost; nothing at all where no row's endpoint has a price."""
    prices = lab.endpoints.prices()
    asked = [prices.get(row.generator or "") if row.origin == "lab" else None for row in rows]
    costs = [
        price.dollars(row.prompt_tokens, row.answer_tokens) if price else None
        for price, row in zip(asked, rows, strict=True)
    ]
    return [{"dollars": cost} if any(asked) else {} for cost in costs]


def _row(row: RunRow, others: Collection[str], unusual: Mapping[str, str]) -> dict[str, object]:
    return {
        "when": row.at[:16].replace("T", " "),
        **({"reading": "another" if row.id in others else ""} if others else {}),
        "question": row.question,
        "mode": said(row.arm),
        "chunk size": row.size,
        "overlap": row.overlap,
        "top-k": row.top_k,
        "candidates": row.candidates,
        "reranker": row.reranker,
        **({"other settings": unusual.get(row.id, "")} if unusual else {}),
        "generator": row.generator,
        "finish reason": labels.FINISH_REASONS.get(row.finish or "", row.finish),
        "context": row.context_characters,
        "prompt": row.prompt_tokens,
        "answer": row.answer_tokens,
        "seconds": row.seconds,
        "from": said(row.origin),
    }
