"""Experiment logs: the answers of one or more models to questions, by chunk size, k and reranking.

    ################ MODEL: <model> ################
    ==================== QUESTION <n> ====================
    Text: <question>
       >>> VANILLA LLM (No Context)
    <answer, many lines>
       >>> CHUNK STRATEGY: Small (800) | [TYPE: RAG | Top_K=3]
       >>> CHUNK STRATEGY: Small (800) | [TYPE: RAG+RaR | Candidates=10 -> Top_K=3]

Holds no hits: what was retrieved cannot be told from it. Pure.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from core.logs._lines import SHOWN, UNKNOWN, DroppedLine, guarded, numbered, one_line, plain
from core.logs.log import Log
from core.types import (
    Answer,
    Chunking,
    Generation,
    Recipe,
    Retrieval,
    Run,
    digest,
    run_key,
)

TITLE = "=== RAG & RaR EXPERIMENT RESULTS ==="
BEGINNING = re.compile(rf"\s*{re.escape(TITLE)}\s*$")
MODEL = re.compile(r"\s*#{4,}\s*MODEL:(.*)$")
QUESTION = re.compile(r"\s*={4,}\s*QUESTION\b.*$")
BLOCK = re.compile(r"\s*>>>\s*(?:VANILLA\b|CHUNK STRATEGY:)")
SETTING = re.compile(
    r"\s*>>>\s*CHUNK STRATEGY:[^|]*?\((?P<size>\d{1,9})\)\s*\|\s*"
    r"\[TYPE:\s*(?P<type>RAG(?:\+RaR)?)\s*\|\s*"
    r"(?:Candidates\s*=\s*(?P<candidates>\d{1,9})\s*->\s*)?Top_K\s*=\s*(?P<top_k>\d{1,9})\s*\]"
)
UNSEARCHED = ("given", "whole")  # arms with passages that nothing searched for
# What may stand in no answer as it is. A line that only begins with >>> may: it is no marker.
SIGNS = (BEGINNING, MODEL, QUESTION, BLOCK)
MARKER = re.compile("|".join(sign.pattern for sign in SIGNS))
NAMES = {800: "Small", 1200: "Medium", 1600: "Large"}
NOTE = (
    "Imported from a log: it holds neither the chunks nor what else was set, and not how the answer"
    " ended."
)


@dataclass(slots=True)
class _Reader:
    """Where in the log the reader is, and what it has found so far."""

    origin: str
    model: str = UNKNOWN
    question: str = ""
    asked: list[str] = field(default_factory=list)  # lines of the question that is read
    recipe: Recipe | None = None
    lines: list[str] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    times: dict[str, int] = field(default_factory=dict)

    def run(self) -> Iterator[Run]:
        """The block that ends here, if there is one."""
        if self.recipe is None:
            return
        text = "\n".join(self.lines).strip()
        key = run_key(self.question, self.recipe, ())
        # By its content, so that the same log read twice is the same runs, whatever its name.
        said = digest([key, text])
        self.times[said] = self.times.get(said, 0) + 1
        yield Run(
            id=digest(["log", said, self.times[said]]),
            key=key,
            question=self.question,
            paper_ids=(),
            recipe=self.recipe,
            answer=Answer(text=text, finish_reason="unknown"),
            at="",
            origin=self.origin,
            notes=(NOTE,),
        )


def read(text: str, *, origin: str) -> Log:
    """The runs of a log. `origin` says where it came from.

    Never fails: what it does not understand is dropped, with its line.
    """
    reader = _Reader(origin=origin)
    dropped: list[DroppedLine] = []
    asking = False  # between QUESTION and its first block: the question's own lines
    for number, line in numbered(text):
        found = MODEL.match(line)
        if found or BEGINNING.match(line):
            reader.runs += reader.run()
            reader.recipe, asking = None, False
            reader.question, reader.model = "", (found and _name(found[1])) or UNKNOWN
        elif QUESTION.match(line):
            reader.runs += reader.run()
            reader.recipe, asking, reader.asked = None, True, []
            reader.question = ""
        elif BLOCK.match(line):
            reader.runs += reader.run()
            if asking:
                reader.question = one_line(" ".join(reader.asked))
            asking, reader.lines = False, []
            reader.recipe = _recipe(line, reader.model)
            if reader.recipe is None:
                dropped.append(_dropped(number, line, "this setting is not understood"))
            elif not reader.question:
                reader.recipe = None
                dropped.append(_dropped(number, line, "no question stands before it"))
        elif reader.recipe is not None:
            reader.lines.append(plain(line, MARKER))
        elif asking and line.strip():
            reader.asked.append(line.strip().removeprefix("Text:"))
        elif line.strip():
            dropped.append(_dropped(number, line, "it belongs to no answer"))
    reader.runs += reader.run()
    return Log(kind="log", runs=tuple(reader.runs), dropped=tuple(dropped))


def write(runs: Iterable[Run]) -> str:
    """Runs as such a log, by model and question in the order they come.

    A log has no place for runs without an answer, nor for passages that were given or not searched
    for: they are left out. What it has no words for of a search (how its chunks were found, and
    what of them was read) is not told.
    """
    by_model: dict[str, dict[str, list[Run]]] = {}
    for run in runs:
        if run.answer and run.recipe.generation and run.recipe.arm not in UNSEARCHED:
            model = one_line(run.recipe.generation.generator)
            questions = by_model.setdefault(model, {})
            questions.setdefault(one_line(run.question), []).append(run)
    parts = [TITLE + "\n"]
    for model, questions in by_model.items():
        parts.append(f"\n\n\n################ MODEL: {model} ################\n")
        for number, (question, answered) in enumerate(questions.items(), start=1):
            parts.append(f"\n\n==================== QUESTION {number} ====================\n")
            parts.append(f"Text: {question}\n")
            for run in answered:
                assert run.answer
                said = guarded(run.answer.text.strip(), MARKER)
                parts.append(f"\n   >>> {_setting(run.recipe)}\n{said}\n")
    return "".join(parts)


def _name(text: str) -> str:
    """A model's name without the # that may stand behind it."""
    return text.strip().rstrip("#").rstrip()


