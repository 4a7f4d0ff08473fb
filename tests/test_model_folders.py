"""Folders in TRIPTYCH_MODELS that cannot be run are listed all the same, with the reason."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.errors import MissingModel
from core.generators import causal_lm
from core.models import folders, registry, weights
from core.settings import Settings
from core.types import Family, Model
from tests.support import tiny_models


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "models").mkdir()
    return Settings(
        data=tmp_path, models=tmp_path / "models", hub_cache=tmp_path / "hub", device="cpu"
    )


def found(settings: Settings, family: Family, name: str = "odd") -> Model:
    (model,) = (each for each, _ in registry.catalogue(settings, family) if each.name == name)
    return model


def changed(folder: Path, **config: Any) -> Path:
    """The folder with another config."""
    file = folder / "config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | config))
    return folder


def holding(**files: str) -> Callable[[Path], object]:
    """A folder with these files; "__" stands for a dot."""

    def make(folder: Path) -> None:
        folder.mkdir()
        for name, text in files.items():
            (folder / name.replace("__", ".")).write_text(text)

    return make


def quantised(**how: Any) -> Callable[[Path], object]:
    return lambda folder: changed(tiny_models.qwen2(folder), **how)


def of_kind(architecture: str, kind: str) -> Callable[[Path], object]:
    return lambda folder: changed(
        tiny_models.qwen2(folder), architectures=[architecture], model_type=kind
    )


ODD: dict[str, tuple[Callable[[Path], object], Family, str]] = {
    "no config": (holding(model__safetensors=""), "generator", "weights but no config.json"),
    "pickles alone": (holding(pytorch_model__bin=""), "generator", "weights but no config.json"),
    "an empty config": (holding(config__json=""), "generator", "config.json cannot be read"),
    "half a config": (holding(config__json="{"), "generator", "config.json cannot be read"),
    "a list": (holding(config__json="[]"), "generator", "config.json cannot be read"),
    "no architecture": (
        holding(config__json='{"architectures": []}'),
        "generator",
        "config.json names no architecture",
    ),
    "an adapter": (
        holding(adapter_config__json='{"base_model_name_or_path": "Qwen/Qwen3-4B"}'),
        "generator",
        "it is an adapter of Qwen/Qwen3-4B",
    ),
    "a sorter": (
        lambda folder: tiny_models.cross_encoder(folder, labels=3),
        "reranker",
        "tells 3 labels apart; a reranker has one",
    ),
    "vectors without a rule": (of_kind("BertModel", "bert"), "embedder", "has no modules.json"),
    "ears": (
        of_kind("WhisperForConditionalGeneration", "whisper-of-2031"),
        "generator",
        "it is a WhisperForConditionalGeneration, which is not run here",
    ),
    "a newer kind": (
        of_kind("Llama9ForCausalLM", "llama9"),
        "generator",
        r"transformers .5\.23\.0. does not know models of the kind 'llama9'; serve it",
    ),
    "a newer embedder": (
        lambda folder: changed(tiny_models.embedder(folder), model_type="bert9"),
        "embedder",
        "does not know models of the kind 'bert9'",
    ),
    "AWQ": (
        quantised(quantization_config={"quant_method": "awq", "bits": 4}),
        "generator",
        "quantised by AWQ, which needs the package gptqmodel; install it, or serve it",
    ),
    "GPTQ": (
        quantised(quantization_config={"quant_method": "gptq", "bits": 4}),
        "generator",
        "quantised by GPTQ, which needs the package gptqmodel",
    ),
    "bitsandbytes": (
        quantised(quantization_config={"quant_method": "bitsandbytes", "load_in_4bit": True}),
        "generator",
        "quantised by bitsandbytes, which needs the package bitsandbytes",
    ),
    "compressed tensors": (
        quantised(quantization_config={"quant_method": "compressed-tensors"}),
        "generator",
        "quantised by compressed-tensors, which needs the package compressed_tensors",
    ),
    "another method": (
        quantised(quantization_config={"quant_method": "fp8"}),
        "generator",
        "quantised by fp8, which is not run here; serve it",
    ),
    "MLX": (
        quantised(quantization={"group_size": 64, "bits": 4}),
        "generator",
        "quantised for MLX",
    ),
}


@pytest.mark.models
@pytest.mark.parametrize("name", ODD)
def test_a_folder_that_cannot_be_run_says_why(
    settings: Settings, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, packages = folders.find_spec, {package for _, package in folders.QUANTISERS.values()}
    monkeypatch.setattr(folders, "find_spec", lambda name: None if name in packages else real(name))
    make, family, reason = ODD[name]
    make(settings.models / "odd")
    assert not found(settings, family).available
    with pytest.raises(MissingModel, match=reason):
        registry.find(settings, family, "odd")


@pytest.mark.models
def test_a_quantised_folder_is_run_where_its_package_is_and_in_no_other_bits(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = folders.find_spec
    monkeypatch.setattr(
        folders, "find_spec", lambda name: real("json" if name == "gptqmodel" else name)
    )
    quantised(quantization_config={"quant_method": "awq", "bits": 4})(settings.models / "odd")
    model = found(settings, "generator")
    assert (model.available, model.quantisation, model.parameters) == (True, "awq", "")
    assert weights.bytes_in(replace(model, megabytes=500), "bfloat16") == 500_000_000
    on_gpu = replace(settings, device="cuda")
    assert "odd-4bit" not in [each.name for each in causal_lm.models(on_gpu)]


@pytest.mark.models
def test_a_model_that_sees_is_listed_where_it_writes_as_a_language_model(
    settings: Settings,
) -> None:
    of_kind("Gemma3ForConditionalGeneration", "gemma3")(settings.models / "odd")
    assert found(settings, "generator").available


@pytest.mark.models
def test_weights_that_a_folder_holds_twice_count_once(settings: Settings) -> None:
    folder = tiny_models.qwen2(settings.models / "odd")
    size = (folder / "model.safetensors").stat().st_size
    assert folders.size(folder) == size
    (folder / "consolidated.safetensors").write_bytes(b"0" * 3_000_000)
    (folder / "original").mkdir()
    (folder / "original" / "consolidated-00001.safetensors").write_bytes(b"0" * 3_000_000)
    assert folders.size(folder) == size
    assert found(settings, "generator").megabytes == 0
    # In parts, and with a layer of its own in a folder, as some embedders have one.
    (folder / "model.safetensors").rename(folder / "model-1.safetensors")
    (folder / "model-2.safetensors").write_bytes(b"0" * 500)
    index = {"weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    (folder / "2_Dense").mkdir()
    (folder / "2_Dense" / "model.safetensors").write_bytes(b"0" * 70)
    assert folders.size(folder) == size + 570


def test_the_kinds_that_transformers_runs_are_read_from_its_source() -> None:
    from transformers.models.auto import configuration_auto, modeling_auto

    assert folders._writers() == set(modeling_auto.MODEL_FOR_CAUSAL_LM_MAPPING_NAMES)
    assert folders._known() <= set(configuration_auto.CONFIG_MAPPING_NAMES)
    assert {"bert", "qwen3", "llama", "gemma3_text", "xlm-roberta"} <= folders._known()
