"""Helped or hurt: what context does to answers, as recorded with the samples, or asked here."""

import streamlit as st

from core import labels
from core.errors import TriptychError
from core.evaluation import ArmOutcome, HelpedOrHurt
from core.gold import REFUSED
from core.lab import Lab
from core.metrics import reference
from pages.ui.evaluate import changed_questions, form, result
from pages.ui.runs import charts
from pages.ui.shared import frame, planning
from pages.ui.sweep import watch
from pages.ui.sweep.form import duration


def draw(lab: Lab) -> None:
    wanted = st.query_params.get("sweep")
    if wanted:
        asked(lab, wanted)
        return
    st.markdown(
        "The same questions without context, with what a search finds, and with the gold passage"
        " itself. **Where does context help, and where does it hurt?**"
    )
    ask(lab)
    recorded = lab.contexts.recorded()
    if recorded:
        st.subheader("As recorded with the sample papers", anchor=False)
        outcome(recorded, "recorded")
    form.listed("Asked here", lab.contexts.all(), "sweep")


def ask(lab: Lab) -> None:
    """The questions with gold, asked of a model that is here; the time is said before."""
    papers = lab.papers.resolve(())
    if not any(kept.question.gold for kept in lab.questions.all()):
        form.empty(lab)
        return
    names = [model.name for model in lab.models.all() if model.family == "generator"]
    with st.container(horizontal=True, vertical_alignment="bottom", key="evaluate-ask"):
        generator = st.selectbox("Answered by", names, key="evaluate.generator", width=320)
        try:
            planned = planning.planned(
                "evaluate.contexts.plan",
                (generator, papers),
                lambda: lab.contexts.plan(generator or "", papers),
            )
        except TriptychError as error:
            frame.show(error)
            return
        if planned is None:
            return
        label = f"Ask these {labels.counted(len(planned.questions), 'question')} four ways"
        if st.button(label, type="primary", key="evaluate.ask"):
            st.query_params["sweep"] = lab.sweeps.start(planned)
            st.rerun()
        if count := lab.contexts.left_out(papers):
            st.caption(f"{labels.counted(count, 'question')} left out: {REFUSED}")
        guess = ", a guess: nothing was measured here yet" if planned.guessed else ""
        known = f"; {planned.known:,} of them are known" if planned.known else ""
        st.caption(
            f"{labels.counted(planned.cells, 'answer')}{known} · about"
            f" {duration(planned.seconds)}{guess}"
        )


def asked(lab: Lab, sweep_id: str) -> None:
    """One that was asked here: its progress, or what came out."""
    row = lab.sweeps.row(sweep_id)
    with st.container(horizontal=True, vertical_alignment="center", key="evaluate-head"):
        result.head(row, "All of them", "sweep")
    if watch.at_work(lab, row):
        result.following(sweep_id)
        return
    if row.done < row.cells:
        watch.state(lab, row)
    found = lab.contexts.result(sweep_id)
    if found:
        outcome(found, sweep_id)
    elif row.done < row.cells:
        st.caption("No question is answered in all four ways yet; go on to see what comes out.")
    else:
        st.info("No question with gold is answered in all four ways (any more).")


def outcome(found: HelpedOrHurt, key: str) -> None:
    with st.container(key=f"evaluate-verdict-{key}"):
        st.markdown(labels.escaped(found.verdict))
    st.caption(_said(found))
    st.dataframe(
        [_row(arm, found) for arm in found.arms],
        hide_index=True,
        placeholder="",
        key=f"evaluate.arms.{key}",
        column_config={
            "nearness": st.column_config.NumberColumn(
                format="%.1f", help="F1 of the words shared with the reference, %, mean"
            ),
            "difference from no context": st.column_config.NumberColumn(
                format="%+.1f", help="points"
            ),
            "p (Holm)": st.column_config.NumberColumn(
                format="%.3f", help="sign flips, corrected for the number of contexts"
            ),
            "more questions needed": st.column_config.NumberColumn(
                help="about how many more questions like these"
            ),
        },
    )
    with st.container(key=f"evaluate-flips-{key}"):
        numbers = list(range(len(found.arms) - 1, 0, -1))
        number = st.selectbox(
            "Which context?",
            numbers,
            format_func=lambda each: f"{found.arms[each].label}, against no context",
            key=f"evaluate.arm.{key}",
            width=420,
        )
        st.caption(
            "Nearness to the reference without context → with it; each leads to the answers."
        )
        changed_questions.draw(
            found.turned(number), len(found.questions), f"arm-{key}", lost="Hurt", won="Helped"
        )
    theme = frame.theme()
    with st.container(key=f"evaluate-questions-{key}"):
        square = charts.draw_chart(found.chart(theme), f"evaluate.arms.{key}", select=True)
    if square:
        link = found.links[int(square[-2])]
        st.switch_page("pages/compare.py", query_params={"run": link})


def _said(found: HelpedOrHurt) -> str:
    parts = [
        f"{labels.counted(len(found.questions), 'question')} answered by"
        f" {labels.escaped(found.generator)} on {found.at[:10]}"
    ]
    by_gold = len(found.questions) - found.references
    if by_gold:
        parts.append(f"{by_gold:,} have no reference and are held against their gold text")
    if found.left_out:
        parts.append(
            f"{found.left_out:,} left out: not answered in every way, without gold, or written by a"
            " model"
        )
    if found.recorded:
        parts.append("recorded runs are given no gold passage; asking here adds that")
    parts.append(
        "words shared with the reference say little of meaning: a change of more than"
        f" {100 * reference.ALIKE:.0f} points is worth reading, and proves nothing"
    )
    return " · ".join(parts)


def _row(arm: ArmOutcome, found: HelpedOrHurt) -> dict[str, object]:
    change = arm.difference
    return {
        "context": arm.label,
        "helped": change.wins if change else None,
        "hurt": change.losses if change else None,
        "same": change.ties if change else None,
        "nearness": 100 * arm.nearness.mean,
        "95 % CI": result.interval(arm.nearness),
        "difference from no context": 100 * change.interval.mean if change else None,
        "95 % CI of the difference": result.interval(change.interval, sign=True)
        if change
        else None,
        "p (Holm)": change.p_holm if change else None,
        "more questions needed": change.more or None if change else None,
        "questions": len(found.questions),
    }
