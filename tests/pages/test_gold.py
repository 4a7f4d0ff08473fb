"""A question's gold in Compare under Streamlit's own test harness."""

import pytest
from streamlit.testing.v1 import AppTest

from core.lab import Lab
from core.types import Chunking, Generation, Given, Question, Recipe, Retrieval, Span, three_ways
from pages.ui.compare import candidates
from tests.pages.conftest import marked, texts
from tests.support.labs import asked

QUESTION = "When was the lamp of Varn lit?"
RECIPE = Recipe(
    chunking=Chunking(size=200, overlap=20),
    evidence=Retrieval(embedder="hashing", candidates=2, top_k=1),
    generation=Generation(generator="echo", max_tokens=9),
)


def place(lab: Lab, source: str, quote: str) -> Span:
    row = next(row for row in lab.papers.all() if row.source == source)
    start = lab.papers.get(row.id).text.index(quote)
    return Span(paper_id=row.id, start=start, end=start + len(quote))


def shown(app: AppTest, run: str) -> AppTest:
    app.run()
    app.query_params["run"] = run
    app.run()
    assert not app.exception
    return app


def test_found_and_missed_are_said_and_marked(
    app: AppTest, lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[object] = []
    monkeypatch.setattr(candidates, "rank_flow", lambda *what: drawn.append(what[-1]))
    comparison = asked(lab, three_ways(RECIPE, "word-overlap"))
    assert comparison.question == QUESTION
    best = comparison.runs[1].hits[0]
    assert "lit in 1874" in best.chunk.text
    lab.questions.mark(QUESTION, [place(lab, "lamp.md", "lit in 1874")], "In 1874.")
    shown(app, comparison.id)
    assert texts(app).count("The gold passage was found, rank 1.") == 2
    assert ":yellow-badge[gold] Holds the gold passage." in texts(app)
    gold = [piece for text in marked(app) for piece in text if "gold" in piece["kinds"]]
    assert "".join(piece["text"] for piece in gold[: len(gold) // 2]) == "lit in 1874"
    assert gold[0]["label"] == "gold"
    assert "The gold passage stays at rank 1." in texts(app)
    assert drawn[-1] == [("holds the gold passage", True), ("", False)]
    (table,) = app.dataframe
    assert list(table.value["gold"]) == ["holds the gold passage", ""]
    assert not [button for button in app.button if "card of it" in button.label]


def test_a_miss_becomes_a_proposal(app: AppTest, lab: Lab) -> None:
    comparison = asked(lab, three_ways(RECIPE, "word-overlap"))
    gold = place(lab, "tide.txt", "rises four metres")
    lab.questions.mark(QUESTION, [gold])
    shown(app, comparison.id)
    assert texts(app).count("is among the candidates, rank 2, cut off at top 1.") == 2
    first, _ = [button for button in app.button if button.label == "Make a card of it"]
    first.click().run()
    assert not app.exception
    assert "1 card proposed" in texts(app)
    (card,) = lab.proposals.waiting(gold.paper_id)
    assert (card.question, card.answer, card.span) == (QUESTION, "rises four metres", gold)
    assert lab.cards.decks() == []
    (second,) = [button for button in app.button if button.label == "Make a card of it"]
    second.click().run()
    assert "1 proposed before" in texts(app)


def test_a_reference_answers_the_card(lab: Lab) -> None:
    here, there = place(lab, "lamp.md", "whale oil"), place(lab, "tide.txt", "twice")
    assert lab.proposals.propose(Question(text="What?", gold=(here, there), reference="Oil."))
    assert lab.proposals.propose(Question(text="And?", gold=(here, there)))
    answers = {card.question: card.answer for card in lab.proposals.waiting(here.paper_id)}
    assert answers == {"What?": "Oil.", "And?": "whale oil\n\ntwice"}
    assert not lab.proposals.propose(Question(text="And?", gold=(here, there)))


def test_gold_held_out_is_shown_only_to_who_asks(app: AppTest, lab: Lab) -> None:
    comparison = asked(lab, three_ways(RECIPE, "word-overlap"))
    lab.questions.mark(QUESTION, [place(lab, "lamp.md", "lit in 1874")], held_out=True)
    shown(app, comparison.id)
    assert "The gold passage" not in texts(app)
    assert "gold" not in app.dataframe[0].value
    (toggle,) = (each for each in app.toggle if "kept for the test set" in each.label)
    toggle.set_value(True).run()
    assert texts(app).count("The gold passage was found, rank 1.") == 2


def test_gold_that_could_not_be_found(app: AppTest, lab: Lab) -> None:
    lamp = place(lab, "lamp.md", "lit in 1874")
    comparison = lab.answering.start(QUESTION, [RECIPE], (lamp.paper_id,))
    comparison.join()
    lab.questions.mark(QUESTION, [place(lab, "tide.txt", "four metres")])
    shown(app, comparison.id)
    assert "The gold lies in no paper that was searched." in texts(app)


def test_a_question_without_gold(app: AppTest, lab: Lab) -> None:
    comparison = asked(lab, three_ways(RECIPE, "word-overlap"))
    lab.questions.keep(Question(text=QUESTION))
    shown(app, comparison.id)
    assert texts(app).count("Kept as a question that the papers do not answer.") == 2


def test_given_passages_are_marked(app: AppTest, lab: Lab) -> None:
    gold = place(lab, "lamp.md", "lit in 1874")
    recipe = Recipe(evidence=Given(spans=(gold,)), generation=RECIPE.generation)
    live = lab.answering.start(QUESTION, [recipe], ())
    live.join()
    assert not live.error
    lab.questions.mark(QUESTION, [gold])
    shown(app, live.id)
    assert "Holds the gold passage." in texts(app)
