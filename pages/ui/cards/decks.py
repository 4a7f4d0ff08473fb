"""Decks in and out: files dropped, what became of them, and the files to take along."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import streamlit as st

from core import labels
from core.cards import KINDS, ImportedDeck, Scope
from core.lab import Lab
from core.settings import SAMPLES

HEIGHT, FITTING = 190, 5  # pixels of the report's list, where more files than fit are scrolled
WAYS = {"Markdown": ".md", "Anki package": ".apkg", "CSV": ".csv"}


def bring_in(lab: Lab) -> None:
    state = st.session_state
    turn = state.setdefault("cards.uploads", 0)
    with st.popover("Import", icon=":material/upload:", type="tertiary", key=f"cards.in.{turn}"):
        files = st.file_uploader(
            "Decks: Markdown, CSV, Anki packages, or a zip file of decks",
            type=[*(kind.removeprefix(".") for kind in KINDS), "zip"],
            accept_multiple_files=True,
            key=f"cards.upload.{turn}",
            max_upload_size=lab.settings.max_file_mb,
        )
        if files:
            done: list[ImportedDeck] = []
            with st.status(f"Reading {labels.counted(len(files), 'file')} …") as status:
                for file in files:
                    for each in lab.cards.upload(file.name, file):
                        done.append(each)
                        status.update(label=f"Read {labels.escaped(each.file)}")
            state["cards.report"] = done
            state["cards.uploads"] = turn + 1
            st.rerun()
        if not {path.stem for path in sample_decks()} & {row.name for row in lab.cards.decks()}:
            st.caption("Or begin with the cards about the sample papers.")
            if st.button("Add the sample decks", key="cards.samples.in"):
                add_samples(lab)
                state["cards.uploads"] = turn + 1
                st.rerun()


def sample_decks() -> list[Path]:
    return sorted((SAMPLES / "decks").glob("*.md"))


def add_samples(lab: Lab) -> None:
    st.session_state["cards.report"] = [
        done for path in sample_decks() for done in lab.cards.load(path)
    ]


def take_out(lab: Lab, deck: str) -> None:
    with st.popover("Export", icon=":material/download:", type="tertiary", key="cards.out.menu"):
        scope = Scope(deck=deck)
        st.caption(
            f"{labels.counted(lab.cards.count(scope), 'card')}, "
            f"{'of this deck' if deck else 'of all decks'}. Markdown and CSV come in again"
            " unchanged; an Anki package updates the cards that Anki has from an earlier one."
        )
        for name, suffix in WAYS.items():
            st.download_button(
                name,
                lambda suffix=suffix: lab.cards.written(suffix, scope),
                f"{labels.file_name(deck, 'cards')}{suffix}",
                key=f"cards.export{suffix}",
                on_click="ignore",
            )


def report() -> None:
    """What became of the files brought in last, until it is dismissed."""
    done: list[ImportedDeck] = st.session_state.get("cards.report", [])
    if not done:
        return
    with st.container(key="cards-report", gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center"):
            if len(done) > 1:
                st.markdown(f"**{labels.counted(len(done), 'file')}**: {_together(done)}")
            if st.button("Dismiss", key="cards.report.dismiss", type="tertiary"):
                del st.session_state["cards.report"]
                st.rerun()
        height: int | Literal["content"] = HEIGHT if len(done) > FITTING else "content"
        with st.container(height=height, border=False, gap=None, key="cards-report-files"):
            for number, each in enumerate(done):
                one(each, number)


def _together(done: Sequence[ImportedDeck]) -> str:
    cards, repaired, dropped, failed = (
        sum(each.cards for each in done),
        sum(len(each.repaired) for each in done),
        sum(len(each.dropped) for each in done),
        sum(bool(each.failed) for each in done),
    )
    said = f"{labels.counted(cards, 'card')}, {repaired:,} repaired, {dropped:,} dropped"
    return said + (f"; {labels.counted(failed, 'file')} not read" if failed else "")


def one(done: ImportedDeck, number: int) -> None:
    name = labels.escaped(done.file)
    if done.failed:
        st.markdown(f":red[:material/error:] {labels.escaped(done.failed)}")
        return
    if not done.cards and len(done.dropped) == 1:
        why = labels.escaped(done.dropped[0].why)
        st.markdown(f":material/info: {name}: **no card**; {why}")
        return
    known = done.cards - done.added
    said = f"**{labels.counted(done.cards, 'card')}**"
    said += f" ({known:,} here before)" if known else ""
    said += f", {len(done.repaired):,} repaired, {len(done.dropped):,} dropped"
    icon = "check" if done.cards else "info"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f":material/{icon}: {name}: {said}", width="content")
        if not (done.repaired or done.dropped):
            return
        with st.popover("Lines", type="tertiary", key=f"cards.lines.{number}"):
            rows = [("dropped", note) for note in done.dropped]
            rows += [("repaired", note) for note in done.repaired]
            st.dataframe(
                [{"line": note.line, "the card was": what, "why": note.why} for what, note in rows],
                hide_index=True,
                width=620,
                column_config={
                    "line": st.column_config.NumberColumn(width=60),
                    "the card was": st.column_config.TextColumn(width=100),
                },
                key=f"cards.lines.table.{number}",
            )
