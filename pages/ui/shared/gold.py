"""A question's gold where its answers are shown: what of it was found, in words and in marks. That
of a question of the test set is shown only to who asks for it."""

from collections.abc import Sequence

import streamlit as st

from core.answering import Panel
from core.gold import within_papers
from core.lab import Lab
from core.metrics import held, of_other_readings, relevant, sought, within
from core.types import Alternatives, Hit, Question, Retrieval, digest, spans_of
from pages.ui.evaluate import misses
from pages.ui.shared.highlighted_text import Mark, golden

Gold = Alternatives


def known(lab: Lab, text: str) -> Question | None:
    """The question of this text, with its gold, if there is one that may be shown."""
    asked = lab.questions.asking(text)
    if asked:
        return asked
    aside = lab.questions.asking(text, held_out=True)
    if aside and st.toggle(
        "This question is kept for the test set. Show its gold",
        key=f"gold.shown.{digest(text)}",
    ):
        return aside
    return None


def of(lab: Lab, asked: Question | None, panel: Panel) -> Gold:
    """The gold that a panel's search could find, as an evaluation measures it."""
    if asked is None or (panel.run and panel.run.imported):
        return ()
    if panel.run is None or not isinstance(panel.recipe.evidence, Retrieval):
        return lab.questions.as_measured(asked.alternatives)
    return lab.questions.as_measured(within_papers(asked.alternatives, panel.run.paper_ids))


def verdict(lab: Lab, asked: Question | None, panel: Panel, key: str) -> None:
    """Whether the panel's search found the gold; and a card of it, if it did not."""
    evidence = panel.recipe.evidence
    if asked is None or panel.run is None or not isinstance(evidence, Retrieval):
        return
    if panel.run.imported:
        said = "The question has gold, but an imported log does not say where its chunks stand."
        st.caption(f":material/help: {said}")
        return
    if not asked.gold:
        st.caption(":material/help: Kept as a question that the papers do not answer.")
        return
    if of_other_readings(asked.gold, panel.run.paper_ids):
        said = "Its paper was read again since, and the gold moved into the new text; ask again."
        st.caption(f":material/help: {said}")
        return
    found = sought(of(lab, asked, panel), panel.evidence)
    if found is None:
        st.caption(":material/search_off: The gold lies in no paper that was searched.")
        return
    icon = ":material/search_off:" if found.missed else ":material/check:"
    with st.container(gap="xsmall", key=f"verdict-{key}"):
        st.caption(f"{icon} {found.said(len(panel.evidence.candidates), evidence.top_k)}.")
        if found.missed:
            misses.button(lab, [asked], key)


def badge(gold: Gold, hit: Hit) -> str:
    """For a label in Markdown, with a blank before it; empty where the chunk holds none."""
    part = said(gold, hit)
    return f" :yellow-badge[{'gold' if counts(gold, hit) else part}]" if part else ""


def counts(gold: Gold, hit: Hit) -> bool:
    """Whether the chunk counts as found gold."""
    return relevant(hit.passage, spans_of(gold))


def said(gold: Gold, hit: Hit) -> str:
    """holds the gold passage; 63 % of the gold; empty where the chunk holds none"""
    part = held(gold, hit.passage)
    return str(part) if part else ""


def marks(gold: Gold, hit: Hit) -> list[Mark]:
    """What of the text that is read is gold."""
    return golden(within(spans_of(gold), hit.passage))


def moved(gold: Gold, candidates: Sequence[Hit]) -> str:
    """What reranking did to the gold, in a sentence; empty where no candidate counts as gold."""
    found = [hit for hit in candidates if counts(gold, hit)]
    if not found:
        return ""
    best = min(found, key=lambda hit: hit.rank)
    what = "The gold passage" if len(spans_of(gold)) == 1 else "The best of the gold"
    if best.rank_before is None or best.rank_before == best.rank:
        return f"{what} stays at rank {best.rank}."
    verb = "rose" if best.rank < best.rank_before else "fell"
    return f"{what} {verb} from {best.rank_before} to {best.rank}."
