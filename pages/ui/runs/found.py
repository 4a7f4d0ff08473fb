"""What people found: marks of answers by setting, which answers they prefer, and which measures
agree with them."""

import streamlit as st

from core import labels
from core.lab import Lab
from core.types import View


def draw(lab: Lab, view: View) -> None:
    """The marks of the runs that fit the view; all preferences, whatever it says."""
    _marks(lab, view)
    _preferences(lab)


def _marks(lab: Lab, view: View) -> None:
    graded = lab.grades.by_setting(lab.runs.select(view).runs)
    if not graded:
        st.caption("None of these answers has a mark yet; give some under Grade.")
        return
    st.subheader("Marks by setting", anchor=False)
    st.dataframe(
        [
            {
                "setting": each.setting,
                "mean mark": 1 + 4 * each.mean.mean,
                "95 % interval": f"{1 + 4 * each.mean.low:.1f} to {1 + 4 * each.mean.high:.1f}",
                "answers": each.mean.n,
            }
            for each in graded
        ],
        hide_index=True,
        key="runs.found.marks",
        column_config={
            "mean mark": st.column_config.NumberColumn(
                format="%.1f", help="1: wrong, 5: right and complete; by people"
            )
        },
    )
    _agreement(lab)


def _agreement(lab: Lab) -> None:
    """Whether the marks depend on who gave them."""
    found = lab.grades.agreement()
    if isinstance(found, str):
        st.caption(found)
        return
    st.caption(
        f"Graders agree by Krippendorff's alpha {found.alpha:.2f} (95 % CI {found.low:.2f} to"
        f" {found.high:.2f}; 1: always, 0: as by chance), over"
        f" {labels.counted(found.units, 'answer')} that several marked."
    )


def _preferences(lab: Lab) -> None:
    judged = lab.grades.preferences()
    if judged is None:
        return
    st.subheader("Which settings are preferred", anchor=False)
    st.caption(
        f"{labels.counted(judged.votes, 'vote')} on which answer is better, in"
        f" {labels.counted(judged.rounds, 'round')}: pairs that were graded, and what classes voted"
        " right."
    )
    if judged.missing_votes or judged.missing_rounds:
        missing = [
            labels.counted(number, noun)
            for number, noun in (
                (judged.missing_votes, "vote"),
                (judged.missing_rounds, "round"),
            )
            if number
        ]
        st.info(f"Too few to conclude anything: {' and '.join(missing)} more are needed.")
        return
    st.dataframe(
        [
            {
                "setting": each.setting,
                "chosen before an average one": each.chance,
                "votes": each.votes,
                "of": each.shown,
            }
            for each in judged.strengths
        ],
        hide_index=True,
        key="runs.found.strengths",
        column_config={
            "chosen before an average one": st.column_config.ProgressColumn(
                min_value=0, max_value=1, format="percent", help="by Bradley and Terry's model"
            )
        },
    )
    st.subheader("Which measures agree", anchor=False)
    st.caption(
        "How often a measure puts the answer that was voted for above another one shown beside it;"
        " ties count half. Half is what chance gives. Votes of one round are not independent."
    )
    st.dataframe(
        [
            {"measure": each.measure, "agrees": each.share, "pairs": each.pairs}
            for each in judged.agreement
        ],
        hide_index=True,
        key="runs.found.agreement",
        column_config={
            "agrees": st.column_config.ProgressColumn(min_value=0, max_value=1, format="percent")
        },
    )
