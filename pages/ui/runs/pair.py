"""Two or more runs beside each other: their settings, what they retrieved, and how the words of
their answers differ."""

from collections.abc import Sequence

import streamlit as st

from core import labels
from core.charts import covered, jaccard, setting_names
from core.metrics import diagnose_all
from core.types import Run
from pages.ui.shared.highlighted_text import Mark, answer, citations, differing


def draw(runs: Sequence[Run]) -> None:
    """All of it; the first run is the one that the others are held against."""
    found = diagnose_all(runs)
    names = setting_names(run.recipe for run in runs)
    with st.container(key="panels"):
        for number, (column, run) in enumerate(
            zip(st.columns(len(runs), gap="medium", wrap=False), runs, strict=True)
        ):
            with column, st.container(key=f"panel-{run.recipe.arm}-{number}", gap="small"):
                st.subheader(
                    labels.escaped(labels.ARM_NAMES[run.recipe.arm].capitalize()), anchor=False
                )
                st.caption(labels.escaped(names[run.recipe.key]))
                _answer(runs, number)
                known = run.answer is not None and run.answer.finish_reason == "length"
                for finding in found[run.id].findings:
                    if known and finding.kind == "cut off":
                        continue  # the line below the answer says it
                    st.caption(f":material/report: {labels.escaped(finding.said)}")
    if len(runs) > 1:
        _settings(runs)
        _retrieved(runs)


def _answer(runs: Sequence[Run], number: int) -> None:
    run = runs[number]
    if run.answer is None:
        answer(f"runs-answer-{run.id}", "Searched; no answer was written.", waiting=True)
        return
    marks: list[Mark] = [*citations(run.answer.text, run.hits)]
    first = runs[0].answer
    if number and first:
        marks += differing(run.answer.text, first.text)
    answer(f"runs-answer-{run.id}-{number}", run.answer.text, marks)
    st.caption(labels.escaped(labels.outcome(run.answer)))
    for note in run.notes:
        st.caption(f":material/info: {labels.escaped(note)}")
    if number and first:
        st.caption(":material/format_underlined: Underlined: words the first answer does not have.")


def _settings(runs: Sequence[Run]) -> None:
    """The settings in which they differ, a column each."""
    rows = []
    described = [_described(run) for run in runs]
    for name in dict.fromkeys(name for each in described for name in each):
        values = [each.get(name, "–") for each in described]
        if len(set(values)) > 1:
            rows.append({"setting": name} | {f"run {n}": v for n, v in enumerate(values, start=1)})
    st.subheader("Settings that differ", anchor=False)
    if rows:
        st.dataframe(rows, hide_index=True)
    else:
        st.caption("None: the same recipe, asked again.")


def _described(run: Run) -> dict[str, str]:
    found = {"question": run.question, "panel": labels.ARM_NAMES[run.recipe.arm]}
    found |= labels.settings(run.recipe, usual=True)
    found |= {f"revision of {name}": revision for name, revision in run.recipe.revisions}
    return found | {"papers": f"{len(run.paper_ids)} searched" if run.paper_ids else "–"}


def _retrieved(runs: Sequence[Run]) -> None:
    """The chunks of all runs, and where each run had them."""
    st.subheader("What was retrieved", anchor=False)
    searched = [run for run in runs if run.hits]
    if len(searched) < 2:
        st.caption("Fewer than two of these runs hold their chunks; old logs of answers hold none.")
        return
    shared = jaccard(covered(searched[0].hits), covered(searched[1].hits))
    st.caption(
        f"The first two that searched share {100 * shared:.0f} % of the text they used (characters"
        " in both, of those in either). The numbers are ranks; empty: not used."
    )
    chunks = {hit.chunk.span: hit for run in searched for hit in run.hits}
    rows = []
    for span, hit in chunks.items():
        ranks: dict[str, int | None] = {}
        for number, run in enumerate(runs, start=1):
            here = [each.rank for each in run.hits if each.chunk.span == span]
            ranks[f"run {number}"] = here[0] if here else None
        text = labels.shortened(hit.chunk.text, 160)
        rows.append({"chunk": hit.title, "where": labels.pages_of(hit), **ranks, "text": text})
    wide = {"text": st.column_config.TextColumn(width="large")}
    st.dataframe(rows, hide_index=True, placeholder="", column_config=wide)
