"""The self-check of a device: it runs to its end on a processor, and each check fails when it
should."""

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
import torch

from core.commands import gpu
from core.models import Models, device, memory, weights
from core.selfcheck import DeviceCheck, checks, made, room, same, speed
from core.selfcheck.desk import TINY, Desk, Ended
from core.selfcheck.meter import Meter
from core.selfcheck.sizes import THREE_BILLION, Shape, Sizes, sizes_for
from core.settings import Settings
from core.types import Delta, Request, TextGenerator
from tests.support.commands import ran

SMALLEST = Sizes(
    speed=replace(TINY, layers=1),
    rows=(1, 3),
    prompt=20,
    answer=4,
    repeats=1,
    shortage=TINY,
    shortage_prompt=20,
    questions=3,
    copied=100_000,
    aims=False,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of the made models: they are made once for all tests."""
    return tmp_path_factory.mktemp("made")


@pytest.fixture(scope="module", autouse=True)
def _set_aside() -> Iterator[None]:
    import sentence_transformers  # noqa: F401 - all that is not to be gone through

    with checks.what_is_here_set_aside():
        yield


@pytest.fixture
def desk(folder: Path) -> Desk:
    return Desk(Settings(data=folder, device="cpu", threads=1), folder, "cpu", SMALLEST)


class Wrapped:
    """A generator with a fault: `change` may alter each delta, knowing all requests."""

    def __init__(
        self, real: TextGenerator, change: Callable[[list[Request], Delta], Delta]
    ) -> None:
        self._real, self._change = real, change
        self.engine, self.precision, self.window = real.engine, real.precision, real.window
        self.count = real.count

    def generate(self, requests: Any, stop: Event) -> Iterator[Delta]:
        asked = list(requests)
        for delta in self._real.generate(asked, stop):
            yield self._change(asked, delta)


def faulty(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, change: Callable[[list[Request], Delta], Delta]
) -> None:
    real = desk.exact
    monkeypatch.setattr(desk, "exact", lambda name, place="": Wrapped(real(name, place), change))


def only(found: Iterator[DeviceCheck], name: str) -> DeviceCheck:
    (check,) = (each for each in found if each.check == name)
    return check


def test_it_runs_to_its_end_on_a_processor_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TRIPTYCH_DATA", str(tmp_path))
    monkeypatch.setenv("TRIPTYCH_THREADS", "1")
    monkeypatch.setattr(checks, "sizes_for", lambda _place, _free: SMALLEST)
    (tmp_path / f"{checks.FOLDER}killed").mkdir()
    status, lines, said = ran(capsys, "gpu", "--device", "cpu")
    assert (status, said.count("\n")) == (0, 1)
    assert {line["check"]: line["ok"] for line in lines} == {
        "device": True,
        "equals generate": True,
        "equals the processor": None,
        "sampling": True,
        "three models together": True,
        "leak": True,
        "switching models": True,
        "forced shortage": None,
        "speed, 1 row": True,
        "speed, 3 rows": True,
        "memory": True,
    }
    assert all(line["sentence"].endswith(".") for line in lines)
    assert all(line["ratio"] > 0 for line in lines if line["check"].startswith("speed"))
    assert not list(tmp_path.glob(f"{checks.FOLDER}*"))


def test_where_torch_takes_no_gpu_that_is_what_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TRIPTYCH_DATA", str(tmp_path))
    for place in (torch.cuda, torch.backends.mps):
        monkeypatch.setattr(place, "is_available", lambda: False)
    for wanted in ("auto", "cuda"):
        device.pick.cache_clear()
        status, (line,), _ = ran(capsys, "gpu", "--device", wanted)
        assert (status, line["ok"]) == (1, False)
        assert "no cuda device" in line["sentence"] or "takes no GPU here" in line["sentence"]


def test_a_check_that_breaks_off_is_a_failed_line_and_not_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_desk: Desk) -> Iterator[DeviceCheck]:
        yield DeviceCheck(check="first half", ok=True, sentence="It is well.")
        raise RuntimeError("CUDA error: device-side assert triggered\nmore of it")

    def whole(_desk: Desk) -> Iterator[DeviceCheck]:
        yield DeviceCheck(check="whole", ok=True, sentence="It is well.")

    monkeypatch.setattr(checks, "CHECKS", {"broken": broken, "whole": whole})
    _, *found = checks.examine(Settings(data=tmp_path, device="cpu", threads=1))
    assert [(each.check, each.ok) for each in found] == [
        ("first half", True),
        ("broken", False),
        ("whole", True),
    ]
    assert found[1].sentence == "It broke off: CUDA error: device-side assert triggered"
    assert found[1].figures["error"] == "RuntimeError"


def test_a_driver_that_breaks_off_is_a_failed_line_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_settings: Settings) -> str:
        raise RuntimeError("CUDA unknown error")

    monkeypatch.setattr(device, "pick", broken)
    (check,) = checks.examine(Settings(data=tmp_path, device="cpu"))
    assert (check.check, check.ok) == ("device", False)
    assert check.sentence == "It broke off: CUDA unknown error"


def test_an_answer_that_depends_on_its_neighbours_is_found(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lean(asked: list[Request], delta: Delta) -> Delta:
        leans = len(asked) > 1 and delta.index == 1 and delta.finish
        return replace(delta, text=f"{delta.text}!") if leans else delta

    faulty(desk, monkeypatch, lean)
    monkeypatch.setattr(same, "KINDS", ("Qwen2",))
    check = only(same.as_generate(desk), "equals generate")
    assert (check.ok, check.figures) == (False, {"answers": 6, "different": 1})
    assert "5 of 6 answers" in check.sentence and "Qwen2 together, prompt 2" in check.sentence
    (sampled,) = same.by_seed(desk)
    assert (sampled.ok, sampled.figures["different"]) == (False, 2)
    assert "in order, prompt 2" in sampled.sentence
    assert "at other places, prompt 1" in sampled.sentence


def test_a_seed_that_depends_on_its_place_is_found(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    faulty(
        desk,
        monkeypatch,
        lambda _, delta: replace(delta, text=f"{delta.text}{delta.index if delta.finish else ''}"),
    )
    (check,) = same.by_seed(desk)
    assert check.ok is False


@pytest.mark.parametrize("off", [1e-3, float("nan")])
def test_a_wrong_vector_is_found(off: float, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    real = desk.three

    def three(*arguments: Any) -> tuple[np.ndarray, list[float], str]:
        vectors, scores, said = real(*arguments)
        vectors[2, 5] += off
        return vectors, scores, said

    monkeypatch.setattr(desk, "three", three)
    (check,) = same.together(desk)
    assert check.ok is False


def test_a_wrong_score_is_found(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    real = desk.on_the_processor

    def turned(*arguments: Any) -> tuple[np.ndarray, list[float]]:
        vectors, scores = real(*arguments)
        return vectors, scores[::-1]

    monkeypatch.setattr(desk, "on_the_processor", turned)
    (check,) = same.together(desk)
    assert check.ok is False


def test_what_a_question_leaves_behind_is_found(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[torch.Tensor] = []

    def keep(_asked: list[Request], delta: Delta) -> Delta:
        if delta.finish:
            kept.append(torch.zeros(25_000))  # 100,000 bytes
        return delta

    faulty(desk, monkeypatch, keep)
    (check,) = room.leak(desk)
    assert (check.ok, check.figures["left_bytes"]) == (False, 300_000)


def test_a_model_that_is_not_let_go_is_found(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[TextGenerator] = []

    class Keeping(Models):
        def generator(self, name: str) -> Generator[Any, None, TextGenerator]:
            kept.append((yield from super().generator(name)))
            return kept[-1]

    monkeypatch.setattr(desk, "models", lambda: Keeping(desk.settings))
    (check,) = room.switching(desk)
    assert (check.ok, check.figures["let_go"]) == (False, 0)
    assert "do not leave the memory" in check.sentence


class Scarce(Desk):
    """A device whose memory holds so many rows at once while it is limited."""

    fits = 2
    met = 0
    can_limit = True

    def limit_of(self, _size: int) -> Any:
        return self._limited()

    def shortages(self) -> int:
        return self.met

    @contextmanager
    def _limited(self) -> Iterator[None]:
        self.limited = True
        try:
            yield
        finally:
            self.limited = False

    limited = False

    def exact(self, name: str, place: str = "") -> TextGenerator:
        loaded: Any = super().exact(name, place)
        forward = loaded._model.forward

        def short(ids: torch.Tensor, **how: Any) -> Any:
            if self.limited and len(ids) > self.fits:
                self.met += 1
                raise torch.OutOfMemoryError("tried to allocate 20 GiB")
            return forward(ids, **how)

        loaded._model.forward = short
        return cast(TextGenerator, loaded)


@pytest.fixture
def scarce(folder: Path) -> Scarce:
    return Scarce(Settings(data=folder, device="cpu", threads=1), folder, "cpu", SMALLEST)


def test_answers_that_recover_from_a_shortage_pass(scarce: Scarce) -> None:
    (check,) = room.shortage(scarce)
    assert (check.ok, check.figures["right"]) == (True, 8)
    assert check.figures["shortages"] == 3  # of eight rows, and of four twice


def test_a_shortage_that_never_came_or_was_not_survived_fails(scarce: Scarce) -> None:
    scarce.fits = 8
    (check,) = room.shortage(scarce)
    assert (check.ok, check.figures["shortages"]) == (False, 0)
    scarce.fits = 0
    with pytest.raises(Ended, match="failed: The memory is full"):
        list(room.shortage(scarce))


@pytest.mark.parametrize(
    ("rows", "seconds", "bandwidth", "ok"),
    [
        (3, 2.0, 0.1, True),  # three of 2 s one by one, in 2 s together
        (3, 2.1, 0.9, False),
        (32, 8.0, 0.1, True),
        (32, 8.1, 0.9, False),
        (1, 9.9, 0.5, True),
        (1, 0.1, 0.4, False),
        (8, 9.9, 0.1, True),  # no aim
    ],
)
def test_a_missed_aim_fails(
    rows: int, seconds: float, bandwidth: float, ok: bool, desk: Desk
) -> None:
    desk.sizes = replace(SMALLEST, aims=True)
    plain = speed.Pace(first=0.5, last=2.0, prompt=10)
    pace = speed.Pace(first=0.1, last=seconds, prompt=10)
    check = speed.row(desk, rows, pace, plain, bandwidth)
    assert check.ok is ok
    assert ("(aim " in check.sentence) is (rows != 8)
    desk.sizes = SMALLEST
    assert speed.row(desk, rows, pace, plain, bandwidth).ok


class Counting:
    """Says "one two" in two tokens a row, and may be wrong."""

    engine, precision, window = "none", "float32", None

    def __init__(self, said: str = "one two", tokens: int = 2) -> None:
        self.said, self.tokens = said, tokens

    def count(self, _messages: Any, _generation: Any) -> int:
        return 7

    def generate(self, requests: Any, _stop: Event) -> Iterator[Delta]:
        for index, asked in enumerate(requests):
            tokens = min(self.tokens, asked.generation.max_tokens)
            yield Delta(index=index, text=self.said, finish="length", answer_tokens=tokens)


def test_timed_answers_are_whole_and_right(desk: Desk) -> None:
    desk.sizes = replace(SMALLEST, answer=2)
    assert speed.timed(desk, Counting(), 3, "one two").prompt == 7
    with pytest.raises(Ended, match="an answer ended after 1 of 2 tokens"):
        speed.timed(desk, Counting(tokens=1), 3, "one two")
    with pytest.raises(Ended, match="an answer of 3 together is another than `generate` gives"):
        speed.timed(desk, Counting("one too"), 3, "one two")


def test_more_memory_than_was_asked_for_fails(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.made(speed.NAME, lambda to: made.generator(to, TINY))
    monkeypatch.setattr(weights, "bytes_in", lambda *_: 1_000)
    monkeypatch.setattr(memory, "of_answers", lambda _: 500)
    for most, ok in ((1_600, True), (1_601, False)):
        monkeypatch.setattr(desk.meter, "most", lambda most=most: 200 + most)
        check = speed.memory_held(desk, Counting(), before=200, weighs=900)
        assert check.ok is ok
        assert check.figures["answers_bytes"] == most - 900


def test_a_meter_counts_what_tensors_hold_once() -> None:
    meter = Meter("cpu")
    before = meter.held()
    kept = torch.zeros(1_000)
    views = [kept[:500], kept.view(10, 100)]
    assert meter.held() - before == 4_000
    meter.watch()
    meter.look()
    assert meter.most() == meter.held()
    del kept, views
    assert meter.held() == before


def test_a_gpu_is_asked_what_it_holds_and_limited_for_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shares: list[float] = []
    monkeypatch.setattr(torch.cuda, "memory_allocated", lambda: 30)
    monkeypatch.setattr(torch.cuda, "max_memory_allocated", lambda: 70)
    monkeypatch.setattr(torch.cuda, "reset_peak_memory_stats", lambda: None)
    monkeypatch.setattr(torch.cuda, "empty_cache", lambda: None)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda: (500, 1_000))
    monkeypatch.setattr(torch.cuda, "set_per_process_memory_fraction", shares.append)
    meter = Meter("cuda")
    meter.watch()
    meter.look()
    assert (meter.held(), meter.most()) == (30, 70)
    with pytest.raises(RuntimeError, match="full"), meter.limited(250):
        raise RuntimeError("full")
    with meter.limited(5_000):
        pass
    assert shares == [0.25, 1.0, 1.0, 1.0]


def test_a_copy_counts_what_is_read_and_what_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = iter((10.0, 12.0))
    clock = SimpleNamespace(perf_counter=lambda: next(seconds))
    monkeypatch.setattr("core.selfcheck.meter.time", clock)
    assert Meter("cpu").copied_a_second(1_000) == 8 * 2 * 1_000 / 2


def test_the_figures_of_a_pace() -> None:
    pace = speed.Pace(first=2.0, last=6.0, prompt=10)
    assert pace.figures(3, 5) == {
        "prompt_tokens_a_second": 15.0,
        "answer_tokens_a_second": 3.0,
        "seconds": 6.0,
    }


def test_a_shape_counts_its_parameters() -> None:
    # A layer: 2 x 4 x 4 for queries and outputs, 2 x 4 x 2 for keys and values, 3 x 4 x 5 beyond.
    shape = Shape(layers=2, width=4, heads=2, key_value_heads=1, intermediate=5, vocabulary=10)
    assert shape.parameters == 2 * (32 + 16 + 60) + 2 * 40
    assert shape.read_a_step == shape.parameters - 40
    assert round(THREE_BILLION.parameters / 1e9, 1) == 3.4


def test_the_sizes_suit_the_device() -> None:
    assert sizes_for("cuda", 80_000_000_000).aims
    assert not sizes_for("cuda", 8_000_000_000).aims
    assert sizes_for("cuda", 80_000_000_000).speed == THREE_BILLION
    assert not sizes_for("mps", None).aims
    assert not sizes_for("cpu", None).aims


def test_a_terminal_shows_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    check = DeviceCheck(check="leak", ok=False, sentence="It leaks a little here and there.")
    assert gpu.row(check, 62).splitlines() == [
        "FAILED  leak                    It leaks a little here and",
        "                                there.",
    ]
    assert gpu.row(replace(check, ok=None), 100).startswith("–       leak   ")
