"""Test questions that a model proposes from papers: begun, followed, and judged one by one. All are
marked as generated for ever."""

from collections import Counter
from functools import partial

import streamlit as st

from core import labels
from core.errors import TriptychError
from core.evaluation import ProposedQuestion, ProposingQuestions
from core.gold import Change
from core.lab import Lab
from core.types import PaperFilter
from pages.ui.library import listing
from pages.ui.shared import frame, jobs, judging
from pages.ui.shared.highlighted_text import golden, passage

KEY = "library.proposing"
SEEN, SAID = f"{KEY}.seen", f"{KEY}.said"
PASSAGES, MOST = 20, 500
Judged = tuple[str, ProposedQuestion, Change | None]  # what was done, to which, and the way back


def begin(lab: Lab) -> None:
    """The menu that asks of which papers, how many and by which model."""
    available = [
        model.name for model in lab.models.all() if model.family == "generator" and model.available
    ]
    latest = lab.proposed_questions.latest
    everything = lab.papers.ids(PaperFilter())
    if not everything or not available or (latest and not latest.over):
        return
    with st.popover(
        "Propose", icon=":material/auto_awesome:", type="tertiary", key=f"{KEY}.{jobs.turn()}"
    ):
        selected = st.session_state.get(listing.SELECTED, frozenset())
        paper_ids = [each for each in everything if each in selected] or everything
        some = labels.counted(len(paper_ids), "paper")
        if selected:
            st.markdown(f"From the **{some}** selected in the list")
        else:
            st.markdown(f"From **all {some}**; select some in the list for these alone")
        count = st.number_input("Passages to read", 1, MOST, PASSAGES, key=f"{KEY}.count")
        usual = lab.models.default("generator")
        model = st.selectbox(
            "Model",
            available,
            index=available.index(usual) if usual in available else 0,
            key=f"{KEY}.model",
        )
        st.caption(
            "The passages lie at equal distances over these papers. A question is let through if"
            " its answer stands in the passage, if it is no copy of the text and much like no other"
            " question, and if the same model cannot answer it without the text. You judge each;"
            " none is added unseen."
        )
        if st.button("Propose questions", type="primary", key=f"{KEY}.go"):
            lab.proposed_questions.start(paper_ids, count, model)
            jobs.next_turn()
            st.rerun()


def draw(lab: Lab) -> None:
    """How far it is, or what came of it and what waits to be judged."""
    task = lab.proposed_questions.latest
    if task is None:
        return
    if not task.over:
        _follow()
        return
    waiting = len(lab.proposed_questions.waiting())
    if not waiting and st.session_state.get(SEEN) == task.started:
        return
    with st.container(key="questions-proposed", gap="small"):
        if task.error:
            frame.show(task.error)
        refused = Counter(each.why for each in task.refused)
        judging.ended(task.kept, "question", task.done, task.passages, task.seconds, refused)
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            if waiting and st.button(
                f"Judge {labels.counted(waiting, 'question')}", type="primary", key=f"{KEY}.judge"
            ):
                st.session_state.pop(SAID, None)
                _judge()
            if task.refused and st.button(
                f"Look at the {len(task.refused):,} not let through",
                type="tertiary",
                key=f"{KEY}.refused",
            ):
                _refused(task)
            if not waiting and st.button("Dismiss", type="tertiary", key=f"{KEY}.dismiss"):
                st.session_state[SEEN] = task.started
                st.rerun()
        if waiting:
            st.caption("Those that nobody has judged are gone when Triptych ends.")


@st.fragment(run_every=judging.POLL_SECONDS)
@frame.bounded
def _follow() -> None:
    """The whole page is drawn again at the end."""
    task = frame.open_lab().proposed_questions.latest
    if task is None or task.over:
        st.rerun()
    assert task
    judging.progress(
        "Stopping" if task.stopping.is_set() else "Reading",
        task.done,
        task.passages,
        labels.counted(task.kept, "question"),
        task.seconds,
        task.stop,
        KEY,
    )


