"""The panels side by side: answer, how it ended, and the chunks it was given."""

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from core import labels
from core.answering import Panel
from core.lab import Lab
from core.types import Arm, Comparison, Hit, Question, Recipe, Retrieval, Run, Whole
from pages.ui.compare import asking, chunk
from pages.ui.compare.messages import messages_dialog
from pages.ui.shared import gold
from pages.ui.shared.highlighted_text import Mark, answer, citations, differing, unsupported

COLOURS: dict[Arm, str] = {
    "no_context": "gray",
    "retrieved": "blue",
    "reranked": "orange",
    "whole": "violet",
    "given": "yellow",
}
USUAL = 3  # panels; further ones can be taken away again
SHOWN = 6  # papers that were read whole


def of(comparison: Comparison) -> tuple[Panel, ...]:
    """A kept comparison as panels."""
    return tuple(
        Panel(
            recipe=run.recipe,
            evidence=run.evidence,
            text=run.answer.text if run.answer else "",
            run=run,
        )
        for run in comparison.runs
    )


def draw(
    lab: Lab,
    question: str,
    panels: Sequence[Panel],
    comparison_id: str,
    asked: Question | None,
    *,
    over: bool = True,
) -> None:
    """Panels of equal width; `over` is False while they may still change. `asked` is the question
    with its gold, if that is known and may be shown."""
    settings = labels.apart([panel.recipe for panel in panels])
    with st.container():  # always there: the panels keep their place
        written = (panel.evidence.rewritten for panel in panels)
        for said in dict.fromkeys(labels.searched_for(each) for each in written if each):
            st.caption(f":material/manage_search: {labels.escaped(said)}")
    with st.container(key="panels"):
        for index, (column, panel) in enumerate(
            zip(st.columns(len(panels), gap="medium", wrap=False), panels, strict=True)
        ):
            key = f"{comparison_id}-{panel.recipe.arm}-{index}"
            with column, st.container(key=f"panel-{panel.recipe.arm}-{index}", gap="small"):
                _title(lab, question, panels, index, settings[index], over=over)
                spans = gold.of(lab, asked, panel)
                with st.container(key=f"said-{key}", gap="small"):  # grows; the chunks stay put
                    _answer(lab, panel, other(panels, panel), spans, key, over=over)
                    gold.verdict(lab, asked, panel, key)
                _chunks(lab, panel, question, spans, key)


def _title(
    lab: Lab,
    question: str,
    panels: Sequence[Panel],
    index: int,
    settings: Sequence[str],
    *,
    over: bool,
) -> None:
    panel = panels[index]
    arm = panel.recipe.arm
    with st.container(horizontal=True, vertical_alignment="center", wrap=False):
        name = labels.escaped(labels.panel_name(panel.recipe, panel.evidence.candidates))
        st.subheader(f":{COLOURS[arm]}[{name}]", anchor=False)
        if over and len(panels) > USUAL:
            st.space("stretch")
            if st.button(
                "", icon=":material/close:", type="tertiary", key=f"compare.close.{index}"
            ):
                left = [each.recipe for each in panels if each is not panel]
                asking.start(lab, question, left, searched(panels))
    if settings:
        st.caption(labels.escaped(" · ".join(settings)))


def searched(panels: Sequence[Panel]) -> tuple[str, ...]:
    """The papers that the panels' retrievals drew on."""
    return next((panel.run.paper_ids for panel in panels if panel.run and panel.run.paper_ids), ())


def other(panels: Sequence[Panel], panel: Panel) -> Panel | None:
    """The panel that differs from this one by the chunks switched off, and by nothing else."""
    off = [each for each in panels if each is not panel and all_on(each) == all_on(panel)]
    return off[0] if off else None


def all_on(panel: Panel) -> Recipe:
    if not isinstance(panel.recipe.evidence, Retrieval):
        return panel.recipe
    return replace(panel.recipe, evidence=replace(panel.recipe.evidence, switched_off=()))


def _answer(
    lab: Lab, panel: Panel, beside: Panel | None, spans: gold.Gold, key: str, *, over: bool
) -> None:
    streaming = not over and panel.run is None
    if panel.text:
        _text(lab, panel, beside, spans, key, streaming=streaming)
    else:
        said = "waiting for the first word" if streaming else "no answer was kept"
        if panel.recipe.generation is None:
            said = "only searched: no answer was asked for"
        answer(f"answer-{key}", said, streaming=streaming, waiting=True)
    if panel.run and panel.run.answer:
        _outcome(panel, key)
    for note in panel.run.notes if panel.run else ():
        st.caption(f":material/info: {labels.escaped(note)}")


