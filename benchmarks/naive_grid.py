"""The classic grid done the straightforward way, and as one plan; the same models on both sides.

    python -m benchmarks.naive_grid [--questions N] [--to FOLDER] [--part NAME]

Naive: cell by cell the question is embedded and searched, all candidates of the cell are reranked,
and all prompts go through transformers' `generate`, padded, 24 at a time. Planned: what a sweep
does. Both write exactly 64 tokens greedily, also where an answer has ended or goes round in a
circle, so that the work is the same. Every part runs in a process of its own, naive and planned in
turn, and leaves a line in FOLDER; a part that is there already is not measured again.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any
from unittest.mock import patch

from core import indexes
from core.answering import prompts
from core.codec import plain
from core.generators import _decoding
from core.lab import Lab
from core.models import registry
from core.settings import ROOT, SAMPLES, Settings, from_environment
from core.sweeps import plan
from core.sweeps.plan import SweepPlan
from core.sweeps.runner import Sweeps
from core.tasks import result_of
from core.types import Generation, Message, Request, Retrieval, Run

BATCH = 24  # prompts padded together, as the old log was made
TOKENS = 64
SIDES = ("naive", "planned")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--questions", type=int, default=1)
    options.add_argument("--to", type=Path)
    options.add_argument("--part", help="measure this one alone")
    chosen = options.parse_args()
    if chosen.part:
        measure(chosen.part, chosen.to)
    else:
        for row in rows(chosen.questions, chosen.to):
            print(" | ".join(row.values()))


def rows(questions: int = 1, folder: Path | None = None) -> list[dict[str, str]]:
    """A row a stage: naive and planned seconds, how many times faster, and the demand."""
    with tempfile.TemporaryDirectory() as temporary:
        to = folder or Path(temporary)
        for part in parts(questions):
            if not (to / f"{part}.json").exists():
                command = [sys.executable, "-m", "benchmarks.naive_grid", "--part", part]
                subprocess.run([*command, "--to", str(to)], cwd=ROOT, check=True)
        return table(to, questions)


def parts(questions: int) -> list[str]:
    """Naive and planned in turn, so that a machine that slows down slows both."""
    batches = -(-37 // BATCH)
    names = [f"find-{question}" for question in range(questions)]
    names += [f"answer-{q}-{batch}" for q in range(questions) for batch in range(batches)]
    return [f"{name}-{side}" for name in names for side in SIDES]


def table(folder: Path, questions: int) -> list[dict[str, str]]:
    read = {part: json.loads((folder / f"{part}.json").read_text()) for part in parts(questions)}
    found = {
        side: [m for part, m in read.items() if part.startswith("find") and part.endswith(side)]
        for side in SIDES
    }
    answered = {
        side: [m for part, m in read.items() if part.startswith("answer") and part.endswith(side)]
        for side in SIDES
    }
    same_chunks = all(
        a["used"] == b["used"] for a, b in zip(found["naive"], found["planned"], strict=True)
    )
    pairs = [
        (a, b)
        for naive, planned in zip(answered["naive"], answered["planned"], strict=True)
        for a, b in zip(naive["answers"], planned["answers"], strict=True)
    ]
    differ = sum(a != b for a, b in pairs)

    def total(measured: list[Any], key: str) -> float:
        return sum(each[key] for each in measured)

    def row(what: str, times: Callable[[str], float], demand: str) -> dict[str, str]:
        naive, planned = times("naive"), times("planned")
        return {
            "what": what,
            "ours_seconds": f"{planned:.1f}",
            "plain_seconds": f"{naive:.1f}",
            "ratio": f"{naive / planned:.2f}",
            "demand": demand,
        }

    def said(key: str, measured: dict[str, list[Any]], noun: str) -> str:
        return (
            f"{total(measured['naive'], key):,.0f} -> {total(measured['planned'], key):,.0f} {noun}"
        )

    def whole(key: str) -> Callable[[str], float]:
        return lambda side: (
            sum(total(found[side], f"{stage}_{key}") for stage in ("search", "rerank"))
            + total(answered[side], key)
        )

    peak = max(each["peak_mb"] for each in answered["planned"]) / max(
        each["peak_mb"] for each in answered["naive"]
    )
    return [
        row(
            f"grid, search: {said('searches', found, 'searches')}",
            lambda side: total(found[side], "search_seconds"),
            "at least 1",
        ),
        row(
            f"grid, rerank: {said('pairs', found, 'pairs')}"
            f" (the same chunks in every cell: {'yes' if same_chunks else 'NO'})",
            lambda side: total(found[side], "rerank_seconds"),
            "at least 4",
        ),
        row(
            f"grid, answers: {said('tokens_read', answered, 'tokens read')}"
            f" ({differ} of {len(pairs)} answers differ; memory {peak:.2f} times)",
            lambda side: total(answered[side], "seconds"),
            "at least 1",
        ),
        row("grid, all", whole("seconds"), "at least 1.3"),
        row("grid, all, CPU seconds", whole("cpu"), "at least 1"),
    ]


def measure(part: str, folder: Path) -> None:
    kind, *numbers, side = part.split("-")
    question, *batch = map(int, numbers)
    lab = Lab(Settings(data=folder / "data", models=from_environment().models))
    if kind == "find":
        measured = SIDES_OF_FIND[side](lab, QUESTIONS[question])
        if side == "planned":
            (folder / f"prompts-{question}.json").write_text(json.dumps(prompts_of(lab, question)))
    else:
        prompts = json.loads((folder / f"prompts-{question}.json").read_text())
        start = batch[0] * BATCH
        measured = SIDES_OF_ANSWER[side](lab.settings, requests(prompts[start : start + BATCH]))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    (folder / f"{part}.json").write_text(json.dumps(measured | {"peak_mb": peak}))


class Clock:
    """Seconds and CPU seconds of a piece of work; may be used again and adds up."""

    def __init__(self) -> None:
        self.seconds = self.cpu = 0.0

    def __enter__(self) -> None:
        self._seconds, self._cpu = time.perf_counter(), time.process_time()

    def __exit__(self, *_: object) -> None:
        self.seconds += time.perf_counter() - self._seconds
        self.cpu += time.process_time() - self._cpu


# searching and reranking


def planned_for(lab: Lab, question: str) -> SweepPlan:
    """The classic grid of one question over the sample papers, without answers."""
    if not lab.papers.all():
        for path in sorted((SAMPLES / "papers").iterdir()):
            lab.papers.add(path)
    preset, _ = lab.sweeps.presets.get("classic")
    preset = replace(preset, answers=None, baseline=False)
    return result_of(lab.sweeps.plan(preset, [question], lab.papers.resolve(())))


def swept(lab: Lab, question: str) -> list[Run]:
    """The runs of that grid, as a sweep makes them."""
    sweep_id = lab.sweeps.start(planned_for(lab, question))
    assert lab.sweeps.wait(sweep_id)
    return [
        lab.comparisons.comparison(cell.run_id or "").runs[0] for cell in lab.sweeps.cells(sweep_id)
    ]


def warmed(lab: Lab) -> tuple[SweepPlan, Any, Any]:
    """The plan, and the reranker and the embedder in memory, with the papers embedded and
    indexed, so that neither side has to do that."""
    planned = planned_for(lab, WARM)
    for setting in planned.settings:
        lab.answering.search(WARM, setting.recipe, planned.paper_ids)
    loaded: list[Any] = [lab.models._reranker, lab.models._embedder]
    reranker, embedder = (each.kept[1] for each in loaded)
    return planned, reranker, embedder


def find_planned(lab: Lab, question: str) -> dict[str, Any]:
    """All of the sweep that is not reranking counts as search, keeping each cell included."""
    _, reranker, embedder = warmed(lab)
    whole, reranking, counts = Clock(), Clock(), Counter[str]()
    score, embed, search = reranker.score, embedder.embed, indexes.search

    def timed_score(asked: str, texts: Sequence[str]) -> Iterator[float]:
        scores = score(asked, texts)
        for _ in texts:
            with reranking:
                one = next(scores)
            counts["pairs"] += 1
            yield one

    def counted_embed(texts: Sequence[str], *, query: bool = False) -> Any:
        counts["embedded"] += len(texts)
        return embed(texts, query=query)

    def counted_search(index: Any, questions: Any, *arguments: Any) -> Any:
        counts["searches"] += len(questions)
        return search(index, questions, *arguments)

    reranker.score, embedder.embed = timed_score, counted_embed
    with patch.object(indexes, "search", counted_search), whole:
        runs = swept(lab, question)
    used = [[hit.chunk.text for hit in run.hits] for run in runs]
    return found(counts, whole, reranking, used)


def find_naive(lab: Lab, question: str) -> dict[str, Any]:
    import chromadb
    from chromadb.config import Settings as ChromaSettings

    planned, reranker, embedder = warmed(lab)
    model, client = (
        embedder._model,
        chromadb.EphemeralClient(ChromaSettings(anonymized_telemetry=False)),
    )
    collections = {}
    for chunking in dict.fromkeys(setting.recipe.chunking for setting in planned.settings):
        cut = result_of(lab.sweeps._finder.chunks(chunking, planned.paper_ids))
        texts = [chunk.text for chunks in cut.values() for chunk in chunks]
        made = client.create_collection(
            f"naive-{chunking.size}",
            embedding_function=None,
            configuration={"hnsw": {"space": "cosine"}},
        )
        made.add(
            ids=list(map(str, range(len(texts)))), embeddings=model.encode(texts), documents=texts
        )
        collections[chunking] = made
    whole, reranking, counts, used = Clock(), Clock(), Counter[str](), []
    with whole:
        for setting in planned.settings:
            evidence = setting.recipe.evidence
            assert isinstance(evidence, Retrieval)
            count = evidence.candidates if evidence.reranker else evidence.top_k
            answer = collections[setting.recipe.chunking].query(
                query_embeddings=model.encode([question]), n_results=count, include=["documents"]
            )
            texts = answer["documents"][0]
            counts += Counter(embedded=1, searches=1)
            if evidence.reranker:
                with reranking:
                    scores = list(reranker.score(question, texts))
                counts["pairs"] += len(texts)
                best = sorted(range(len(texts)), key=lambda at: -scores[at])
                texts = [texts[at] for at in best]
            used.append(texts[: evidence.top_k])
    return found(counts, whole, reranking, used)


def found(
    counts: Counter[str], whole: Clock, reranking: Clock, used: list[list[str]]
) -> dict[str, Any]:
    return dict(counts) | {
        "search_seconds": whole.seconds - reranking.seconds,
        "search_cpu": whole.cpu - reranking.cpu,
        "rerank_seconds": reranking.seconds,
        "rerank_cpu": reranking.cpu,
        "used": used,
    }


# answers


def prompts_of(lab: Lab, question: int) -> list[list[dict[str, str]]]:
    """The messages of all 37 cells, as the sweep writes them."""
    runs = swept(lab, QUESTIONS[question])
    hits = [(), *(run.hits for run in runs)]
    written = [
        prompts.write_messages(QUESTIONS[question], some, order="best-first") for some in hits
    ]
    return [[plain(message) for message in messages] for messages in written]


def requests(written: list[list[dict[str, Any]]]) -> list[Request]:
    how = Generation(max_tokens=TOKENS, passages="best-first")
    return [
        Request(messages=tuple(Message(**message) for message in messages), generation=how)
        for messages in written
    ]


def loaded(settings: Settings) -> Any:
    model, module = registry.find(settings, "generator", Generation().generator)
    return module.load(model, settings)


def answer_planned(settings: Settings, asked: Sequence[Request]) -> dict[str, Any]:
    """Equal prompts once, and in the order in which they begin alike."""
    generator = loaded(settings)
    generator._ends = frozenset()
    patch.object(_decoding, "repeats_itself", lambda _tokens: False).start()
    read = Counter[str]()
    generator._model.register_forward_pre_hook(
        lambda _module, arguments: read.update(
            tokens=arguments[0].shape[1] * (arguments[0].shape[1] > 1)
        )
    )
    list(generator.generate(asked[:1], Event()))  # warm
    read.clear()
    clock, said = Clock(), dict.fromkeys(asked, "")
    texts = ["\n".join(message.content for message in request.messages) for request in said]
    with clock:
        ordered = [list(said)[at] for at in plan.reading_order(texts)]
        for delta in generator.generate(ordered, Event()):
            said[ordered[delta.index]] += delta.text
    return {
        "answers": [said[request] for request in asked],
        "tokens_read": read["tokens"],
        "seconds": clock.seconds,
        "cpu": clock.cpu,
    }


def answer_naive(settings: Settings, asked: Sequence[Request]) -> dict[str, Any]:
    """A padded batch, by the library's own call on a model as the library loads it."""
    import torch
    from transformers import AutoModelForCausalLM

    generator = loaded(settings)
    tokenizer = generator._tokenizer
    model = AutoModelForCausalLM.from_pretrained(
        generator._model.name_or_path, dtype=torch.float32, local_files_only=True
    )
    model.generation_config.eos_token_id = None
    tokenizer.padding_side = "left"
    prompts_read = [generator._prompt(each.messages, each.generation) for each in asked]
    del generator
    clock = Clock()
    with clock:
        padded = tokenizer.pad({"input_ids": prompts_read}, return_tensors="pt")
        output = model.generate(**padded, max_new_tokens=TOKENS, do_sample=False)
    length = padded["input_ids"].shape[1]
    return {
        "answers": [
            tokenizer.decode(row, clean_up_tokenization_spaces=False).rstrip("\ufffd")
            for row in output[:, length:]
        ],
        "tokens_read": padded["input_ids"].numel(),
        "seconds": clock.seconds,
        "cpu": clock.cpu,
    }


WARM = "What is this about?"
QUESTIONS = Sweeps.sample_questions()
SIDES_OF_FIND = {"naive": find_naive, "planned": find_planned}
SIDES_OF_ANSWER = {"naive": answer_naive, "planned": answer_planned}


if __name__ == "__main__":
    main()
