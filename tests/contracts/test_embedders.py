"""What every embedder promises, checked for each one there is, the fakes included."""

from typing import Any

import numpy as np
import pytest

from core.models import registry
from core.models.windows import characters_read, offsets
from core.settings import Endpoint, Settings
from core.types import Embedder
from tests.backends import every, load
from tests.support import tiny_models

TEXTS = [
    "Attention weights the values by how well their keys match the query.",
    "短い文。",
    "",
    "word " * 600,
    "A coalesced access to global memory serves a whole warp at once.",
    "x" * 1500,
]


TINY = ("tiny", "tiny with prompts", "tiny without a window of its own")
SERVED = ("served", "served by TEI")


@pytest.fixture(scope="module", params=[*every("embedders"), *TINY, *SERVED])
def which(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A backend's module and one of its models."""
    if not isinstance(request.param, str):
        return request.param
    folder = tmp_path_factory.mktemp("models") / "tiny"
    if request.param in SERVED:
        address = request.getfixturevalue("embedding_server")
        address += "/tei/v1" if "TEI" in request.param else "/v1"
        box = Endpoint(name="box", address=address, model="hashing", family="embedder")
        settings = Settings(data=folder, endpoints=(box,))
        model, module = registry.find(settings, "embedder", "box")
        return module, model, settings
    prompts = {"query": "ask: ", "document": "passage: "} if "prompts" in request.param else {}
    tiny_models.embedder(folder, prompts=prompts)
    if "without" in request.param:
        (folder / "sentence_bert_config.json").write_text("{}")
    model, module = registry.find(Settings(models=folder.parent), "embedder", "tiny")
    return module, model


@pytest.fixture(scope="module")
def embedder(which: Any) -> Embedder:
    loaded: Embedder = load(which)
    return loaded


def test_what_it_reads_is_known_without_its_weights(which: Any, embedder: Embedder) -> None:
    module, model, *_ = which
    found = module.reading(model)
    if found is None:
        assert (embedder.tokenizer, embedder.window) == (None, None)
        return
    tokenizer, window = found
    assert window == embedder.window
    assert embedder.tokenizer is not None
    for text in TEXTS:
        assert offsets(tokenizer, text) == offsets(embedder.tokenizer, text)


def test_vectors_are_unit_vectors_in_the_order_of_the_texts(embedder: Embedder) -> None:
    vectors = embedder.embed(TEXTS)
    assert vectors.dtype == np.float32
    assert vectors.shape == (len(TEXTS), embedder.dimensions)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert np.allclose(embedder.embed(TEXTS[::-1])[::-1], vectors, atol=1e-6)


def test_a_vector_does_not_depend_on_its_neighbours(embedder: Embedder) -> None:
    together = embedder.embed(TEXTS)
    alone = np.vstack([embedder.embed([text]) for text in TEXTS])
    assert np.abs(together - alone).max() < 1e-6


def test_no_texts_no_vectors(embedder: Embedder) -> None:
    assert embedder.embed([]).shape == (0, embedder.dimensions)


def test_a_question_has_a_vector_too(embedder: Embedder, request: pytest.FixtureRequest) -> None:
    about_attention, about_memory = embedder.embed([TEXTS[0], TEXTS[4]])
    (question,) = embedder.embed(["How does attention weight the values?"], query=True)
    assert question.shape == about_memory.shape
    if not request.node.callspec.id.startswith("tiny"):  # random weights find nothing
        assert question @ about_attention > question @ about_memory


def test_what_lies_behind_the_window_is_not_read(embedder: Embedder) -> None:
    if embedder.tokenizer is None or embedder.window is None:
        pytest.skip("nobody here knows its window")
    text = " ".join(f"number {n}" for n in range(400))
    (read,) = characters_read(embedder.tokenizer, embedder.window, [text])
    assert read < len(text)
    whole, exactly, less = embedder.embed([text, text[:read], text[: read - 1]])
    assert np.abs(whole - exactly).max() < 1e-6
    assert np.abs(whole - less).max() > 1e-6


def test_the_tokenizer_cuts_and_pads_nothing(embedder: Embedder) -> None:
    if embedder.tokenizer is None:
        pytest.skip("nobody here knows its tokenizer")
    encodings = embedder.tokenizer.encode_batch(["one", "word " * 3000])
    assert len(encodings[0]) < 10
    assert len(encodings[1]) >= 3000
