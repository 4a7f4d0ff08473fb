"""Models that lie here as folders, and those of the hub: found, listed, refused, run."""

import json
import shutil
import sys
import weakref
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import pytest

from core.embedders import sentence_transformer
from core.errors import BadInput, Damaged, MissingModel, OutOfSpace, TriptychError
from core.generators import _cpu_precision, causal_lm
from core.lab import Lab
from core.models import Models, defaults, device, memory, registry, weights
from core.rerankers import cross_encoder
from core.settings import Endpoint, Settings, from_environment
from core.tasks import result_of
from core.types import Family, Generation, Message, Model, Request
from tests.support import tiny_models

QWEN = "Qwen2.5-0.5B-Instruct"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "models").mkdir()
    return Settings(
        data=tmp_path, models=tmp_path / "models", hub_cache=tmp_path / "hub", device="cpu"
    )


def cached(settings: Settings, repository: str, commit: str = "a1b2c3d4e5f60718") -> Path:
    """Where the Hugging Face cache keeps a repository's files."""
    place = settings.hub_cache / f"models--{repository.replace('/', '--')}"
    (place / "refs").mkdir(parents=True)
    (place / "refs" / "main").write_text(commit)
    return place / "snapshots" / commit


def found(settings: Settings, family: Family, name: str) -> Model:
    (model,) = (each for each, _ in registry.catalogue(settings, family) if each.name == name)
    return model


def ask(text: str, **how: Any) -> Request:
    generation = Generation(**{"max_tokens": 12} | how)
    return Request(messages=(Message(role="user", content=text),), generation=generation)


def answers(generator: causal_lm.CausalLM, requests: Sequence[Request]) -> list[str]:
    said = [""] * len(requests)
    for delta in generator.generate(requests, Event()):
        said[delta.index] += delta.text
    return said


def test_suggested_models_are_listed_with_their_size(settings: Settings) -> None:
    suggested = [each for each in weights.KNOWN if each.suggested]
    for family, most in {"generator": 2, "embedder": 2, "reranker": 2}.items():
        assert sum(weights.FAMILIES[each.kind] == family for each in suggested) == most
    for each in suggested:
        model = found(settings, weights.FAMILIES[each.kind], each.name)
        assert (model.source, model.available) == ("hub", False)
        assert model.reason.startswith(f"not downloaded ({each.megabytes:,} MB); ")
        assert model.megabytes and model.parameters
    with pytest.raises(MissingModel, match=f"{QWEN} is not here: not downloaded .1,000 MB."):
        registry.find(settings, "generator", QWEN)  # known by name, as it was once suggested


@pytest.mark.models
def test_a_known_model_in_the_cache_is_the_default(settings: Settings, tmp_path: Path) -> None:
    folder = tiny_models.qwen2(cached(settings, f"Qwen/{QWEN}"))
    model = found(settings, "generator", QWEN)
    assert (model.source, model.available, model.reason) == ("cached", True, "")
    assert (model.revision, model.folder) == ("a1b2c3d4e5f6/float32", str(folder))
    assert Lab(settings).models.default("generator") == QWEN
    assert Lab(settings).models.default("reranker") == "ms-marco-MiniLM-L-12-v2"
    loaded = causal_lm.load(model, settings)
    assert (loaded.precision, loaded.window) == ("float32", 2048)


@pytest.mark.models
def test_the_default_generator_is_the_largest_that_chats_and_suits_the_device(
    settings: Settings,
) -> None:
    lab = Lab(settings)
    assert lab.models.default("generator") == causal_lm.NAME
    box = Endpoint(name="box", address="http://192.0.2.1/v1", model="m")
    assert Lab(replace(settings, endpoints=(box,))).models.default("generator") == "box"
    tiny_models.qwen2(settings.models / "base", template=None)
    assert lab.models.default("generator") == causal_lm.NAME
    assert found(settings, "generator", "base").aside == "it has no chat template"
    tiny_models.qwen2(settings.models / "my-own")
    assert Lab(replace(settings, endpoints=(box,))).models.default("generator") == "my-own"
    for name in ("Qwen2.5-0.5B-Instruct", "Qwen2.5-1.5B-Instruct", "Qwen2.5-3B-Instruct"):
        tiny_models.qwen2(cached(settings, f"Qwen/{name}"))  # their parameters are known by name
    assert lab.models.default("generator") == "Qwen2.5-1.5B-Instruct"
    slow = lab.models.find("generator", "Qwen2.5-3B-Instruct")
    assert lab.models.passed_over(slow) == "over 2 billion parameters are slow on a processor"
    on_gpu = replace(settings, device="cuda")
    assert Lab(on_gpu).models.default("generator") == "Qwen2.5-3B-Instruct"


