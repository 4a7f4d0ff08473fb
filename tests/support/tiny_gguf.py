"""Small GGUF files, written as llama.cpp's converter writes them: headers alone, and tiny models
with random weights. Names of tensors come from the format's own package."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gguf
import numpy as np
from tokenizers.pre_tokenizers import ByteLevel

TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}: {{ message['content'] }}"
    "<|im_end|>{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant: {% endif %}"
)
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
TOKENS = [*SPECIAL, *sorted(ByteLevel.alphabet()), "er"]
SHAPE: dict[str, Any] = {
    "vocab_size": len(TOKENS),
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 16,
    "max_position_embeddings": 2048,
    "rms_norm_eps": 1e-5,
    "initializer_range": 0.3,
    "eos_token_id": 2,
    "bos_token_id": 1,
    "pad_token_id": 0,
    "tie_word_embeddings": False,
}
TIED = {"tie_word_embeddings": True}
WINDOWED = TIED | {"sliding_window": 32, "query_pre_attn_scalar": 16}
# GGUF architecture: transformers' class, and what its config has beside SHAPE
KINDS: dict[str, tuple[str, dict[str, Any]]] = {
    "llama": ("Llama", {}),
    "qwen2": ("Qwen2", {}),
    "qwen3": ("Qwen3", {}),
    "gemma": ("Gemma", TIED),
    "gemma2": ("Gemma2", WINDOWED),
    "gemma3": ("Gemma3", WINDOWED),
    "phi3": ("Phi3", {}),
}


def model(architecture: str, **more: Any) -> Any:
    """A tiny random model of transformers, in float32."""
    import torch
    import transformers

    name, own = KINDS[architecture]
    torch.manual_seed(1)
    kind = f"{name}TextConfig" if name == "Gemma3" else f"{name}Config"
    config = getattr(transformers, kind)(**SHAPE | own | more)
    made = getattr(transformers, f"{name}ForCausalLM")(config).eval()
    for name, parameter in made.named_parameters():  # norms begin as ones, biases as zeros
        if parameter.dim() == 1:
            torch.nn.init.normal_(parameter.data, 0.0 if "bias" in name else 1.0, 0.1)
    return made


def write(
    file: Path,
    architecture: str = "llama",
    made: Any = None,
    *,
    kind: gguf.GGMLQuantizationType = gguf.GGMLQuantizationType.F32,
    facts: Mapping[str, Any] | None = None,
    tensors: Mapping[str, np.ndarray] | None = None,
    template: str | None = TEMPLATE,
    tokens: list[str] | None = TOKENS,
    vocabulary: int = len(TOKENS),
) -> Path:
    """A model of transformers as a GGUF file, or, without one, the same file with weights of
    nought. `facts` come instead of those that were written, None leaves one out; `tensors` beside
    the others. Matrices are kept as numbers of a `kind`; those of nought have so many words."""
    shape: Mapping[str, Any] = made.config.to_dict() if made else SHAPE
    rope = shape.get("rope_parameters") or {}
    own = {
        "context_length": shape["max_position_embeddings"],
        "embedding_length": shape["hidden_size"],
        "block_count": shape["num_hidden_layers"],
        "feed_forward_length": shape["intermediate_size"],
        "attention.head_count": shape["num_attention_heads"],
        "attention.head_count_kv": shape["num_key_value_heads"],
        "attention.key_length": shape.get("head_dim", 16),
        "attention.value_length": shape.get("head_dim", 16),
        "attention.layer_norm_rms_epsilon": shape["rms_norm_eps"],
        "rope.dimension_count": shape.get("head_dim", 16),
        "rope.freq_base": rope.get("full_attention", rope).get("rope_theta", 10_000.0),
        "attention.sliding_window": shape.get("sliding_window"),
        "attn_logit_softcapping": shape.get("attn_logit_softcapping"),
        "final_logit_softcapping": shape.get("final_logit_softcapping"),
    }
    said: dict[str, Any] = {f"{architecture}.{name}": value for name, value in own.items()}
    if tokens is not None:
        said |= {
            "tokenizer.ggml.model": "gpt2",
            "tokenizer.ggml.pre": "gpt-2",
            "tokenizer.ggml.tokens": tokens,
            "tokenizer.ggml.merges": ["e r"],
            "tokenizer.ggml.token_type": [3 if word in SPECIAL else 1 for word in tokens],
            "tokenizer.ggml.bos_token_id": 1,
            "tokenizer.ggml.eos_token_id": 2,
            "tokenizer.chat_template": template,
        }
    writer = gguf.GGUFWriter(file, architecture)
    for name, value in (said | dict(facts or {})).items():
        if value is not None:
            _add(writer, name, value)
    weights = _as_llama_cpp(architecture, made) if made else _nought(vocabulary)
    for name, numbers in (weights | dict(tensors or {})).items():
        small = numbers.ndim == 1 or numbers.shape[-1] % gguf.GGML_QUANT_SIZES[kind][0]
        if small or numbers.dtype != np.float32:
            writer.add_tensor(name, numbers)
        else:
            writer.add_tensor(name, gguf.quantize(numbers, kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return file


def _add(writer: gguf.GGUFWriter, name: str, value: Any) -> None:
    kinds = {bool: "bool", int: "uint32", float: "float32", str: "string"}
    add = "array" if isinstance(value, list) else kinds[type(value)]
    getattr(writer, f"add_{add}")(name, value)


def _as_llama_cpp(architecture: str, made: Any) -> dict[str, np.ndarray]:
    """Weights by the names, and in the order, of llama.cpp."""
    (arch,) = (each for each, name in gguf.MODEL_ARCH_NAMES.items() if name == architecture)
    names = gguf.get_tensor_name_map(arch, made.config.num_hidden_layers)
    written = {}
    tied = made.config.tie_word_embeddings
    for name, tensor in made.state_dict().items():
        if tied and name == "lm_head.weight":
            continue
        base, _, end = name.rpartition(".")
        numbers = tensor.float().numpy()
        heads = {"q_proj": "num_attention_heads", "k_proj": "num_key_value_heads"}
        if architecture == "llama" and (which := heads.get(base.rpartition(".")[2])):
            count = getattr(made.config, which)
            halves = numbers.reshape(count, 2, -1, *numbers.shape[1:])
            numbers = halves.swapaxes(1, 2).reshape(numbers.shape)
        if architecture.startswith("gemma") and "norm" in base:
            numbers = numbers + 1
        called = names.get_name(base)
        assert called, name
        written[f"{called}.{end}"] = np.ascontiguousarray(numbers)
    return written


def _nought(words: int) -> dict[str, np.ndarray]:
    """A llama's weights, all zero."""
    size, inner = SHAPE["hidden_size"], SHAPE["intermediate_size"]
    shapes = {"token_embd": (words, size), "output_norm": (size,), "output": (words, size)}
    for layer in range(SHAPE["num_hidden_layers"]):
        shapes |= {
            f"blk.{layer}.attn_norm": (size,),
            f"blk.{layer}.attn_q": (size, size),
            f"blk.{layer}.attn_k": (size // 2, size),
            f"blk.{layer}.attn_v": (size // 2, size),
            f"blk.{layer}.attn_output": (size, size),
            f"blk.{layer}.ffn_norm": (size,),
            f"blk.{layer}.ffn_gate": (inner, size),
            f"blk.{layer}.ffn_up": (inner, size),
            f"blk.{layer}.ffn_down": (size, inner),
        }
    return {f"{name}.weight": np.zeros(shape, np.float32) for name, shape in shapes.items()}
