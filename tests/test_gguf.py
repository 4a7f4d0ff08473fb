"""GGUF files: listed by what their headers say, refused with a reason, read and asked."""

import os
import struct
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import pytest
from gguf import GGMLQuantizationType as Kind
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from core.errors import Damaged, MissingModel
from core.generators import _gguf, causal_lm
from core.models import gguf_header, gguf_shapes, packages, registry, weights
from core.settings import Settings
from core.types import Generation, Message, Model, Request
from tests.support import tiny_gguf, tiny_models


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "models").mkdir()
    return Settings(
        data=tmp_path, models=tmp_path / "models", hub_cache=tmp_path / "hub", device="cpu"
    )


def listed(settings: Settings) -> dict[str, Model]:
    """The GGUF files, by the names they are listed with."""
    known = registry.catalogue(settings, "generator")
    return {model.name: model for model, _ in known if model.folder.endswith(".gguf")}


def ask(text: str, **how: Any) -> Request:
    generation = Generation(**{"max_tokens": 12} | how)
    return Request(messages=(Message(role="user", content=text),), generation=generation)


def answers(generator: causal_lm.CausalLM, requests: Sequence[Request]) -> list[str]:
    said = [""] * len(requests)
    for delta in generator.generate(requests, Event()):
        said[delta.index] += delta.text
    return said


def test_a_file_is_listed_with_what_its_header_says(settings: Settings) -> None:
    file = settings.models / "tiny-Q8_0.gguf"
    tiny_gguf.write(file, kind=Kind.Q8_0, facts={"general.file_type": 7})
    model = listed(settings)["tiny-Q8_0"]
    assert (model.source, model.available, model.reason) == ("cached", True, "")
    assert (model.quantisation, model.context, model.chat_template) == ("Q8_0", 2048, True)
    assert (model.folder, model.precision) == (str(file), "float32")
    # 2 matrices of 260 x 64, 4 of 64 x 64 and 32 x 64 a layer, 3 of 96 x 64, and 5 norms
    parameters = 2 * 260 * 64 + 2 * (2 * 64 * 64 + 2 * 32 * 64 + 3 * 96 * 64) + 5 * 64
    assert gguf_header.header(file).parameters == parameters
    assert weights.bytes_in(model, "float32") == 4 * parameters
    assert weights.bytes_in(model, "bfloat16") == 2 * parameters


def test_without_a_file_type_the_commonest_kind_of_numbers_is_named(settings: Settings) -> None:
    tiny_gguf.write(settings.models / "tiny.gguf", kind=Kind.Q4_0, template=None)
    model = listed(settings)["tiny"]
    assert (model.quantisation, model.chat_template) == ("Q4_0", False)


Change = Callable[[Path], object]


def said(**facts: Any) -> Change:
    """A file with other facts of its architecture."""
    named = {f"llama.{name.replace('__', '.')}": value for name, value in facts.items()}
    return lambda file: tiny_gguf.write(file, facts=named)


def held(name: str, shape: tuple[int, ...], kind: type = np.float32) -> Change:
    """A file with a tensor of nought."""
    return lambda file: tiny_gguf.write(file, tensors={name: np.zeros(shape, kind)})


def cut(length: int) -> Change:
    """The beginning of a file."""
    return lambda file: file.write_bytes(tiny_gguf.write(file).read_bytes()[:length])


def spliced(at: int, new: bytes) -> Change:
    """A file with other bytes at a place."""

    def change(file: Path) -> None:
        old = tiny_gguf.write(file).read_bytes()
        file.write_bytes(old[:at] + new + old[at + len(new) :])

    return change


