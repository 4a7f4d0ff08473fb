"""The form of a new evaluation, what it will cost, and the ones before it."""

from collections.abc import Sequence

import streamlit as st

from core import labels
from core.errors import TriptychError
from core.lab import Lab
from core.metrics import MARGIN
from core.sweeps import Preset, SweepPlan, SweepRow
from pages.ui.shared import frame, pickers, planning
from pages.ui.sweep import form, watch

GRID = form.GridForm(page="evaluate", usual="retrieval-only", answers=False)


def draw(lab: Lab) -> None:
    st.markdown(
        "Many test questions with gold passages, and every setting asked all of them. **Which one"
        " finds most, and is a cheaper one shown to be no worse?**"
    )
    with_gold = [kept for kept in lab.questions.all() if kept.question.gold]
    if with_gold:
        _form(lab)
    else:
        empty(lab)
    listed("Evaluations", lab.evaluations.all(), "evaluation")


def empty(lab: Lab) -> None:
    """No question has gold: what that is, and the two ways to some."""
    samples = labels.counted(len(lab.sweeps.sample_questions()), "question")
    st.info(
        "No question has a gold passage yet. Mark the passage that answers a question in the"
        f" Library, or take the {samples} of the sample papers."
    )
    here = lab.papers.samples_here()
    label = "Add the sample questions" if here else "Add the sample papers and their questions"
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button(label, type="primary", key="evaluate.samples"):
            with st.spinner("Reading the sample papers …"):
                made = list(lab.questions.add_samples())
            st.session_state["evaluate.added"] = [each for each in made if each.status == "failed"]
            st.rerun()
        st.page_link("pages/library.py", label="Mark passages in the Library")
    for failed in st.session_state.pop("evaluate.added", []):
        st.caption(f":red[:material/error:] Line {failed.line}: {labels.escaped(failed.reason)}")


def _form(lab: Lab) -> None:
    """What to compare, and below the questions, beside them what it costs and the start."""
    GRID.choose(lab)
    values = st.container()
    asked, price = st.columns([3, 2], gap="large")
    planned: SweepPlan | None = None
    made: Preset | None = None
    told = price.container()  # as many lines as there are, the menu below stays where it is
    try:
        with values:
            made = GRID.preset(lab)
        with asked:
            chosen = sources(lab)
            gold = lab.questions.papers_with_gold(chosen)
            paper_ids = pickers.papers(lab, "evaluate.papers", gold)
        with told:
            said = made
            planned = planning.planned(
                "evaluate.plan",
                (said, paper_ids, chosen),
                lambda: lab.evaluations.plan(said, paper_ids, sources=chosen),
            )
    except TriptychError as error:
        with told:
            frame.show(error)
    with price, st.container(key="evaluate-start"):
        with st.container():
            if planned:
                form.cost(planned)
                label = f"Evaluate {labels.counted(len(planned.settings), 'setting')}"
                if st.button(label, type="primary", key="evaluate.start"):
                    open_evaluation(lab.sweeps.start(planned))
        if made:
            GRID.saving(lab, made)
    if planned is None:
        return
    with asked:
        base([setting.label for setting in planned.settings])
        without = lab.evaluations.without_gold(paper_ids, sources=chosen)
        if without:
            st.caption(
                f":material/info: {labels.counted(without, 'question')} without gold in these"
                " papers will not be asked."
            )


def sources(lab: Lab) -> tuple[str, ...]:
    """Which test questions are asked: all, or those of any of some sources, decks and tags."""
    count = sum(bool(kept.question.gold) for kept in lab.questions.all())
    here, key = lab.questions.sources(), "evaluate.sources"
    st.session_state[key] = [each for each in st.session_state.get(key, []) if each in here]
    return tuple(
        st.multiselect(
            "Test questions",
            list(here),
            format_func=lambda source: f"{source} ({here[source]:,})",
            placeholder=f"All {labels.counted(count, 'question')} with gold passages",
            help="Those marked here, of a file, of a deck of cards or with one of its tags, or by a"
            " model. Of several choices a question need fit one.",
            key=key,
            persist_state=form.KEEP,
        )
    )


def base(names: Sequence[str]) -> str:
    """The setting that the others are compared with."""
    if st.session_state.get("evaluate.base") not in names:
        st.session_state["evaluate.base"] = names[0]
    st.selectbox("Baseline", names, key="evaluate.base", persist_state=form.KEEP, width=320)
    chosen: str = st.session_state["evaluate.base"]
    return chosen


def margin() -> float:
    """How far a cheaper setting may lie behind the leader, as a share."""
    points: int = st.number_input(
        "Margin, points",
        0,
        50,
        value=round(100 * MARGIN),
        key="evaluate.margin",
        persist_state=form.KEEP,
        width=130,
        help="A cheaper setting is recommended if its recall is shown to lie no more than this"
        " behind the leader's.",
    )
    return points / 100


def open_evaluation(sweep_id: str) -> None:
    st.query_params.from_dict({"evaluation": sweep_id})
    st.rerun()


def listed(heading: str, rows: Sequence[SweepRow], parameter: str) -> None:
    """The ones before; `parameter` is what the address calls them."""
    st.subheader(heading, anchor=False)
    if not rows:
        st.caption("None yet.")
    for row in rows:
        with st.container(horizontal=True, vertical_alignment="center", key=f"sweep-row-{row.id}"):
            if st.button(labels.escaped(row.name), type="tertiary", key=f"evaluate.open.{row.id}"):
                st.query_params[parameter] = row.id
                st.rerun()
            st.caption(
                f"{labels.counted(row.questions, 'question')} ×"
                f" {labels.counted(row.settings, 'setting')} · {watch.summary(row)}"
                f" · {labels.moment(row.at)}"
            )