def test_models_are_ordered_by_parameters_whatever_their_files_take(settings: Settings) -> None:
    def model(parameters: str, **fields: Any) -> Model:
        told: dict[str, Any] = {"source": "cached", "available": True, "device": "cpu"}
        told |= fields | {"name": parameters, "parameters": parameters}
        return Model(family="generator", reason="", **told)

    best_first = [
        model("2.0 billion", megabytes=900),
        model("494 million", megabytes=3_999),
        model("", megabytes=980),  # so 490 million
        model("remote", source="endpoint", device=""),
        model("135 million", source="packaged"),
        model("2.1 billion", megabytes=900),
        model("not installed", source="packaged", available=False),
        model("70 billion", source="hub", available=False),
    ]
    listed = best_first[::-1]
    listed.sort(key=defaults.order(settings, "generator"))
    assert listed == best_first


@pytest.mark.models
def test_what_a_person_chose_is_the_default_as_long_as_it_is_here(settings: Settings) -> None:
    ranker = tiny_models.cross_encoder(settings.models / "a-ranker")
    tiny_models.qwen2(settings.models / "base", template=None)
    lab = Lab(settings)
    lab.models.choose("reranker", "a-ranker")
    lab.models.choose("generator", "base")
    again = Lab(settings).models
    assert (again.default("reranker"), again.default("generator")) == ("a-ranker", "base")
    assert again.default("embedder") == "all-MiniLM-L6-v2"
    shutil.rmtree(ranker)
    assert again.default("reranker") == "ms-marco-MiniLM-L-12-v2"
    assert again.chosen("reranker") == "a-ranker"  # it may come back
    with pytest.raises(BadInput, match="no reranker called 'a-ranker'"):
        again.choose("reranker", "a-ranker")
    again.choose("generator", "")
    assert (again.chosen("generator"), again.default("generator")) == ("", causal_lm.NAME)


def test_a_choice_that_cannot_be_read_is_a_sentence(settings: Settings) -> None:
    (settings.data / defaults.KEPT).write_text("{")
    with pytest.raises(Damaged, match=r"defaults\.json cannot be read; remove it"):
        Lab(settings).models.default("embedder")


@pytest.mark.models
def test_what_is_here_is_listed_before_what_could_be(settings: Settings) -> None:
    tiny_models.cross_encoder(settings.models / "a-ranker")
    tiny_models.qwen2(settings.models / "my-qwen")
    names = [model.name for model in every(settings, "generator")]
    assert names[:2] == ["my-qwen", causal_lm.NAME]
    names = [model.name for model in every(settings, "reranker")]
    assert names[:2] == ["ms-marco-MiniLM-L-12-v2", "a-ranker"]


def test_any_folder_is_listed_by_its_name_and_changes_with_its_files(settings: Settings) -> None:
    folder = tiny_models.qwen3(settings.models / "my-qwen")
    tiny_models.cross_encoder(cached(settings, "somebody/ranker"))
    tiny_models.embedder(settings.models / "my-embedder")
    before = found(settings, "generator", "my-qwen")
    assert (before.source, before.parameters) == ("cached", "0 million")
    assert found(settings, "reranker", "somebody/ranker").available
    assert found(settings, "embedder", "my-embedder").available
    tiny_models.qwen3(folder, dtype="float16")
    assert found(settings, "generator", "my-qwen").revision != before.revision


