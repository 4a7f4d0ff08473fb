"""What went wrong in answers, by hand."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.history.comparisons import Comparisons
from core.logs import experiments
from core.metrics.diagnosis import (
    Kind,
    Share,
    diagnose,
    diagnose_all,
    first_words,
    repeated_share,
    shares,
)
from core.types import Answer, Chunk, FinishReason, Hit, Recipe, Retrieval, Run

TEXT = "The lamp of Varn was lit in 1874 and burns whale oil."


def hit(text: str = TEXT, **changes: object) -> Hit:
    chunk = Chunk(paper_id="p", start=0, end=len(text), text=text)
    whole = Hit(chunk=chunk, title="T", pages=(1,), similarity=0.5, rank_before=1, rank=1)
    return replace(whole, **changes)  # type: ignore[arg-type]


def run(
    text: str, finish: FinishReason = "stop", hits: tuple[Hit, ...] = (), **changes: object
) -> Run:
    recipe = Recipe(evidence=Retrieval() if hits else None)
    answer = Answer(text=text, finish_reason=finish, answer_tokens=9)
    made = Run(
        id="r", key="k", question="?", paper_ids=(), recipe=recipe, hits=hits, answer=answer, at=""
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def kinds(made: Run) -> list[Kind]:
    return [finding.kind for finding in diagnose(made).findings]


@pytest.mark.parametrize(
    ("text", "finish", "cut"),
    [
        ("The lamp", "length", True),
        ("The lamp.", "length", True),  # somebody counted
        ("The lamp", "stop", False),
        ("The lamp", "unknown", True),
        ("The lamp.", "unknown", False),
        ("“The lamp.”", "unknown", False),
        ("**The lamp!**", "unknown", False),
        ("The lamp. [1], [2]", "unknown", False),
        ("- one\n- two", "unknown", True),
        ("```\nlamp()\n```", "unknown", False),
        ("```\nlamp()", "unknown", True),
        ("ランプ。", "unknown", False),
        ("The lamp", "stopped", False),
    ],
)
def test_cut_off(text: str, finish: FinishReason, cut: bool) -> None:
    found = diagnose(run(text, finish)).found("cut off")
    assert (found is not None) is cut
    if found and finish == "unknown":
        assert "likely" in found.said


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("overview:\n\nThe lamp", "overview"),
        ("overview\nThe lamp", "overview"),
        ("excerpt from the paper:\nThe lamp", "excerpt from the paper"),
        ("expert_answer The lamp", "expert_answer"),
        ("expert answer The lamp", "expert answer"),
        ("<tool_call>user\nThe lamp", "<tool_call>"),
        ("<|im_start|>The lamp", "<|im_start|>"),
        ("[/INST] The lamp", "[/INST]"),
        ("user\nThe lamp", "user\n"),
        ("-\nThe lamp", "-\n"),
        (", the lamp", ","),
        ("in the lamp", "in"),
        ("import pandas as pd\n", "import"),
        ("The lamp", None),
        ("- The lamp", None),
        ("**The** lamp", None),
        ("1874", None),
        ("“The lamp”", None),
        ("k-means finds the lamp", None),
        ("mRNA is", None),
        ("x86 is", None),
        ("https://example.org", None),
        ("注意力", None),
        ("```\nlamp()\n```", None),
        ("", None),
    ],
)
def test_first_words(text: str, seen: str | None) -> None:
    said, where = first_words(text)
    assert (text[where[0] : where[1]] if where else None) == seen
    assert (said is None) == (seen is None)
    assert said is None or "likely" in said


def test_repetition_is_the_share_of_sequences_said_before() -> None:
    assert repeated_share("a b c d") == 0
    assert repeated_share("a b c d a b c d") == 1 / 5  # abcd bcda cdab dabc abcd
    assert repeated_share("a b c") == 0
    long = "The lamp burns whale oil " * 4
    assert kinds(run(long)) == ["repeats itself"]
    assert "71 %" in diagnose(run(long)).findings[0].said  # 17 sequences, 5 of them distinct
    assert kinds(run("Short short short short short")) == []


def test_what_the_generator_ended_itself_is_repetition() -> None:
    words = " ".join(f"Word{n}" for n in range(30))
    note = "It began to repeat itself and was ended there."
    assert kinds(run(words, notes=(note,))) == ["repeats itself"]


def test_citations_are_asked_only_of_answers_that_had_passages() -> None:
    assert kinds(run("The lamp burns oil.")) == []
    assert kinds(run("The lamp burns oil [1].", hits=(hit(),))) == []
    assert kinds(run("The lamp burns oil.", hits=(hit(),))) == ["cites nothing"]


def test_sentences_and_context() -> None:
    half = run("The lamp burns oil [1]. Gulls sing loudly.", hits=(hit(),))
    assert kinds(half) == ["unsupported sentences"]
    (found,) = diagnose(half).findings
    assert half.answer
    assert found.where
    assert half.answer.text[slice(*found.where)] == "Gulls sing loudly."
    assert "1 of 2 sentences" in found.said
    lost = run("Gulls sing loudly [1].", hits=(hit(),))
    assert kinds(lost) == ["unsupported sentences", "context ignored"]


def test_the_same_as_without_context_is_context_ignored() -> None:
    same = run("The lamp burns oil [1].", hits=(hit(),))
    assert kinds(same) == []
    found = diagnose(same, baseline=run("The lamp burns oil [1].")).found("context ignored")
    assert found
    assert "without context" in found.said


def test_a_preview_is_never_judged_as_a_chunk() -> None:
    made = run("Gulls sing loudly [1].", hits=(hit(), hit(preview=True)))
    assert diagnose(made).judged & {"unsupported sentences", "context ignored"} == set()
    assert kinds(made) == []


def test_text_never_seen() -> None:
    made = run("Oil [1].", hits=(hit(embedder_reads=50, reranker_reads=53), hit()))
    found = diagnose(made).found("text never seen")
    assert found
    assert found.said == "The embedder never saw 3 characters of 1 of its 2 passages."
    assert "text never seen" not in diagnose(run("Oil.", hits=(hit(),))).judged


def test_the_same_chunks_for_two_settings() -> None:
    def setting(name: str, top_k: int, hits: tuple[Hit, ...]) -> Run:
        recipe = Recipe(evidence=Retrieval(top_k=top_k))
        return run("Oil [1].", hits=hits, id=name, recipe=recipe)

    found = diagnose_all(
        [
            setting("a", 1, (hit(),)),
            setting("b", 2, (hit(),)),
            setting("again", 2, (hit(),)),
            setting("c", 3, (hit(), hit("Another chunk."))),
        ]
    )
    same = {name: each.found("same context") for name, each in found.items()}
    assert {name for name, each in same.items() if each} == {"a", "b", "again"}
    assert same["b"]
    assert same["b"].said == "Its chunks are those of 1 other setting."


def test_shares_count_only_what_could_be_judged() -> None:
    runs = [
        replace(run("the lamp."), id="a"),
        replace(run("The lamp."), id="b"),
        replace(run(""), id="c"),
        replace(run("x", "error"), id="d"),
    ]
    counted = {share.kind: share for share in shares(diagnose_all(runs))}
    assert counted["wrong first words"] == Share(
        kind="wrong first words", found=1, judged=2, examples=("a",)
    )
    assert counted["cut off"].judged == 3
    assert "cites nothing" not in counted
    assert shares(diagnose_all(runs), ["d"]) == []


@given(st.text(max_size=80), st.sampled_from(["stop", "length", "unknown"]))
def test_any_answer_can_be_judged(text: str, finish: FinishReason) -> None:
    for finding in diagnose(run(text, finish, hits=(hit(),))).findings:
        assert finding.said
        if finding.where:
            start, end = finding.where
            assert 0 <= start < end <= len(text)


def test_the_recorded_runs_have_almost_no_trouble_of_the_old_log() -> None:
    runs = [run for comparison in Comparisons.recorded() for run in comparison.runs]
    counted = {share.kind: share for share in shares(diagnose_all(runs))}
    assert counted["wrong first words"].found == 0
    assert counted["cut off"].found <= len(runs) // 20


def test_the_old_log(shared: Path) -> None:
    text = (shared / "seeds/experiment_log.txt").read_text(encoding="utf-8")
    runs = experiments.read(text, origin="").runs
    found = diagnose_all(runs)

    def counts(arms: set[str]) -> dict[Kind, tuple[int, int]]:
        ids = [run.id for run in runs if run.recipe.arm in arms]
        return {share.kind: (share.found, share.judged) for share in shares(found, ids)}

    assert counts({"retrieved", "reranked"}) == {
        "cut off": (131, 180),
        "wrong first words": (130, 180),
        "repeats itself": (2, 180),
    }
    assert counts({"no_context"}) == {
        "cut off": (3, 5),
        "wrong first words": (4, 5),
        "repeats itself": (0, 5),
    }
