"""How papers are cut: the settings to compare, the ruler of a page, the counts over a paper and
over the whole library.

The ruler has one line a setting, its chunks as bars, the chosen one's text below. What the embedder
never sees is hatched on the bar and struck out in the text. Gold has a line of its own above the
settings and is marked in the text. Where more than the chunk is read, a line below its bar says how
much, and the text shows all of it with the matched part marked.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import streamlit as st

from core import choices, chunkers, labels
from core.charts import SETTINGS, lengths
from core.errors import TriptychError
from core.lab import Lab
from core.metrics import within
from core.retrieval import Coverage, Cut
from core.types import Chunk, Chunking, Paper, PaperFilter, Span
from pages.ui.shared import frame, pickers
from pages.ui.shared.highlighted_text import GOLD, Mark, golden, pieces

HTML = '<div class="rulers"></div><div class="chosen" aria-live="polite"></div>'
_component = st.components.v2.component(
    "triptych_ruler",
    html=HTML,
    css=GOLD + Path(__file__).with_suffix(".css").read_text("utf-8"),
    js=Path(__file__).with_suffix(".js").read_text("utf-8"),
)
READ = next(axis for axis in choices.RETRIEVAL if axis.name == "read")
STATE = "library.cuts"  # how many settings are compared
MEASURED = "library.coverage"
MOST_LISTED = 50  # papers in the table of the whole library


@dataclass(kw_only=True)
class Measured:
    """Of which papers, by which settings and for which embedder, how much is truncated: a title
    and what was found for each setting, as far as it is done."""

    what: tuple[tuple[str, ...], tuple[Chunking, ...], str]
    table: list[tuple[str, tuple[Coverage, ...]]] = field(default_factory=list)
    stopped: bool = False

    def stop(self, stopped: bool = True) -> None:
        self.stopped = stopped


def draw(lab: Lab, paper: Paper, start: int, end: int, where: str) -> None:
    """The ruler of `paper.text[start:end]`, called `where`, and the numbers of the whole paper."""
    embedder, settings = choose(lab)
    read = st.segmented_control(
        READ.label,
        READ.values,
        default=READ.usual,
        required=True,
        key="library.read",
        help=READ.help,
    )
    with st.spinner("Counting the tokens of the chunks …"):
        measured = [lab.ruler.cut(paper.id, each, embedder) for each in settings.values()]
    if not measured:
        return
    names, colours = [labels.chunking(each) for each in settings.values()], list(settings)
    if paper.text[start:end].strip():
        gold = [
            (span, kept.question.text)
            for kept in lab.questions.in_paper(paper.id)
            for span in kept.question.gold
            if span.paper_id == paper.id
        ]
        passages = [
            {
                n: lab.ruler.passage(paper, cut, n, read or READ.usual)
                for n, _ in cut.within(start, end)
            }
            for cut in measured
        ]
        key = f"library.ruler.{paper.id}"
        rulers(key, start, end, names, colours, measured, passages, gold)
    else:
        st.caption(labels.escaped(f"Nothing to cut: {where} holds no text."))
    st.markdown("##### Over the whole paper")
    st.caption(
        f"{labels.escaped(embedder)} reads {measured[0].room:,} tokens of a chunk. Where chunks"
        " overlap, the next one may show it what it missed; truncated is what it reads in no"
        " chunk."
    )
    st.dataframe(
        [_counts(name, cut) for name, cut in zip(names, measured, strict=True)],
        hide_index=True,
        column_config={
            "truncated": st.column_config.NumberColumn(format="%.1f %%"),
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


def overview(lab: Lab, found: PaperFilter) -> None:
    """How much of the text of the papers found the embedder truncates, setting by setting."""
    st.subheader("Truncated by the embedder", anchor=False)
    st.caption(
        "An embedder reads the beginning of a chunk and drops the rest without a word. Choose a"
        " chunking method, and see how much of your papers is truncated; open one to see where."
    )
    embedder, settings = choose(lab)
    state = st.session_state
    papers = lab.papers.ids(found)
    if not papers or not settings:
        return
    if state.get("library.measured") != papers:
        which = labels.counted(len(papers), "paper")
        label = f"Measure {which}" if found == PaperFilter() else f"Measure the {which} found"
        if not st.button(label, type="primary", key="library.measure"):
            return
        state["library.measured"] = papers
        st.rerun()
    measured = Measured(what=(papers, tuple(settings.values()), embedder))
    if state.setdefault(MEASURED, measured).what != measured.what:
        state[MEASURED] = measured
    _measure(lab, state[MEASURED])
    if state[MEASURED].table:
        _table(state[MEASURED])


def _measure(lab: Lab, measured: Measured) -> None:
    """Measure what is left. Whatever a person clicks meanwhile, it goes on where it was; stopped,
    it shows what is done."""
    papers, settings, embedder = measured.what
    with st.empty():
        if measured.stopped:
            with st.container(horizontal=True, vertical_alignment="center"):
                done = labels.counted(len(papers), "paper")
                st.caption(f"Stopped: {len(measured.table):,} of {done} measured.", width="content")
                st.button("Go on", key="library.measure.on", on_click=measured.stop, args=(False,))
            return
        left = papers[len(measured.table) :]
        if not left:
            return
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button(
                "Stop", icon=":material/stop:", key="library.measure.stop", on_click=measured.stop
            )
            line = st.empty()
        for row, coverage in lab.ruler.coverage(left, settings, embedder):
            said = f"Counting tokens, {len(measured.table):,} of {len(papers):,}: {row.title}"
            line.progress(len(measured.table) / len(papers), labels.escaped(said))
            measured.table.append((row.title, coverage))
        st.empty()


def _table(measured: Measured) -> None:
    """The shares of all papers together, and the papers of which most is truncated."""
    _, settings, _ = measured.what
    names = [labels.chunking(each) for each in settings]
    found = [coverage for _, coverage in measured.table]
    totals = [sum((each[i] for each in found), Coverage()) for i in range(len(settings))]
    for column, name, total in zip(st.columns(len(settings)), names, totals, strict=True):
        with column:
            st.metric(name, f"{100 * total.share:.1f} %")
            chunks = labels.counted(total.chunks, "chunk")
            st.caption(f"of the text; {total.too_long:,} of {chunks} too long")
    if len(found) > MOST_LISTED:
        st.caption(f"The {MOST_LISTED} papers of which most is truncated:")
    worst = sorted(measured.table, key=lambda each: max(every.share for every in each[1]))
    st.dataframe(
        [
            {"paper": title}
            | {name: 100 * each.share for name, each in zip(names, coverage, strict=True)}
            for title, coverage in worst[: -MOST_LISTED - 1 : -1]
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
    if any(each.family == "embedder" and each.source == "endpoint" for each in lab.models.all()):
        st.caption(
            f"Measured for {labels.escaped(embedder)}: how far an embedder at an endpoint reads a"
            " chunk cannot be known here."
        )
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
    key = f"library.cut.{number}"
    with st.popover(labels.chunking(pickers.chosen_chunking(key)), key=f"library.cutting.{number}"):
        chosen = pickers.chunking(key, "Chunking method", "Size")
        if count > 1 and number == count - 1:
            st.button("Leave it out", key=f"{key}.less", on_click=_compare, args=(count - 1,))
    return chosen


def _compare(count: int) -> None:
    st.session_state[STATE] = count


def _embedder(lab: Lab) -> str:
    here = [
        each.name
        for each in lab.models.all()
        if each.family == "embedder" and each.available and each.source != "endpoint"
    ]
    if len(here) < 2:
        return here[0] if here else lab.models.default("embedder")
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
        "truncated": 100 * cut.coverage.share,
    }


def rulers(
    key: str,
    start: int,
    end: int,
    names: Sequence[str],
    colours: Sequence[str],
    cuts: Sequence[Cut],
    passages: Sequence[Mapping[int, Chunk]],
    gold: Sequence[tuple[Span, str]],
) -> None:
    """Draw how settings cut `text[start:end]`: for each its name, its colour, its cut of the whole
    paper and what is read of each chunk here, by its number. `gold` is that of this paper, each
    place with the question that it answers."""
    here = [(span, asked) for span, asked in gold if span.start < end and span.end > start]
    spans = [span for span, _ in here]
    lanes = [
        {"name": name, "colour": colour, **_lane(cut, read, start, end, spans)}
        for name, colour, cut, read in zip(names, colours, cuts, passages, strict=True)
    ]
    places = [
        {"question": asked, **_place(span.start, span.end, start, end)} for span, asked in here
    ]
    one = len(here) == 1
    said = f"{labels.counted(len(here), 'passage')} here {'answers' if one else 'answer'} questions"
    _component(key=key, data={"settings": lanes, "gold": places, "places": said})


def _place(first: int, last: int, start: int, end: int) -> dict[str, float]:
    """A place as shares of what is shown."""
    left, right = max(start, first), min(end, last)
    return {"left": (left - start) / (end - start), "width": (right - left) / (end - start)}


def _lane(
    cut: Cut, read: Mapping[int, Chunk], start: int, end: int, gold: Sequence[Span]
) -> dict[str, Any]:
    here = cut.within(start, end)
    said = [f"{labels.counted(len(here), 'chunk')} here"]
    too_long = sum(each.tokens > cut.room for _, each in here)
    if too_long:
        said.append(f"{too_long} too long for the embedder")
    if gold:
        whole = sum(
            any(each.chunk.start <= span.start and span.end <= each.chunk.end for _, each in here)
            for span in gold
        )
        said.append(f"{whole} of {labels.counted(len(gold), 'gold passage')} whole in one chunk")
    return {
        "summary": ", ".join(said),
        "chunks": [_bar(cut, number, read[number], start, end, gold) for number, _ in here],
    }


def _bar(
    cut: Cut, number: int, read: Chunk, start: int, end: int, gold: Sequence[Span]
) -> dict[str, Any]:
    """A chunk, its place as shares of what is shown, the share of its bar that is hatched, and
    where what is read of it stands, if that is more."""
    each = cut.chunks[number - 1]
    left, right = max(start, each.chunk.start), min(end, each.chunk.end)
    unread = max(left, min(right, each.chunk.start + each.reads))
    facts = (
        f"chunk {number:,} of {len(cut.chunks):,}, "
        f"{labels.counted(len(each.chunk.text), 'character')}, "
        f"{labels.counted(each.tokens, 'token')}"
    )
    if each.tokens > cut.room:
        facts += f"; the embedder reads {cut.room:,} tokens, {each.reads:,} characters"
    at, length = each.chunk.start - read.start, len(each.chunk.text)
    marks = golden(within(gold, read))
    marks.append(Mark(start=at + each.reads, end=at + length, kind="unseen"))
    more = read.span != each.chunk.span
    if more:
        facts += f"; {labels.counted(len(read.text), 'character')} are read"
        marks.append(Mark(start=at, end=at + length, kind="matched"))
    return {
        "read": _place(read.start, read.end, start, end) if more else None,
        "number": number,
        **_place(left, right, start, end),
        "hidden": (right - unread) / (right - left),
        "facts": facts,
        "pieces": pieces(read.text, marks),
    }
