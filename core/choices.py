"""What can be chosen of a search and of an answer: every field of Retrieval and Generation once, as
people meet it. The command line, presets, forms, labels and charts are made from these two tables;
what a value does, and which values are refused, stands in the rooms that do it.

Knows no page; of models only what kind of model a field names.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, get_args

from core import indexes, rewritings
from core.types import (
    EXACT,
    RETRIEVERS,
    Family,
    Generation,
    PassageOrder,
    Prefix,
    Retrieval,
    Style,
)

Heading = Literal["Search", "Passages", "Answer"]
HEADINGS: tuple[Heading, ...] = get_args(Heading)


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """A field that is chosen, and that a sweep can vary.

    `label` stands above its widgets, `help` is one sentence. `values` are those that are offered;
    where it is `open`, others may be typed, or else there are no others. A field with a `family`
    names a model of it. `words` say a value in a few words that can stand alone. `only_with` is a
    field without which, as it usually is, this one decides nothing. `under` is its heading among
    what is rarely changed; None where pages ask for it at once.
    """

    of: type[Retrieval] | type[Generation]
    name: str
    label: str
    help: str
    values: tuple[Any, ...] = ()
    open: bool = False
    family: Family | None = None
    words: Callable[[Any], str] = str
    only_with: str = ""
    under: Heading | None = None

    @property
    def usual(self) -> Any:
        """What it is where nobody chooses."""
        return getattr(self.of(), self.name)

    @property
    def kind(self) -> type:
        """Whether it is a text, a number or a switch."""
        return str if self.usual is None else type(self.usual)

    @property
    def subject(self) -> str:
        """What it is called beside others, in a table."""
        return self.label.lower()


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _read(value: str) -> str:
    form, _, count = value.partition(":")
    return f"reads ±{count}" if form == "window" else f"reads {value}"


def _rewritten(value: str) -> str:
    form, _, count = value.partition(":")
    known = {"none": "no rewriting", "hyde": "HyDE", "steps": "asked in steps"}
    return f"{count} other wordings" if form == "several" else known.get(value, value)


# Sweeps vary the last the fastest.
RETRIEVAL = (
    Axis(
        of=Retrieval,
        name="retriever",
        label="Retrieval method",
        help="By similarity (dense), by words (bm25), or both lists fused (hybrid).",
        values=RETRIEVERS,
    ),
    Axis(
        of=Retrieval,
        name="embedder",
        label="Embedder",
        help="The model whose vectors are compared.",
        family="embedder",
    ),
    Axis(
        of=Retrieval,
        name="index",
        label="Index",
        help="exact compares the question with every chunk; chroma follows a graph of neighbours"
        " (HNSW), as large collections do, and may miss some.",
        values=tuple(sorted(indexes.names(), key=lambda name: name != EXACT)),
        words=lambda value: f"{value} index",
        under="Search",
    ),
    Axis(
        of=Retrieval,
        name="reranker",
        label="Reranker",
        help="The model that reads each candidate together with the question.",
        family="reranker",
        words=lambda value: f"reranked by {value}" if value else "not reranked",
    ),
    Axis(
        of=Retrieval,
        name="candidates",
        label="Candidates",
        help="How many chunks are found first.",
        values=(10, 20, 50),
        open=True,
        words=lambda value: _counted(value, "candidate"),
    ),
    Axis(
        of=Retrieval,
        name="top_k",
        label="Top-k",
        help="How many of the candidates are used at most.",
        values=(3, 5, 7),
        open=True,
        words=lambda value: f"top {value}",
    ),
    Axis(
        of=Retrieval,
        name="read",
        label="Passage read",
        help="What is read of a matched chunk's surroundings: the chunk alone, with so many"
        " neighbours on each side (window:1), its section or its page.",
        values=("chunk", "window:1", "section", "page"),
        open=True,
        words=_read,
        under="Passages",
    ),
    Axis(
        of=Retrieval,
        name="prefix",
        label="Prefix",
        help="A line that the embedder and BM25 read before each chunk, and the answer model does"
        " not.",
        values=get_args(Prefix),
        words=lambda value: "no prefix" if value == "none" else f"prefix {value}",
        under="Search",
    ),
    Axis(
        of=Retrieval,
        name="rewrite",
        label="Query rewriting",
        help="What is searched for instead of the question: a passage that might answer it (hyde),"
        " other wordings (several:3), or its parts (steps).",
        values=rewritings.USUAL,
        open=True,
        words=_rewritten,
        under="Search",
    ),
    Axis(
        of=Retrieval,
        name="rewriter",
        label="Rewriting model",
        help="The model that rewrites the question.",
        family="generator",
        words=lambda value: f"rewritten by {value or 'the default model'}",
        only_with="rewrite",
        under="Search",
    ),
    Axis(
        of=Retrieval,
        name="variety",
        label="Variety",
        help="Maximal marginal relevance: 0 takes the best chunks, 1 those least like the ones"
        " taken before.",
        values=(0.0, 0.3, 0.5),
        open=True,
        words=lambda value: f"variety {value:g}",
        under="Passages",
    ),
    Axis(
        of=Retrieval,
        name="at_most",
        label="Passages per paper",
        help="How many passages of one paper are used at most; 0: any number.",
        values=(0, 1, 2),
        open=True,
        words=lambda value: f"at most {value} per paper" if value else "any number per paper",
        under="Passages",
    ),
    Axis(
        of=Retrieval,
        name="budget",
        label="Context budget",
        help="How many tokens the passages may have together; 0: any number.",
        values=(0, 500, 1000, 2000),
        open=True,
        words=lambda value: f"budget {value:,} tokens" if value else "no budget",
        under="Passages",
    ),
    Axis(
        of=Retrieval,
        name="where",
        label="Paper filter",
        help="Only the papers that fit, such as text:lamp;tag:survey;since:2023;pages_to:20.",
        open=True,
        words=lambda value: f"papers {value}" if value else "all papers",
        under="Search",
    ),
)
GENERATION = (
    Axis(
        of=Generation,
        name="generator",
        label="Answer model",
        help="The model that answers.",
        family="generator",
    ),
    Axis(
        of=Generation,
        name="style",
        label="Style",
        help="A chat model is trained on conversations. Without its template (completion) it only"
        " goes on with the text.",
        values=get_args(Style),
        under="Answer",
    ),
    Axis(
        of=Generation,
        name="passages",
        label="Passage order",
        help="Small models lean on what they read last, next to the question. With the best first,"
        " a sweep reads together what prompts of 3 and of 5 passages begin with.",
        values=get_args(PassageOrder),
        words=lambda value: value.replace("-", " "),
        under="Passages",
    ),
    Axis(
        of=Generation,
        name="max_tokens",
        label="Max output tokens",
        help="How long an answer may be.",
        values=(48, 128, 256),
        open=True,
        words=lambda value: _counted(value, "token"),
    ),
    Axis(
        of=Generation,
        name="temperature",
        label="Temperature",
        help="0 takes the likeliest token, always; above it, tokens are drawn.",
        values=(0.0, 0.7),
        open=True,
        words=lambda value: f"temperature {value:g}",
        under="Answer",
    ),
    Axis(
        of=Generation,
        name="top_p",
        label="Top-p",
        help="Draw from the likeliest tokens that hold this much of the chance; 1: all.",
        values=(1.0, 0.9),
        open=True,
        words=lambda value: f"top-p {value:g}",
        only_with="temperature",
        under="Answer",
    ),
    Axis(
        of=Generation,
        name="top_tokens",
        label="Top tokens",
        help="Draw from so many of the likeliest tokens, which servers call top-k; 0: all.",
        values=(0, 40),
        open=True,
        words=lambda value: f"top {_counted(value, 'token')}" if value else "all tokens",
        only_with="temperature",
        under="Answer",
    ),
    Axis(
        of=Generation,
        name="seed",
        label="Seed",
        help="Another seed draws other tokens.",
        values=(0,),
        open=True,
        words=lambda value: f"seed {value}",
        under="Answer",
    ),
    Axis(
        of=Generation,
        name="unanswerable",
        label="Allow no answer",
        help="Allow the answer that the passages do not say it.",
        values=(False, True),
        words=lambda value: "may give no answer" if value else "has to answer",
        under="Answer",
    ),
    Axis(
        of=Generation,
        name="cite",
        label="Ask for citations",
        help="Ask for the numbers of the passages, such as [1].",
        values=(False, True),
        words=lambda value: "asked to cite" if value else "not asked to cite",
        under="Answer",
    ),
)
ALL = RETRIEVAL + GENERATION
RARE = tuple(axis for axis in ALL if axis.under)


def chosen_of(holder: Retrieval | Generation) -> list[Axis]:
    """What can be chosen of it; a model that has nothing to rewrite cannot."""
    if isinstance(holder, Generation):
        return list(GENERATION)
    idle = holder.rewrite == "none"
    return [axis for axis in RETRIEVAL if not (idle and axis.name == "rewriter")]


def unusual(holder: Retrieval | Generation) -> list[Axis]:
    """What is chosen otherwise than usual."""
    return [axis for axis in chosen_of(holder) if getattr(holder, axis.name) != axis.usual]