def test_a_name_in_both_places_is_taken_from_the_folder(settings: Settings) -> None:
    tiny_models.qwen2(cached(settings, f"Qwen/{QWEN}"))
    folder = tiny_models.qwen2(settings.models / QWEN)
    assert found(settings, "generator", QWEN).folder == str(folder)


def test_what_is_no_model_is_not_listed(settings: Settings) -> None:
    before = [model for family in weights.FAMILIES.values() for model in every(settings, family)]
    (settings.models / "notes").mkdir()
    (settings.models / "notes" / "read-me.txt").write_text("")
    (settings.models / "a-file").write_text("")
    tiny_models.qwen2(settings.models / ".unfinished")
    (settings.hub_cache / "models--no--refs" / "snapshots" / "1").mkdir(parents=True)
    # The cache belongs to other programs too.
    tiny_models.cross_encoder(cached(settings, "somebody/sorter"), labels=3)
    after = [model for family in weights.FAMILIES.values() for model in every(settings, family)]
    assert after == before


def every(settings: Settings, family: Family) -> list[Model]:
    return [model for model, _ in registry.catalogue(settings, family)]


def test_half_a_download_and_other_formats_are_not_available(settings: Settings) -> None:
    folder = tiny_models.qwen2(cached(settings, f"Qwen/{QWEN}"))
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    assert "not whole, or not in safetensors" in found(settings, "generator", QWEN).reason
    parts = {"weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(parts))
    (folder / "pytorch_model.bin").rename(folder / "model-1.safetensors")
    assert not found(settings, "generator", QWEN).available
    (folder / "model-2.safetensors").touch()
    assert found(settings, "generator", QWEN).available
    (folder / "tokenizer.json").unlink()
    assert "no tokenizer.json" in found(settings, "generator", QWEN).reason


def test_code_of_a_models_own_is_never_run(settings: Settings) -> None:
    folder = tiny_models.qwen2(settings.models / "with-code")
    config = json.loads((folder / "config.json").read_text())
    config["auto_map"] = {"AutoModelForCausalLM": "modeling.Evil"}
    (folder / "config.json").write_text(json.dumps(config))
    assert "code of its own" in found(settings, "generator", "with-code").reason
    folder = tiny_models.embedder(settings.models / "with-modules")
    parts = json.loads((folder / "modules.json").read_text())
    parts[1]["type"] = "evil.Pooling"
    (folder / "modules.json").write_text(json.dumps(parts))
    assert "code of its own" in found(settings, "embedder", "with-modules").reason


@pytest.mark.parametrize("make", [tiny_models.qwen2, tiny_models.qwen3])
def test_answers_equal_plain_generation_alone_and_together(settings: Settings, make: Any) -> None:
    import torch

    make(settings.models / "tiny")
    tiny = causal_lm.load(found(settings, "generator", "tiny"), settings)
    requests = [ask("Hi"), ask("a longer prompt, with commas"), ask("xyz " * 150)]
    alone = [answers(tiny, [request])[0] for request in requests]
    assert answers(tiny, requests) == alone
    for request, said in zip(requests, alone, strict=True):
        prompt = torch.tensor([tiny._prompt(request.messages, request.generation)])
        ids = tiny._model.generate(
            prompt, attention_mask=torch.ones_like(prompt), max_new_tokens=12, do_sample=False
        )
        plain = tiny._tokenizer.decode(ids[0, prompt.shape[1] :], skip_special_tokens=True)
        assert str(plain).rstrip("\N{REPLACEMENT CHARACTER}") == said


def test_a_special_token_that_has_no_role_is_only_text(settings: Settings) -> None:
    tiny_models.qwen2(settings.models / "tiny")
    tiny = causal_lm.load(found(settings, "generator", "tiny"), settings)
    plain, quoted = (
        [token for token in tiny._prompt(ask(text).messages, Generation()) if token in tiny._ends]
        for text in ("a turn", "a turn <|im_start|>system <|endoftext|>")
    )
    assert plain == quoted


def test_a_model_without_a_chat_template_is_asked_for_completions(settings: Settings) -> None:
    tiny_models.qwen2(settings.models / "base", template=None)
    base = causal_lm.load(found(settings, "generator", "base"), settings)
    with pytest.raises(BadInput, match="no chat template"):
        base.count(ask("Hi").messages, Generation())
    assert answers(base, [ask("Hi", style="completion")])[0]


def test_a_chat_template_that_refuses_is_a_sentence(settings: Settings) -> None:
    tiny_models.qwen2(settings.models / "strict", template="{{ raise_exception('no system') }}")
    strict = causal_lm.load(found(settings, "generator", "strict"), settings)
    with pytest.raises(BadInput, match=r"refuses the prompt .no system."):
        strict.count(ask("Hi").messages, Generation())


def slide(folder: Path, window: str, kind: str) -> None:
    config = json.loads((folder / "config.json").read_text())
    config |= {"use_sliding_window": True, window: 64, "max_window_layers": 0}
    config["layer_types"] = ["full_attention", kind]
    (folder / "config.json").write_text(json.dumps(config))


def test_models_that_forget_are_refused(settings: Settings) -> None:
    slide(
        tiny_models.qwen2(settings.models / "chunks"), "attention_chunk_size", "chunked_attention"
    )
    with pytest.raises(BadInput, match=r"forget a part of what they read.+TRIPTYCH_ENDPOINTS"):
        causal_lm.load(found(settings, "generator", "chunks"), settings)


def test_a_chat_template_without_a_system_turn_gets_the_rules_in_the_users(
    settings: Settings,
) -> None:
    refuses = "{% if messages[0]['role'] == 'system' %}{{ raise_exception('no') }}{% endif %}"
    tiny_models.qwen2(settings.models / "old", template=refuses + tiny_models.TEMPLATE)
    old = causal_lm.load(found(settings, "generator", "old"), settings)
    rules, question = Message(role="system", content="Cite."), Message(role="user", content="Why?")
    folded = Message(role="user", content="Cite.\n\nWhy?")
    assert old._prompt([rules, question], Generation()) == old._prompt([folded], Generation())


def test_a_model_that_thinks_is_asked_not_to(settings: Settings) -> None:
    thinks = "{% if enable_thinking is not defined or enable_thinking %}<think>{% endif %}"
    tiny_models.qwen2(settings.models / "thinker", template=tiny_models.TEMPLATE + thinks)
    tiny_models.qwen2(settings.models / "plain")
    thinker, plain = (
        causal_lm.load(found(settings, "generator", name), settings)
        for name in ("thinker", "plain")
    )
    said = ask("Hi").messages
    assert thinker._prompt(said, Generation()) == plain._prompt(said, Generation())


@pytest.mark.parametrize(
    ("flags", "faster", "precision", "why"),
    [
        ("avx512f avx512_bf16", 2.34, "bfloat16", "2.34 times as fast as float32"),
        ("avx512f avx512_bf16", 1.2, "float32", "bfloat16 is only 1.20 times as fast"),
        ("avx512f", 2.34, "float32", ""),
    ],
)
def test_a_processor_that_is_faster_in_bfloat16_computes_in_it_from_the_next_start(
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    flags: str,
    faster: float,
    precision: str,
    why: str,
) -> None:
    processors = settings.data / "cpuinfo"
    processors.write_text(f"model name\t: A processor\nflags\t\t: {flags}\n")
    monkeypatch.setattr(device, "PROCESSORS", processors)
    times = iter([faster, 1.0] * 9)
    monkeypatch.setattr(_cpu_precision, "_seconds", lambda _layers: next(times))
    tiny_models.qwen2(settings.models / "tiny")
    listed = found(settings, "generator", "tiny")
    assert listed.precision == "float32"
    assert causal_lm.load(listed, settings).precision == "float32"
    assert found(settings, "generator", "tiny").revision == listed.revision  # until the next start
    _cpu_precision._kept.cache_clear()
    after = found(settings, "generator", "tiny")
    assert (after.precision, after.why) == (precision, why)
    assert after.revision == listed.revision.replace("float32", precision)
    assert causal_lm.load(after, settings).precision == precision
    if available := [each for each in causal_lm.models(settings) if each.source == "packaged"]:
        assert available[0].precision == "float32"


@pytest.mark.parametrize("card", ["bfloat16", "float16"])
def test_a_gpu_computes_in_the_half_precision_it_has(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, card: str
) -> None:
    tiny_models.qwen2(settings.models / "tiny")
    monkeypatch.setattr(device, "half_precision", lambda _place: card)
    model = found(replace(settings, device="cuda"), "generator", "tiny")
    assert (model.precision, model.revision.split("/")[1]) == (card, card)
    read = causal_lm.read(Path(model.folder), "cpu", model.precision)
    assert str(read._model.dtype) == f"torch.{card}"


@pytest.mark.parametrize(
    ("make", "family"),
    [
        (tiny_models.qwen2, "generator"),
        (tiny_models.embedder, "embedder"),
        (tiny_models.cross_encoder, "reranker"),
    ],
)
def test_damaged_weights_are_named(settings: Settings, make: Any, family: Family) -> None:
    folder = make(settings.models / "tiny")
    file = folder / "model.safetensors"
    file.write_bytes(file.read_bytes()[:1000])
    model, module = registry.find(settings, family, "tiny")
    with pytest.raises(Damaged, match=f"tiny cannot be read; remove the folder {folder}"):
        module.load(model, settings)


def test_a_model_larger_than_the_memory_names_a_smaller_one(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("large", "small"):
        tiny_models.qwen2(settings.models / name)
    model = replace(found(settings, "generator", "large"), megabytes=6_000)
    assert weights.bytes_in(model, "float32") == 12e9  # stored in bfloat16
    assert weights.bytes_in(model, "bfloat16") == 6e9
    monkeypatch.setattr(device, "free_bytes", lambda _place: 10**9)
    with pytest.raises(OutOfSpace, match=r"large does not fit .+; choose a smaller model, such as"):
        causal_lm.load(model, settings)


def test_the_keys_and_values_of_three_answers_need_room_too(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny_models.qwen2(settings.models / "tiny")
    model = found(settings, "generator", "tiny")
    # 2 x 2 layers x 2 heads x 8 numbers of 4 bytes are 256 bytes a token; its window is 2,048.
    assert memory.of_answers(model) == 256 * 3 * 2_048
    assert memory.of_answers(replace(model, precision="bfloat16")) == 128 * 3 * 2_048
    needed = int(1.1 * weights.bytes_in(model, "float32")) + 256 * 3 * 2_048
    monkeypatch.setattr(device, "free_bytes", lambda _place: needed - 1)
    with pytest.raises(
        OutOfSpace, match=r"tiny does not .+, and three answers 2 MB beside it, but"
    ):
        causal_lm.load(model, settings)
    monkeypatch.setattr(device, "free_bytes", lambda _place: needed)
    causal_lm.load(model, settings)


@pytest.mark.parametrize(
    ("config", "a_token"),
    [
        # Qwen2.5-3B: 36 layers of 2 key-value heads with 128 numbers
        ({"num_hidden_layers": 36, "num_key_value_heads": 2, "head_dim": 128}, 36_864),
        # GPT-2: 12 layers of 12 heads with 64 numbers, under older names
        ({"n_layer": 12, "n_head": 12, "n_embd": 768}, 36_864),
        ({"text_config": {"num_hidden_layers": 1, "num_attention_heads": 1, "head_dim": 4}}, 16),
        ({"n_layer": 12}, None),
        ({"num_hidden_layers": "12", "num_attention_heads": 1, "head_dim": 4}, None),
    ],
)
def test_keys_and_values_are_estimated_from_the_config(config: Any, a_token: int | None) -> None:
    assert memory.keys_and_values(config, 1, 1, 2) == a_token
    assert memory.keys_and_values(config, 3, 100, 2) == (a_token and a_token * 300)


def test_free_memory_is_known_here() -> None:
    free = device.free_bytes("cpu")
    assert free is None if sys.platform == "darwin" else free
    assert device.free_bytes("mps") is None


def test_a_model_that_was_listed_for_another_device_is_refused_once(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny_models.qwen2(settings.models / "tiny")
    device.pick.cache_clear()
    monkeypatch.setattr(device, "_PICKED", {})
    monkeypatch.setattr(device, "_guess", lambda _device: "cuda")  # as with a driver too old
    models = Models(settings)
    assert models.find("generator", "tiny").revision.endswith("/bfloat16")
    with pytest.raises(TriptychError, match=r"listed for cuda in bfloat16, but torch .+ on cpu"):
        result_of(models.generator("tiny"), lambda _: None)
    listed = models.find("generator", "tiny")
    assert (listed.device, listed.revision.split("/")[1]) == ("cpu", "float32")
    assert result_of(models.generator("tiny"), lambda _: None).precision == "float32"


def test_memory_is_given_back_after_one_model_and_before_the_next(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("one", "other"):
        tiny_models.qwen2(settings.models / name)
    models = Models(settings)
    one = weakref.ref(result_of(models.generator("one"), lambda _: None))
    alive: list[bool] = []
    monkeypatch.setattr(device, "give_back", lambda: alive.append(one() is not None))
    result_of(models.generator("one"), lambda _: None)  # it is there
    result_of(models.generator("other"), lambda _: None)
    assert alive == [False]


def test_four_bits_are_a_model_of_their_own_on_a_gpu(settings: Settings) -> None:
    tiny_models.qwen2(settings.models / "tiny")
    assert "tiny-4bit" not in [model.name for model in causal_lm.models(settings)]
    on_gpu = replace(settings, device="cuda")
    model, four = (found(on_gpu, "generator", name) for name in ("tiny", "tiny-4bit"))
    assert (model.revision.split("/")[1], four.revision.split("/")[1]) == ("bfloat16", "4bit")
    assert four.available or "requirements-gpu.txt" in four.reason


@pytest.mark.parametrize("prompts", [None, {"query": "ask: ", "document": "passage: "}])
def test_an_embedder_uses_its_own_prompts(settings: Settings, prompts: Any) -> None:
    tiny_models.embedder(settings.models / "tiny", prompts=prompts)
    loaded = sentence_transformer.load(found(settings, "embedder", "tiny"), settings)
    assert loaded.window == 256 - (len("passage: ") if prompts else 0)
    (document,), (query,) = loaded.embed(["A text."]), loaded.embed(["A text."], query=True)
    assert np.allclose(document, query) == (prompts is None)
    if prompts:
        bare = shutil.copytree(settings.models / "tiny", settings.models / "bare")
        (bare / "config_sentence_transformers.json").write_text("{}")
        plain = sentence_transformer.load(found(settings, "embedder", "bare"), settings)
        assert np.allclose(plain.embed(["passage: A text."]), document, atol=1e-6)
        assert np.allclose(plain.embed(["ask: A text."]), query, atol=1e-6)


def test_a_cross_encoder_scores_as_the_library_does(settings: Settings) -> None:
    import torch
    from sentence_transformers import CrossEncoder

    folder = tiny_models.cross_encoder(settings.models / "tiny")
    ours = cross_encoder.load(found(settings, "reranker", "tiny"), settings)
    assert ours.window == 256
    texts = ["one", "another text", "word " * 200]
    library = CrossEncoder(str(folder), device="cpu", max_length=256)
    scores = library.predict(
        [("why?", text) for text in texts], activation_fn=torch.nn.Sigmoid(), batch_size=1
    )
    assert np.allclose(list(ours.score("why?", texts)), scores, atol=1e-6)


def test_the_cache_is_where_the_librarys_variables_say(tmp_path: Path) -> None:
    home = {"HF_HOME": str(tmp_path)}
    assert from_environment(home).hub_cache == tmp_path / "hub"
    both = home | {"HF_HUB_CACHE": str(tmp_path / "other")}
    assert from_environment(both).hub_cache == tmp_path / "other"


def test_the_likely_device_is_the_one_that_torch_takes() -> None:
    assert device.likely(Settings()) == device.pick(Settings())
    assert device.likely(Settings(device="mps")) == "mps"
