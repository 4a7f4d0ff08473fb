"""Sweeps as pages and the command line run them, over small real backends."""

from collections.abc import Sequence
from dataclasses import replace
from threading import Event
from typing import Any

import pytest

from core import chunkers, indexes
from core.chunkers._probe import PAPER
from core.errors import BadInput, OutOfSpace
from core.lab import Lab
from core.store.sweeps import SweepStore
from core.sweeps import execute
from core.sweeps.execute import Grid
from core.sweeps.presets import Preset
from core.types import Cell, Chunking, Paper, Run, Sweep
from tests.backends import in_memory
from tests.backends.embedders.hashing import HashingEmbedder
from tests.backends.generators.echo import Echo
from tests.support.sweeps import PRESET, QUESTIONS, WAIT, Slow, planned


def done(lab: Lab, preset: Preset = PRESET, questions: tuple[str, ...] = QUESTIONS) -> str:
    sweep_id = lab.sweeps.start(planned(lab, preset, questions))
    assert lab.sweeps.wait(sweep_id, WAIT)
    return sweep_id


def test_every_cell_is_answered_and_each_piece_done_once(lab: Lab) -> None:
    plan = planned(lab)
    assert (plan.cells, plan.answers) == (26, 26)
    sweep_id = done(lab)
    row = lab.sweeps.row(sweep_id)
    assert (row.status, row.done, row.failed, row.queued) == ("done", 26, 0, 0)
    embedder, reranker, echo = (
        in_memory(lab, family) for family in ("embedder", "reranker", "generator")
    )
    assert len(embedder.embedded) == len(set(embedder.embedded))
    assert len(reranker.scored) == len(set(reranker.scored)) <= plan.rerank_pairs
    asked = [(request.messages, request.generation) for request in echo.asked]
    assert len(asked) == len(set(asked)) <= plan.distinct_prompts


def test_a_cell_is_what_asking_would_give(lab: Lab) -> None:
    sweep_id = done(lab)
    sweep = lab.sweeps.sweep(sweep_id)
    for cell in lab.sweeps.cells(sweep_id):
        run = lab.comparisons.comparison(cell.run_id or "").runs[0]
        recipe = sweep.settings[cell.setting].recipe
        question = sweep.questions[cell.question]
        again = lab.answering.search(question, recipe, sweep.paper_ids)
        assert (run.question, run.recipe) == (question, recipe)
        assert (run.candidates, run.hits) == (again.candidates, again.hits)
        assert run.answer
        assert (cell.finish_reason, cell.answer_tokens) == (
            run.answer.finish_reason,
            run.answer.answer_tokens,
        )
    # and what was asked before is not asked again
    echo = in_memory(lab, "generator")
    before = len(echo.asked)
    list(lab.answering.ask(QUESTIONS[0], [sweep.settings[3].recipe], sweep.paper_ids))
    assert len(echo.asked) == before


def test_a_second_sweep_takes_what_the_first_answered(lab: Lab) -> None:
    first = done(lab)
    echo = in_memory(lab, "generator")
    before = len(echo.asked)
    plan = planned(lab)
    assert (plan.known, plan.seconds) == (26, 0)
    second = done(lab)
    assert second != first
    assert len(echo.asked) == before
    runs = [[cell.run_id for cell in lab.sweeps.cells(each)] for each in (first, second)]
    assert runs[0] == runs[1]


def test_evidence_alone_needs_no_generator(lab: Lab) -> None:
    sweep_id = done(lab, replace(PRESET, answers=None, baseline=False))
    assert in_memory(lab, "generator") is None
    cells = lab.sweeps.cells(sweep_id)
    assert {cell.status for cell in cells} == {"done"}
    assert len(cells) == 24
    for cell in cells:
        run = lab.comparisons.comparison(cell.run_id or "").runs[0]
        assert run.answer is None
        assert run.hits
        assert cell.similarity == max(hit.similarity or -1 for hit in run.hits)


