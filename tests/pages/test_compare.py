"""Compare under Streamlit's own test harness."""

from collections.abc import Iterator, Sequence
from threading import Event

import pytest
from streamlit.testing.v1 import AppTest

from core import choices
from core.lab import Lab
from core.types import Chunking, Delta, Generation, Recipe, Request, Retrieval, Run, three_ways
from tests.backends.generators.echo import Echo
from tests.pages.conftest import ask, settled, texts
from tests.support.labs import asked

WIDGETS = ("selectbox", "number_input", "text_input", "checkbox")
QUESTION = "When was the lamp of Varn lit?"


def test_smoke(app: AppTest) -> None:
    app.run()
    assert not app.exception
    assert "What changes?" in texts(app)


def test_an_empty_library_is_not_called_all_papers(app: AppTest, lab: Lab) -> None:
    for row in lab.papers.all():
        lab.papers.remove(row.id)
    app.run()
    labels = [block.proto.popover.label for block in app.get("popover")]
    labels += [button.label for button in app.button]
    assert not any("papers" in label for label in labels)
    links = [link.proto for link in app.get("page_link")]
    assert ("library", "No papers yet: open the Library") in {
        (link.page.removeprefix("/"), link.label) for link in links
    }


def test_the_recorded_run_fills_the_first_screen(app: AppTest, lab: Lab) -> None:
    app.run()
    first = lab.comparisons.front()
    assert first
    assert app.text_input(key="compare.question").value == first.question
    said = texts(app)
    for name in ("No context", "Retrieved", "Retrieved and reranked"):
        assert f"[{name}]" in said
    assert "recorded with" in said
    assert lab.models.in_memory() == frozenset()


def test_story_ask_and_come_back_by_the_link(ready: AppTest, lab: Lab) -> None:
    ask(ready, QUESTION)
    settled(ready, lab)
    assert not ready.exception
    said = texts(ready)
    assert "output tokens" in said or "cut off" in said
    assert "It read no paper" in said
    link = ready.query_params["run"]
    comparison = lab.comparisons.comparison(link)
    assert [run.recipe.arm for run in comparison.runs] == ["no_context", "retrieved", "reranked"]

    ready.query_params.clear()
    ready.run()
    ready.query_params["run"] = link
    ready.run()
    assert ready.text_input(key="compare.question").value == QUESTION
    assert ready.number_input(key="compare.top_k").value == 1


def test_another_chunker_brings_its_usual_size(ready: AppTest, lab: Lab) -> None:
    for chunker, size, overlap in [("words", 150, 20), ("pages", 0, 0), ("sentences", 800, 100)]:
        ready.selectbox(key="compare.chunker").set_value(chunker).run()
        assert not ready.exception
        assert ready.session_state["compare.size"] == size
        ask(ready, f"{QUESTION} {chunker}")
        settled(ready, lab)
        (run, *_) = lab.comparisons.comparison(ready.query_params["run"]).runs[1:]
        assert (run.recipe.chunking.size, run.recipe.chunking.overlap) == (size, overlap)


@pytest.mark.parametrize(
    ("retriever", "said", "columns"),
    [
        ("bm25", "BM25", {"BM25"}),
        ("hybrid", "fused", {"similarity", "BM25", "fused"}),
        ("dense", "similarity", {"similarity"}),
    ],
)
def test_each_retriever_shows_its_own_scores(
    ready: AppTest, lab: Lab, retriever: str, said: str, columns: set[str]
) -> None:
    ready.selectbox(key="compare.retriever").set_value(retriever).run()
    ask(ready, QUESTION)
    settled(ready, lab)
    assert not ready.exception
    assert f"{said} " in texts(ready)
    assert "given by hand" not in texts(ready)
    shown = set(ready.dataframe[0].value.columns)
    assert shown & {"similarity", "BM25", "fused"} == columns


def test_what_is_not_as_usual_is_a_chip_until_it_goes_back(ready: AppTest, lab: Lab) -> None:
    ready.selectbox(key="compare.index").set_value("chroma").run()
    ready.number_input(key="compare.temperature").set_value(0.5).run()
    ready.number_input(key="compare.top_p").set_value(0.9).run()
    chips = {axis.name: axis.label for axis in choices.RARE}
    shown = [
        button.label
        for button in ready.button
        if (button.key or "").removeprefix("compare.rarely.") in chips
    ]
    assert shown == ["chroma index", "temperature 0\\.5", "top\\-p 0\\.9"]
    ask(ready, QUESTION)
    settled(ready, lab)
    assert not ready.exception
    first = ready.query_params["run"]
    (_, *runs) = lab.comparisons.comparison(first).runs
    for run in runs:
        assert isinstance(run.recipe.evidence, Retrieval)
        assert run.recipe.evidence.index == "chroma"
        assert run.recipe.generation
        assert (run.recipe.generation.temperature, run.recipe.generation.top_p) == (0.5, 0.9)

    ready.button(key="compare.usual").click().run()
    assert not [each for each in ready.button if (each.key or "").startswith("compare.rarely.")]
    ready.query_params.clear()
    ready.run()
    ready.query_params["run"] = first
    ready.run()
    assert ready.selectbox(key="compare.index").value == "chroma"
    assert ready.number_input(key="compare.top_p").value == 0.9


