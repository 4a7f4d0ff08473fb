"""How fast answers are written, beside the library's own `generate` one by one and beside what the
memory's bandwidth allows; and how much memory that takes."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from core.models import memory, registry, weights
from core.selfcheck import made
from core.selfcheck.desk import Desk, Ended, Plain, ask, request
from core.selfcheck.finding import DeviceCheck
from core.tasks import result_of
from core.types import Delta, TextGenerator

NAME = "timed"
AIMS = {3: 3.0, 32: 8.0}  # rows together: times as fast as one by one
BANDWIDTH_AIM = 0.5  # of what a copy reaches, where one row is written
RESERVE = 1.1  # of an estimate of memory: what core.generators.causal_lm adds to the weights


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Seconds until the first token, and until the last; tokens of one prompt."""

    first: float
    last: float
    prompt: int

    @property
    def writing(self) -> float:
        """Seconds for all tokens but the first; no clock tells less than a millisecond of it."""
        return max(self.last - self.first, 1e-3)

    def figures(self, rows: int, answer: int, before: str = "") -> dict[str, float]:
        return {
            f"{before}prompt_tokens_a_second": rows * self.prompt / self.first,
            f"{before}answer_tokens_a_second": rows * (answer - 1) / self.writing,
            f"{before}seconds": self.last,
        }


def speed(desk: Desk) -> Iterator[DeviceCheck]:
    """A check for each number of rows, and those of the memory."""
    sizes = desk.sizes
    shape, answer = sizes.speed, sizes.answer
    desk.made(NAME, lambda to: made.generator(to, shape, place=desk.place, counts=True))
    copied = desk.meter.copied_a_second(sizes.copied)
    model, _ = registry.find(desk.settings, "generator", NAME)
    library = desk.plain(NAME, model.precision)
    expected = library.text(request(0, sizes.prompt, max_tokens=answer))
    before = desk.meter.held()
    ours = result_of(desk.models().generator(NAME))
    weighs = desk.meter.held() - before
    for rows in sizes.rows:
        plain = _plain(desk, library)  # each time anew: other programs make it slower, too
        pace = timed(desk, ours, rows, expected)
        steps = (answer - 1) / pace.writing
        read = shape.read_a_step * (4 if ours.precision == "float32" else 2)
        yield row(desk, rows, pace, plain, steps * read / copied)
    yield memory_held(desk, ours, before, weighs)


def row(desk: Desk, rows: int, pace: Pace, plain: Pace, bandwidth: float) -> DeviceCheck:
    """`bandwidth`: that of the weights which are read for each step, as a share of a copy's."""
    times = rows * plain.last / pace.last
    figures = pace.figures(rows, desk.sizes.answer)
    said = (
        f"{figures['prompt_tokens_a_second']:,.0f} prompt and"
        f" {figures['answer_tokens_a_second']:,.0f} answer tokens a second,"
        f" {times:.1f} times plain `generate` one by one"
    )
    missed = []
    if desk.sizes.aims and rows in AIMS:
        said += f" (aim {AIMS[rows]:g})"
        missed += [times < AIMS[rows]]
    if rows <= 8:  # with more, or in several batches, a step is no longer bound to the memory
        said += f"; decoding reads weights at {bandwidth:.0%} of the bandwidth of a copy"
        figures["bandwidth_share"] = bandwidth
        if desk.sizes.aims and rows == 1:
            said += f" (aim {BANDWIDTH_AIM:.0%})"
            missed += [bandwidth < BANDWIDTH_AIM]
    return DeviceCheck(
        check=f"speed, {rows} {'row' if rows == 1 else 'rows'}",
        ok=not any(missed),
        sentence=f"{said}.",
        figures=figures | plain.figures(1, desk.sizes.answer, "plain_") | {"ratio": times},
    )


def timed(desk: Desk, ours: TextGenerator, rows: int, expected: str) -> Pace:
    """Asked once for a token, and once for whole answers, which have to be the expected one."""

    def answered(tokens: int) -> None:
        requests = [request(n, desk.sizes.prompt, max_tokens=tokens) for n in range(rows)]
        said = ask(ours, requests, lambda delta: _whole(delta, tokens))
        if tokens > 1 and set(said) != {expected}:
            raise Ended(f"an answer of {rows} together is another than `generate` gives")

    first, last = (_best(desk, partial(answered, tokens)) for tokens in (1, desk.sizes.answer))
    asked = request(0, desk.sizes.prompt)
    prompt = ours.count(asked.messages, asked.generation)
    return Pace(first=first, last=last, prompt=prompt or 0)


def _whole(delta: Delta, tokens: int) -> None:
    if delta.finish and delta.answer_tokens != tokens:
        raise Ended(f"an answer ended after {delta.answer_tokens} of {tokens} tokens")


def _plain(desk: Desk, plain: Plain) -> Pace:
    """One row by the library."""

    def answered(tokens: int) -> None:
        written = len(plain.ids(request(0, desk.sizes.prompt, max_tokens=tokens)))
        if written != tokens:
            raise Ended(f"`generate` ended after {written} of {tokens} tokens")

    first, last = (_best(desk, partial(answered, tokens)) for tokens in (1, desk.sizes.answer))
    return Pace(first=first, last=last, prompt=plain.prompt_tokens(request(0, desk.sizes.prompt)))


def _best(desk: Desk, once: Callable[[], None]) -> float:
    """The least seconds of several rounds; on a GPU the first is not counted."""
    seconds = []
    for _ in range(desk.sizes.repeats + (desk.place != "cpu")):
        desk.meter.wait()
        started = time.perf_counter()
        once()
        desk.meter.wait()
        seconds.append(time.perf_counter() - started)
    return min(seconds[-desk.sizes.repeats :])


def memory_held(desk: Desk, ours: TextGenerator, before: int, weighs: int) -> DeviceCheck:
    """The weights once loaded, and the most that three answers hold beside them, against what is
    asked for before a model is loaded."""
    model, _ = registry.find(desk.settings, "generator", NAME)
    expected = weights.bytes_in(model, model.precision)
    prompt = desk.sizes.prompt
    asked = [request(n, prompt, max_tokens=desk.sizes.answer) for n in range(memory.ANSWERS)]
    desk.meter.watch()
    deltas = 0

    def look(_delta: Delta) -> None:
        nonlocal deltas
        deltas += 1
        if deltas % (8 * len(asked)) == 0:
            desk.meter.look()

    ask(ours, asked, look)
    most = desk.meter.most() - before - weighs
    room = int(RESERVE * expected) + memory.of_answers(model)
    return DeviceCheck(
        check="memory",
        ok=weighs + most <= room,
        sentence=f"The weights hold {_mb(weighs)} MB (estimated {_mb(expected)}), three answers"
        f" {_mb(most)} MB beside them; before it is loaded {_mb(room)} MB are asked for.",
        figures={
            "weights_bytes": weighs,
            "weights_estimated": expected,
            "answers_bytes": most,
            "asked_for_bytes": room,
        },
    )


def _mb(size: int) -> str:
    return f"{size / 1e6:,.0f}"
