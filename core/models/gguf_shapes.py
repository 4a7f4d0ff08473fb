"""GGUF files of the shapes that are run here, in transformers' words: which config, and which
tensor is which weight. Whatever a file says that is not understood is a reason not to run it: its
answers would be wrong and nobody would see it.

What llama.cpp changes when it writes a file is undone by core.generators._gguf.
"""

import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.errors import BadInput
from core.models.gguf_header import NOT_READ, GgufHeader

SERVE = "serve it with llama.cpp, Ollama or LM Studio and use that address, or choose another"
LAYERS = {
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
QK_NORMS = {"attn_q_norm": "self_attn.q_norm", "attn_k_norm": "self_attn.k_norm"}
FOUR_NORMS = {
    "post_attention_norm": "post_attention_layernorm",
    "ffn_norm": "pre_feedforward_layernorm",
    "post_ffw_norm": "post_feedforward_layernorm",
}
TOP = {"token_embd": "model.embed_tokens", "output_norm": "model.norm", "output": "lm_head"}


@dataclass(frozen=True, slots=True, kw_only=True)
class GgufShape:
    """`own` are facts that only this shape has."""

    model: str  # transformers' model type
    runs: str  # and class
    layers: Mapping[str, str]
    own: frozenset[str] = frozenset()
    fixed: Mapping[str, Any] = field(default_factory=dict)  # of its config
    norms_plus_one: bool = False  # written as 1 + weight
    pairs_apart: bool = False  # rows of queries and keys in llama.cpp's order


GELU = {"hidden_activation": "gelu_pytorch_tanh"}
WINDOW = "attention.sliding_window"
CAPS = {f"{each}_logit_softcapping" for each in ("attn", "final")}
SHAPES = {
    "llama": GgufShape(model="llama", runs="LlamaForCausalLM", layers=LAYERS, pairs_apart=True),
    "qwen2": GgufShape(model="qwen2", runs="Qwen2ForCausalLM", layers=LAYERS),
    "qwen3": GgufShape(
        model="qwen3",
        runs="Qwen3ForCausalLM",
        layers=LAYERS | QK_NORMS,
    ),
    "gemma": GgufShape(
        model="gemma",
        runs="GemmaForCausalLM",
        layers=LAYERS,
        fixed={"hidden_act": "gelu_pytorch_tanh"},
        norms_plus_one=True,
    ),
    "gemma2": GgufShape(
        model="gemma2",
        runs="Gemma2ForCausalLM",
        layers=LAYERS | FOUR_NORMS,
        own=frozenset({WINDOW, *CAPS}),
        fixed=GELU,
        norms_plus_one=True,
    ),
    "gemma3": GgufShape(
        model="gemma3_text",
        runs="Gemma3ForCausalLM",
        layers=LAYERS | FOUR_NORMS | QK_NORMS,
        own=frozenset({WINDOW, "rope.freq_base_swa"}),
        fixed=GELU,
        norms_plus_one=True,
    ),
    "phi3": GgufShape(
        model="phi3",
        runs="Phi3ForCausalLM",
        layers={
            **{name: LAYERS[name] for name in ("attn_norm", "attn_output", "ffn_norm", "ffn_down")},
            "attn_qkv": "self_attn.qkv_proj",
            "ffn_up": "mlp.gate_up_proj",
        },
        own=frozenset({WINDOW}),
    ),
}
# Facts that are used here, or that change no answer.
UNDERSTOOD = {
    "context_length",
    "embedding_length",
    "feed_forward_length",
    "block_count",
    "vocab_size",
    "tensor_data_layout",
    "attention.head_count",
    "attention.head_count_kv",
    "attention.key_length",
    "attention.value_length",
    "attention.layer_norm_rms_epsilon",
    "rope.dimension_count",
    "rope.freq_base",
    "rope.scaling.type",
    "rope.scaling.factor",
    "rope.scaling.attn_factor",
    "rope.scaling.original_context_length",
    "rope.scaling.finetuned",
}
NEUTRAL = {"expert_count": 0, "expert_used_count": 0, "attention.causal": True}
# How texts are cut into words before they are cut into tokens, by the names of llama.cpp.
CUTS = {
    *("default", "gpt-2", "gpt2", "smollm", "phi-2"),  # all as GPT-2 does
    *("llama3", "llama-v3", "llama-bpe", "falcon3", "smaug-bpe", "dbrx", "pixtral"),
    *("tekken", "qwen2", "deepseek-r1-qwen", "megrez", "gpt-4o", "llama4"),
}
# Gemma's largest models divide by another root than the others (as llama.cpp has it).
LARGEST = {"gemma2": 46, "gemma3": 62}
FACTORS = ("rope_freqs.weight", "rope_factors_short.weight", "rope_factors_long.weight")


def fault(found: GgufHeader) -> str:
    """Why a file that is whole is not run here; empty if it is."""
    facts, name = found.facts, found.architecture
    if facts.get("split.count", 0) > 1:
        count = facts["split.count"]
        return f"it is one of {count} parts; put them together with `llama-gguf-split --merge`."
    if not name:
        return "its header names no architecture; choose another."
    if name == "clip":
        return "it is the part of a model that sees pictures, and answers nothing by itself."
    if name not in SHAPES:
        return f"its architecture {name!r} is not read here; {SERVE}."
    if found.fact("pooling_type", 0):
        return "it embeds or ranks texts and does not write; GGUF files only answer here."
    return _odd_facts(found) or _odd_tensors(found) or _odd_tokens(found)


def _odd_facts(found: GgufHeader) -> str:
    shape, prefix = SHAPES[found.architecture], f"{found.architecture}."
    for name in found.facts:
        own = name.removeprefix(prefix)
        if own == name or own in UNDERSTOOD | shape.own:
            continue
        if own not in NEUTRAL or found.facts[name] != NEUTRAL[own]:
            return f"its header says {name!r}, which is not understood here; {SERVE}."
    try:
        config(found)
    except BadInput as error:
        return error.sentence
    return ""


def _odd_tensors(found: GgufHeader) -> str:
    shape, layers = SHAPES[found.architecture], found.fact("block_count")
    needed = {"token_embd.weight", "output_norm.weight"}
    needed |= {f"blk.{at}.{leaf}.weight" for at in range(layers) for leaf in shape.layers}
    if missing := sorted(needed - found.tensors.keys()):
        return f"its tensor {missing[0]!r} is missing; download it again, or choose another."
    for name, tensor in found.tensors.items():
        if name not in FACTORS and not weight_of(found, name):
            return f"its tensor {name!r} is not understood here; {SERVE}."
        if (kind := _kind(tensor.kind)) in NOT_READ:
            return f"its numbers are of the kind {kind}, which is not read here; {SERVE}."
    return ""


def _kind(number: int) -> str:
    from gguf import GGMLQuantizationType

    return GGMLQuantizationType(number).name


def _odd_tokens(found: GgufHeader) -> str:
    facts = found.facts
    if "tokenizer.ggml.tokens" not in facts:
        return "it has no tokenizer; choose another."
    kind, cut = facts.get("tokenizer.ggml.model"), facts.get("tokenizer.ggml.pre", "default")
    if kind not in ("gpt2", "llama") or (kind == "gpt2" and cut not in CUTS):
        return f"its tokenizer ({kind}, {cut}) is not read here; {SERVE}."
    if kind == "gpt2" and "tokenizer.ggml.merges" not in facts:
        return "its tokenizer has no merges; choose another."
    rows = found.tensors["token_embd.weight"].shape[0]
    if facts["tokenizer.ggml.tokens"] > rows:
        return "its tokenizer has more words than its weights; choose another."
    return ""


def weight_of(found: GgufHeader, tensor: str) -> str:
    """The weight's name in transformers; empty for a tensor that this shape has none for."""
    layers = SHAPES[found.architecture].layers
    inner = re.fullmatch(r"blk\.(\d+)\.(\w+)\.(weight|bias)", tensor)
    if inner and int(inner[1]) < found.fact("block_count") and inner[2] in layers:
        return f"model.layers.{inner[1]}.{layers[inner[2]]}.{inner[3]}"
    outer = re.fullmatch(r"(\w+)\.weight", tensor)
    return f"{TOP[outer[1]]}.weight" if outer and outer[1] in TOP else ""


def config(found: GgufHeader, file: Path | None = None) -> dict[str, Any]:
    """The model's config for transformers. Without the file, factors of rotary positions are left
    out. Errors: BadInput with a sentence that goes on from the file's name."""
    shape = SHAPES[found.architecture]
    hidden, heads = _count(found, "embedding_length"), _count(found, "attention.head_count")
    size = found.fact("attention.key_length", hidden // heads)
    if found.fact("attention.value_length", size) != size:
        raise BadInput(f"its keys and values differ in length, which is not read here; {SERVE}.")
    made = {
        "model_type": shape.model,
        "architectures": [shape.runs],
        "vocab_size": _rows(found),
        "hidden_size": hidden,
        "intermediate_size": _count(found, "feed_forward_length"),
        "num_hidden_layers": _count(found, "block_count"),
        "num_attention_heads": heads,
        "num_key_value_heads": _count(found, "attention.head_count_kv", heads),
        "head_dim": size,
        "max_position_embeddings": context(found),
        "rms_norm_eps": _number(found, "attention.layer_norm_rms_epsilon"),
        "tie_word_embeddings": "output.weight" not in found.tensors,
        **shape.fixed,
    }
    if shape.model == "llama":
        biased = any(name.endswith(".bias") for name in found.tensors)
        made |= {"attention_bias": biased, "mlp_bias": False}
    if shape.model.startswith("gemma") and shape.model != "gemma":
        large = made["num_hidden_layers"] == LARGEST[found.architecture]
        made["query_pre_attn_scalar"] = hidden // heads if large else size
    if shape.model == "gemma2":
        made |= {name: _number(found, name) for name in CAPS}
    if WINDOW in shape.own:
        window = found.fact(WINDOW)
        made["sliding_window"] = (
            _count(found, WINDOW) if window and window < context(found) else None
        )
        if shape.model != "phi3" and not window:
            raise BadInput(f"its header does not say {WINDOW!r}; choose another.")
    return made | {"rope_parameters": _positions(found, file, size)}


def context(found: GgufHeader) -> int:
    """How many tokens it reads. A model whose positions change beyond those it was first trained
    with is read up to these."""
    longest = _count(found, "context_length")
    if FACTORS[1] in found.tensors:
        return min(longest, _count(found, "rope.scaling.original_context_length"))
    return longest


def _positions(found: GgufHeader, file: Path | None, size: int) -> dict[str, Any]:
    """How rotary positions are made."""
    turned = found.fact("rope.dimension_count", size)
    rope: dict[str, Any] = {
        "rope_type": "default",
        "rope_theta": _number(found, "rope.freq_base", 10_000.0),
    }
    if found.architecture == "phi3":
        rope["partial_rotary_factor"] = turned / size
    elif turned != size:
        raise BadInput(f"its positions turn a part of each head, which is not read here; {SERVE}.")
    scaling = found.fact("rope.scaling.type", "none")
    given = next((name for name in FACTORS[:2] if name in found.tensors), "")
    if given:
        factors = _floats(found, given, file) if file else [1.0] * (turned // 2)
        rope |= {
            "rope_type": "longrope",
            "short_factor": factors,
            "long_factor": factors,
            "attention_factor": _number(found, "rope.scaling.attn_factor", 1.0),
            "original_max_position_embeddings": context(found),
        }
    elif scaling == "linear":
        rope |= {"rope_type": "linear", "factor": _number(found, "rope.scaling.factor")}
    elif scaling == "yarn":
        rope |= {
            "rope_type": "yarn",
            "factor": _number(found, "rope.scaling.factor"),
            "original_max_position_embeddings": _count(
                found, "rope.scaling.original_context_length"
            ),
        }
    elif scaling != "none":
        raise BadInput(f"its positions are stretched by {scaling!r}, not read here; {SERVE}.")
    if found.architecture != "gemma3":
        return rope
    near = {"rope_type": "default", "rope_theta": _number(found, "rope.freq_base_swa", 10_000.0)}
    return {"full_attention": rope, "sliding_attention": near}


def _floats(found: GgufHeader, name: str, file: Path) -> list[float]:
    tensor = found.tensors[name]
    with file.open("rb") as stream:
        stream.seek(tensor.start)
        return list(struct.unpack(f"<{tensor.size // 4}f", stream.read(tensor.size)))


def _rows(found: GgufHeader) -> int:
    tensor = found.tensors.get("token_embd.weight")
    if tensor is None:
        raise BadInput("its tensor 'token_embd.weight' is missing; download it again.")
    return tensor.shape[0]


def _count(found: GgufHeader, name: str, default: Any = None) -> int:
    value = found.fact(name, default)
    if not isinstance(value, int) or value < 1:
        raise BadInput(f"its header does not say {name!r} as one number; {SERVE}.")
    return value


def _number(found: GgufHeader, name: str, default: Any = None) -> float:
    value = found.fact(name, default)
    if not isinstance(value, int | float) or not 0 < value < 1e12:
        raise BadInput(f"its header does not say {name!r} as one number; {SERVE}.")
    return float(value)
