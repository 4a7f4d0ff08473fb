"""What every reranker promises, checked for each one there is, the fakes included."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.models import registry
from core.models.windows import characters_read
from core.settings import Endpoint, Settings
from core.types import Reranker
from tests.backends import every, load
from tests.support import tiny_models

QUESTION = "What does attention weight the values by?"
TEXTS = [
    "A coalesced access to global memory serves a whole warp at once.",
    "Attention weights the values by how well their keys match the query.",
    "短い文。",
    "",
    "word " * 600,
]


TINY: dict[str, Callable[[Path], Path]] = {
    "tiny cross-encoder": tiny_models.cross_encoder,
    "tiny language-model reranker": tiny_models.qwen3,
}


# How the server speaks at which address.
SERVED = {
    "served as by Jina": "/v1",
    "served as by Cohere": "/v2",
    "served by TEI": "/tei",
    "served by TEI, named with a version": "/tei/v1",
    "served in logits": "/logits/v1",
    "served without a version": "/bare",
}


@pytest.fixture(scope="module", params=[*every("rerankers"), *TINY, *SERVED])
def reranker(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Reranker:
    if request.param in list(SERVED):
        address = request.getfixturevalue("embedding_server") + SERVED[request.param]
        box = Endpoint(name="box", address=address, model="hashing", family="reranker")
        settings = Settings(data=tmp_path_factory.mktemp("data"), endpoints=(box,))
        model, module = registry.find(settings, "reranker", "box")
        served: Reranker = module.load(model, settings)
        return served
    if isinstance(request.param, str):
        models = tmp_path_factory.mktemp("models")
        TINY[request.param](models / "a-reranker")
        settings = Settings(models=models, device="cpu")
        model, module = registry.find(settings, "reranker", "a-reranker")
        tiny: Reranker = module.load(model, settings)
        return tiny
    loaded: Reranker = load(request.param)
    return loaded


def test_scores_are_between_0_and_1_and_the_answer_scores_best(
    reranker: Reranker, request: pytest.FixtureRequest
) -> None:
    scores = list(reranker.score(QUESTION, TEXTS))
    assert len(scores) == len(TEXTS)
    assert all(0 <= score <= 1 for score in scores)
    if not request.node.callspec.id.startswith("tiny"):  # random weights find nothing
        assert scores.index(max(scores)) == 1


def test_a_score_does_not_depend_on_its_neighbours(reranker: Reranker) -> None:
    together = list(reranker.score(QUESTION, TEXTS))
    assert [next(reranker.score(QUESTION, [text])) for text in TEXTS] == together
    assert list(reranker.score(QUESTION, TEXTS[::-1]))[::-1] == together


def test_scores_come_as_they_are_computed(reranker: Reranker) -> None:
    scores = reranker.score(QUESTION, ["one text", *["never asked for"] * 1_000_000])
    assert isinstance(scores, Iterator)
    assert 0 <= next(scores) <= 1


def test_no_texts_no_scores(reranker: Reranker) -> None:
    assert list(reranker.score(QUESTION, [])) == []


def test_what_lies_behind_the_window_is_not_read(reranker: Reranker) -> None:
    if reranker.tokenizer is None or reranker.window is None:
        pytest.skip("nobody here knows its window")
    # Every word is new, and each word of the text is one of the question's.
    words = [f"{a}{b}{c}" for a in "abcdefg" for b in "hijklmno" for c in "pqrstuvw"]
    question = " ".join(words[200:210])
    text = " ".join(words)
    (read,) = characters_read(reranker.tokenizer, reranker.window, [text], question)
    assert read < len(text)
    whole, exactly = reranker.score(question, [text, text[:read]])
    assert whole == exactly


def test_the_tokenizer_cuts_and_pads_nothing(reranker: Reranker) -> None:
    if reranker.tokenizer is None:
        pytest.skip("nobody here knows its tokenizer")
    encodings = reranker.tokenizer.encode_batch(["one", "word " * 3000])
    assert len(encodings[0]) < 10
    assert len(encodings[1]) >= 3000
