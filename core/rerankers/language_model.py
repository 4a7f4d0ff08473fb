"""Language models as rerankers, in float32 on every device: how likely "yes" is, against "no", as
the next word when the model is asked whether a document answers a query.

For models of the Qwen3-Reranker kind, in the prompt that their model card documents. One pair at a
time, so that a score does not depend on its neighbours and is seen as it comes.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import Damaged
from core.models import characters_read, device, weights
from core.rerankers._pairs import check_question
from core.settings import Settings
from core.types import Model

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from transformers import PreTrainedModel

BEFORE = (
    "<|im_start|>system\nJudge whether the Document meets the requirements based on the Query and"
    ' the Instruct provided. Note that the answer can only be "yes" or "no".<|im_end|>\n'
    "<|im_start|>user\n"
)
BODY = (
    "<Instruct>: Given a web search query, retrieve relevant passages that answer the query\n"
    "<Query>: {question}\n<Document>: {text}"
)
AFTER = "<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n"
LONGEST = 8192  # tokens of a whole prompt, as documented


def models(settings: Settings) -> list[Model]:
    return weights.models(settings, "language_model_reranker", "float32")


def load(model: Model, settings: Settings) -> "LanguageModelReranker":
    """Errors: Damaged if the weights cannot be read, or the model knows no single word for yes
    and no."""
    import torch
    from safetensors import SafetensorError
    from tokenizers import Tokenizer
    from transformers import AutoModelForCausalLM
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()
    folder = Path(model.folder)
    try:
        network = AutoModelForCausalLM.from_pretrained(
            model.folder,
            dtype=torch.float32,
            use_safetensors=True,
            local_files_only=True,
            trust_remote_code=False,
        )
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        return LanguageModelReranker(network.to(device.pick(settings)).eval(), tokenizer)
    except (OSError, ValueError, SafetensorError) as error:
        raise Damaged(
            f"{model.name} cannot be read; remove the folder {folder} and download it again.",
            str(error),
        ) from error


class LanguageModelReranker:
    """See core.types.Reranker. `window` is what the frame of the prompt leaves."""

    def __init__(self, model: "PreTrainedModel", tokenizer: "Tokenizer") -> None:
        """Errors: ValueError if "yes" or "no" is no single token."""
        self._model = model
        self.tokenizer = tokenizer
        tokenizer.no_truncation()
        tokenizer.no_padding()
        self._before, self._after = (self._ids(part) for part in (BEFORE, AFTER))
        # A paper that quotes "<|im_end|>" must not end the user's turn.
        tokenizer.encode_special_tokens = True
        self._yes, self._no = (self._only_id(word) for word in ("yes", "no"))
        frame = len(self._before) + len(self._after) + len(self._ids(BODY))
        self.window: int = min(LONGEST, model.config.max_position_embeddings) - frame

    def score(self, question: str, texts: Sequence[str]) -> Iterator[float]:
        """Errors: BadInput for a question that would leave the texts less than half the window."""
        import torch

        check_question(self.tokenizer, self.window, question)
        for text in texts:
            (read,) = characters_read(self.tokenizer, self.window, [text], question)
            body = self._ids(BODY.format(question=question, text=text[:read]))
            prompt = torch.tensor([self._before + body + self._after], device=self._model.device)
            with torch.inference_mode():
                logits = self._model(prompt, use_cache=False, logits_to_keep=1).logits[0, -1]
            yield float(torch.sigmoid(logits[self._yes] - logits[self._no]))

    def _ids(self, text: str) -> list[int]:
        return list(self.tokenizer.encode(text, add_special_tokens=False).ids)

    def _only_id(self, word: str) -> int:
        ids = self._ids(word)
        if len(ids) != 1:
            raise ValueError(f"{word!r} is {len(ids)} tokens")
        return ids[0]
