"""Cross-encoders in torch, in float32 on every device: of the hub, and others that lie here in
safetensors with one label.

One pair at a time, so that a score does not depend on its neighbours and is seen as it comes.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import Damaged
from core.models import device, weights
from core.rerankers._pairs import pairs
from core.settings import Settings
from core.types import Model

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


def models(settings: Settings) -> list[Model]:
    return weights.models(settings, "cross_encoder", "float32")


def load(model: Model, settings: Settings) -> "CrossEncoder":
    """Errors: Damaged if the weights cannot be read."""
    import torch
    from safetensors import SafetensorError
    from transformers import AutoModelForSequenceClassification, AutoTokenizer
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()
    try:
        network = AutoModelForSequenceClassification.from_pretrained(
            model.folder,
            dtype=torch.float32,
            use_safetensors=True,
            local_files_only=True,
            trust_remote_code=False,
        )
        tokenizer = AutoTokenizer.from_pretrained(
            model.folder, local_files_only=True, trust_remote_code=False
        )
    except (OSError, ValueError, SafetensorError) as error:
        raise Damaged(
            f"{model.name} cannot be read; remove the folder {model.folder} and download it again.",
            str(error),
        ) from error
    return CrossEncoder(network.to(device.pick(settings)).eval(), tokenizer, Path(model.folder))


class CrossEncoder:
    """See core.types.Reranker."""

    def __init__(
        self, model: "PreTrainedModel", tokenizer: "PreTrainedTokenizerBase", folder: Path
    ) -> None:
        from tokenizers import Tokenizer

        self._model = model
        self._inputs = tokenizer.model_input_names
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.no_truncation()
        self.tokenizer.no_padding()
        self.window: int = min(model.config.max_position_embeddings, tokenizer.model_max_length)

    def score(self, question: str, texts: Sequence[str]) -> Iterator[float]:
        """Errors: BadInput for a question that would leave the texts less than half the window."""
        import torch

        for pair in pairs(self.tokenizer, self.window, question, texts):
            fields = {
                "input_ids": pair.ids,
                "attention_mask": pair.attention_mask,
                "token_type_ids": pair.type_ids,
            }
            inputs = {
                name: torch.tensor([fields[name]], device=self._model.device)
                for name in self._inputs
            }
            with torch.inference_mode():
                logit = self._model(**inputs).logits[0, 0]
            yield float(torch.sigmoid(logit))