def test_every_retriever_in_one_sweep(lab: Lab) -> None:
    preset = replace(PRESET, retriever=("dense", "bm25", "hybrid"))
    sweep_id = done(lab, preset)
    sweep = lab.sweeps.sweep(sweep_id)
    for cell in lab.sweeps.cells(sweep_id):
        run = lab.comparisons.comparison(cell.run_id or "").runs[0]
        alone = lab.answering.search(run.question, run.recipe, sweep.paper_ids)
        assert (run.candidates, run.notes) == (alone.candidates, alone.notes)


@pytest.fixture
def slow(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Slow:
    from tests.backends.generators import echo

    generator = Slow()
    monkeypatch.setattr(echo, "load", lambda _model, _settings: generator)
    return generator


def test_stop_keeps_what_is_done_and_resume_does_the_rest(lab: Lab, slow: Slow) -> None:
    sweep_id = lab.sweeps.start(planned(lab))
    assert slow.begun.wait(WAIT)
    row = lab.sweeps.row(sweep_id)
    assert (row.status, row.running > 0) == ("running", True)
    assert lab.sweeps.progress(sweep_id)
    lab.sweeps.stop(sweep_id)
    slow.on.set()
    assert lab.sweeps.wait(sweep_id, WAIT)
    row = lab.sweeps.row(sweep_id)
    assert (row.status, row.running, row.queued + row.done) == ("stopped", 0, 26)
    assert row.queued
    stopped = {cell.run_id for cell in lab.sweeps.cells(sweep_id) if cell.run_id}
    lab.sweeps.resume(sweep_id)
    assert lab.sweeps.wait(sweep_id, WAIT)
    assert lab.sweeps.row(sweep_id).done == 26
    assert stopped <= {cell.run_id for cell in lab.sweeps.cells(sweep_id)}
    assert lab.sweeps.start(planned(lab)) != sweep_id  # it has ended


def baseline_of(lab: Lab, sweep_id: str) -> Any:
    return lab.sweeps.sweep(sweep_id).settings[0].recipe


def test_what_nobody_foresaw_is_said_and_lets_it_go_on(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = planned(lab)
    with monkeypatch.context() as broken:
        broken.setattr(Grid, "_searches", lambda _grid: iter([1 / 0]))
        sweep_id = lab.sweeps.start(plan)
        assert lab.sweeps.wait(sweep_id, WAIT)
    row = lab.sweeps.row(sweep_id)
    assert (row.status, row.queued) == ("stopped", 26)
    assert row.sentence.startswith("Something went wrong inside Triptych")
    assert "ZeroDivisionError" in row.sentence
    lab.sweeps.resume(sweep_id)
    assert lab.sweeps.wait(sweep_id, WAIT)
    row = lab.sweeps.row(sweep_id)
    assert (row.status, row.done, row.sentence) == ("done", 26, "")


def test_a_question_goes_first(lab: Lab, slow: Slow) -> None:
    sweep_id = lab.sweeps.start(planned(lab))
    assert slow.begun.wait(WAIT)
    live = lab.answering.start("What burns?", [baseline_of(lab, sweep_id)], ())
    slow.on.set()
    live.join()
    assert live.result
    assert lab.sweeps.wait(sweep_id, WAIT)
    assert lab.sweeps.row(sweep_id).done == 26
    kept = [row["id"] for row in lab._store.database.rows("SELECT id FROM runs ORDER BY rowid")]
    (run,) = live.result.runs
    assert run.id in kept[:-1]  # the sweep went on behind it


def test_stopping_from_another_program(lab: Lab, slow: Slow) -> None:
    sweep_id = lab.sweeps.start(planned(lab))
    assert slow.begun.wait(WAIT)
    other = Lab(lab.settings)
    with pytest.raises(BadInput, match="Another program runs this sweep"):
        other.sweeps.resume(sweep_id)
    other.sweeps.wake()
    assert other.sweeps.progress(sweep_id) is None
    other.sweeps.stop(sweep_id)
    slow.on.set()
    assert lab.sweeps.wait(sweep_id, WAIT)
    assert lab.sweeps.row(sweep_id).status == "stopped"
    other.sweeps.resume(sweep_id)
    assert other.sweeps.wait(sweep_id, WAIT)
    assert other.sweeps.row(sweep_id).status == "done"


def test_what_fails_does_not_stop_the_others(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.backends.rerankers.word_overlap import WordOverlap

    real = WordOverlap.score

    def fails(self: WordOverlap, question: str, texts: Any) -> Any:
        if "tide" in question:
            raise OutOfSpace("The memory is full.")
        return real(self, question, texts)

    monkeypatch.setattr(WordOverlap, "score", fails)
    sweep_id = done(lab)
    row = lab.sweeps.row(sweep_id)
    assert (row.status, row.done, row.failed) == ("done", 18, 8)
    failed = [cell for cell in lab.sweeps.cells(sweep_id) if cell.status == "failed"]
    assert {(cell.question, cell.sentence) for cell in failed} == {(1, "The memory is full.")}
    assert lab.sweeps.failures(sweep_id) == {"The memory is full.": 8}
    assert {cell.question for cell in lab.sweeps.cells(sweep_id, 1, 5)} == {1}
    monkeypatch.setattr(WordOverlap, "score", real)
    lab.sweeps.retry_failed(sweep_id)
    assert lab.sweeps.wait(sweep_id, WAIT)
    assert lab.sweeps.row(sweep_id).done == 26


def test_an_answer_that_fails_is_kept_with_its_reason(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    def generate(self: Echo, requests: Any, stop: Event) -> Any:
        from core.types import Delta

        for index, _ in enumerate(requests):
            yield Delta(index=index, text="", finish="error", note="The server is gone.")

    monkeypatch.setattr(Echo, "generate", generate)
    sweep_id = done(lab)
    cells = lab.sweeps.cells(sweep_id)
    assert {(cell.status, cell.sentence) for cell in cells} == {("failed", "The server is gone.")}
    assert all(cell.run_id for cell in cells)


def test_what_cannot_be_kept_ends_it_with_a_sentence(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep = SweepStore.keep_cells
    kept: list[Cell] = []

    def full(self: SweepStore, sweep_id: str, cells: Sequence[tuple[Cell, Run | None]]) -> None:
        if len(kept) == 5:
            raise OutOfSpace("The disk is full.")
        kept.extend(cell for cell, _ in cells)
        keep(self, sweep_id, cells)

    monkeypatch.setattr(SweepStore, "keep_cells", full)
    monkeypatch.setattr(execute, "CELLS_AT_ONCE", 5)
    alone = replace(PRESET, answers=None, baseline=False)
    sweep_id = done(lab, alone)
    row = lab.sweeps.row(sweep_id)
    assert (row.status, row.sentence, row.done, row.queued) == (
        "stopped",
        "The disk is full.",
        5,
        19,
    )
    monkeypatch.setattr(SweepStore, "keep_cells", keep)
    lab.sweeps.resume(sweep_id)
    assert lab.sweeps.wait(sweep_id, WAIT)
    assert (lab.sweeps.row(sweep_id).done, lab.sweeps.row(sweep_id).sentence) == (24, "")


def test_questions_are_embedded_and_searched_together(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    search = indexes.search

    def counted(index: Any, questions: Any, *arguments: Any) -> Any:
        asked.append(len(questions))
        return search(index, questions, *arguments)

    monkeypatch.setattr(indexes, "search", counted)
    questions = tuple(f"When was lamp number {number} lit?" for number in range(40))
    done(lab, replace(PRESET, answers=None, baseline=False), questions)
    assert asked == [32, 8] * len(PRESET.chunks)


def test_a_question_that_cannot_be_searched_fails_alone(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    embed = HashingEmbedder.embed

    def full(self: HashingEmbedder, texts: Sequence[str], *, query: bool = False) -> Any:
        if query and QUESTIONS[1] in texts:
            raise OutOfSpace("There is no room for this question.")
        return embed(self, texts, query=query)

    monkeypatch.setattr(HashingEmbedder, "embed", full)
    cells = lab.sweeps.cells(done(lab, replace(PRESET, answers=None, baseline=False)))
    failed = {cell.question for cell in cells if cell.status == "failed"}
    assert failed == {1}
    assert {cell.status for cell in cells if cell.question != 1} == {"done"}


def test_a_plan_cuts_each_paper_once_by_each_chunking_and_another_plan_none(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    cuts: list[tuple[str, Chunking]] = []
    cut = chunkers.cut

    def counted(paper: Paper, chunking: Chunking, tokens: Any = None) -> Any:
        if paper.source != PAPER.source:  # by which a chunker is known
            cuts.append((paper.id, chunking))
        return cut(paper, chunking, tokens)

    monkeypatch.setattr(chunkers, "cut", counted)
    by_both = replace(PRESET, retriever=("dense", "bm25", "hybrid"))
    first = planned(lab, by_both)
    assert len(cuts) == len(set(cuts)) == 2 * len(lab.papers.all())
    assert planned(lab, by_both, ("Something else?",)).embedded_texts == first.embedded_texts - 1
    assert len(cuts) == 2 * len(lab.papers.all())


def test_nothing_is_planned_out_of_nothing(lab: Lab) -> None:
    with pytest.raises(BadInput, match="no question"):
        planned(lab, PRESET, (" ",))
    with pytest.raises(BadInput, match="No setting of 'small' can be used: Top k is 9"):
        planned(lab, replace(PRESET, baseline=False, top_k=(9,)))
    with pytest.raises(BadInput, match="no paper to search"):
        lab.sweeps.plan(PRESET, QUESTIONS, ())


def test_exact_counts_are_known_after_the_search(lab: Lab, slow: Slow) -> None:
    plan = planned(lab)
    sweep_id = lab.sweeps.start(plan)
    assert slow.begun.wait(WAIT)
    sweeping = lab.sweeps.progress(sweep_id)
    slow.on.set()
    assert sweeping
    assert lab.sweeps.wait(sweep_id, WAIT)
    assert sweeping.counted.rerank_pairs == len(in_memory(lab, "reranker").scored)
    assert sweeping.counted.distinct_prompts == len(slow.asked)
    assert len(slow.asked) < plan.answers


def test_own_presets_are_files(lab: Lab) -> None:
    text = 'top_k = [1]\nembedder = "hashing"\n'
    lab.sweeps.presets.save("mine", text)
    assert lab.sweeps.presets.get("mine") == (lab.sweeps.presets.get("mine")[0], text)
    (file,) = [file for file in lab.sweeps.presets.all() if file.own]
    assert (file.name, file.text) == ("mine", text)
    (lab.settings.data / "sweeps" / "bad.toml").write_text("x = 1")
    bad = next(file for file in lab.sweeps.presets.all() if file.name == "bad")
    assert "key x" in bad.error
    lab.sweeps.presets.remove("mine")
    with pytest.raises(BadInput, match="no preset called 'mine'; known are: axes, chunk-sizes"):
        lab.sweeps.presets.get("mine")
    with pytest.raises(BadInput, match="no name"):
        lab.sweeps.presets.save("../mine", text)
    with pytest.raises(BadInput, match="key y"):
        lab.sweeps.presets.save("mine", "y = 1")


def test_an_imported_sweep_is_shown_and_never_run(lab: Lab) -> None:
    sweep = Sweep(
        id="old", name="log", at="2024-01-01", origin="log", questions=("q",), settings=()
    )
    cell = Cell(question=0, setting=0, status="done", run_id="r", finish_reason="unknown")
    lab._store.sweeps.keep(sweep, "", "done", [cell])
    assert lab.sweeps.cells("old") == [cell]
    assert lab.sweeps.sweep("old") == sweep
    with pytest.raises(BadInput, match="imported"):
        lab.sweeps.resume("old")
    lab.sweeps.remove("old")
    assert lab.sweeps.all() == []
