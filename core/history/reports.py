"""A report: charts, answers and settings as one HTML file that needs no network. Pure.

Every text is escaped; the charts live on plotly.js, which is put into the file. Knows no store.
"""

import html
import json
import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from string import Template
from typing import Any

from core import choices, labels
from core.charts import Chart, palette
from core.types import Generation, Retrieval, Run

MOST_ANSWERS = 1_000  # whole answers in the file, which is to stay below 8 MB
MOST_CHARACTERS = 2_000_000

PAGE = Template((Path(__file__).parent / "report.html").read_text("utf-8"))


def write(
    title: str,
    at: str,
    runs: Sequence[Run],
    charts: Sequence[Chart],
    names: Mapping[str, str],
    troubles: Sequence[Mapping[str, Any]],
) -> str:
    """The whole file. `names` gives each recipe's key its setting in words, `troubles` are the rows
    of a table."""
    from plotly.offline import get_plotlyjs

    questions = list(dict.fromkeys(run.question for run in runs))
    drawn = {f"chart-{number}": chart for number, chart in enumerate(charts) if chart.figure}
    figures = ",".join(f'"{name}":{chart.figure.to_json()}' for name, chart in drawn.items())
    return PAGE.substitute(
        colours=palette.custom_properties(),
        title=html.escape(labels.plain(title)),
        about=f"{len(runs):,} runs of {len(questions):,} questions · written {html.escape(at)}",
        charts="\n".join(_chart(name, chart) for name, chart in drawn.items())
        + "".join(f'<p class="quiet">{html.escape(c.missing)}</p>' for c in charts if c.missing),
        troubles=_table(troubles) or '<p class="quiet">Nothing was found.</p>',
        answers=_answers(questions, runs, names),
        settings=_settings(runs, names),
        plotly=get_plotlyjs(),
        figures="{" + figures.replace("<", "\\u003c") + "}",
    )


def _chart(name: str, chart: Chart) -> str:
    table = _table(chart.rows)
    return (
        f'<div class="chart" id="{name}"></div>'
        f"<details><summary>Data: {html.escape(chart.name)}</summary>{table}</details>"
    )


def _answers(questions: Sequence[str], runs: Sequence[Run], names: Mapping[str, str]) -> str:
    """Question by question; what is not in the file for its size is said."""
    parts, held, characters = [], 0, 0
    for question in questions:
        parts.append(f"<details><summary><b>{html.escape(labels.plain(question))}</b></summary>")
        for run in (run for run in runs if run.question == question):
            text = run.answer.text if run.answer else "Searched; no answer was written."
            if held >= MOST_ANSWERS or characters + len(text) > MOST_CHARACTERS:
                continue
            held, characters = held + 1, characters + len(text)
            parts.append(_answer(run, text, names))
        parts.append("</details>")
    if held < len(runs):
        parts.append(f"<p>{len(runs) - held:,} more answers do not fit into this file.</p>")
    return "\n".join(parts)


def _answer(run: Run, text: str, names: Mapping[str, str]) -> str:
    ended = f" · {run.answer.finish_reason}" if run.answer else ""
    said = [html.escape(names.get(run.recipe.key, run.recipe.arm)), html.escape(run.id)]
    sources = "; ".join(f"[{hit.rank}] {hit.title}, {labels.pages_of(hit)}" for hit in run.hits)
    below = labels.plain(f"{sources} {' '.join(run.notes)}")
    return (
        f'<div class="{run.recipe.arm}"><div class="quiet">{" · ".join(said)}{ended}</div>'
        f'<div class="answer">{html.escape(text)}</div>'
        f'<div class="quiet">{html.escape(below)}</div></div>'
    )


def _settings(runs: Sequence[Run], names: Mapping[str, str]) -> str:
    """Every recipe once, with its fields (rare ones where they are not as usual), and what
    computed it."""
    recipes = {run.recipe.key: run.recipe for run in runs}
    engines = sorted({f"{run.engine} {run.precision}".strip() for run in runs if run.engine})
    origins = sorted({run.origin for run in runs})
    rows: list[dict[str, Any]] = [
        {
            "setting": names.get(key, ""),
            "chunking": _fields(recipe.chunking),
            "evidence": _fields(recipe.evidence) or "none",
            "generation": _fields(recipe.generation) or "none",
            "revisions": ", ".join(f"{name} {revision}" for name, revision in recipe.revisions),
        }
        for key, recipe in recipes.items()
    ]
    made = f"Computed by {', '.join(engines) or 'an unknown engine'}; from {', '.join(origins)}."
    written = f"Written with Python {platform.python_version()}, plotly {version('plotly')}."
    return f"<p>{html.escape(made)} {html.escape(written)}</p>{_table(rows)}"


def _fields(value: Any) -> str:
    if value is None:
        return ""
    left_out = {"kind"}
    if isinstance(value, Retrieval | Generation):
        rare = {axis.name for axis in choices.ALL} - labels.ALWAYS_NAMED
        left_out |= rare - {axis.name for axis in choices.unusual(value)}
    return ", ".join(f"{n} {getattr(value, n)}" for n in value.__slots__ if n not in left_out)


def _table(rows: Sequence[Mapping[str, Any]]) -> str:
    if not rows:
        return ""
    head = "".join(f"<th>{html.escape(name)}</th>" for name in rows[0])
    body = "".join(
        "<tr>"
        + "".join(f"<td>{html.escape(_shown(value))}</td>" for value in row.values())
        + "</tr>"
        for row in rows
    )
    return f'<div class="chart"><table><tr>{head}</tr>{body}</table></div>'


def _shown(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.3f}"
    return value if isinstance(value, str) else json.dumps(value)
