"""The panels side by side: answer, how it ended, and the chunks it was given."""

from collections.abc import Sequence

import streamlit as st

from core.lab import Lab
from core.lab.live import Panel
from core.types import Comparison, Hit
from pages.ui import words
from pages.ui.answer import answer


def of(comparison: Comparison) -> tuple[Panel, ...]:
    """A kept comparison as panels."""
    return tuple(
        Panel(
            recipe=run.recipe,
            candidates=run.candidates,
            hits=run.hits,
            text=run.answer.text if run.answer else "",
            run=run,
        )
        for run in comparison.runs
    )


def draw(lab: Lab, panels: Sequence[Panel], comparison_id: str, *, over: bool = True) -> None:
    """Panels of equal width; `over` is False while they may still change."""
    with st.container(key="panels"):
        for index, (column, panel) in enumerate(
            zip(st.columns(len(panels), gap="medium", wrap=False), panels, strict=True)
        ):
            key = f"{panel.recipe.arm}-{index}"
            with column, st.container(key=f"panel-{key}", gap="small"):
                _panel(lab, panel, f"{comparison_id}-{key}", over=over)


def _panel(lab: Lab, panel: Panel, key: str, *, over: bool) -> None:
    arm = panel.recipe.arm
    st.subheader(f":{words.PANEL_COLOURS[arm]}[{words.PANEL_NAMES[arm]}]", anchor=False)
    streaming = not over and panel.run is None
    if panel.text:
        answer(f"answer-{key}", panel.text, streaming=streaming)
    else:
        said = "waiting for the first word" if streaming else "no answer was kept"
        answer(f"answer-{key}", said, streaming=streaming, waiting=True)
    if panel.run and panel.run.answer:
        _outcome(panel)
    if panel.hits:
        _chips(lab, panel.hits, key)
    elif panel.recipe.evidence is None:
        st.caption("It read no paper: what it says comes from its training.")


def _outcome(panel: Panel) -> None:
    assert panel.run and panel.run.answer
    reply = panel.run.answer
    ended = words.outcome(reply)
    if reply.finish_reason == "length":
        ended = f":material/content_cut: **{ended}**"
    elif reply.finish_reason == "error":
        ended = f":red[:material/error: **{ended}**]"
    measured = words.measured(reply)
    st.caption(f"{ended} · {measured}" if measured else ended, help=words.timing(panel.run))
    for note in panel.run.notes:
        st.caption(f":material/info: {words.escaped(note)}")


def _chips(lab: Lab, hits: tuple[Hit, ...], key: str) -> None:
    with st.container(key=f"chips-{key}", gap="xsmall"):
        for hit in hits:
            # The title comes last: it is the part that may be cut off on a narrow screen.
            parts = [words.pages_of(hit), words.movement(hit), words.escaped(hit.title)]
            label = f"**{hit.rank}** · " + " · ".join(part for part in parts if part)
            with st.popover(
                label, type="tertiary", key=f"chunk-{key}-{hit.rank}", wrap=False, width="stretch"
            ):
                _card(lab, hit, f"{key}-{hit.rank}")
    cut = words.unseen_together(hits)
    if cut:
        st.caption(f":material/visibility_off: {cut[0].upper()}{cut[1:]}.")


def _card(lab: Lab, hit: Hit, key: str) -> None:
    """One chunk: where it stands, what was read of it, its text, its page."""
    st.markdown(f"**{words.escaped(hit.title)}**, {words.pages_of(hit)}")
    scores = words.scores(hit)
    if hit.rerank_score is not None:
        scores.append(f"rerank score {hit.rerank_score:.3f} (rank {hit.rank})")
    if hit.rerank_score is not None and hit.rank_before != hit.rank:
        scores.append(f"moved {words.movement(hit)}")
    st.caption(" · ".join(scores) or "given by hand")
    for sentence in words.unseen(hit):
        st.caption(f":material/visibility_off: {sentence[0].upper()}{sentence[1:]}.")
    with st.container(key=f"chunk-text-{key}"):
        st.text(hit.chunk.text)
    if st.button("Show the page", key=f"page-{key}", icon=":material/article:"):
        _page_dialog(lab, hit)


@st.dialog("The page", width="large")
def _page_dialog(lab: Lab, hit: Hit) -> None:
    st.markdown(f"**{words.escaped(hit.title)}**, {words.pages_of(hit)}")
    if hit.chunk.paper_id not in {row.id for row in lab.papers.all()}:
        st.info("This paper is not in the library; the chunk's text is kept with the run.")
        return
    paper = lab.papers.get(hit.chunk.paper_id)
    if paper.kind != "pdf":
        _in_context(paper.text, hit)
        return
    for page in hit.pages:
        drawn = lab.papers.page_image(paper, page, (hit.chunk.span,))
        if drawn.unmarked:
            st.caption(words.UNMARKED)
        st.image(drawn.png)


def _in_context(text: str, hit: Hit) -> None:
    """Text papers have no page image: the chunk stands between what surrounds it."""
    around = 400
    with st.container(key="chunk-text-context"):
        st.text("…" + text[max(0, hit.chunk.start - around) : hit.chunk.start])
        with st.container(border=True):
            st.text(hit.chunk.text)
        st.text(text[hit.chunk.end : hit.chunk.end + around] + "…")


def candidates_table(panels: Sequence[Panel]) -> None:
    """All candidates of the last panel that searched, in their final order."""
    found = [panel for panel in panels if panel.candidates]
    if not found:
        return
    hits, used = found[-1].candidates, found[-1].hits
    reranked = hits[0].rerank_score is not None
    fused, lexical = hits[0].fused_score is not None, hits[0].similarity is None
    before = "by rank fusion" if fused else "by BM25" if lexical else "by similarity"
    order = "after reranking" if reranked else before
    st.subheader(f"{words.counted(len(hits), 'candidate')} {order}", anchor=False)
    rows = [
        {
            "rank": hit.rank,
            "rank before": hit.rank_before,
            "used": hit in used,
            "similarity": hit.similarity,
            "BM25": hit.lexical_score,
            "fused": hit.fused_score,
            "rerank score": hit.rerank_score,
            "paper": hit.title,
            "page": hit.pages[0],
            "characters": len(hit.chunk.text),
            "embedder read": hit.embedder_reads,
            "reranker read": hit.reranker_reads,
            "text": " ".join(hit.chunk.text.split()),
        }
        for hit in hits
    ]
    if not reranked:
        for row in rows:
            del row["rank before"], row["rerank score"], row["reranker read"]
    for name in ("similarity", "BM25", "fused", "embedder read"):
        if all(row[name] is None for row in rows):
            for row in rows:
                del row[name]
    st.dataframe(
        rows,
        hide_index=True,
        column_config={
            "similarity": st.column_config.NumberColumn(format="%.3f", help="cosine, -1 to 1"),
            "BM25": st.column_config.NumberColumn(format="%.2f", help="from 0, no upper bound"),
            "fused": st.column_config.NumberColumn(format="%.4f", help="by rank, at most 0.0328"),
            "rerank score": st.column_config.NumberColumn(format="%.3f", help="0 to 1"),
            "embedder read": st.column_config.NumberColumn(help="characters within its window"),
            "reranker read": st.column_config.NumberColumn(help="characters within its window"),
            "text": st.column_config.TextColumn(width="large"),
        },
    )