def _recipe(line: str, model: str) -> Recipe | None:
    """What a block's first line says; None if it cannot be told."""
    generation = Generation(generator=model, max_tokens=0)
    if re.search(r"\bVANILLA\b", line):
        return Recipe(chunking=_chunking(0), generation=generation)
    setting = SETTING.match(line)
    if setting is None or (setting["type"] == "RAG+RaR") != (setting["candidates"] is not None):
        return None
    top_k = int(setting["top_k"])
    evidence = Retrieval(
        retriever=UNKNOWN,
        embedder=UNKNOWN,
        candidates=int(setting["candidates"] or top_k),
        top_k=top_k,
        reranker=UNKNOWN if setting["candidates"] else None,
    )
    chunking = _chunking(int(setting["size"]))
    return Recipe(chunking=chunking, evidence=evidence, generation=generation)


def _chunking(size: int) -> Chunking:
    return Chunking(chunker=UNKNOWN, size=size, overlap=0)


def _setting(recipe: Recipe) -> str:
    if not isinstance(recipe.evidence, Retrieval):
        return "VANILLA LLM (No Context)"
    size, found = recipe.chunking.size, recipe.evidence
    kind = f"RAG | Top_K={found.top_k}"
    if found.reranker:
        kind = f"RAG+RaR | Candidates={found.candidates} -> Top_K={found.top_k}"
    return f"CHUNK STRATEGY: {NAMES.get(size, 'Size')} ({size}) | [TYPE: {kind}]"


def _dropped(number: int, line: str, why: str) -> DroppedLine:
    return DroppedLine(line=number, why=f"{why}: {line.strip()[:SHOWN]}")
