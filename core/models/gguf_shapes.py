"""GGUF files of the shapes that are run here, in transformers' words: which config, and which
tensor is which weight. Whatever a file says that is not understood is a reason not to run it: its
answers would be wrong and nobody would see it.

What llama.cpp changes when it writes a file is undone by core.generators._gguf.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.errors import BadInput
from core.models.gguf_header import NOT_READ, GgufHeader

SERVE = "serve it with llama.cpp, Ollama or LM Studio and use that address, or choose another"
# Tensors of a layer: transformers' name, and their sizes in letters: H hidden, F feed forward, Q, K
# and A all queries, keys and these with values, G gates and F, D one head, V vocabulary.
LAYERS = {
    "attn_norm": ("input_layernorm", "H"),
    "attn_q": ("self_attn.q_proj", "QH"),
    "attn_k": ("self_attn.k_proj", "KH"),
    "attn_v": ("self_attn.v_proj", "KH"),
    "attn_output": ("self_attn.o_proj", "HQ"),
    "ffn_norm": ("post_attention_layernorm", "H"),
    "ffn_gate": ("mlp.gate_proj", "FH"),
    "ffn_up": ("mlp.up_proj", "FH"),
    "ffn_down": ("mlp.down_proj", "HF"),
}
QK_NORMS = {"attn_q_norm": ("self_attn.q_norm", "D"), "attn_k_norm": ("self_attn.k_norm", "D")}
FOUR_NORMS = {
    "post_attention_norm": ("post_attention_layernorm", "H"),
    "ffn_norm": ("pre_feedforward_layernorm", "H"),
    "post_ffw_norm": ("post_feedforward_layernorm", "H"),
}
FUSED = {
    **{name: LAYERS[name] for name in ("attn_norm", "attn_output", "ffn_norm", "ffn_down")},
    "attn_qkv": ("self_attn.qkv_proj", "AH"),
    "ffn_up": ("mlp.gate_up_proj", "GH"),
}
TOP = {
    "token_embd": ("model.embed_tokens", "VH"),
    "output_norm": ("model.norm", "H"),
    "output": ("lm_head", "VH"),
}
QKV = ("attn_q", "attn_k", "attn_v")


@dataclass(frozen=True, slots=True, kw_only=True)
class GgufShape:
    """`own` are facts that only this shape has."""

    model: str  # transformers' model type
    runs: str  # and class
    layers: Mapping[str, tuple[str, str]]
    biases: tuple[str, ...] = ()
    own: frozenset[str] = frozenset()
    fixed: Mapping[str, Any] = field(default_factory=dict)  # of its config
    norms_plus_one: bool = False  # written as 1 + weight
    pairs_apart: bool = False  # rows of queries and keys in llama.cpp's order


GELU = {"hidden_activation": "gelu_pytorch_tanh"}
WINDOW = "attention.sliding_window"
CAPS = {f"{each}_logit_softcapping" for each in ("attn", "final")}
SHAPES = {
    "llama": GgufShape(model="llama", runs="LlamaForCausalLM", layers=LAYERS, pairs_apart=True),
    "qwen2": GgufShape(model="qwen2", runs="Qwen2ForCausalLM", layers=LAYERS, biases=QKV),
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
        layers=FUSED,
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
# How texts are cut into words before they are cut into tokens, by the names of llama.cpp; each was
# held against it. A file that does not say ("default") may want any of them.
CUTS = {
    *("gpt-2", "phi-2", "smollm"),
    *("llama3", "llama-v3", "llama-bpe", "falcon3", "smaug-bpe", "dbrx", "pixtral"),
    *("tekken", "qwen2", "deepseek-r1-qwen", "megrez", "gpt-4o", "llama4"),
}
# Gemma's largest models divide by another root than the others (as llama.cpp has it).
LARGEST = {"gemma2": 46, "gemma3": 62}
FACTORS = ("rope_freqs.weight", "rope_factors_short.weight", "rope_factors_long.weight")


def fault(found: GgufHeader) -> str:
    """Why a file that is whole is not run here; empty if it is."""
    parts, name = found.facts.get("split.count", 0), found.architecture
    holds = found.facts.get("general.type", "model")
    if isinstance(parts, int) and parts > 1:
        return f"it is one of {parts} parts; put them together with `llama-gguf-split --merge`."
    if holds != "model" or name == "clip":
        what = name if holds == "model" else holds
        return f"it holds a part of a model ({what!r}) that does not answer by itself."
    if not name:
        return "its header names no architecture; choose another."
    if name not in SHAPES:
        return f"its architecture {name!r} is not read here; {SERVE}."
    if found.fact("pooling_type", 0):
        return "it embeds or ranks texts and does not write; GGUF files only answer here."
    try:
        return _odd_facts(found) or _odd_tensors(found) or _odd_tokens(found)
    except BadInput as error:
        return error.sentence


def _odd_facts(found: GgufHeader) -> str:
    shape, prefix = SHAPES[found.architecture], f"{found.architecture}."
    for name in found.facts:
        own = name.removeprefix(prefix)
        if own == name or own in UNDERSTOOD | shape.own:
            continue
        if own not in NEUTRAL or found.facts[name] != NEUTRAL[own]:
            return f"its header says {name[:80]!r}, which is not understood here; {SERVE}."
    return ""


def _odd_tensors(found: GgufHeader) -> str:
    made, shape = config(found), SHAPES[found.architecture]
    needed = {"token_embd.weight", "output_norm.weight"}
    # Of a header that says more layers than there are tensors, some layer is missing.
    for at in range(min(made["num_hidden_layers"], len(found.tensors))):
        needed |= {f"blk.{at}.{leaf}.weight" for leaf in shape.layers}
        needed |= {f"blk.{at}.{leaf}.bias" for leaf in _biases(found)}
    if missing := sorted(needed - found.tensors.keys()):
        return f"its tensor {missing[0]!r} is missing; download it again, or choose another."
    sizes = _sizes(made)
    for name, tensor in found.tensors.items():
        if (kind := _kind(tensor.kind)) in NOT_READ:
            return f"its numbers are of the kind {kind}, which is not read here; {SERVE}."
        if name in FACTORS:
            continue
        if name not in needed | {"output.weight"}:
            return f"its tensor {name[:80]!r} is not understood here; {SERVE}."
        leaf = name.split(".")[-2]
        _, letters = (shape.layers if name.startswith("blk.") else TOP)[leaf]
        letters = letters[:1] if name.endswith(".bias") else letters
        if tensor.shape != tuple(sizes[letter] for letter in letters):
            return f"its tensor {name!r} has another size than its header says; download it again."
    return ""


def _biases(found: GgufHeader) -> tuple[str, ...]:
    """The tensors of a layer that have a bias. Some llamas have all four of attention's."""
    if found.architecture == "llama" and "blk.0.attn_q.bias" in found.tensors:
        return (*QKV, "attn_output")
    return SHAPES[found.architecture].biases


