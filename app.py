"""The front door: page list, titles, order. Nothing else."""

import streamlit as st

from pages.ui.shared import frame

teachers, students = frame.visibilities()

PAGES = [
    st.Page("pages/compare.py", title="Compare", default=True, visibility=teachers),
    st.Page("pages/library.py", title="Library", visibility=teachers),
    st.Page("pages/sweep.py", title="Sweep", visibility=teachers),
    st.Page("pages/evaluate.py", title="Evaluate", visibility=teachers),
    st.Page("pages/runs.py", title="Runs", visibility=teachers),
    st.Page("pages/classroom.py", title="Class", url_path="class", visibility=students),
    st.Page("pages/cards.py", title="Cards"),
    st.Page("pages/settings.py", title="Settings", visibility=teachers),
]

frame.enter(PAGES).run()
