"""What is searched for instead of the question: written once, kept, fused, planned and told."""

import json
from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace
from threading import Event

import pytest

from core.__main__ import main
from core.errors import BadInput
from core.lab import Lab
from core.models import Models
from core.retrieval import ranking
from core.sweeps.presets import Preset
from core.tasks import Progress, result_of
from core.types import Chunk, Delta, Generation, Message, Recipe, Request, Retrieval
from tests.support.labs import QUESTION, RECIPE, asked, everything


class Writer:
    """A generator that says the same whatever it is asked, and remembers what it was asked."""

    window = 4096
    engine = "writer 1"
    precision = "words"

    def __init__(self, says: str) -> None:
        self.says = says
        self.asked: list[Request] = []

    def count(self, messages: Sequence[Message], _how: Generation) -> int:
        return sum(len(message.content.split()) for message in messages)

    def generate(self, requests: Sequence[Request], _stop: Event) -> Iterator[Delta]:
        for index, request in enumerate(requests):
            self.asked.append(request)
            yield Delta(index=index, text=self.says)
            yield Delta(index=index, text="", finish="stop", prompt_tokens=9, answer_tokens=5)


@pytest.fixture
def writer(monkeypatch: pytest.MonkeyPatch) -> Writer:
    """Everybody's generator."""
    made = Writer("1. How high does the tide rise?\n2. How often does it fall?")

    def generator(_models: Models, _name: str) -> Generator[Progress, None, Writer]:
        yield Progress(sentence="Loading …")
        return made

    monkeypatch.setattr(Models, "generator", generator)
    return made


def searching(rewrite: str, rewriter: str = "", reranker: str | None = None) -> Retrieval:
    assert isinstance(RECIPE.evidence, Retrieval)
    return replace(
        RECIPE.evidence,
        rewrite=rewrite,
        rewriter=rewriter,
        reranker=reranker,
        candidates=2,
        top_k=1,
    )


def of(rewrite: str, rewriter: str = "") -> Recipe:
    return replace(RECIPE, evidence=searching(rewrite, rewriter), generation=None)


def test_what_was_written_is_searched_for_and_kept(lab: Lab, writer: Writer) -> None:
    recipe = of("steps", "echo")
    first, again = (lab.answering.search(QUESTION, recipe, everything(lab)) for _ in range(2))
    assert first.rewritten
    assert first.rewritten.queries == (
        "How high does the tide rise?", "How often does it fall?",
    )  # fmt: skip
    assert (first.rewritten.prompt_tokens, first.rewritten.answer_tokens) == (9, 5)
    assert "tide" in first.hits[0].chunk.text, "and not the lamp that was asked for"
    assert len(writer.asked) == 1
    assert again.rewritten
    assert (again.rewritten.seconds, again.rewritten.answer_tokens) == (0.0, 0)
    assert again.hits == first.hits
    assert dict(first.recipe.revisions)["rewrite"] == "1"


def test_who_answers_rewrites_and_the_reranker_reads_the_question_itself(
    lab: Lab, writer: Writer
) -> None:
    recipe = replace(RECIPE, evidence=searching("several:2", reranker="word-overlap"))
    run = asked(lab, [recipe]).runs[0]
    assert isinstance(run.recipe.evidence, Retrieval)
    assert run.recipe.evidence.rewriter == "echo"
    assert run.rewritten
    assert run.rewritten.queries[0] == QUESTION
    assert "lamp" in run.hits[0].chunk.text
    assert writer.asked[0].messages[0].content.endswith(QUESTION)
    assert QUESTION in run.messages[-1].content
    assert lab.runs.runs([run.id]) == [run]


def test_what_cannot_be_searched_for_is_told_and_the_question_is(lab: Lab, writer: Writer) -> None:
    writer.says = "   "
    run = lab.answering.search(QUESTION, of("hyde", "echo"), everything(lab))
    assert run.rewritten
    assert run.rewritten.queries == (QUESTION,)
    assert any("could not be searched for" in note for note in run.notes)


def test_several_lists_are_fused_by_rank_with_each_chunks_best_score() -> None:
    a, b, c = (Chunk(paper_id="p", start=at, end=at + 1, text=str(at)) for at in range(3))
    # a: 1/61 + 1/62, b: 1/62 + 1/61, c: 1/63
    found = ranking.joined([[(a, 0.9), (b, 0.5)], [(b, 0.8), (a, 0.3), (c, 0.1)]])
    assert found == [(a, 0.9), (b, 0.8), (c, 0.1)]
    assert ranking.joined([[(a, 0.9)]]) == [(a, 0.9)]
    assert ranking.joined([]) is None


def test_a_sweep_rewrites_each_question_once_for_all_its_settings(lab: Lab, writer: Writer) -> None:
    preset = Preset(
        name="r", chunks=((200, 20),), embedder=("hashing",), top_k=(1, 2), candidates=(2,),
        rewrite=("none", "hyde", "several:2"), rewriter=("echo",),
    )  # fmt: skip
    plan = result_of(lab.sweeps.plan(preset, [QUESTION, "What falls?"], everything(lab)))
    assert len(plan.settings) == 6
    assert plan.rewritings == 4
    sweep = lab.sweeps.start(plan)
    assert lab.sweeps.wait(sweep, 20)
    assert {cell.status for cell in lab.sweeps.cells(sweep)} == {"done"}
    assert len(writer.asked) == 4
    runs = lab.runs.runs([cell.run_id or "" for cell in lab.sweeps.cells(sweep)])
    assert sum(run.rewritten is not None for run in runs) == 8


def test_a_rewriting_that_there_is_not_is_refused(lab: Lab) -> None:
    with pytest.raises(BadInput, match="no rewriting called 'more'"):
        lab.answering.search(QUESTION, of("more"), everything(lab))


def test_the_command_line_shows_what_was_searched_for(
    lab: Lab, writer: Writer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIPTYCH_DATA", str(lab.settings.data))
    names = ["--embedder", "hashing", "--reranker", "none", "--generator", "echo"]
    assert main(["search", QUESTION, "--rewrite", "steps", "--rewriter", "echo", *names]) == 0
    run = json.loads(capsys.readouterr().out)
    assert sorted(run["rewritten"]) == sorted(
        ["queries", "seconds", "prompt_tokens", "answer_tokens", "note"]
    )
    assert run["rewritten"]["queries"] == [
        "How high does the tide rise?",
        "How often does it fall?",
    ]
    assert writer.asked
