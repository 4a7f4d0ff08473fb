"""How papers are cut: the settings to compare, the ruler of a page, the counts over a paper and
over the whole library."""

import streamlit as st

from core import chunkers, labels
from core.charts import SETTINGS, lengths
from core.errors import TriptychError
from core.lab import Lab
from core.papers import PaperRow
from core.retrieval import Coverage, Cut
from core.types import Chunking, Paper
from pages.ui.library.ruler_component import rulers
from pages.ui.shared import frame

KEEP = "session"
STATE = "library.cuts"  # how many settings are compared


def draw(lab: Lab, paper: Paper, start: int, end: int, where: str) -> None:
    """The ruler of `paper.text[start:end]`, called `where`, and the numbers of the whole paper."""
    embedder, settings = choose(lab)
    with st.spinner("Counting the tokens of the chunks …"):
        measured = [lab.ruler.cut(paper.id, each, embedder) for each in settings.values()]
    if not measured:
        return
    names, colours = [chunkers.measured(each) for each in settings.values()], list(settings)
    if paper.text[start:end].strip():
        gold = [
            (span, kept.question.text)
            for kept in lab.questions.in_paper(paper.id)
            for span in kept.question.gold
            if span.paper_id == paper.id
        ]
        rulers(f"library.ruler.{paper.id}", start, end, names, colours, measured, gold)
    else:
        st.caption(labels.escaped(f"Nothing to cut: {where} holds no text."))
    st.markdown("##### Over the whole paper")
    st.caption(
        f"{labels.escaped(embedder)} reads {measured[0].room:,} tokens of a chunk. Where chunks"
        " overlap, the next one may show it what it missed; never seen is what it reads in no"
        " chunk."
    )
    st.dataframe(
        [_counts(name, cut) for name, cut in zip(names, measured, strict=True)],
        hide_index=True,
        column_config={
            "never seen": st.column_config.NumberColumn(format="%.1f %%"),
            "mean": st.column_config.NumberColumn("mean, tokens", format="%.0f"),
            "longest": st.column_config.NumberColumn("longest, tokens", format="localized"),
        },
    )
    tokens = [[each.tokens for each in cut.chunks] for cut in measured]
    st.plotly_chart(
        lengths.figure(names, colours, tokens, measured[0].room),
        key="library.lengths",
        config={"displayModeBar": False},
    )


def overview(lab: Lab) -> None:
    """The share of all papers' text that the embedder never sees, setting by setting."""
    st.subheader("What the embedder never sees", anchor=False)
    st.caption(
        "An embedder reads the beginning of a chunk and drops the rest without a word. Choose how"
        " papers are cut, and see how much of your library it misses; open a paper to see where."
    )
    embedder, settings = choose(lab)
    if not st.session_state.get("library.measured"):
        if not st.button("Measure all papers", type="primary", key="library.measure"):
            return
        st.session_state["library.measured"] = True
        st.rerun()
    if not settings:
        return
    papers = len(lab.papers.all())
    table: list[tuple[PaperRow, tuple[Coverage, ...]]] = []
    with st.empty():
        for row, coverage in lab.ruler.coverage(list(settings.values()), embedder):
            st.progress(len(table) / papers, f"Counting tokens: {labels.escaped(row.title)}")
            table.append((row, coverage))
        st.empty()
    names = [chunkers.measured(each) for each in settings.values()]
    totals = [sum((found[i] for _, found in table), Coverage()) for i in range(len(settings))]
    for column, name, total in zip(st.columns(len(settings)), names, totals, strict=True):
        with column:
            st.metric(name, f"{100 * total.share:.1f} %")
            chunks = labels.counted(total.chunks, "chunk")
            st.caption(f"of the text; {total.too_long:,} of {chunks} too long")
    st.dataframe(
        [
            {"paper": row.title}
            | {name: 100 * each.share for name, each in zip(names, found, strict=True)}
            for row, found in table
        ],
        hide_index=True,
        column_config={name: st.column_config.NumberColumn(format="%.1f %%") for name in names},
    )


