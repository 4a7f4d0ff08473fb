"""Old logs and capsules in; the runs on screen out as files."""

import streamlit as st

from core import labels
from core.errors import TriptychError
from core.history import ImportedLog
from core.lab import Lab
from core.types import View, to_link
from pages.ui.shared import frame

FILES = {
    "report": ("Report: charts and answers as one HTML file", "html"),
    "capsule": ("Capsule: opens in any Triptych, without papers or models", "capsule"),
    "runs": ("All fields as JSON lines", "jsonl"),
    "log": ("Experiment log", "txt"),
}


def bring_in(lab: Lab) -> None:
    """A menu to drop a file in; it goes to the runs that were in it."""
    turn = st.session_state.setdefault("runs.turn", 0)
    with st.popover("Import", type="tertiary", key=f"runs.import.{turn}"):
        st.caption(
            "An experiment log (answers of many settings), a retrieval log (one search, reranked)"
            " or a capsule (runs of another Triptych)."
        )
        file = st.file_uploader("Drop the file here", key=f"runs.upload.{turn}")
        if file:
            try:
                made = lab.runs.load(file.name, file.getvalue())
            except TriptychError as error:
                frame.show(error)
            else:
                st.session_state["runs.imported"] = made
                st.session_state["runs.turn"] = turn + 1
                origin = lab.runs.runs(made.run_ids[:1])[0].origin
                st.query_params["view"] = to_link(View().choosing("origin", (origin,)))
                st.rerun()


def said(made: ImportedLog) -> None:
    """What became of the file that was brought in last."""
    new = made.runs - made.known
    parts = [f"{labels.escaped(made.file)}: {labels.counted(new, 'run')} imported"]
    if made.known:
        parts.append(f"{made.known:,} here already")
    if made.repaired:
        parts.append(f"{labels.counted(made.repaired, 'line')} mended")
    st.success(", ".join(parts) + ".", icon=":material/check:")
    if made.dropped:
        with st.expander(f"{labels.counted(len(made.dropped), 'line')} not understood"):
            st.dataframe(
                [{"line": each.line, "why": each.why} for each in made.dropped], hide_index=True
            )


def send_out(lab: Lab, view: View) -> None:
    """A menu of files; each is written when it is asked for."""
    with st.popover("Export", type="tertiary", key="runs.export"):
        st.caption("The runs that the filters leave. The address of this page is their link.")
        for kind, (label, suffix) in FILES.items():
            st.download_button(
                label,
                lambda kind=kind: lab.runs.written(kind, view),
                f"triptych-runs.{suffix}",
                key=f"runs.export.{kind}",
                on_click="ignore",
            )