@st.dialog("Questions proposed from papers", width="large", on_dismiss="rerun")
@frame.bounded
def _judge() -> None:
    """One at a time, by key; the page behind is drawn again when this is closed."""
    lab = frame.open_lab()
    judging.failed()
    _said(lab)
    waiting = lab.proposed_questions.waiting()
    if not waiting:
        st.info("All are judged.")
        return
    now, key = waiting[0], f"{KEY}.{waiting[0].passage}.{waiting[0].asked}"
    assert now.question
    paper = lab.papers.get(now.passage.paper_id)
    page = f" · p. {paper.pages_of(now.passage.start, now.passage.end)[0]}"
    st.caption(
        f"**{len(waiting):,}** to judge · {labels.escaped(labels.shortened(paper.title, 80))}"
        f"{page if paper.pages > 1 else ''} · {labels.escaped(now.question.origin)}"
    )
    editing = st.session_state.get(f"{key}.editing", False)
    if editing:
        st.text_area("Question", now.asked, key=f"{key}.question")
        st.text_area("Answer", now.answer, key=f"{key}.answer")
    else:
        st.subheader(labels.escaped(now.asked), anchor=False)
        st.markdown(labels.escaped(now.answer))
    with st.container(horizontal=True, key="questions-proposed-buttons"):
        judging.buttons(key, partial(_say, lab, now, key), editing=editing, by_key=True)
    text = paper.text[now.passage.start : now.passage.end]
    places = [
        (gold.start - now.passage.start, gold.end - now.passage.start) for gold in now.question.gold
    ]
    passage(f"{key}.text", text, golden(places))


def _say(lab: Lab, now: ProposedQuestion, key: str, verdict: judging.Verdict) -> None:
    state = st.session_state
    if verdict == "edit":
        state[f"{key}.editing"] = not state.get(f"{key}.editing", False)
        return
    judged: Judged = ("Rejected", now, None)
    if verdict == "reject":
        lab.proposed_questions.reject(now)
    else:
        asked = state.get(f"{key}.question", now.asked)
        answer = state.get(f"{key}.answer", now.answer)
        judged = ("Accepted", now, lab.proposed_questions.accept(now, asked, answer))
    state[SAID] = [*state.get(SAID, []), judged]


def _said(lab: Lab) -> None:
    """What was judged last, and the way back, step by step."""
    judged: list[Judged] = st.session_state.get(SAID, [])
    with st.container(horizontal=True, vertical_alignment="center", key="questions-proposed-said"):
        if not judged:
            st.caption("The passage that answers is marked in its text.", width="content")
            return
        what, proposed, change = judged[-1]
        asked = change.after.question.text if change and change.after else proposed.asked
        short = labels.escaped(labels.shortened(asked, 70))
        st.markdown(f":material/check: {what}: {short}", width="content")
        st.button(
            "Undo",
            type="tertiary",
            shortcut="Z",
            key=f"{KEY}.undo",
            on_click=_take_back,
            args=(lab, judged[-1]),
        )


def _take_back(lab: Lab, judged: Judged) -> None:
    _, proposed, change = judged
    st.session_state[SAID] = [each for each in st.session_state[SAID] if each is not judged]
    try:
        lab.proposed_questions.take_back(proposed, change)
    except TriptychError as error:
        st.session_state[judging.FAILED] = error


@st.dialog("Not let through", width="large")
@frame.bounded
def _refused(task: ProposingQuestions) -> None:
    """What the filters refused, each with its reason."""
    lab = frame.open_lab()
    rows = lab.papers.rows({each.passage.paper_id for each in task.refused})
    titles = {row.id: row.title for row in rows}
    st.dataframe(
        [
            {
                "why": each.why,
                "question": each.asked,
                "answer": each.answer,
                "in": titles.get(each.passage.paper_id, "a paper that is not here"),
            }
            for each in sorted(task.refused, key=lambda each: each.why)
        ],
        hide_index=True,
        key=f"{KEY}.table",
    )
