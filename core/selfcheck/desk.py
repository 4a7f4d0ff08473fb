"""What the checks work with: made models in a folder of their own, loaded as any others are, and
the plain library beside them."""

import random
import string
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

from core.models import Models, registry
from core.selfcheck import made
from core.selfcheck.meter import Meter
from core.selfcheck.sizes import Shape, Sizes
from core.settings import Settings
from core.tasks import result_of
from core.types import Delta, Generation, Message, Request, TextGenerator

if TYPE_CHECKING:
    import numpy as np
    import torch

TINY = Shape(layers=2, width=64, heads=4, key_value_heads=2, intermediate=96, vocabulary=1_000)


class Ended(Exception):
    """An answer that did not come as it had to."""


class Desk:
    """Where one device is checked. `settings` are those of the made models alone."""

    def __init__(self, settings: Settings, folder: Path, place: str, sizes: Sizes) -> None:
        self.place, self.sizes, self.folder = place, sizes, folder
        self.settings = replace(
            settings, models=folder, hub_cache=folder / ".hub", device=place, endpoints=()
        )
        self.meter = Meter(place)

    def made(self, name: str, make: Callable[[Path], Path]) -> str:
        """The name of a model, made unless it is there."""
        if not (self.folder / name).is_dir():
            make(self.folder / name)
        return name

    def tiny(self, kind: str = "Llama") -> str:
        return self.made(f"tiny-{kind}", lambda to: made.generator(to, TINY, kind=kind))

    def models(self) -> Models:
        return Models(self.settings)

    def exact(self, name: str, place: str = "") -> TextGenerator:
        """A generator in float32, where texts can be compared, on the device or another."""
        settings = replace(self.settings, device=place or self.place)
        model, module = registry.find(settings, "generator", name)
        return module.load(replace(model, precision="float32"), settings)

    @property
    def can_limit(self) -> bool:
        """Whether the memory can be made smaller for a while."""
        return self.place == "cuda"

    def limit_of(self, size: int) -> AbstractContextManager[None]:
        """A memory of so many bytes, where that can be had."""
        return self.meter.limited(size) if self.can_limit else nullcontext()

    def shortages(self) -> int:
        """How often the memory ran out so far."""
        import torch

        return int(torch.cuda.memory_stats()["num_ooms"])

    def three(
        self, embeds: str, ranks: str, writes: str, texts: Sequence[str]
    ) -> "tuple[np.ndarray, list[float], str]":
        """With all three in memory: the texts' vectors, their scores for the first one, and an
        answer."""
        models = self.models()
        embedder = result_of(models.embedder(embeds))
        reranker = result_of(models.reranker(ranks))
        generator = result_of(models.generator(writes))
        (said,) = ask(generator, [request(1, 50, max_tokens=8)])
        return embedder.embed(texts), list(reranker.score(texts[0], texts)), said

    def on_the_processor(
        self, embeds: str, ranks: str, texts: Sequence[str]
    ) -> "tuple[np.ndarray, list[float]]":
        """The texts' vectors, each embedded alone, and their scores for the first one."""
        import numpy as np

        models = Models(replace(self.settings, device="cpu"))
        embedder = result_of(models.embedder(embeds))
        reranker = result_of(models.reranker(ranks))
        vectors = np.concatenate([embedder.embed([text]) for text in texts])
        return vectors, [next(iter(reranker.score(texts[0], [text]))) for text in texts]

    def plain(self, name: str, precision: str = "float32") -> "Plain":
        return Plain(self.folder / name, self.place, precision)


class Plain:
    """The same model as the library itself loads and asks it."""

    def __init__(self, folder: Path, place: str, precision: str) -> None:
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer

        self._tokenizer = AutoTokenizer.from_pretrained(
            str(folder), local_files_only=True, trust_remote_code=False
        )
        model = AutoModelForCausalLM.from_pretrained(
            str(folder),
            local_files_only=True,
            use_safetensors=True,
            trust_remote_code=False,
            dtype=getattr(torch, precision),
        )
        self._model: Any = model.to(place).eval()

    def _prompt(self, request: Request) -> list[int]:
        turns = [{"role": each.role, "content": each.content} for each in request.messages]
        prompt: list[int] = self._tokenizer.apply_chat_template(
            turns, add_generation_prompt=True, return_dict=False
        )
        return prompt

    def ids(self, request: Request) -> "torch.Tensor":
        """Those of the answer, shape (tokens,)."""
        import torch

        read = torch.tensor([self._prompt(request)], device=self._model.device)
        with torch.inference_mode():
            written = self._model.generate(
                read,
                attention_mask=torch.ones_like(read),
                max_new_tokens=request.generation.max_tokens,
                do_sample=False,
                eos_token_id=[0, 1, 2],
                pad_token_id=0,
            )
        return written[0, read.shape[1] :]

    def prompt_tokens(self, request: Request) -> int:
        return len(self._prompt(request))

    def text(self, request: Request) -> str:
        said: str = self._tokenizer.decode(
            self.ids(request), skip_special_tokens=True, clean_up_tokenization_spaces=False
        )
        return said.rstrip("\N{REPLACEMENT CHARACTER}")


def request(number: int, letters: int, **how: Any) -> Request:
    """One of many, each with another text of so many letters."""
    chosen = random.Random(number).choices(string.ascii_lowercase + " ", k=letters)
    generation = Generation(generator="made", **how)
    return Request(messages=(Message(role="user", content="".join(chosen)),), generation=generation)


def ask(
    generator: TextGenerator,
    requests: Sequence[Request],
    on_delta: Callable[[Delta], object] | None = None,
) -> list[str]:
    """What is answered together. Errors: Ended where one fails."""
    said = [""] * len(requests)
    for delta in generator.generate(requests, Event()):
        said[delta.index] += delta.text
        if delta.finish not in (None, "stop", "length"):
            raise Ended(f"answer {delta.index + 1} of {len(requests)} failed: {delta.note}")
        if on_delta:
            on_delta(delta)
    return said