def _text(
    lab: Lab, panel: Panel, beside: Panel | None, spans: gold.Gold, key: str, *, streaming: bool
) -> None:
    """The answer with its marks, and a word on each kind of mark."""
    marks: list[Mark] = []
    said = []
    hits = panel.evidence.hits
    if panel.run and hits:
        alone, sentence = unsupported(panel.text, hits)
        marks += citations(panel.text, hits) + alone
        said += [f":material/help: {sentence}"] if sentence else []
    if panel.run and beside and beside.run:
        marks += differing(panel.text, beside.text)
        said += [":material/format_underlined: Underlined: words the other answer does not have."]
    cited = answer(f"answer-{key}", panel.text, marks, streaming=streaming)
    if cited:
        chunk.page_dialog(lab, next(hit for hit in hits if hit.rank == cited), spans)
    for caption in said:
        st.caption(caption)


def _outcome(panel: Panel, key: str) -> None:
    assert panel.run and panel.run.answer
    reply = panel.run.answer
    ended = labels.outcome(reply)
    if reply.finish_reason == "length":
        ended = f":material/content_cut: **{ended}**"
    elif reply.finish_reason == "error":
        ended = f":red[:material/error: **{ended}**]"
    measured = labels.measured(reply)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"end-{key}"):
        st.caption(f"{ended} · {measured}" if measured else ended, width="content")
        if st.button("Show prompt", type="tertiary", key=f"sent-{key}"):
            messages_dialog(panel.run)
        if reply.thinking:
            with st.popover("What it thought", type="tertiary", key=f"thought-{key}"):
                st.text(reply.thinking)


def _chunks(lab: Lab, panel: Panel, question: str, spans: gold.Gold, key: str) -> None:
    """The chunks of the answer, those switched off among them."""
    evidence = panel.recipe.evidence
    if evidence is None:
        st.caption("It read no paper: what it says comes from its training.")
        return
    if isinstance(evidence, Whole):
        if panel.run:
            _pages_read(lab, panel.run, key)
        return
    off = set(evidence.switched_off) if isinstance(evidence, Retrieval) else set()
    found = panel.evidence
    shown = [hit for hit in found.candidates if hit in found.hits or hit.chunk.span in off]
    with st.container(key=f"chips-{key}", gap="xsmall"):
        for hit in shown:
            with st.popover(
                _label(hit, spans, switched_off=hit.chunk.span in off),
                type="tertiary",
                key=f"chunk-{key}-{hit.rank}",
                wrap=False,
                width="stretch",
            ):
                chunk.card(lab, hit, question, spans, f"{key}-{hit.rank}")
                if panel.run:
                    chunk.switch(lab, panel.run, hit, f"{key}-{hit.rank}")
    cut = labels.unseen_together(found.hits)
    if cut:
        st.caption(f":material/visibility_off: {cut[0].upper()}{cut[1:]}.")


def _pages_read(lab: Lab, run: Run, key: str) -> None:
    """How much of each paper stood in the prompt, as a bar with its words."""
    pages: dict[str, set[int]] = {}
    for hit in run.hits:
        pages.setdefault(hit.chunk.paper_id, set()).update(hit.pages)
    titles = {hit.chunk.paper_id: hit.title for hit in run.hits}
    here = {row.id: row for row in lab.papers.rows(run.paper_ids)}
    with st.container(key=f"read-{key}", gap="xsmall"):
        for paper_id, read in list(pages.items())[:SHOWN]:
            count = here[paper_id].pages if paper_id in here else max(read)
            said = f"{labels.counted(len(read), 'page')} of {count:,}"
            title = labels.escaped(labels.shortened(titles[paper_id], 60))
            st.progress(min(1.0, len(read) / count), text=f"{said} · {title}")
        if len(pages) > SHOWN:
            st.caption(f"{len(pages) - SHOWN:,} more papers were read.")
        if unread := len(set(run.paper_ids) - pages.keys()):
            st.caption(f":material/visibility_off: {labels.counted(unread, 'paper')} went unread.")


def _label(hit: Hit, spans: gold.Gold, *, switched_off: bool) -> str:
    """The title comes last: it is the part that may be cut off on a narrow screen."""
    moved = "switched off" if switched_off else labels.movement(hit)
    parts = [labels.pages_of(hit), moved, labels.escaped(hit.title)]
    label = " · ".join(part for part in parts if part)
    label = f"~~{label}~~" if switched_off else label
    return f"**{hit.rank}**{gold.badge(spans, hit)} · {label}"
