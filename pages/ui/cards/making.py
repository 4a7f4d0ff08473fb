"""Cards from papers: a model proposes, the learner accepts, edits or rejects."""

import re
from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from core import labels
from core.cards import Proposing
from core.errors import TriptychError
from core.lab import Lab
from core.types import Card, PaperFilter, Span
from pages.ui.cards import view
from pages.ui.shared import frame, pickers

POLL_SECONDS = 1.0
SPAN = re.compile(r"([\w-]{1,81}):(\d{1,12})-(\d{1,12})")  # as in the address


def draw(lab: Lab, deck: str) -> None:
    if not lab.papers.count(PaperFilter()):
        st.info("There is no paper yet to make cards from. Add one in the Library.")
        st.page_link("pages/library.py", label="Open the Library", icon=":material/menu_book:")
        return
    named = wanted(lab)
    with st.container(horizontal=True, vertical_alignment="bottom", key="making-line"):
        if named is None:
            paper_id = pickers.paper(lab, "Paper", "cards.make.paper", keep=True)
            if paper_id is None:
                return
            spans, papers = lab.proposals.of_paper(paper_id), [paper_id]
        else:
            spans, papers = named, list(dict.fromkeys(span.paper_id for span in named))
            _passages(spans, [row.id for row in lab.papers.rows(papers)])
        available = [
            model.name
            for model in lab.models.all()
            if model.family == "generator" and model.available
        ]
        generator = st.selectbox("Model", available, key="cards.make.model", width=260)
        job = lab.proposals.latest
        reading = job is not None and not job.over
        begun = st.button(
            "Propose cards",
            type="primary",
            key="cards.make.go",
            disabled=not available or reading,
        )
    if begun:
        try:
            lab.proposals.start(spans, generator, deck)
        except TriptychError as error:
            frame.show(error)
        else:
            st.rerun()
    if reading:
        follow()
    elif job and set(papers) & set(job.papers):
        ended(job)
    else:
        st.caption(
            f"{labels.counted(len(spans), 'passage')} to read. The model reads one at a time; what"
            " it proposes is checked, and shown here for you to judge. Nothing is added unseen."
        )
    judge(lab, [card for each in papers for card in lab.proposals.waiting(each)])


def wanted(lab: Lab) -> list[Span] | None:
    """The passages of the address (`?span=`, `?run=`); None if it names none."""
    if place := SPAN.fullmatch(st.query_params.get("span", "")):
        return [Span(paper_id=place[1], start=int(place[2]), end=int(place[3]))]
    if run_id := st.query_params.get("run"):
        runs = lab.comparisons.comparison(run_id).runs
        return list(dict.fromkeys(span for run in runs for span in lab.proposals.of_run(run)))
    return None


def _passages(spans: Sequence[Span], papers: Sequence[str]) -> None:
    """Which passages are meant, in place of a paper, and the way to the whole of theirs."""
    one = "run" not in st.query_params
    counted = labels.counted(len(spans), "passage")
    st.markdown("From **one passage**" if one else f"From the **{counted}** of one comparison")
    if st.button("A whole paper instead", type="tertiary", key="cards.make.whole"):
        for name in ("span", "run"):
            st.query_params.pop(name, None)
        if papers:
            st.session_state["cards.make.paper"] = papers[0]
        st.rerun()


@st.fragment(run_every=POLL_SECONDS)
@frame.bounded
def follow() -> None:
    """How far it is; the whole page is drawn again at the end."""
    job = frame.open_lab().proposals.latest
    if job is None or job.over:
        st.rerun()
    assert job
    with st.container(horizontal=True, vertical_alignment="center", key="making-progress"):
        if st.button("Stop", key="cards.make.stop", icon=":material/stop:"):
            job.stop()
        said = labels.escaped(job.sentence) if job.sentence else "Reading"
        st.caption(
            f"{said}: passage {min(job.done + 1, job.passages)} of {job.passages} ·"
            f" {labels.counted(job.kept, 'card')} proposed · {job.seconds:.0f} s",
            width="content",
        )
        st.progress(job.done / job.passages, width=240)


def ended(job: Proposing) -> None:
    if job.error:
        frame.show(job.error)
    kept = f"{labels.counted(job.kept, 'card')} proposed" if job.kept else "No card proposed"
    how = "Stopped: " if job.stopping.is_set() and job.done < job.passages else ""
    st.markdown(
        f"**{kept}** · {how}{labels.counted(job.done, 'passage')} of {job.passages:,} read in"
        f" {job.seconds:.0f} s"
    )
    if job.refused:
        refused = "; ".join(f"{count} × {why}" for why, count in job.refused.most_common())
        st.caption(f"Not let through: {labels.escaped(refused)}.")
    if job.done and not job.kept:
        st.caption("A larger model writes more that can be let through; Settings lists them.")


def judge(lab: Lab, waiting: list[Card]) -> None:
    if judged := st.session_state.pop("cards.judged", ""):
        st.markdown(f":material/check: {judged}")
    if waiting:
        st.subheader(f"{labels.counted(len(waiting), 'proposal')} to judge", anchor=False)
    for card in waiting:
        with st.container(key=f"proposal-{card.id}"):
            one(lab, card)


def one(lab: Lab, card: Card) -> None:
    key = f"cards.proposal.{card.id}"
    question, answer, deck = card.question, card.answer, card.deck
    editing = st.session_state.get(f"{key}.editing", False)
    if editing:
        question = st.text_area("Question", question, key=f"{key}.question")
        answer = st.text_area("Answer", answer, key=f"{key}.answer")
        deck = st.text_input("Deck", deck, key=f"{key}.deck")
    else:
        st.markdown(view.text(f"**{question.strip()}**"))
        st.markdown(view.text(answer))
    with st.container(horizontal=True):
        if st.button("Accept", key=f"{key}.accept", icon=":material/check:"):
            lab.proposals.accept(
                card.id, replace(card, question=question, answer=answer, deck=deck)
            )
            _judged(f"Accepted into **{labels.escaped(deck)}**", question)
        change = ("Leave as it was", ":material/undo:") if editing else ("Edit", ":material/edit:")
        if st.button(change[0], key=f"{key}.edit", icon=change[1], type="tertiary"):
            st.session_state[f"{key}.editing"] = not editing
            st.rerun()
        if st.button("Reject", key=f"{key}.reject", icon=":material/close:", type="tertiary"):
            lab.proposals.reject(card.id)
            _judged("Rejected", card.question)
        view.source(lab, card, f"{key}.source")


def _judged(what: str, question: str) -> None:
    """It is gone from the list; the next drawing says where to."""
    st.session_state["cards.judged"] = f"{what}: {labels.escaped(labels.shortened(question, 90))}"
    st.rerun()
