"""What three panels cost when they are answered together, beside one after another.

    python -m benchmarks.answering

The panels have no context, three chunks, and three other chunks of about 800 characters; each
writes at most 64 tokens, greedily. Plain: transformers' `generate` on the same weights in float32,
panel after panel, and as many tokens as ours wrote, since ours end where they repeat themselves.
All take turns, and the fastest of several goes counts. On a CPU the same panels are written in
float32 and bfloat16, ours together and plain one by one, in the processor's seconds.
"""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Event
from typing import Any

from benchmarks._texts import chunks
from core.generators import causal_lm
from core.models import registry
from core.settings import Settings
from core.types import Generation, Message, Request, TextGenerator

GOES = 2
GENERATION = Generation(max_tokens=64)
QUESTION = "Describe in detail what has to be known to run a small language model on a laptop."

Times = tuple[float, float]  # seconds to the first token of the last panel, and to the end


def rows() -> list[dict[str, str]]:
    """Our seconds and the plain ones, our speed as a share of the plain one, the demand."""
    settings = Settings()
    model, module = registry.find(settings, "generator", GENERATION.generator)
    generator: Any = module.load(model, settings)
    texts = [text for text in chunks(200) if 700 <= len(text) <= 800]
    requests = [request(()), request(texts[:3]), request(texts[3:6])]
    written = [tokens_written(generator, each) for each in requests]  # and all is warm
    plain = plain_generate(generator, dict(zip(requests, written, strict=True)))
    goes = [
        (
            together(generator, requests),
            one_by_one(lambda each: together(generator, [each]), requests),
            one_by_one(plain, requests),
        )
        for _ in range(GOES)
    ]
    batch, alone, library = (
        (min(first for first, _ in times), min(whole for _, whole in times))
        for times in zip(*goes, strict=True)
    )
    tokens = sum(written)
    place = Path(generator._model.name_or_path)
    beside = precisions(place, requests) if generator._model.device.type == "cpu" else []
    return [
        *beside,
        row(
            f"3 panels together, {tokens / batch[1]:.0f} tokens/s, or by `generate`",
            batch[1],
            library[1],
            1.5,
        ),
        row("3 panels together or one by one", batch[1], alone[1], 1.2),
        row(
            "first token in the last of 3 panels, together or by `generate`",
            batch[0],
            library[0],
            2,
        ),
    ]


def precisions(folder: Path, requests: Sequence[Request]) -> list[dict[str, str]]:
    """Processor seconds of ours in each precision beside plain `generate` in the same, and of ours
    in bfloat16 beside ours in float32."""
    used: dict[str, list[tuple[float, float]]] = {"float32": [], "bfloat16": []}
    models = {name: causal_lm.read(folder, "cpu", name) for name in used}
    plain = {
        name: plain_generate(model, {each: tokens_written(model, each) for each in requests}, name)
        for name, model in models.items()
    }
    for _ in range(GOES):
        for name, model in models.items():
            at = [time.process_time()]
            together(model, requests)
            at.append(time.process_time())
            one_by_one(plain[name], requests)
            used[name].append((at[1] - at[0], time.process_time() - at[1]))
    best = {
        name: (min(ours for ours, _ in goes), min(library for _, library in goes))
        for name, goes in used.items()
    }
    rows = [
        row(f"3 panels in {name}, processor seconds, or by `generate`", *best[name], 1.2)
        for name in used
    ]
    in_both = best["bfloat16"][0], best["float32"][0]
    return [*rows, row("3 panels in bfloat16 or float32, processor seconds", *in_both, 1.2)]


def row(what: str, ours: float, plain: float, least: float) -> dict[str, str]:
    return {
        "what": what,
        "ours_seconds": f"{ours:.2f}",
        "plain_seconds": f"{plain:.2f}",
        "ratio": f"{plain / ours:.2f}",
        "demand": f"at least {least}",
    }


def request(passages: Sequence[str]) -> Request:
    content = "\n\n".join([*passages, QUESTION])
    return Request(messages=(Message(role="user", content=content),), generation=GENERATION)


def tokens_written(generator: TextGenerator, request: Request) -> int:
    *_, end = generator.generate([request], Event())
    return end.answer_tokens or 0


def together(generator: TextGenerator, requests: Sequence[Request]) -> Times:
    started = time.perf_counter()
    first: dict[int, float] = {}
    for delta in generator.generate(requests, Event()):
        first.setdefault(delta.index, time.perf_counter() - started)
    return max(first.values()), time.perf_counter() - started


def one_by_one(answer: Callable[[Request], Times], requests: Sequence[Request]) -> Times:
    """The panels before the last one are waited for."""
    times = [answer(each) for each in requests]
    before = sum(seconds for _, seconds in times[:-1])
    return before + times[-1][0], before + times[-1][1]


def plain_generate(
    generator: Any, written: dict[Request, int], precision: str = "float32"
) -> Callable[[Request], Times]:
    """The library's own call, on a model as the library loads it, for as many tokens as given."""
    import torch
    from transformers import AutoModelForCausalLM
    from transformers.generation.streamers import BaseStreamer

    model = AutoModelForCausalLM.from_pretrained(
        generator._model.name_or_path, dtype=getattr(torch, precision), local_files_only=True
    ).to(generator._model.device)

    class FirstToken(BaseStreamer):
        """Notes when the first token comes; what comes before it is the prompt."""

        def __init__(self) -> None:
            self.times: list[float] = []

        def put(self, _value: torch.Tensor) -> None:
            self.times.append(time.perf_counter())

        def end(self) -> None:
            pass

    def answer(request: Request) -> Times:
        started = time.perf_counter()
        streamer = FirstToken()
        prompt = torch.tensor(
            [generator._prompt(request.messages, request.generation)], device=model.device
        )
        model.generate(
            prompt,
            attention_mask=torch.ones_like(prompt),
            max_new_tokens=written[request],
            min_new_tokens=written[request],
            do_sample=False,
            streamer=streamer,
        )
        return streamer.times[1] - started, time.perf_counter() - started

    return answer


def main() -> None:
    for each in rows():
        print(each)


if __name__ == "__main__":
    main()