FAULTS: dict[str, tuple[Change, str]] = {
    "empty": (lambda file: file.touch(), "it is empty"),
    "another format": (lambda file: file.write_text("no model"), "does not begin as a GGUF"),
    "cut in its header": (cut(5_000), "truncated: its header is not whole"),
    "cut in its first word": (cut(6), "truncated: its header is not whole"),
    "cut in its weights": (cut(300_000), r"truncated: 0\.3 of 0\.[34] MB are here"),
    "version 1": (spliced(4, struct.pack("<I", 1)), "a GGUF file in version 1"),
    "other byte order": (spliced(4, struct.pack(">I", 3)), "the other byte order"),
    "a fact twice": (
        lambda file: file.write_bytes(twice(tiny_gguf.write(file).read_bytes())),
        "damaged .'llama.block_count' stands there twice.",
    ),
    "unknown architecture": (
        lambda file: tiny_gguf.write(file, "mamba7"),
        "architecture 'mamba7' is not read here; serve it with llama.cpp",
    ),
    "one of three parts": (
        lambda file: tiny_gguf.write(file, facts={"split.count": 3}),
        "one of 3 parts; put them together with `llama-gguf-split --merge`",
    ),
    "eyes of a model": (lambda file: tiny_gguf.write(file, "clip"), "a part of a model .'clip'."),
    "an adapter": (
        lambda file: tiny_gguf.write(file, facts={"general.type": "adapter"}),
        "a part of a model .'adapter'.",
    ),
    "an embedder": (said(pooling_type=3), "embeds or ranks texts"),
    "no tokenizer": (lambda file: tiny_gguf.write(file, tokens=None), "it has no tokenizer"),
    "no merges": (
        lambda file: tiny_gguf.write(file, facts={"tokenizer.ggml.merges": None}),
        "tokenizer is not whole",
    ),
    "unknown tokenizer": (
        lambda file: tiny_gguf.write(file, facts={"tokenizer.ggml.pre": "chameleon"}),
        r"tokenizer .gpt2, chameleon. is not read here",
    ),
    "an unsaid tokenizer": (
        lambda file: tiny_gguf.write(file, facts={"tokenizer.ggml.pre": None}),
        r"tokenizer .gpt2, default. is not read here",
    ),
    "experts": (said(expert_count=8), "header says 'llama.expert_count', which is not understood"),
    "no length": (said(context_length=None), "header does not say 'context_length'"),
    "a length in words": (said(context_length="long"), "header does not say 'context_length'"),
    "layers missing": (said(block_count=3), r"tensor 'blk\.2\..+' is missing"),
    "layers without end": (said(block_count=2**31 - 1), "is missing"),
    "a layer too many": (said(block_count=1), r"tensor 'blk\.1\..+' is not understood"),
    "unknown tensor": (held("extra.weight", (64,)), "tensor 'extra.weight' is not understood"),
    "unknown numbers": (held("output_norm.weight", (64,), np.float64), "of the kind F64"),
    "another size": (said(feed_forward_length=97), "has another size than its header says"),
    "half a turn": (said(rope__dimension_count=8), "turn a part of each head"),
    "stretched": (said(rope__scaling__type="longrope"), "stretched by 'longrope'"),
}


def twice(data: bytes) -> bytes:
    """A file whose feed forward length is called block count as well."""
    longer, shorter = b"llama.feed_forward_length", b"llama.block_count"
    head, tail = data.split(struct.pack("<Q", len(longer)) + longer)
    return head + struct.pack("<Q", len(shorter)) + shorter + tail


@pytest.mark.parametrize("name", FAULTS)
def test_what_cannot_be_run_is_listed_with_its_reason(settings: Settings, name: str) -> None:
    change, reason = FAULTS[name]
    change(settings.models / "odd.gguf")
    model = listed(settings)["odd"]
    assert not model.available
    with pytest.raises(MissingModel, match=reason):
        registry.find(settings, "generator", "odd")


def test_two_files_of_one_name_are_called_by_their_paths(settings: Settings) -> None:
    for name in ("a/tiny", "b/tiny", "alone/only", ".unfinished.part/half"):
        (settings.models / name).parent.mkdir()
        tiny_gguf.write(settings.models / f"{name}.gguf")
    tiny_models.qwen2(settings.models / "qwen")
    tiny_gguf.write(settings.models / "qwen.gguf")
    assert sorted(listed(settings)) == ["a/tiny.gguf", "b/tiny.gguf", "only", "qwen.gguf"]
    # A folder of GGUF files alone is no model besides.
    assert "a" not in [model.name for model, _ in registry.catalogue(settings, "generator")]


def test_files_in_the_hub_cache_are_listed(settings: Settings) -> None:
    place = settings.hub_cache / "models--somebody--Tiny-GGUF"
    (place / "refs").mkdir(parents=True)
    (place / "refs" / "main").write_text("a1b2c3")
    (place / "snapshots" / "a1b2c3").mkdir(parents=True)
    (place / "blobs").mkdir()
    blob = tiny_gguf.write(place / "blobs" / "0123")
    (place / "snapshots" / "a1b2c3" / "tiny-f32.gguf").symlink_to(blob)
    assert listed(settings)["tiny-f32"].available