def choose(lab: Lab) -> tuple[str, dict[str, Chunking]]:
    """The embedder, and the settings to compare by the colour of their chips. Nonsense is said and
    left out, and so is what another chip says already."""
    state = st.session_state
    count = state.setdefault(STATE, len(chunkers.usual("recursive")))
    for number in range(count):
        _fill(number)
    with st.container(horizontal=True, gap="xsmall", key="library-cuts"):
        chosen = [_chip(number, count) for number in range(count)]
        if count < len(SETTINGS):
            st.button(
                "",
                icon=":material/add:",
                help="Compare one more",
                key="library.more",
                on_click=_compare,
                args=(count + 1,),
            )
        embedder = _embedder(lab)
    return embedder, {
        colour: each
        for number, (colour, each) in enumerate(zip(SETTINGS, chosen, strict=False))
        if each not in chosen[:number] and _meant(each)
    }


def _fill(number: int) -> None:
    """A setting's first values; a fourth one begins as the largest."""
    key = f"library.cut.{number}"
    if f"{key}.chunker" not in st.session_state:
        usual = chunkers.usual("recursive")
        size, overlap = usual[min(number, len(usual) - 1)]
        st.session_state[f"{key}.chunker"] = "recursive" if number < len(usual) else "headings"
        st.session_state[f"{key}.size"], st.session_state[f"{key}.overlap"] = size, overlap


def _chip(number: int, count: int) -> Chunking:
    state, key = st.session_state, f"library.cut.{number}"
    label = chunkers.measured(
        _chunking(state[f"{key}.chunker"], state[f"{key}.size"], state[f"{key}.overlap"])
    )
    with st.popover(label, key=f"library.cutting.{number}"):
        chunker = st.selectbox(
            "Cut by",
            chunkers.names(),
            key=f"{key}.chunker",
            on_change=_usual,
            args=(key,),
            persist_state=KEEP,
        )
        unit = chunkers.unit(chunker)
        size, overlap = 0, 0
        if unit != "page":
            size = st.number_input(
                f"Size in {unit}s", step=100, key=f"{key}.size", persist_state=KEEP
            )
            overlap = st.number_input(
                f"Overlap in {unit}s", step=50, key=f"{key}.overlap", persist_state=KEEP
            )
        if count > 1 and number == count - 1:
            st.button("Leave it out", key=f"{key}.less", on_click=_compare, args=(count - 1,))
    return _chunking(chunker, size, overlap)


def _chunking(chunker: str, size: int, overlap: int) -> Chunking:
    if chunkers.unit(chunker) == "page":
        size = overlap = 0
    return Chunking(chunker=chunker, size=size, overlap=overlap)


def _compare(count: int) -> None:
    st.session_state[STATE] = count


def _usual(key: str) -> None:
    state = st.session_state
    state[f"{key}.size"], state[f"{key}.overlap"] = chunkers.usual(state[f"{key}.chunker"])[0]


def _embedder(lab: Lab) -> str:
    here = [each.name for each in lab.models.all() if each.family == "embedder" and each.available]
    if len(here) < 2:
        return lab.models.default("embedder")
    return st.selectbox(
        "Embedder", here, key="library.embedder", label_visibility="collapsed", width=220
    )


def _meant(chunking: Chunking) -> bool:
    try:
        chunkers.check(chunking)
    except TriptychError as error:
        frame.show(error)
        return False
    return True


def _counts(name: str, cut: Cut) -> dict[str, object]:
    tokens = [each.tokens for each in cut.chunks]
    return {
        "setting": name,
        "chunks": len(tokens),
        "mean": sum(tokens) / max(1, len(tokens)),
        "longest": max(tokens, default=0),
        "too long": cut.coverage.too_long,
        "never seen": 100 * cut.coverage.share,
    }
