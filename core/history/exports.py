"""A comparison as a file that others can read: Markdown, JSON, HTML. Pure.

Texts of papers and models are data: in Markdown they are quoted and escaped, in HTML escaped.
"""

from collections.abc import Callable
from html import escape

from core import labels
from core.charts import palette
from core.codec import to_json
from core.types import Comparison, Hit, Run

STYLE = """
:root { color-scheme: light dark; }
body { max-width: 1500px; margin: 2rem auto; padding: 0 1.2rem;
  font: 1rem/1.5 system-ui, sans-serif;
  color: var(--ink); background: var(--ground); }
h1, .answer, .text { font-family: Georgia, serif; }
h1 { font-weight: 500; } h2 { margin: 0.4rem 0; }
.panels { display: grid; grid-template-columns: repeat(auto-fit, minmax(320px, 1fr)); gap: 1.6rem; }
section { border-top: 5px solid var(--no-context); }
section.retrieved { border-color: var(--retrieved); } .retrieved h2 { color: var(--retrieved); }
section.reranked { border-color: var(--reranked); } .reranked h2 { color: var(--reranked); }
section.given { border-color: var(--given); } .given h2 { color: var(--given); }
.answer { font-size: 1.15rem; } .answer, .text { white-space: pre-wrap; overflow-wrap: anywhere; }
.small { color: var(--quiet); font-size: 0.88rem; }
summary { cursor: pointer; padding: 0.2rem 0; }
"""


def markdown(comparison: Comparison) -> str:
    """For notes and reports."""
    parts = [f"# {labels.escaped(comparison.question)}"]
    for run, apart in _apart(comparison):
        parts += [f"## {labels.escaped(labels.panel_name(run.recipe, run.candidates))}"]
        parts += [labels.escaped(apart)] if apart else []
        parts += [_quoted(run.answer.text) if run.answer else "(no answer)"]
        parts += [labels.escaped(said) for said in _said(run)]
        parts += [
            f"{hit.rank}. {labels.escaped(_place(hit))}\n\n{_quoted(hit.passage.text, '   ')}"
            for hit in run.passages
        ]
        settings = " · ".join(labels.settings(run.recipe).values())
        parts += [f"Settings: {labels.escaped(settings)}"]
        for message in run.messages:
            parts += [f"Sent as {message.role}:", _quoted(message.content)]
    return "\n\n".join(parts) + "\n"


def html(comparison: Comparison) -> str:
    """One self-contained page without scripts."""
    question = escape(labels.plain(comparison.question))
    sections = "".join(_section(run, apart) for run, apart in _apart(comparison))
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{question}</title><style>{palette.custom_properties()}{STYLE}</style></head>"
        f'<body><p class="small">Triptych · {escape(comparison.at[:16])}</p>'
        f'<h1>{question}</h1><div class="panels">{sections}</div></body></html>\n'
    )


def _section(run: Run, apart: str) -> str:
    name = labels.panel_name(run.recipe, run.candidates)
    answer = run.answer.text if run.answer else "(no answer)"
    small = [apart, *_said(run), " · ".join(labels.settings(run.recipe).values())]
    chunks = "".join(
        f"<details><summary>{hit.rank} · {escape(labels.plain(_place(hit)))}</summary>"
        f'<p class="text">{escape(hit.passage.text)}</p></details>'
        for hit in run.passages
    )
    sent = "".join(
        f'<p class="small">{message.role}</p><p class="text">{escape(message.content)}</p>'
        for message in run.messages
    )
    said = "".join(
        f'<p class="small">{escape(labels.plain(sentence))}</p>' for sentence in small if sentence
    )
    return (
        f'<section class="{run.recipe.arm}"><h2>{escape(labels.plain(name))}</h2>'
        f'<p class="answer">{escape(answer)}</p>{said}{chunks}'
        f"<details><summary>The prompt</summary>{sent}</details></section>"
    )


def _apart(comparison: Comparison) -> list[tuple[Run, str]]:
    """The runs, each with the settings in which it differs from the others."""
    differing = labels.apart([run.recipe for run in comparison.runs])
    return [(run, " · ".join(one)) for run, one in zip(comparison.runs, differing, strict=True)]


def _said(run: Run) -> list[str]:
    """How the answer ended, what it took, and what a reader must know."""
    ended = [f"Answer: {labels.outcome(run.answer)}."] if run.answer else []
    searched = [f"{labels.searched_for(run.rewritten)}."] if run.rewritten else []
    return [*ended, *labels.budget(run), *searched, *run.notes]


def _place(hit: Hit) -> str:
    return " · ".join([hit.title, labels.pages_of(hit), *labels.standing(hit)])


def _quoted(text: str, indent: str = "") -> str:
    """As a block quote in which nothing is markup."""
    return "\n".join(f"{indent}> {labels.escaped(line)}".rstrip() for line in text.splitlines())


FORMATS: dict[str, Callable[[Comparison], str]] = {
    "md": markdown,
    "json": to_json,
    "html": html,
}