def test_a_file_elsewhere_is_named_by_its_path(settings: Settings, tmp_path: Path) -> None:
    file = tiny_gguf.write(tmp_path / "elsewhere.gguf")
    model, _ = registry.find(settings, "generator", str(file))
    assert (model.name, model.folder, model.available) == (str(file), str(file), True)
    with pytest.raises(MissingModel, match="it cannot be read"):
        registry.find(settings, "generator", str(tmp_path / "nowhere.gguf"))


def test_a_header_is_read_once_and_again_when_the_file_has_changed(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tiny_gguf.write(settings.models / "tiny.gguf")
    read = []
    whole = gguf_header._Reader.header

    def header(reader: Any) -> gguf_header.GgufHeader:
        read.append(1)
        return whole(reader)

    monkeypatch.setattr(gguf_header._Reader, "header", header)
    before = listed(settings)["tiny"]
    assert listed(settings)["tiny"] == before
    assert len(read) == 1
    os.utime(file, (1, 1))
    assert listed(settings)["tiny"].revision != before.revision
    assert len(read) == 2


def test_a_large_vocabulary_is_walked_over_and_not_kept(tmp_path: Path) -> None:
    words = [f"w{number}" for number in range(5_000)]
    facts = {"tokenizer.ggml.scores": [0.5] * 5_000, "llama.attention.head_count": [4, 4]}
    file = tiny_gguf.write(tmp_path / "tiny.gguf", tokens=words, facts=facts)
    found = gguf_header.header(file)
    assert found.facts["tokenizer.ggml.tokens"] == 5_000
    assert found.facts["tokenizer.ggml.scores"] == 5_000
    assert found.fact("attention.head_count") == (4, 4)
    assert "more words than its weights" not in gguf_shapes.fault(found)  # the heads come first
    assert "does not say 'attention.head_count'" in gguf_shapes.fault(found)


@pytest.fixture(scope="module")
def bytes_of_a_file(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return tiny_gguf.write(tmp_path_factory.mktemp("gguf") / "tiny.gguf").read_bytes()


@examples(max_examples=150, deadline=None)
@given(
    places=st.lists(
        st.tuples(st.integers(0, 20_000), st.binary(min_size=1, max_size=9)), max_size=4
    ),
    length=st.one_of(st.none(), st.integers(0, 20_000)),
)
def test_a_header_of_any_bytes_is_read_or_refused_in_a_sentence(
    bytes_of_a_file: bytes, tmp_path_factory: pytest.TempPathFactory, places: Any, length: Any
) -> None:
    data = bytearray(bytes_of_a_file)
    for at, new in places:
        data[at : at + len(new)] = new
    file = tmp_path_factory.getbasetemp() / "any.gguf"
    file.write_bytes(data[:length])
    try:
        found = gguf_header._kept.__wrapped__(file, file.stat().st_size, 0)
        reason = found if isinstance(found, str) else gguf_shapes.fault(found)
    except Damaged as error:
        reason = error.sentence
    assert reason == "" or reason.endswith(".")


STRETCHED: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "linear": (
        "llama",
        {"rope_type": "linear", "factor": 4.0},
        {"llama.rope.scaling.type": "linear", "llama.rope.scaling.factor": 4.0},
    ),
    "yarn": (
        "qwen2",
        {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 512},
        {
            "qwen2.rope.scaling.type": "yarn",
            "qwen2.rope.scaling.factor": 4.0,
            "qwen2.rope.scaling.original_context_length": 512,
        },
    ),
}
LLAMA3 = {
    "rope_type": "llama3",
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 64,
}


def logits(model: Any, length: int = 100) -> Any:
    """Of what comes after each of so many tokens."""
    import torch

    ids = torch.randint(3, 260, (1, length), generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        return model(ids).logits


@pytest.mark.models
@pytest.mark.parametrize("name", [*tiny_gguf.KINDS, *STRETCHED])
def test_a_model_computes_as_the_one_it_was_written_from(name: str, tmp_path: Path) -> None:
    import torch

    architecture, rope, facts = STRETCHED.get(name, (name, None, {}))
    more = {"rope_parameters": {"rope_theta": 10_000.0, **rope}} if rope else {}
    made = tiny_gguf.model(architecture, **more)
    file = tiny_gguf.write(tmp_path / "tiny.gguf", architecture, made, facts=facts)
    assert gguf_shapes.fault(gguf_header.header(file)) == ""
    read, _ = _gguf.read(file, dtype=torch.float32)
    assert torch.allclose(logits(read), logits(made), atol=1e-4)


@pytest.mark.models
def test_factors_of_positions_are_used_that_a_file_holds_as_a_tensor(tmp_path: Path) -> None:
    import torch

    made = tiny_gguf.model("llama", rope_parameters={"rope_theta": 10_000.0, **LLAMA3})
    plain = 10_000.0 ** -(np.arange(0, 16, 2) / 16)
    factors = (plain / made.model.rotary_emb.inv_freq.numpy()).astype(np.float32)
    assert factors.max() > 7  # the slowest turn eight times as slowly
    written = {"rope_freqs.weight": factors}
    file = tiny_gguf.write(tmp_path / "tiny.gguf", "llama", made, tensors=written)
    read, _ = _gguf.read(file, dtype=torch.float32)
    assert torch.allclose(logits(read), logits(made), atol=1e-3)


@pytest.mark.models
def test_a_phi_of_long_texts_is_read_as_far_as_its_positions_stay(tmp_path: Path) -> None:
    import torch

    short, long = [1.0 + 0.1 * at for at in range(8)], [9.0] * 8
    rope = {"rope_type": "longrope", "rope_theta": 10_000.0, "attention_factor": 1.2}
    rope |= {"short_factor": short, "long_factor": long, "original_max_position_embeddings": 256}
    made = tiny_gguf.model("phi3", rope_parameters=rope)
    file = tiny_gguf.write(
        tmp_path / "tiny.gguf",
        "phi3",
        made,
        facts={
            "phi3.rope.scaling.original_context_length": 256,
            "phi3.rope.scaling.attn_factor": 1.2,
        },
        tensors={
            "rope_factors_short.weight": np.array(short, np.float32),
            "rope_factors_long.weight": np.array(long, np.float32),
        },
    )
    assert gguf_shapes.context(gguf_header.header(file)) == 256
    read, _ = _gguf.read(file, dtype=torch.float32)
    assert read.config.max_position_embeddings == 256
    assert torch.allclose(logits(read, 200), logits(made, 200), atol=1e-4)


@pytest.mark.models
def test_numbers_are_unpacked_as_transformers_unpacks_them(tmp_path: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    made = tiny_gguf.model("llama", vocab_size=len(tiny_gguf.TOKENS))
    file = tiny_gguf.write(tmp_path / "tiny.gguf", "llama", made, kind=Kind.Q4_1)
    read, tokenizer = _gguf.read(file, dtype=torch.float32)
    source = {"gguf_file": file.name, "local_files_only": True}
    theirs = AutoModelForCausalLM.from_pretrained(str(tmp_path), dtype=torch.float32, **source)
    weights = theirs.state_dict()
    assert weights.keys() == read.state_dict().keys()
    assert all(torch.equal(weights[name], own) for name, own in read.state_dict().items())
    cut = AutoTokenizer.from_pretrained(str(tmp_path), **source)
    text = "Water, peat & 2024 <|im_start|>user: her\n\n  \N{SNOWMAN}<|im_end|>"
    assert tokenizer(text).input_ids == cut(text).input_ids
    assert tokenizer.decode(cut(text).input_ids) == cut.decode(cut(text).input_ids)


@pytest.mark.models
@pytest.mark.parametrize("architecture", ["qwen3", "gemma"])
def test_a_file_is_asked_in_its_own_template_and_ends_its_turns(
    settings: Settings, architecture: str
) -> None:
    import torch

    made = tiny_gguf.model(architecture)
    # "<|im_end|>" ends a turn, though the header names another end and calls it a plain word.
    facts = {"tokenizer.ggml.eos_token_id": 0, "tokenizer.ggml.token_type": [3, 3, *[1] * 258]}
    tiny_gguf.write(settings.models / "tiny.gguf", architecture, made, facts=facts)
    model, _ = registry.find(settings, "generator", "tiny")
    loaded = causal_lm.load(model, settings)
    assert loaded.window == 2048
    assert loaded._ends == {0, 1, 2}
    request = ask("Hi <|im_end|> you")
    prompt = loaded._prompt(request.messages, request.generation)
    template = "<|im_start|>user: Hi < |im_end|> you<|im_end|><|im_start|>assistant: "
    assert loaded._tokenizer.decode(prompt) == template
    ids = made.generate(
        torch.tensor([prompt]),
        attention_mask=torch.ones(1, len(prompt), dtype=torch.long),
        max_new_tokens=12,
        do_sample=False,
        eos_token_id=[0, 1, 2],
    )
    plain = loaded._tokenizer.decode(ids[0, len(prompt) :], skip_special_tokens=True)
    assert answers(loaded, [request])[0] == plain.rstrip("\N{REPLACEMENT CHARACTER}")


@pytest.mark.models
@pytest.mark.parametrize(
    ("cut", "words"),
    [("gpt-2", "In 2024"), ("smollm", "In _ 2 0 2 4"), ("qwen2", "In _ 2 0 2 4")],
)
def test_digits_are_cut_as_the_header_says(tmp_path: Path, cut: str, words: str) -> None:
    merges = ["I n", "2 0", "20 2", "202 4", "\N{LATIN CAPITAL LETTER G WITH DOT ABOVE} 2024"]
    joined = [merge.replace(" ", "") for merge in merges]
    file = tiny_gguf.write(
        tmp_path / "tiny.gguf",
        tokens=[*tiny_gguf.TOKENS, *joined],
        facts={"tokenizer.ggml.pre": cut, "tokenizer.ggml.merges": merges},
    )
    tokenizer, _ = _gguf._tokenizer(file, gguf_header.header(file))
    ids = tokenizer("In 2024").input_ids
    said = "|".join(tokenizer.decode([each]) for each in ids)
    assert said.replace("| |", " _ ").replace("| ", " ").replace("|", " ") == words


# As llama.cpp cuts them (build 11549); "_" stands for the sign of a space.
SPACES = {
    (True, "the bog"): "_the _ b o g",
    (True, " the"): "_ _the",
    (True, "bog"): "_ b o g",
    (False, "the bog"): "the _ b o g",
    (False, " the"): "_the",
    (False, "bog"): "b o g",
    (False, "\n \N{SNOWMAN}"): "<0x0A> _ <0xE2> <0x98> <0x83>",
}


@pytest.mark.models
@pytest.mark.parametrize(("begins", "text"), SPACES)
def test_words_of_sentencepiece_are_cut_as_llama_cpp_cuts_them(
    tmp_path: Path, begins: bool, text: str
) -> None:
    space, bytes_ = "\N{LOWER ONE EIGHTH BLOCK}", [f"<0x{at:02X}>" for at in range(256)]
    words = ["<unk>", "<s>", "</s>", *bytes_, space, *"bogthe", "th", "the", f"{space}the"]
    file = tiny_gguf.write(
        tmp_path / "tiny.gguf",
        tokens=words,
        facts={
            "tokenizer.ggml.model": "llama",
            "tokenizer.ggml.merges": None,
            "tokenizer.ggml.add_space_prefix": begins,
            "tokenizer.ggml.scores": [-float(at) for at in range(len(words))],
            "tokenizer.ggml.token_type": [2, 3, 3, *[6] * 256, *[1] * (len(words) - 259)],
        },
        vocabulary=len(words),
    )
    found = gguf_header.header(file)
    assert gguf_shapes.fault(found) == ""
    tokenizer, ends = _gguf._tokenizer(file, found)
    first, *ids = tokenizer(text).input_ids
    assert (first, ends) == (1, [2])
    cut = " ".join(words[each] for each in ids)
    assert cut.replace(space, "_") == SPACES[begins, text]
    assert tokenizer.decode(ids) == text


def test_a_tokenizer_that_does_not_fit_is_a_sentence(settings: Settings) -> None:
    facts = {"tokenizer.ggml.merges": ["no word"]}
    tiny_gguf.write(settings.models / "tiny.gguf", facts=facts)
    with pytest.raises(Damaged, match="tiny cannot be read: its tokenizer is damaged"):
        causal_lm.load(listed(settings)["tiny"], settings)


def test_a_file_is_offered_in_no_other_bits(settings: Settings) -> None:
    tiny_gguf.write(settings.models / "tiny.gguf")
    names = [model.name for model in causal_lm.models(replace(settings, device="cuda"))]
    assert "tiny" in names
    assert "tiny-4bit" not in names


@pytest.mark.models
def test_a_copy_of_the_packaged_file_answers_as_the_packaged_one(settings: Settings) -> None:
    place = packages.folder(causal_lm.PACKAGE)
    if place is None:
        pytest.skip("the packaged model is not here")
    (settings.models / "my-copy.gguf").symlink_to(place / causal_lm.FILE)
    (packaged,) = (each for each in causal_lm.models(Settings()) if each.source == "packaged")
    requests = [ask("What is a bog?", temperature=heat) for heat in (0, 0.8)]
    own = answers(causal_lm.load(listed(settings)["my-copy"], settings), requests)
    assert own == answers(causal_lm.load(packaged, Settings()), requests)
