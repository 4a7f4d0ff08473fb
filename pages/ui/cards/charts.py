"""What a learner's reviews look like, drawn."""

from datetime import UTC, datetime

import streamlit as st

from core import labels
from core.cards import Learner, Scope
from core.charts import Chart, cards
from core.lab import Lab
from pages.ui.shared import frame


def draw(lab: Lab, learner: Learner, deck: str) -> None:
    at, scope = datetime.now(UTC), Scope(deck=deck)
    theme = frame.theme()
    today = lab.study.today(learner, at)
    studied = lab.study.memories(learner, scope)
    show(cards.calendar(lab.study.days(learner), today, theme))
    left, right = st.columns(2, gap="large")
    with left:
        show(cards.forecast(lab.study.forecast(learner, scope, at), today, theme))
        show(cards.retention(lab.study.recalls(learner), learner.retention, theme))
    with right:
        pairs = [(each.card, each.memory) for each in studied if each.memory]
        show(cards.hardest(pairs, theme))
    if deck:
        st.caption("Forecast and hardest cards are of this deck, the others of all cards.")


def show(chart: Chart) -> None:
    """A figure with its data; or why there is none."""
    with st.container(key=f"chart-{chart.name.replace(' ', '-')}"):
        if chart.figure is None:
            st.markdown(f"**{labels.escaped(chart.title)}**")
            st.caption(labels.escaped(chart.missing))
            return
        st.plotly_chart(chart.figure, theme=None, key=f"cards.chart.{chart.name}")
        with st.expander("Data"):
            st.dataframe(chart.rows, hide_index=True, key=f"cards.data.{chart.name}")