def test_every_choice_has_a_widget(ready: AppTest) -> None:
    widgets = {element.key for kind in WIDGETS for element in ready.get(kind)}
    assert {f"compare.{axis.name}" for axis in choices.ALL} <= widgets


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("compare.overlap", 900, "The overlap is 900"),
        ("compare.top_k", 9, "9"),
        ("compare.max_tokens", 0, "0 tokens"),
    ],
)
def test_nonsense_is_refused_with_a_sentence(
    ready: AppTest, lab: Lab, key: str, value: int, sentence: str
) -> None:
    ready.number_input(key=key).set_value(value).run()
    ask(ready, QUESTION)
    assert not ready.exception
    assert sentence in ready.error[0].value
    assert lab.comparisons.history() == []


@pytest.mark.parametrize("question", ["", "x" * 300_000])
def test_a_question_that_cannot_be_meant(ready: AppTest, lab: Lab, question: str) -> None:
    ask(ready, question)
    assert not ready.exception
    assert "question" in ready.error[0].value
    assert lab.comparisons.history() == []


def test_a_link_that_leads_nowhere(app: AppTest) -> None:
    app.query_params["run"] = "nothing"
    app.run()
    assert not app.exception
    assert "not in this lab" in app.error[0].value


def test_the_history_leads_back(ready: AppTest, lab: Lab) -> None:
    recipe = Recipe(
        chunking=Chunking(size=200, overlap=20),
        evidence=Retrieval(embedder="hashing", candidates=2, top_k=1),
        generation=Generation(generator="echo", max_tokens=9),
    )
    comparison = asked(lab, three_ways(recipe, "word-overlap"))
    ready.run()
    ready.button(key=f"compare.history.{comparison.id}").click().run()
    assert ready.query_params["run"] == comparison.id
    assert ready.text_input(key="compare.question").value == QUESTION
    assert ready.number_input(key="compare.top_k").value == 1


def started(app: AppTest, lab: Lab) -> list[Run]:
    """The runs of the comparison that was just started, drawn."""
    settled(app, lab)
    assert not app.exception
    return list(lab.comparisons.comparison(app.query_params["run"]).runs)


def test_story_switch_a_chunk_off_and_on_again(ready: AppTest, lab: Lab) -> None:
    ready.number_input(key="compare.top_k").set_value(2).run()
    ask(ready, QUESTION)
    (_, _, reranked) = started(ready, lab)
    first = ready.query_params["run"]
    ready.button(key=f"off-{first}-reranked-2-1").click().run()
    base, without = started(ready, lab)
    assert base.id == reranked.id  # not computed again
    assert [hit.rank for hit in without.hits] == [2]
    assert "[1]" not in without.messages[-1].content
    assert "[2]" in without.messages[-1].content
    said = texts(ready)
    assert "without" in said
    assert "the other answer does not have" in said
    second = ready.query_params["run"]
    ready.button(key=f"on-{second}-reranked-1-1").click().run()
    (again,) = started(ready, lab)
    assert again.id == reranked.id


def test_story_more_panels_and_one_taken_away(ready: AppTest, lab: Lab) -> None:
    ask(ready, QUESTION)
    runs = started(ready, lab)
    ready.number_input(key="compare.size").set_value(400).run()
    ready.button(key="compare.add.retrieved").click().run()
    more = started(ready, lab)
    assert [run.id for run in more[:3]] == [run.id for run in runs]
    assert more[3].recipe.chunking.size == 400
    said = texts(ready)
    assert "400 characters" in said
    assert "800 characters" in said
    ready.button(key="compare.close.0").click().run()
    assert [run.id for run in started(ready, lab)] == [run.id for run in more[1:]]


def test_the_exact_messages_are_a_click_away(ready: AppTest, lab: Lab) -> None:
    ask(ready, QUESTION)
    (no_context, *_) = started(ready, lab)
    ready.button(key=f"sent-{ready.query_params['run']}-no_context-0").click().run()
    assert not ready.exception
    for message in no_context.messages:
        assert message.content in [text.value for text in ready.text]


def test_the_style_without_a_template(ready: AppTest, lab: Lab) -> None:
    ready.selectbox(key="compare.style").set_value("completion").run()
    ask(ready, QUESTION)
    for run in started(ready, lab):
        (message,) = run.messages
        assert message.content.endswith("Answer:")


def test_the_next_question_after_a_recorded_run_goes_to_the_best_models_here(app: AppTest) -> None:
    app.run()
    assert app.session_state["compare.generator"] == "echo"
    assert app.session_state["compare.embedder"] == "hashing"


def test_an_answer_that_failed_says_why(
    ready: AppTest, lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: object, requests: Sequence[Request], stop: Event) -> Iterator[Delta]:
        for index, _ in enumerate(requests):
            yield Delta(index=index, text="", finish="error", note="The model is on strike.")

    monkeypatch.setattr(Echo, "generate", fail)
    ask(ready, QUESTION)
    started(ready, lab)
    said = texts(ready)
    assert "failed" in said
    assert "The model is on strike" in said


def test_whole_papers_are_a_fourth_panel_that_says_what_it_read(ready: AppTest, lab: Lab) -> None:
    ready.pills(key="compare.whole").set_value(["Whole papers"]).run()
    ask(ready, QUESTION)
    settled(ready, lab)
    assert not ready.exception
    comparison = lab.comparisons.comparison(ready.query_params["run"])
    arms = ["no_context", "retrieved", "reranked", "whole"]
    assert [run.recipe.arm for run in comparison.runs] == arms
    assert "[Whole paper]" in texts(ready)
    read = [bar.proto.text for bar in ready.get("progress")]
    assert len(read) == len(lab.papers.all())
    assert all(said.startswith("1 page of 1 · ") for said in read)
