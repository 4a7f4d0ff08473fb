"""The questions with gold of the whole library: how many there are, in from files and cards, looked
through, and out again. Those of the test set are counted, and shown only to who asks for them."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

import streamlit as st

from core import labels
from core.errors import BadInput, TriptychError
from core.gold import AddedQuestion, Change, KeptQuestion
from core.lab import Lab
from core.papers import PaperRow
from core.types import Span
from pages.ui.library import finding, proposing
from pages.ui.shared import frame

REPORT, TURN = "library.questions.report", "library.questions.turn"
MOST_PASTED = 30  # lines that did not come in, with what stands there
CHANGED, CLOSING = "library.questions.changed", "library.questions.closing"


def draw(lab: Lab) -> None:
    """For the screen without an opened paper."""
    st.session_state.pop(CLOSING, None)
    kept, held_out = lab.questions.all(), lab.questions.all(held_out=True)
    with st.container(key="questions", gap="small"):
        st.subheader("Test questions (gold passages)", anchor=False)
        st.caption(_count(len(kept), len(held_out)))
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            if (kept or held_out) and st.button(
                "View all", type="tertiary", icon=":material/list:", key="library.questions.all"
            ):
                _look_through()
            finding.button()
            _bring_in(lab)
            _from_cards(lab)
            proposing.begin(lab)
            if kept or held_out:
                _take_out(lab, len(kept), len(held_out))
        if not kept and not held_out:
            st.caption(
                "They tell which setting finds the right passage. Open a paper, select a passage"
                " and type the question that it answers; find the passage for a question; bring in"
                " a file; let a model propose some; or begin with these:"
            )
        known = {each.question.text for each in (*kept, *held_out)}
        if not known & set(lab.sweeps.sample_questions()) and st.button(
            "Add the sample questions", key="library.questions.samples"
        ):
            _done("The sample questions", lab.questions.add_samples())
        proposing.draw(lab)
        _report()
        _undo(lab)


def _count(kept: int, held_out: int) -> str:
    said = f"**{labels.counted(kept, 'question')}**"
    if not held_out:
        return said
    return f"{said} to choose settings with · **{held_out:,}** kept for the test set"


def _bring_in(lab: Lab) -> None:
    turn = st.session_state.setdefault(TURN, 0)
    with st.popover(
        "Import", icon=":material/upload:", type="tertiary", key=f"library.questions.in.{turn}"
    ):
        aside = st.checkbox("Keep them for the test set", key=f"library.questions.aside.{turn}")
        file = st.file_uploader(
            "Questions: JSON lines, or the CSV of Chroma's chunking evaluation",
            type=["jsonl", "ndjson", "json", "csv"],
            key=f"library.questions.file.{turn}",
            max_upload_size=lab.settings.max_file_mb,
        )
        st.caption(
            "Each passage is looked for in its paper, so add the papers first. What is not found"
            " stays out and is shown with what stands there, ready to paste."
        )
        if file:
            with st.spinner("Looking for the passages …"):
                added = lab.questions.upload(file.name, file.getvalue(), held_out=aside)
                _done(labels.escaped(file.name), added)


def _from_cards(lab: Lab) -> None:
    """Cards that were made from a paper know their place in it."""
    decks = {row.name: row.cards for row in lab.questions.decks()}
    turn = st.session_state[TURN]
    with st.popover(
        "From cards", icon=":material/style:", type="tertiary", key=f"library.questions.deck.{turn}"
    ):
        if not decks:
            st.caption("No card knows its place in a paper yet. Make cards from one under *Cards*.")
            return
        deck = st.selectbox(
            "Deck",
            list(decks),
            format_func=lambda name: f"{labels.shortened(name, 60)} · {decks[name]:,}",
            key="library.questions.from",
        )
        st.caption("Only its cards that know their place in a paper; they stay cards as well.")
        aside = st.checkbox(
            "Keep them for the test set", key=f"library.questions.cards.aside.{turn}"
        )
        label = f"Take {labels.counted(decks[deck], 'card')} as questions"
        if st.button(label, key="library.questions.take"):
            _done(labels.escaped(deck), lab.questions.take_cards(deck, held_out=aside))


def _take_out(lab: Lab, kept: int, held_out: int) -> None:
    with st.popover(
        "Export", icon=":material/download:", type="tertiary", key="library.questions.out"
    ):
        st.caption("JSON lines; they come in again unchanged, here and on the command line.")
        for name, count, aside in (("Questions", kept, False), ("Test set", held_out, True)):
            if count:
                st.download_button(
                    f"{name} ({count:,})",
                    partial(_written, lab, aside),
                    "test-set.jsonl" if aside else "questions.jsonl",
                    key=f"library.questions.export.{aside}",
                    on_click="ignore",
                )


def _written(lab: Lab, held_out: bool) -> bytes:
    lines = lab.questions.lines(held_out=held_out)
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines).encode()


def _done(what: str, added: Iterable[AddedQuestion]) -> None:
    """Keep what became of them for the report, and close the menu they came from."""
    try:
        st.session_state[REPORT] = (what, list(added))
    except TriptychError as error:
        frame.show(error)
        return
    st.session_state[TURN] += 1
    st.rerun()


def _report() -> None:
    """What became of the questions brought in last, until it is dismissed."""
    if REPORT not in st.session_state:
        return
    what, added = st.session_state[REPORT]
    counts = {
        status: sum(each.status == status for each in added)
        for status in ("added", "known", "failed")
    }
    with st.container(key="questions-report", gap="small"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(
                f":material/check: {what}: **{counts['added']:,} added**, {counts['known']:,} known"
                f" before, {counts['failed']:,} not taken",
                width="content",
            )
            if st.button("Dismiss", type="tertiary", key="library.questions.dismiss"):
                del st.session_state[REPORT]
                st.rerun()
        failed = [each for each in added if each.status == "failed"]
        if failed:
            st.dataframe(
                [
                    {
                        "line": each.line,
                        "why": each.reason,
                        "most like it": each.nearest,
                        "page": each.instead[0].page if each.instead else None,
                    }
                    for each in failed
                ],
                hide_index=True,
                key="library.questions.failed",
            )
        _instead([each for each in failed if each.instead])


def _instead(failed: Sequence[AddedQuestion]) -> None:
    """What stands where passages were not found, each as the file should say it."""
    if not failed:
        return
    said = f"What stands there instead, ready to paste ({len(failed):,})"
    with st.expander(said, key="library.questions.instead"):
        for each in failed[:MOST_PASTED]:
            for found in each.instead:
                st.caption(f"Line {each.line:,} · page {found.page:,} · {found.likeness:.0%} alike")
                st.code(found.pasted, language="json", wrap_lines=True)
        if len(failed) > MOST_PASTED:
            st.caption(
                f"The first {MOST_PASTED} lines are shown; mend these and bring the file in again."
            )


@st.dialog("Questions", width="large")
@frame.bounded
def _look_through() -> None:
    """All of them, to set aside or to delete."""
    if CLOSING in st.session_state:
        st.rerun()
    lab = frame.open_lab()
    aside = len(lab.questions.all(held_out=True))
    shown = bool(aside) and st.toggle(
        f"Show the {aside:,} of the test set instead", key="library.questions.held_out"
    )
    kept = lab.questions.all(held_out=shown)
    golden = {span.paper_id for each in kept for span in each.question.gold}
    rows = {row.id: row for row in lab.papers.rows(golden)} | lab.papers.read_since(golden)
    left = lab.papers.left([span for each in kept for span in each.question.gold])
    table = st.dataframe(
        [_line(each, rows, left) for each in kept],
        hide_index=True,
        on_select="rerun",
        selection_mode="multi-row",
        # Another table has another selection.
        key=f"library.questions.table.{shown}.{len(kept)}",
    )
    chosen = [kept[row] for row in table.selection.rows]
    with st.container(horizontal=True, vertical_alignment="center"):
        moved = partial(lab.questions.set_aside, held_out=not shown)
        st.button(
            "Take them in again" if shown else "Keep them for the test set",
            disabled=not chosen,
            key="library.questions.move",
            on_click=_each,
            args=("taken in again" if shown else "kept for the test set", chosen, moved),
        )
        st.button(
            "Delete them",
            disabled=not chosen,
            key="library.questions.delete",
            on_click=_each,
            args=("deleted", chosen, lab.questions.remove),
        )
        st.caption(
            f"{labels.counted(len(chosen), 'question')} chosen"
            if chosen
            else "Choose some at the left of the table."
        )


def _line(
    kept: KeptQuestion, rows: Mapping[str, PaperRow], left: Mapping[Span, str]
) -> dict[str, Any]:
    papers = dict.fromkeys(span.paper_id for span in kept.question.gold)
    words = [f"“{left[span]}”" for span in kept.question.gold if span in left]
    return {
        "question": kept.question.text,
        "passages": len(kept.question.gold),
        **({"alternatives": ways} if (ways := len(kept.question.alternatives)) > 1 else {}),
        "in": ", ".join(
            rows[each].title if each in rows else "a paper that is not here" for each in papers
        ),
        **({"not in its text any more": " ".join(words)} if left else {}),
        "answer": kept.question.reference,
        "from": kept.question.origin,
    }


def _each(what: str, chosen: Sequence[KeptQuestion], act: Callable[[KeptQuestion], Change]) -> None:
    """Do it to all that were chosen; one that changed in another window meanwhile is left out."""
    changes = []
    for each in chosen:
        with suppress(BadInput):
            changes.append(act(each))
    st.session_state[CHANGED] = (what, changes)
    st.session_state[CLOSING] = True


def _undo(lab: Lab) -> None:
    """What was done last to those looked through, and its way back."""
    if CHANGED not in st.session_state:
        return
    what, changes = st.session_state[CHANGED]
    with st.container(horizontal=True, vertical_alignment="center", key="questions-changed"):
        counted = labels.counted(len(changes), "question")
        st.markdown(f":material/check: {counted} {what}", width="content")
        if st.button("Undo", type="tertiary", key="library.questions.undo"):
            del st.session_state[CHANGED]
            for change in changes:
                lab.questions.undo(change)
            st.rerun()
