"""What went wrong, over a selection and by setting, each with runs to open."""

import streamlit as st

from core import labels
from core.charts import setting_names
from core.history import Selection
from core.metrics import KINDS, Share, shares

MEANING = {
    "cut off": "The token limit ended the answer, or likely did where nobody counted tokens.",
    "wrong first words": "The answer begins with what cannot begin one.",
    "repeats itself": "It says the same words again.",
    "cites nothing": "It had numbered passages and names none.",
    "unsupported sentences": "Sentences whose words stand in no chunk it was given.",
    "context ignored": "Nothing of the answer stands in the chunks, or they changed nothing.",
    "same context": "Another setting used exactly the same chunks for this question.",
    "text never seen": "The ends of chunks that embedder or reranker could not read.",
}


def draw(selection: Selection) -> None:
    """A line for each kind of trouble, then the settings that have most of it."""
    found = shares(selection.diagnoses)
    clean = [share.kind for share in found if not share.found]
    for share in sorted(found, key=lambda each: -each.found / each.judged):
        if share.found:
            _line(selection, share)
    if clean:
        st.caption(f":material/check: Not found in any run: {', '.join(clean)}.")
    _by_setting(selection)


def _line(selection: Selection, share: Share) -> None:
    percent = 100 * share.found / share.judged
    with st.container(key=f"runs-trouble-{share.kind.replace(' ', '-')}", gap="xsmall"):
        st.markdown(
            f"**{share.kind.capitalize()}**: {share.found:,} of {share.judged:,} runs"
            f" ({percent:.0f} %)"
        )
        st.caption(MEANING[share.kind])
        with st.container(horizontal=True, gap="xsmall"):
            for number, run_id in enumerate(share.examples, start=1):
                key = f"{share.kind}.{run_id}"
                with st.popover(f"Example {number}", type="tertiary", key=f"runs.example.{key}"):
                    _example(selection, share, run_id, key)


def _example(selection: Selection, share: Share, run_id: str, key: str) -> None:
    run = next(each for each in selection.runs if each.id == run_id)
    finding = selection.diagnoses[run_id].found(share.kind)
    assert finding
    st.markdown(f"**{labels.escaped(run.question)}**")
    st.caption(labels.escaped(finding.said))
    if run.answer and finding.where:
        start, end = finding.where
        st.text(_around(run.answer.text, start, end))
    if st.button("Open in Compare", key=f"runs.see.{key}"):
        st.switch_page("pages/compare.py", query_params={"run": run_id})


def _around(text: str, start: int, end: int, most: int = 240) -> str:
    """The place with what surrounds it."""
    first, last = max(0, start - most // 2), min(len(text), end + most // 2)
    return ("…" if first else "") + text[first:last] + ("…" if last < len(text) else "")


def _by_setting(selection: Selection) -> None:
    names = setting_names(run.recipe for run in selection.runs)
    by_setting: dict[str, list[str]] = {}
    for run in selection.runs:
        by_setting.setdefault(names[run.recipe.key], []).append(run.id)
    if len(by_setting) < 2:
        return
    rows: list[dict[str, object]] = []
    for name, run_ids in by_setting.items():
        counted: dict[str, object] = {
            share.kind: 100 * share.found / share.judged
            for share in shares(selection.diagnoses, run_ids)
        }
        rows.append({"setting": name, "runs": len(run_ids), **counted})
    st.subheader("By setting", anchor=False)
    st.caption("% of the runs that can be judged; empty: none can.")
    percent = {str(kind): st.column_config.NumberColumn(format="%.0f") for kind in KINDS}
    st.dataframe(rows, hide_index=True, placeholder="", column_config=percent)
