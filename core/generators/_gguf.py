"""GGUF files read as they are: numbers unpacked in memory, config and tokenizer made from the
header, in a tenth of the time that transformers takes.

Undoes what llama.cpp's converter does to weights. Knows nothing of what the model is for.
"""

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import Damaged
from core.files import require_space, unfinished_folder
from core.models import checked, gguf_header, gguf_shapes

if TYPE_CHECKING:
    import numpy as np
    import torch
    from tokenizers import Tokenizer
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

GROWTH = 6  # four bits and their scales become 32
# Ends of a turn, as models name them. Not every file says that they are special.
ENDS = (
    *("<|im_end|>", "<|eot_id|>", "<|eom_id|>", "<end_of_turn>", "<|end|>", "<|endoftext|>"),
    *("<|end_of_text|>", "</s>", "<eos>"),
)
BEGINS = ("llama3", "llama-v3", "llama-bpe")  # tokenizers that begin a text with a token, unsaid


def read(file: Path, **how: Any) -> "tuple[PreTrainedModel, PreTrainedTokenizerBase]":
    """Model and tokenizer. `how`: as `from_pretrained` takes it, with a dtype.

    Errors: Damaged for a file that is no longer whole, or whose tensors do not fit each other.
    """
    import transformers

    found = gguf_header.header(file)
    tokenizer, ends = _tokenizer(file, found)
    config = transformers.AutoConfig.for_model(
        **gguf_shapes.config(found, file),
        eos_token_id=ends,
        bos_token_id=tokenizer.bos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    runs = getattr(transformers, gguf_shapes.SHAPES[found.architecture].runs)
    model, told = runs.from_pretrained(
        None,
        config=config,
        state_dict=_weights(file, found, how["dtype"]),
        output_loading_info=True,
        ignore_mismatched_sizes=True,
        **how,
    )
    # What does not fit would be filled with random numbers.
    wrong = [str(name) for names in told.values() for name in names]
    if wrong:
        raise Damaged("its tensors do not fit each other; choose another.", ", ".join(wrong))
    return model, tokenizer


def _weights(
    file: Path, found: gguf_header.GgufHeader, dtype: "torch.dtype"
) -> "Mapping[str, torch.Tensor]":
    import numpy as np
    import torch

    data = np.memmap(file, mode="r")

    def unpacked(name: str) -> torch.Tensor:
        return torch.from_numpy(_numbers(data, found, name)).to(dtype)

    names = {name: gguf_shapes.weight_of(found, name) for name in found.tensors}
    names = {name: weight for name, weight in names.items() if weight}
    with ThreadPoolExecutor(torch.get_num_threads()) as threads:
        return dict(zip(names.values(), threads.map(unpacked, names), strict=True))


def _numbers(data: "np.ndarray", found: gguf_header.GgufHeader, name: str) -> "np.ndarray":
    """A tensor's numbers as the model computes with them, float32."""
    import gguf
    import numpy as np

    tensor, shape = found.tensors[name], gguf_shapes.SHAPES[found.architecture]
    rows = data[tensor.start : tensor.start + tensor.size].reshape(*tensor.shape[:-1], -1)
    numbers = gguf.dequantize(np.asarray(rows), gguf.GGMLQuantizationType(tensor.kind))
    heads = {"attn_q": "attention.head_count", "attn_k": "attention.head_count_kv"}
    if shape.norms_plus_one and name.endswith("norm.weight"):
        numbers = numbers - 1
    elif shape.pairs_apart and name.split(".")[-2] in heads:
        all_heads = found.fact("attention.head_count")
        count = found.fact(heads[name.split(".")[-2]], all_heads)
        halves = numbers.reshape(count, -1, 2, *numbers.shape[1:])
        numbers = halves.swapaxes(1, 2).reshape(numbers.shape)
    return np.array(numbers, dtype=np.float32, order="C")  # and no longer of the file


def _tokenizer(
    file: Path, found: gguf_header.GgufHeader
) -> "tuple[PreTrainedTokenizerBase, list[int]]":
    """The tokenizer, with the file's chat template, and the tokens that end an answer."""
    from tokenizers import pre_tokenizers
    from transformers import PreTrainedTokenizerFast
    from transformers.integrations.gguf import convert_gguf_tokenizer, get_gguf_tokenizer

    architecture, parts, how = get_gguf_tokenizer(str(file))
    if parts.get("pre_tokenizer_type") in BEGINS:
        how.setdefault("add_bos_token", True)
    try:
        cut, _ = convert_gguf_tokenizer(architecture, parts)
        if parts["tokenizer_type"] == "llama" and not architecture.startswith("gemma"):
            _spell_spaces(cut, begins=parts.get("add_prefix_space", True))
        if parts.get("pre_tokenizer_type") == "smollm":  # as GPT-2, but each digit by itself
            cut.pre_tokenizer = pre_tokenizers.Sequence(
                [pre_tokenizers.Digits(True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
            )
        tokenizer = PreTrainedTokenizerFast(tokenizer_object=cut, **how)
    except Exception as error:  # nothing more exact is raised for words and merges that do not fit
        raise Damaged("its tokenizer is damaged; download it again.", str(error)) from error
    told = [found.facts.get(f"tokenizer.ggml.{name}_token_id") for name in ("eos", "eot", "eom")]
    words = parts["tokens"]
    ends = [words[each] for each in told if isinstance(each, int) and each < len(words)]
    known = set(words)
    ends = list(dict.fromkeys([*ends, *(each for each in ENDS if each in known)]))
    # Special, so that a text that quotes one does not end a turn.
    tokenizer.add_special_tokens(
        {"additional_special_tokens": ends}, replace_extra_special_tokens=False
    )
    return tokenizer, [int(each) for each in tokenizer.convert_tokens_to_ids(ends)]


def _spell_spaces(cut: "Tokenizer", *, begins: bool) -> None:
    """Spaces as the file's own tokenizer spells them: each one of a text, and one more at its
    beginning if the file says so. Transformers adds that one always, and none before another."""
    from tokenizers import decoders, normalizers

    space = "\N{LOWER ONE EIGHTH BLOCK}"
    first = [normalizers.Prepend(space)] if begins else []
    cut.normalizer = normalizers.Sequence([*first, normalizers.Replace(" ", space)])
    cut.pre_tokenizer = None
    last = [decoders.Strip(" ", 1, 0)] if begins else []
    plain = [decoders.Replace(space, " "), decoders.ByteFallback(), decoders.Fuse()]
    cut.decoder = decoders.Sequence([*plain, *last])


def unpack(file: Path, sha256: str, folder: Path) -> None:
    """Unpack the model and its tokenizer into `folder`, which appears whole or not at all, and from
    then on loads ten times as fast.

    Two processes may do it at once: the first to finish wins, with equal results. Errors: Damaged
    if the file has another sha256, OutOfSpace.
    """
    import torch

    checked(file, sha256)
    folder.parent.mkdir(parents=True, exist_ok=True)
    needed = GROWTH * file.stat().st_size
    require_space(
        folder.parent,
        needed,
        f"Unpacking {file.name} needs {needed / 1e6:,.0f} MB in {folder.parent}; make room, or"
        " choose another place with TRIPTYCH_MODELS.",
    )
    model, tokenizer = read(file, dtype=torch.float32)
    with unfinished_folder(folder) as part:
        model.save_pretrained(part)
        tokenizer.save_pretrained(part)
        origin = {"file": file.name, "sha256": sha256}
        (part / "origin.json").write_text(json.dumps(origin) + "\n", encoding="utf-8")
