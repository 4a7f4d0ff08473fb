"""What went wrong in an answer, as far as its run can tell. Pure.

Each finding says what was seen, and a cause only as likely: the run cannot prove one. What a run
does not hold is not judged, so every share over runs has its own number of runs. A chunk's preview,
as old logs hold it, is never judged as if it were the chunk.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

from core.labels import counted
from core.metrics.differences import likeness
from core.metrics.support import CITATION, sentences
from core.metrics.words import words
from core.types import Hit, Run, passages_of

Kind = Literal[
    "cut off",
    "wrong first words",
    "repeats itself",
    "cites nothing",
    "unsupported sentences",
    "context ignored",
    "same context",
    "text never seen",
]
KINDS: tuple[Kind, ...] = get_args(Kind)
EXAMPLES = 3
GRAM = 4  # words: shorter sequences come back in any text
MOST_REPEATED = 0.2  # share of the answer's four-word sequences; see docs/findings.md
SHORTEST = 20  # words: below, one sequence said twice is already a large share
ALIKE = 0.9  # share of words two answers have in common, from which on they say the same

ENDS = ".!?…。！？｡؟।"
CLOSING = "\"'”’»)]}*_`）」』"
LAST_CITATIONS = re.compile(rf"(?:[\s,;]*{CITATION.pattern})+\s*$")
FENCE = re.compile(r"^\s*(?:```|~~~)", re.MULTILINE)
SPECIAL = re.compile(
    r"\s*(?:<\|?/?[a-z_]+\|?>|\[/?(?:INST|SYS)\]|<<SYS>>|(?:system|user|assistant)\s*(?::|\n))",
    re.IGNORECASE,
)
LABEL = re.compile(
    r"\s*(?P<label>[^\W\d_]+_[^\W\d]+"  # expert_answer
    r"|(?:[^\W\d_]+ ){0,2}answer\b:?"  # example answer
    r"|[^\W\d_]+(?: [^\W\d_]+){0,3}(?=:)"  # excerpt from the paper:
    r"|[^\W\d_]+(?: [^\W\d_]+)?(?=\s*\n))"  # overview, on a line of its own
)
UNFIT = re.compile(r"\s*(?:[,.;:!?)\]}%&/\\|=+»”]|[-–—]\s*\n)")
NAME = re.compile(
    r"\s*(?:[a-z]{1,2}[A-Z]|[a-z]-[^\W_]|[a-z]+[\d.(/]|https?:)"
)  # mRNA, k-means, x86


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that went wrong: a sentence, and where in the answer it is seen (start, end)."""

    kind: Kind
    said: str
    where: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """What could be judged of a run, and what was found."""

    judged: frozenset[Kind] = frozenset()
    findings: tuple[Finding, ...] = ()

    def found(self, kind: Kind) -> Finding | None:
        return next((finding for finding in self.findings if finding.kind == kind), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """How often one thing was found among the runs of which it can be judged, and the ids of the
    first three to open."""

    kind: Kind
    found: int
    judged: int
    examples: tuple[str, ...] = ()


@dataclass(slots=True)
class _Notes:
    """A diagnosis in the making."""

    judged: set[Kind] = field(default_factory=set)
    findings: list[Finding] = field(default_factory=list)

    def add(self, kind: Kind, said: str | None, where: tuple[int, int] | None = None) -> None:
        """`kind` was judged; `said` is None where nothing is wrong."""
        self.judged.add(kind)
        if said:
            self.findings.append(Finding(kind=kind, said=said, where=where))


def diagnose(run: Run, baseline: Run | None = None) -> Diagnosis:
    """Everything that the run itself can tell; with its question's answer without context also
    whether the context changed anything."""
    notes = _Notes()
    whole = [hit for hit in run.hits if not hit.preview]
    if run.answer and run.answer.finish_reason != "error":
        text = run.answer.text
        if run.answer.finish_reason != "stopped":
            notes.add("cut off", *cut_off(run))
        if text:
            notes.add("wrong first words", *first_words(text))
        if len(words(text)) >= SHORTEST:
            notes.add("repeats itself", _repeats(text, run.notes))
        if run.hits and text:
            cited = CITATION.search(text)
            notes.add(
                "cites nothing", None if cited else f"It cites none of {_passages(run.hits)}."
            )
        if whole and len(whole) == len(run.hits) and text:
            _support(notes, text, whole, baseline)
    if any(hit.embedder_reads is not None or hit.reranker_reads is not None for hit in run.hits):
        notes.add("text never seen", _unseen(run.hits))
    return Diagnosis(judged=frozenset(notes.judged), findings=tuple(notes.findings))


def diagnose_all(runs: Sequence[Run]) -> dict[str, Diagnosis]:
    """Every run by its id, seen beside the others: whether it had the same context as another
    setting of its question, and what its question's answer without context was."""
    baselines = {_asked(run): run for run in runs if run.recipe.arm == "no_context" and run.answer}
    alike: dict[object, list[Run]] = defaultdict(list)
    for run in runs:
        if run.hits:
            alike[run.question, frozenset(hit.passage.span for hit in run.hits)].append(run)
    diagnoses = {}
    for run in runs:
        found = diagnose(run, baselines.get(_asked(run)))
        if run.hits:
            same = alike[run.question, frozenset(hit.passage.span for hit in run.hits)]
            others = {other.recipe.key for other in same} - {run.recipe.key}
            said = counted(len(others), "other setting")
            findings = found.findings
            if others:
                finding = Finding(kind="same context", said=f"Its chunks are those of {said}.")
                findings = (*findings, finding)
            found = Diagnosis(judged=found.judged | {"same context"}, findings=findings)
        diagnoses[run.id] = found
    return diagnoses


def shares(diagnoses: Mapping[str, Diagnosis], run_ids: Iterable[str] | None = None) -> list[Share]:
    """How often each kind was found, over all runs or those named; kinds that could be judged of
    no run at all are left out."""
    ids = list(diagnoses if run_ids is None else run_ids)
    counted = []
    for kind in KINDS:
        found = [run_id for run_id in ids if diagnoses[run_id].found(kind)]
        judged = sum(kind in diagnoses[run_id].judged for run_id in ids)
        if judged:
            examples = tuple(found[:EXAMPLES])
            counted.append(Share(kind=kind, found=len(found), judged=judged, examples=examples))
    return counted


def cut_off(run: Run) -> tuple[str | None, tuple[int, int] | None]:
    """Whether the answer was cut off, and where. Where nobody counted tokens, the only evidence is
    that it does not end a sentence."""
    assert run.answer
    text = run.answer.text
    where = (max(0, len(text) - 1), len(text)) if text else None
    match run.answer.finish_reason:
        case "length":
            return f"It was cut off at {run.answer.answer_tokens or 'its limit of'} tokens.", where
        case "unknown" if text and not _ends(text):
            return "It does not end a sentence: likely it was cut off at its token limit.", where
    return None, None


def _ends(text: str) -> bool:
    """Whether the text ends a sentence, or a block of code."""
    stripped = LAST_CITATIONS.sub("", text).rstrip()
    if FENCE.match(stripped.rpartition("\n")[2]):
        return len(FENCE.findall(stripped)) % 2 == 0
    return stripped.rstrip(CLOSING + " ").endswith(tuple(ENDS))


def first_words(text: str) -> tuple[str | None, tuple[int, int] | None]:
    """Whether the answer begins with what cannot begin one, and where.

    A mark of the chat template or of a tool call, a label ("overview:"), a sign that closes
    something, or a small letter: the middle of a sentence. A name written small ("k-means") or a
    script without capitals is no evidence.
    """
    likely = "likely the prompt was continued, or the batch padded on the wrong side"
    if found := SPECIAL.match(text):
        return (
            f"It begins with a mark of the chat template or of a tool call: {likely}.",
            found.span(),
        )
    if found := UNFIT.match(text):
        return f"It begins with a sign that begins no sentence: {likely}.", found.span()
    first = text.lstrip()[:1]
    if not first.islower() or NAME.match(text):
        return None, None
    if found := LABEL.match(text):
        return f"It begins with a label, not with an answer: {likely}.", found.span("label")
    start = len(text) - len(text.lstrip())
    end = start + len(text[start:].split()[0])
    return f"It begins with a small letter, as in mid-sentence: {likely}.", (start, end)


def repeated_share(text: str) -> float:
    """The share (0..1) of four-word sequences that stood in the text before; 0 for a text of
    fewer words. (1 - distinct-4, after Li et al., "A Diversity-Promoting Objective Function for
    Neural Conversation Models", 2016.)"""
    said = words(text)
    grams = [tuple(said[place : place + GRAM]) for place in range(len(said) - GRAM + 1)]
    return (len(grams) - len(set(grams))) / len(grams) if grams else 0.0


def _repeats(text: str, notes: Sequence[str]) -> str | None:
    if any("repeat itself" in note for note in notes):
        return "It began to repeat itself and was ended there."
    share = repeated_share(text)
    if share < MOST_REPEATED:
        return None
    return f"{100 * share:.0f} % of its sequences of four words stood in it before."


def _support(notes: _Notes, text: str, hits: Sequence[Hit], baseline: Run | None) -> None:
    judged = [
        each
        for each in sentences(text, [hit.passage.text for hit in passages_of(hits)])
        if each.support is not None
    ]
    if not judged:
        return
    lost = [each for each in judged if each.unsupported]
    which = f"{len(lost)} of {len(judged)} sentences" if len(judged) > 1 else "its one sentence"
    where = (lost[0].start, lost[0].end) if lost else None
    finding = f"Less than half of the words of {which} stand in any one chunk."
    notes.add("unsupported sentences", finding if lost else None, where)
    ignored = None
    if baseline and baseline.answer and likeness(baseline.answer.text, text) >= ALIKE:
        ignored = "It says what the answer without context says: the chunks changed nothing."
    elif len(lost) == len(judged):
        ignored = "No sentence of it stands in its chunks: it left them aside, or found no answer."
    notes.add("context ignored", ignored)


def _unseen(hits: Sequence[Hit]) -> str | None:
    parts = []
    for model in ("embedder", "reranker"):
        reads = [(hit, getattr(hit, f"{model}_reads")) for hit in hits]
        lost = [len(hit.chunk.text) - read for hit, read in reads if read is not None]
        lost = [characters for characters in lost if characters > 0]
        if lost:
            which = f"{len(lost)} of {_passages(hits)}"
            parts.append(f"the {model} never saw {sum(lost):,} characters of {which}")
    said = "; ".join(parts)
    return f"{said[0].upper()}{said[1:]}." if said else None


def _passages(hits: Sequence[Hit]) -> str:
    return f"its {len(hits)} passages" if len(hits) != 1 else "its one passage"


def _asked(run: Run) -> tuple[str, object]:
    """What runs must share for their answers to be comparable: question and generation."""
    return run.question, run.recipe.generation
