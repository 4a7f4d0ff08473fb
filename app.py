"""The front door: page list, titles, order. Nothing else."""

import streamlit as st

from pages.ui import frame

PAGES = [
    st.Page("pages/compare.py", title="Compare", default=True),
    st.Page("pages/library.py", title="Library"),
    st.Page("pages/sweep.py", title="Sweep"),
    st.Page("pages/evaluate.py", title="Evaluate"),
    st.Page("pages/runs.py", title="Runs"),
    st.Page("pages/cards.py", title="Cards"),
    st.Page("pages/settings.py", title="Settings"),
]

frame.enter(PAGES).run()
