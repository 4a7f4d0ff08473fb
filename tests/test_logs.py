"""Old logs, read and written, with small ones of our own."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import logs
from core.logs import experiments, retrievals
from core.types import Answer, Chunk, Generation, Given, Hit, Recipe, Retrieval, Run, Whole
from tests.support.logs import EXPERIMENT, LONG, RETRIEVAL

ORIGIN = "import:small.txt"


def experiment(text: str) -> list[Run]:
    return list(experiments.read(text, origin=ORIGIN).runs)


def retrieval(text: str) -> list[Run]:
    return list(retrievals.read(text, origin=ORIGIN).runs)


def test_an_experiment_log_is_runs_with_gaps() -> None:
    log = experiments.read(EXPERIMENT, origin=ORIGIN)
    assert log.dropped == ()
    said = [(run.recipe.arm, run.answer.text) for run in log.runs if run.answer]
    assert said == [
        ("no_context", "In 1900, I\n\n#### think."),
        ("retrieved", "In 1874."),
        ("reranked", "In 1874 [1]."),
        ("retrieved", "Yes."),
    ]
    assert {run.question for run in log.runs} == {"When was the lamp lit?"}
    assert all(run.answer and run.answer.finish_reason == "unknown" for run in log.runs)
    assert not any(run.finished or run.hits for run in log.runs)
    last = log.runs[2].recipe
    assert isinstance(last.evidence, Retrieval)
    assert (last.chunking.size, last.evidence.candidates, last.evidence.top_k) == (1600, 20, 5)
    generators = [run.recipe.generation.generator for run in log.runs if run.recipe.generation]
    assert generators == ["tiny/model-1"] * 3 + ["tiny/model-2"]
    assert {run.origin for run in log.runs} == {ORIGIN}


def test_the_same_log_is_the_same_runs_under_any_name_and_time() -> None:
    again = experiments.read(EXPERIMENT, origin="import:copy").runs
    ids = [run.id for run in experiment(EXPERIMENT)]
    assert [run.id for run in again] == ids
    twice = [run.id for run in experiment(EXPERIMENT + EXPERIMENT)]
    assert len(set(twice)) == 8  # said twice is two answers
    assert twice[:4] == ids


def test_written_it_is_the_same_file() -> None:
    assert experiments.write(experiment(EXPERIMENT)) == EXPERIMENT
    assert retrievals.write(retrieval(RETRIEVAL)) == RETRIEVAL


@pytest.mark.parametrize("change", [lambda t: t.replace("\n", "\r\n"), lambda t: "\ufeff" + t])
def test_line_ends_and_marks_of_other_systems(change) -> None:  # type: ignore[no-untyped-def]
    assert experiment(change(EXPERIMENT)) == experiment(EXPERIMENT)
    assert retrieval(change(RETRIEVAL)) == retrieval(RETRIEVAL)


def test_what_is_not_understood_is_dropped_with_its_line() -> None:
    log = experiments.read(
        "hello\n==== QUESTION 1 ====\nText: Why?\n>>> CHUNK STRATEGY: Odd | [TYPE: RAG]\nlost\n"
        ">>> VANILLA LLM\nkept\n>>> not a setting, so it is text\n"
        "#### MODEL: m ####\n>>> VANILLA LLM\nlost",
        origin=ORIGIN,
    )
    assert [run.answer.text for run in log.runs if run.answer] == [
        "kept\n>>> not a setting, so it is text"
    ]
    assert [(each.line, each.why.partition(":")[0]) for each in log.dropped] == [
        (1, "it belongs to no answer"),
        (4, "this setting is not understood"),
        (5, "it belongs to no answer"),
        (10, "no question stands before it"),
        (11, "it belongs to no answer"),
    ]


def test_only_what_a_log_can_hold_is_written() -> None:
    run = experiment(EXPERIMENT)[0]
    given_passages = replace(run, recipe=replace(run.recipe, evidence=Given(spans=())))
    whole = replace(run, recipe=replace(run.recipe, evidence=Whole()))
    assert "QUESTION" not in experiments.write([replace(run, answer=None), given_passages, whole])


@given(
    st.lists(
        st.sampled_from(
            [
                *EXPERIMENT.split("\n"),
                *RETRIEVAL.split("\n"),
                "\\   >>> VANILLA LLM",
                "Text:",
                ">>>",
            ]
        ),
        max_size=30,
    )
)
def test_lines_in_any_order_never_fail_and_are_written_faithfully(lines: list[str]) -> None:
    text = "\n".join(lines)
    found = experiment(text)
    again = experiment(experiments.write(found))
    assert sorted(again, key=lambda run: run.id) == sorted(found, key=lambda run: run.id)
    searches = retrieval(text)
    assert [run.question for run in retrieval(retrievals.write(searches))] == [
        run.question for run in searches
    ]


@given(st.text(max_size=200))
def test_any_text_never_fails(text: str) -> None:
    experiment(text)
    retrieval(text)


ANSWERS = st.lists(
    st.sampled_from(["Yes.", "", " two ", "#### MODEL: no ####", "\\>>> VANILLA", ">>> VANILLA"]),
    max_size=4,
).map("\n".join)


@given(ANSWERS)
def test_an_answer_may_hold_what_looks_like_a_marker(text: str) -> None:
    run = replace(experiment(EXPERIMENT)[0], answer=Answer(text=text, finish_reason="unknown"))
    (again,) = experiment(experiments.write([run]))
    assert again.answer
    assert again.answer.text == text.strip()


@given(st.text(max_size=40).map(lambda text: text.replace("\r", "")))
def test_any_answer_comes_back(text: str) -> None:
    run = replace(experiment(EXPERIMENT)[1], answer=Answer(text=text, finish_reason="unknown"))
    (again,) = experiment(experiments.write([run]))
    assert again.answer
    assert again.answer.text == text.strip()


def test_a_retrieval_log_is_a_search_with_both_ranks() -> None:
    (run,) = retrieval(RETRIEVAL)
    assert (run.question, run.answer, run.recipe.generation) == ("What burns?", None, None)
    assert [(hit.title, hit.rank_before, hit.rank) for hit in run.candidates] == [
        ("lamp.txt", 2, 1),
        ("lamp.txt", 3, 2),
        ("tide.txt", 1, 3),
    ]
    assert [hit.similarity for hit in run.candidates] == [0.5, -0.1, 0.7]
    assert [hit.rerank_score for hit in run.candidates] == [0.9, 0.25, 0.01]
    assert run.hits == run.candidates[:1]
    assert run.recipe.arm == "reranked"


def test_a_preview_is_marked_and_a_selected_chunk_is_whole() -> None:
    (run,) = retrieval(RETRIEVAL)
    assert [hit.preview for hit in run.candidates] == [False, True, False]
    assert run.candidates[0].chunk.text == LONG.strip()
    assert all(len(hit.chunk.text) == hit.chunk.end for hit in run.candidates)
    assert len({hit.chunk.span for hit in run.candidates}) == 3


def test_a_search_without_reranking_has_no_new_order() -> None:
    (run,) = retrieval(RETRIEVAL.partition("\n\n=== RERANKING")[0])
    assert run.recipe.arm == "retrieved"
    assert [hit.rank for hit in run.candidates] == [hit.rank_before for hit in run.candidates]
    assert run.hits == ()


def test_scores_that_are_no_numbers_are_said() -> None:
    broken = RETRIEVAL.replace("0.7000", "much").replace("0.9000", "nan")
    log = retrievals.read(broken, origin=ORIGIN)
    assert [each.line for each in log.dropped] == [8, 30, 49]
    assert log.runs[0].candidates[2].similarity is None


def test_a_document_without_a_score_is_not_lost() -> None:
    (run,) = retrieval("Query: Why?\n--- Reranked Document 1 ---\nSource: a.txt\n")
    assert retrieval(retrievals.write([run])) == [run]


def test_a_search_of_this_lab_as_a_log() -> None:
    hit = Hit(
        chunk=Chunk(paper_id="a" * 64, start=5, end=5 + len(LONG), text=LONG),
        title="The lamp",
        pages=(1,),
        similarity=0.123456,
        rank_before=1,
        rank=1,
    )
    run = Run(
        id="r",
        key="k",
        question="What\nburns?",
        paper_ids=("a" * 64,),
        recipe=Recipe(evidence=Retrieval(), generation=Generation()),
        candidates=(hit,),
        hits=(hit,),
        at="2026-01-01T00:00:00",
    )
    (again,) = retrieval(retrievals.write([run]))
    assert again.question == "What burns?"
    (found,) = again.candidates
    assert (found.title, found.similarity, found.preview) == ("The lamp", 0.1235, False)
    assert found.chunk.text == LONG.strip()
    assert found.chunk.paper_id.endswith(f"#5-{5 + len(LONG)}")


def test_a_log_says_itself_of_which_kind_it_is() -> None:
    kinds = [logs.read(text, origin=ORIGIN).kind for text in (EXPERIMENT, RETRIEVAL)]
    assert kinds == ["log", "retrieval-log"]
    assert logs.read("chatter\n" + RETRIEVAL, origin=ORIGIN).runs == tuple(retrieval(RETRIEVAL))
    assert logs.read("chatter", origin=ORIGIN).runs == ()


def test_a_score_may_have_a_comma() -> None:
    (run,) = retrieval(RETRIEVAL.replace("0.5000", "0,5"))
    assert run == retrieval(RETRIEVAL)[0]


def test_real_logs(shared: Path) -> None:
    text = (shared / "seeds/experiment_log.txt").read_text(encoding="utf-8")
    log = experiments.read(text, origin=ORIGIN)
    assert (len(log.runs), log.dropped) == (185, ())
    arms = Counter(run.recipe.arm for run in log.runs)
    assert arms == {"no_context": 5, "retrieved": 45, "reranked": 135}
    assert experiments.write(log.runs) == text
    text = (shared / "seeds/retrieval_log.txt").read_text(encoding="utf-8")
    (run,) = retrievals.read(text, origin=ORIGIN).runs
    moved = {hit.rank_before: hit.rank for hit in run.candidates}
    assert (len(moved), len(run.hits)) == (15, 3)
    assert (moved[1], moved[2], moved[3], moved[6]) == (3, 13, 2, 1)
    assert [hit.preview for hit in run.candidates] == [False] * 3 + [True] * 12
    assert retrievals.write([run]) == text
