"""How much memory the keys and values of answers take beside a model's weights.

Knows a model's config, not the model. Weights are counted in core.models.weights.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.errors import TriptychError
from core.models import gguf_header, gguf_shapes
from core.types import Model

ANSWERS, TOKENS = 3, 2_048  # the panels of one question, each with its prompt
BYTES = {"float32": 4}  # of a number; of all other precisions, 4 bits too, keys and values take 2


def keys_and_values(config: Mapping[str, Any], answers: int, tokens: int, size: int) -> int | None:
    """Bytes for answers of so many tokens each, their prompts counted in, in numbers of `size`
    bytes: 2 (keys and values) x layers x key-value heads x numbers a head, for each token.

    None where the config does not say. Layers that see only a window of their text take less.
    """
    text = config.get("text_config")
    config = text if isinstance(text, dict) else config
    layers = _first(config, "num_hidden_layers", "n_layer")
    heads = _first(config, "num_attention_heads", "n_head")
    width = _first(config, "hidden_size", "n_embd")
    shared = _first(config, "num_key_value_heads", "num_kv_heads") or heads
    each = _first(config, "head_dim") or (width // heads if width and heads else None)
    if not layers or not shared or not each:
        return None
    return 2 * layers * shared * each * answers * tokens * size


def of_answers(model: Model) -> int:
    """Bytes for three answers of 2,048 tokens, or of its window where that is smaller; 0 where
    nobody can say."""
    place = Path(model.folder)
    try:
        if place.suffix == ".gguf":
            config = gguf_shapes.config(gguf_header.header(place))
        else:
            config = json.loads((place / "config.json").read_bytes())
    except (OSError, ValueError, TriptychError):
        return 0
    if not isinstance(config, dict):
        return 0
    window = _first(config, "max_position_embeddings") or TOKENS
    size = BYTES.get(model.precision, 2)
    return keys_and_values(config, ANSWERS, min(window, TOKENS), size) or 0


def _first(config: Mapping[str, Any], *names: str) -> int | None:
    return next((value for name in names if isinstance(value := config.get(name), int)), None)
