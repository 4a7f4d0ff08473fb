"""A published table computed again: what was published, what comes out here, and whether that lies
inside our interval."""

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from core import labels
from core.evaluation import PUBLISHED_AT, BeirTable, OmegaRow, RecallRow, Table
from core.lab import REPRODUCTION, Lab
from pages.ui.runs import charts
from pages.ui.shared import frame, jobs

POLL_SECONDS = 3.0  # a row takes much longer


def draw(lab: Lab) -> None:
    st.markdown(
        "Chroma's report “Evaluating Chunking Strategies for Retrieval” (Smith and Troynikov,"
        " 2024), computed again on this machine. **Do its numbers hold?**"
    )
    with st.container(horizontal=True, vertical_alignment="bottom", key="evaluate-published"):
        folder = st.text_input(
            "Folder of its data set, on the machine that runs Triptych",
            key="evaluate.folder",
            placeholder="/home/me/chunking_evaluation",
            persist_state="session",
            width=520,
        )
        busy = jobs.busy(lab, REPRODUCTION)
        label = "Compute it again"
        if st.button(label, type="primary", key="evaluate.reproduce", disabled=not folder or busy):
            jobs.begin(lambda: lab.reproduce(Path(folder.strip()).expanduser()))
    st.caption(
        "The data set is not ours to ship (MIT licence): five corpora, 472 questions, 790 passages,"
        f" at [{PUBLISHED_AT}](https://{PUBLISHED_AT}). Of the folder only `corpora/*.md` and"
        " `questions_df.csv` are read. The best possible precision needs no model and takes"
        " seconds; the recall wants some 8,000 chunks embedded once, about 15 minutes on two cores."
        " Stopped, it goes on where it was. A folder of a BEIR data set (`corpus.jsonl`,"
        " `queries.jsonl`, `qrels.tsv` or `qrels/test.tsv`) is searched instead, each document in"
        " one chunk: nDCG@10 and recall@100 of dense retrieval, BM25, hybrid and reranking; SciFact"
        " beside what others published."
    )
    jobs.line(lab, REPRODUCTION)
    if busy:
        growing()
    else:
        _tables(lab)


@st.fragment(run_every=POLL_SECONDS)
@frame.bounded
def growing() -> None:
    """The rows so far, while more are computed."""
    _tables(frame.open_lab())


def _tables(lab: Lab) -> None:
    if lab.beir.table and lab.beir.table.rows:
        _beir(lab.beir.table)
    if lab.reproduction.table:
        _table(lab.reproduction.table)


def _beir(table: BeirTable) -> None:
    st.caption(f"From {labels.escaped(str(table.folder))}")
    st.subheader("Documents found, in per cent", anchor=False)
    _shown(
        [
            {
                "retrieval method": row.name,
                "measure": measure,
                "ours": ours.mean,
                "95 % CI": f"{ours.low:.1f} to {ours.high:.1f}",
                "published": score.value if score else None,
                "by": score.source if score else "",
                "inside": score.inside if score else None,
                "n": row.questions,
            }
            for row in table.rows
            for measure, ours, score in row.compared
        ],
        "beir",
    )
    for note in table.notes:
        st.caption(labels.escaped(note))


def _table(table: Table) -> None:
    st.caption(f"From {labels.escaped(str(table.folder))}")
    if table.recall:
        st.subheader("Recall of the gold text, k = 5", anchor=False)
        _shown([_recall(row) for row in table.recall], "recall")
        if table.tied is not None:
            names = [_name(table.recall[number]) for number in table.tied]
            st.markdown(
                f"**{len(names)} of {len(table.recall)} cannot be told from the best**, compared"
                f" question by question: {labels.escaped('; '.join(names))}."
            )
    if not table.omega:
        return
    st.subheader("Best possible precision, whatever the search", anchor=False)
    _shown([_omega(row) for row in table.omega], "omega")
    st.caption(
        "“Ours, their way” looks for each chunk's text from the beginning of its corpus, as the"
        " published program does; “ours” keeps the place it was cut at."
    )


def _shown(rows: Sequence[dict[str, object]], name: str) -> None:
    number = st.column_config.NumberColumn
    shares = [each for each, value in rows[0].items() if isinstance(value, float)]
    st.dataframe(
        rows,
        hide_index=True,
        key=f"evaluate.published.{name}",
        column_config=dict.fromkeys(shares, number(format="%.1f", help="%"))
        | {"tokens of context": number(format="%.0f", help="cl100k, of a question")},
    )
    st.download_button(
        "CSV",
        charts.as_csv(rows),
        f"published-{name}.csv",
        "text/csv",
        key=f"evaluate.published.{name}.csv",
        on_click="ignore",
    )


def _name(row: RecallRow | OmegaRow) -> str:
    chunker = "recursive" if row.chunker.startswith("recursive") else row.chunker
    return f"{chunker} {row.size}/{row.overlap}"


def _recall(row: RecallRow) -> dict[str, object]:
    return {
        "chunks cut": _name(row),
        "published": row.published,
        "ours": row.recall.mean,
        "95 % interval": f"{row.recall.low:.1f} to {row.recall.high:.1f}",
        "inside": row.inside,
        "precision, published": row.published_precision,
        "precision, ours": row.precision.mean,
        "IoU, published": row.published_iou,
        "IoU, ours": row.iou.mean,
        "never seen": 100 * row.never_seen,
        "tokens of context": row.context_tokens,
        "chunks": row.chunks,
        "n": row.questions,
    }


def _omega(row: OmegaRow) -> dict[str, object]:
    return {
        "chunks cut": _name(row),
        "published": row.published,
        "ours, their way": row.as_published,
        "within 0.1": row.close,
        "ours": row.ours,
        "chunks": row.chunks,
    }
