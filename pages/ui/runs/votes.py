"""What classes found right, and which measures agree with them."""

import streamlit as st

from core import labels
from core.lab import Lab


def draw(lab: Lab) -> None:
    """All votes on "Which one is right?", whatever the filters above say."""
    judged = lab.classes.judged()
    if judged is None:
        return
    st.markdown(
        f"**{labels.counted(judged.votes, 'vote')}** on which answer is right, in"
        f" {labels.counted(judged.rounds, 'round')} of all classes."
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
    st.subheader("Which settings are chosen", anchor=False)
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
        key="runs.votes.strengths",
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
        key="runs.votes.agreement",
        column_config={
            "agrees": st.column_config.ProgressColumn(min_value=0, max_value=1, format="percent")
        },
    )
