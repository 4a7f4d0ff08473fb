"""Class: a student's phone, and the wall that everybody sees."""

import streamlit as st

from core.lab import Lab
from pages.ui.classroom import phone, wall
from pages.ui.shared import frame


def main(lab: Lab) -> None:
    code = st.query_params.get("code", "")
    if st.query_params.get("view") == "wall":
        wall.draw(st.query_params.get("class", ""))
    elif code:
        phone.draw(lab, code)
    elif before := frame.student():
        st.query_params.update(before)  # back from the cards
        st.rerun()
    elif lab.classes.now() and not frame.is_teacher(lab):
        phone.ask_code()
    else:
        with st.container(key="class-none"):
            st.subheader("Class", anchor=False)
            st.write("A class is started on the Compare page, and led from there.")
            if st.button("Go to Compare", type="primary", key="class.compare"):
                st.switch_page("pages/compare.py", query_params={"class": "1"})
            phone.ask_code()


with frame.page("Class", students=True) as lab:
    main(lab)
