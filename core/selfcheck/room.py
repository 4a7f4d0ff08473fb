"""Whether memory comes back: after questions, after another model, and when it runs out."""

import weakref
from collections.abc import Iterator

from core.models import device
from core.selfcheck import made
from core.selfcheck.desk import Desk, ask, request
from core.selfcheck.finding import DeviceCheck
from core.tasks import result_of

ALLOWED = 100_000  # bytes that may be left after all questions together
ROWS = 8  # of the forced shortage
TOKENS = 16


def leak(desk: Desk) -> Iterator[DeviceCheck]:
    """What is held after some questions, and after many more."""
    ours = desk.exact(desk.tiny())
    lengths = (600, 30, 200, 90)  # the longest first: what it needs may be kept for later ones

    def asked(count: int, start: int) -> None:
        for n in range(count):
            ask(ours, [request(start + n, lengths[n % len(lengths)], max_tokens=TOKENS)])

    asked(len(lengths), 0)
    before = desk.meter.held()
    asked(desk.sizes.questions, len(lengths))
    left = desk.meter.held() - before
    yield DeviceCheck(
        check="leak",
        ok=left <= ALLOWED,
        sentence=f"{desk.sizes.questions} questions leave {max(left, 0) / 1e3:,.1f} kB in tensors"
        f" behind; allowed are {ALLOWED / 1e3:,.0f}.",
        figures={"questions": desk.sizes.questions, "left_bytes": left},
    )


def switching(desk: Desk) -> Iterator[DeviceCheck]:
    """One model, another and the first again; on CUDA in a memory that holds one of them alone."""
    one, other = (
        desk.made(name, lambda to: made.generator(to, desk.sizes.shortage, counts=True))
        for name in ("switched-a", "switched-b")
    )
    models = desk.models()
    before = desk.meter.held()

    def load(name: str) -> "weakref.ref[object]":
        generator = result_of(models.generator(name))
        ask(generator, [request(1, 20, max_tokens=4)])
        return weakref.ref(generator)

    first = load(one)
    weighs = desk.meter.held() - before
    free = device.free_bytes(desk.place)
    room = before + int(1.7 * weighs) + 64_000_000  # with the device's workspaces
    with desk.limit_of(room):
        second = load(other)
        gone = first() is None
        load(one)
        gone &= second() is None
    left = desk.meter.held() - before - weighs
    now = device.free_bytes(desk.place)
    came_back = desk.place != "cuda" or (now or 0) >= (free or 0) - 0.2 * weighs
    ok = gone and left <= ALLOWED + 0.1 * weighs and came_back
    said = f"A model of {weighs / 1e6:,.0f} MB, another and the first again"
    said += " were loaded, and each let go of the one before" if ok else " do not leave the memory"
    said += f"; {max(left, 0) / 1e6:,.1f} MB more are held than with the first alone."
    figures = {"model_bytes": weighs, "left_bytes": left, "let_go": int(gone)}
    yield DeviceCheck(check="switching models", ok=ok, sentence=said, figures=figures)


def shortage(desk: Desk) -> Iterator[DeviceCheck]:
    """Answers that fit one by one, but not together: they have to come all the same."""
    if not desk.can_limit:
        why = "Not tried: only on CUDA a process can be given less memory without harm to others."
        yield DeviceCheck(check="forced shortage", ok=None, sentence=why)
        return
    ours = desk.exact(
        desk.made("switched-a", lambda to: made.generator(to, desk.sizes.shortage, counts=True))
    )
    length = desk.sizes.shortage_prompt
    asked = [request(n, length, max_tokens=TOKENS) for n in range(ROWS)]

    def most(count: int) -> int:
        desk.meter.watch()
        ask(ours, asked[:count])
        return desk.meter.most()

    little, much = most(1), most(ROWS)
    expected = [ask(ours, [each])[0] for each in asked]
    before = desk.shortages()
    with desk.limit_of((little + much) // 2):
        said = ask(ours, asked)
    met = desk.shortages() - before
    ok = met > 0 and said == expected
    sentence = (
        f"{ROWS} answers need {much / 1e6:,.0f} MB together and {little / 1e6:,.0f} one by one"
    )
    sentence += f"; with half of the difference the memory ran out {met} times, and "
    equal = sum(one == other for one, other in zip(said, expected, strict=True))
    sentence += "all came right." if ok else f"{equal} of {ROWS} came right."
    figures = {"shortages": met, "together_bytes": much, "alone_bytes": little, "right": equal}
    yield DeviceCheck(check="forced shortage", ok=ok, sentence=sentence, figures=figures)
