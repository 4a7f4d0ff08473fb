"""Tiny models with random weights, one for each architecture, and whether ours writes what the
library's own `generate` writes, token by token, in float32.

    make equality
"""

import sys
from collections.abc import Sequence
from threading import Event
from typing import Any

from core.generators._decoding import Row, answer
from core.generators._few_rows import quicken
from core.generators.causal_lm import _check_memory
from core.types import Generation

WORDS, TOKENS = 97, 12
LEFT_OUT = object()
LENGTHS = (5, 33, 34, 150, 600)
SHAPE = {
    "vocab_size": WORDS,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "max_position_embeddings": 1024,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "pad_token_id": 0,
    "tie_word_embeddings": False,  # or Gemma's repeat their last token whatever they read
    "initializer_range": 0.4,  # so that its answers depend on what it reads
}
OWN: dict[str, dict[str, Any]] = {
    "gpt2": {"n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 1024},
    "gpt_neox": {},
    "opt": {"ffn_dim": 48, "word_embed_proj_dim": 32},
    "falcon": {"new_decoder_architecture": False, "multi_query": True, "head_dim": LEFT_OUT},
    "starcoder2": {"use_sliding_window": False, "sliding_window": None},
    "qwen2_moe": {
        "num_experts": 4,
        "num_experts_per_tok": 2,
        "moe_intermediate_size": 24,
        "shared_expert_intermediate_size": 24,
    },
    "mixtral": {"num_local_experts": 4, "num_experts_per_tok": 2},
    "smollm3": {"no_rope_layers": [1, 0]},
}
PLAIN = (
    "llama", "qwen2", "qwen3", "gemma", "phi", "phi3", "mistral", "mixtral", "qwen2_moe", "gpt2",
    "gpt_neox", "opt", "falcon", "stablelm", "olmo2", "granite", "smollm3", "cohere",
)  # fmt: skip
WINDOW = 48
SLIDING: dict[str, dict[str, Any]] = {
    "mistral": {"sliding_window": WINDOW},
    "starcoder2": {"use_sliding_window": True, "sliding_window": WINDOW},
    "gemma2": {"sliding_window": WINDOW},
    "gemma3_text": {
        "sliding_window": WINDOW,
        "layer_types": ["sliding_attention", "full_attention"],
    },
    "gpt_oss": {"sliding_window": WINDOW, "num_local_experts": 4, "num_experts_per_tok": 2},
    "qwen2": {
        "use_sliding_window": True,
        "sliding_window": WINDOW,
        "max_window_layers": 0,
        "layer_types": ["full_attention", "sliding_attention"],
    },
}


class _Numbers:
    """A tokenizer of tokens that say their numbers."""

    def decode(self, tokens: Sequence[int], **_: Any) -> str:
        return "".join(f"{token} " for token in tokens)


def model(kind: str, **how: Any) -> Any:
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    torch.manual_seed(3)
    own = OWN.get(kind, {})
    config = AutoConfig.for_model(
        kind, **{key: value for key, value in (SHAPE | own | how).items() if value != LEFT_OUT}
    )
    made = AutoModelForCausalLM.from_config(config).eval()
    _check_memory(made)
    return made


def prompts(lengths: Sequence[int] = LENGTHS) -> list[list[int]]:
    """Of so many tokens each; the longer ones begin alike."""
    return [[3 + (i * i * 7 + i * (n % 3)) % (WORDS - 3) for i in range(n)] for n in lengths]


def ours(made: Any, asked: Sequence[list[int]]) -> list[str]:
    generation = Generation(max_tokens=TOKENS)
    rows = [
        Row(n, prompt, generation, _Numbers(), frozenset([2])) for n, prompt in enumerate(asked)
    ]
    said = [""] * len(rows)
    for delta in answer(made, rows, Event(), ""):
        said[delta.index] += delta.text
    return said


def plain(made: Any, prompt: list[int]) -> str:
    import torch

    ids = torch.tensor([prompt])
    written = made.generate(
        ids, attention_mask=torch.ones_like(ids), max_new_tokens=TOKENS, do_sample=False
    )[0, len(prompt) :].tolist()
    return _Numbers().decode([token for token in written if token != 2])


def differences(kind: str, lengths: Sequence[int] = LENGTHS, **how: Any) -> list[str]:
    """What is not equal, a line each: ours alone, ours together, and the library's."""
    made, asked = model(kind, **how), prompts(lengths)
    expected = [plain(made, prompt) for prompt in asked]
    quicken(made)
    alone, together = [ours(made, [prompt])[0] for prompt in asked], ours(made, asked)
    return [
        f"{kind}, {len(prompt)} tokens, {name}: {said} instead of {right}"
        for name, answers in (("alone", alone), ("together", together))
        for prompt, said, right in zip(asked, answers, expected, strict=True)
        if said != right
    ]


def main() -> int:
    from transformers.utils.logging import set_verbosity_error

    set_verbosity_error()
    failed = 0
    cases: list[tuple[str, str, dict[str, Any]]] = [(kind, kind, {}) for kind in PLAIN]
    cases += [(f"{kind}, window of {WINDOW}", kind, how) for kind, how in SLIDING.items()]
    for name, kind, how in cases:
        found = differences(kind, **how)
        print(f"{'differs' if found else 'equal':8}{name}", *found, sep="\n        ", flush=True)
        failed += bool(found)
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
