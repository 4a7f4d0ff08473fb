"""Questions that turned: better or worse under one setting than under another, each with the way to
its runs side by side."""

from collections.abc import Sequence
from typing import Literal

import streamlit as st

from core import labels
from core.evaluation import ChangedQuestion

HEIGHT = 460  # pixels of the list, which is scrolled where it is longer
FITTING = 9  # rows that need no scrolling


def draw(rows: Sequence[ChangedQuestion], of: int, key: str, *, lost: str, won: str) -> None:
    """What was lost first. `lost` and `won` head the two parts; `of` is how many were asked."""
    losses = [row for row in rows if row.lost]
    wins = rows[len(losses) :]
    st.markdown(
        f"**{lost} {len(losses)}, {won.lower()} {len(wins)}** of {labels.counted(of, 'question')};"
        f" {of - len(rows)} stay as they are"
    )
    if not rows:
        return
    height: int | Literal["content"] = HEIGHT if len(rows) > FITTING else "content"
    with st.container(height=height, border=False, key=f"turned-{key}"):
        for part, name, icon in ((losses, lost, "trending_down"), (wins, won, "trending_up")):
            if part:
                st.caption(f":material/{icon}: {name}")
            for number, row in enumerate(part):
                _row(row, f"{key}-{name.split()[0]}-{number}")


def _row(row: ChangedQuestion, key: str) -> None:
    with st.container(
        horizontal=True,
        vertical_alignment="center",
        wrap=False,
        gap="small",
        key=f"turned-row-{key}",
    ):
        st.caption(f"{row.before:.0%} → **{row.after:.0%}**", width=100)
        st.page_link(
            "pages/compare.py",
            label=labels.escaped(labels.shortened(row.question, 110)),
            query_params={"run": row.link},
            width="stretch",
        )