def _sizes(made: Mapping[str, Any]) -> dict[str, int]:
    head, inner = made["head_dim"], made["intermediate_size"]
    queries, keys = made["num_attention_heads"] * head, made["num_key_value_heads"] * head
    return {
        "H": made["hidden_size"],
        "F": inner,
        "G": 2 * inner,
        "Q": queries,
        "K": keys,
        "A": queries + 2 * keys,
        "D": head,
        "V": made["vocab_size"],
    }


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
    if "tokenizer.ggml." + ("merges" if kind == "gpt2" else "scores") not in facts:
        return "its tokenizer is not whole; choose another."
    words = facts["tokenizer.ggml.tokens"]
    if not isinstance(words, int) or words > _rows(found):
        return "its tokenizer has more words than its weights; choose another."
    return ""


def weight_of(found: GgufHeader, tensor: str) -> str:
    """The weight's name in transformers; empty for a tensor that is none."""
    if tensor in FACTORS:
        return ""
    *place, leaf, end = tensor.split(".")
    if not place:
        return f"{TOP[leaf][0]}.{end}"
    return f"model.layers.{place[1]}.{SHAPES[found.architecture].layers[leaf][0]}.{end}"


def config(found: GgufHeader, file: Path | None = None) -> dict[str, Any]:
    """The model's config for transformers. Without the file, factors of rotary positions are left
    out. Errors: BadInput with a sentence that goes on from the file's name."""
    shape = SHAPES[found.architecture]
    hidden, heads = _count(found, "embedding_length"), _count(found, "attention.head_count")
    size = _count(found, "attention.key_length", hidden // heads)
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
        made["attention_bias"] = bool(_biases(found))
    if found.architecture in LARGEST:
        large = made["num_hidden_layers"] == LARGEST[found.architecture]
        made["query_pre_attn_scalar"] = hidden // heads if large else size
        made["sliding_window"] = _count(found, WINDOW)
    if found.architecture == "gemma2":
        made |= {name: _number(found, name) for name in CAPS}
    if found.architecture == "phi3" and found.fact(WINDOW):
        window = _count(found, WINDOW)
        made["sliding_window"] = window if window < context(found) else None
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
    turned = _count(found, "rope.dimension_count", size)
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
        if found.tensors[given].shape != (turned // 2,) or found.tensors[given].kind:
            raise BadInput(f"its tensor {given!r} is not as it should be; download it again.")
        factors = _floats(found, given, file) if file else []
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
    if tensor is None or not tensor.shape[0]:
        raise BadInput("its tensor 'token_embd.weight' is missing; download it again.")
    return tensor.shape[0]


def _count(found: GgufHeader, name: str, default: Any = None) -> int:
    value = found.fact(name, default)
    if not isinstance(value, int) or not 0 < value < 1 << 31:
        raise BadInput(f"its header does not say {name!r} as one number; {SERVE}.")
    return value


def _number(found: GgufHeader, name: str, default: Any = None) -> float:
    value = found.fact(name, default)
    if not isinstance(value, int | float) or not 0 < value < 1e12:
        raise BadInput(f"its header does not say {name!r} as one number; {SERVE}.")
    return float(value)
