"""Cards from papers: a model proposes, the learner accepts, edits or rejects."""

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import streamlit as st

from core import labels
from core.cards import Proposing
from core.errors import TriptychError
from core.lab import Lab
from core.types import Card, PaperFilter, Span
from pages.ui.cards import view
from pages.ui.shared import frame, judging, pickers

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
    with st.container():  # always there: a proposal that is being edited below must not move
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
                f"{labels.counted(len(spans), 'passage')} to read. The model reads one at a time;"
                " what it proposes is checked, and shown here for you to judge. Nothing is added"
                " unseen."
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


@st.fragment(run_every=judging.POLL_SECONDS)
@frame.bounded
def follow() -> None:
    """How far it is; the whole page is drawn again at the end."""
    job = frame.open_lab().proposals.latest
    if job is None or job.over:
        st.rerun()
    assert job
    judging.progress(
        job.sentence or "Reading",
        job.done,
        job.passages,
        labels.counted(job.kept, "card"),
        job.seconds,
        job.stop,
        "cards.make",
    )


def ended(job: Proposing) -> None:
    if job.error:
        frame.show(job.error)
    judging.ended(job.kept, "card", job.done, job.passages, job.seconds, job.refused)


def judge(lab: Lab, waiting: list[Card]) -> None:
    with st.container():
        if judged := st.session_state.pop("cards.judged", ""):
            st.markdown(f":material/check: {judged}")
    if waiting:
        st.subheader(f"{labels.counted(len(waiting), 'proposal')} to judge", anchor=False)
    judging.failed()
    for number, card in enumerate(waiting):
        with st.container(key=f"proposal-{card.id}"):
            one(lab, card, by_key=number == 0)


def one(lab: Lab, card: Card, *, by_key: bool) -> None:
    key = f"cards.proposal.{card.id}"
    editing = st.session_state.get(f"{key}.editing", False)
    if editing:
        st.text_area("Question", card.question, key=f"{key}.question")
        st.text_area("Answer", card.answer, key=f"{key}.answer")
        st.text_input("Deck", card.deck, key=f"{key}.deck")
    else:
        st.markdown(view.text(f"**{card.question.strip()}**"))
        st.markdown(view.text(card.answer))
    with st.container(horizontal=True):
        judging.buttons(key, partial(say, lab, card, key), editing=editing, by_key=by_key)
        view.source(lab, card, f"{key}.source")


def say(lab: Lab, card: Card, key: str, verdict: judging.Verdict) -> None:
    """Judge a proposal, with the words that stand in its fields; the next drawing says so."""
    state = st.session_state
    if verdict == "edit":
        state[f"{key}.editing"] = not state.get(f"{key}.editing", False)
        return
    if verdict == "reject":
        lab.proposals.reject(card.id)
        what, question = "Rejected", card.question
    else:
        question = state.get(f"{key}.question", card.question)
        answer = state.get(f"{key}.answer", card.answer)
        deck = state.get(f"{key}.deck", card.deck)
        kept = replace(card, question=question, answer=answer, deck=deck)
        lab.proposals.accept(card.id, kept)
        what = f"Accepted into **{labels.escaped(deck)}**"
    state["cards.judged"] = f"{what}: {labels.escaped(labels.shortened(question, 90))}"
