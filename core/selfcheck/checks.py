"""All checks of a device in turn: a fault in one of them is its line, and not the end."""

import gc
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from core.files import require_space
from core.models import device
from core.selfcheck.desk import Desk
from core.selfcheck.facts import facts
from core.selfcheck.finding import DeviceCheck
from core.selfcheck.room import leak, shortage, switching
from core.selfcheck.same import as_generate, by_seed, together
from core.selfcheck.sizes import sizes_for
from core.selfcheck.speed import speed
from core.settings import Settings

FOLDER = ".selfcheck-"  # at the beginning of the name of the made models' folder
CHECKS: dict[str, Callable[[Desk], Iterator[DeviceCheck]]] = {
    "equals generate": as_generate,
    "sampling": by_seed,
    "three models together": together,
    "leak": leak,
    "switching models": switching,
    "forced shortage": shortage,
    "speed": speed,
}


def examine(settings: Settings) -> Iterator[DeviceCheck]:
    """Every check of the device of these settings, as it is done.

    The models are made in a folder of their own in the data folder, and gone afterwards: up to
    7 GB. Errors: OutOfSpace.
    """
    looked = list(_guarded("device", lambda: facts(settings)))
    yield from looked
    if not all(each.ok for each in looked):
        return
    place = device.pick(settings)
    sizes = sizes_for(place, device.free_bytes(place))
    settings.data.mkdir(parents=True, exist_ok=True)
    for left in settings.data.glob(f"{FOLDER}*"):  # by one that was killed
        shutil.rmtree(left, ignore_errors=True)
    needed = 2 * sizes.speed.parameters + 8 * sizes.shortage.parameters + 100_000_000
    require_space(
        settings.data,
        needed,
        f"The self-check makes models of {needed / 1e6:,.0f} MB in {settings.data}, and takes them"
        " away again; make room, or choose another place with TRIPTYCH_DATA.",
    )
    folders = tempfile.TemporaryDirectory(prefix=FOLDER, dir=settings.data)
    with folders as folder, what_is_here_set_aside():
        desk = Desk(settings, Path(folder), place, sizes)
        for name, check in CHECKS.items():
            yield from _guarded(name, partial(check, desk))


@contextmanager
def what_is_here_set_aside() -> Iterator[None]:
    """The libraries are a million objects, which each look for what is held would go through."""
    if gc.get_freeze_count():
        yield
        return
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _guarded(name: str, check: Callable[[], Iterator[DeviceCheck]]) -> Iterator[DeviceCheck]:
    try:
        gc.collect()  # what the one before left
        device.give_back()
        yield from check()
    except Exception as error:  # noqa: BLE001 - whoever has this device is to learn all that fails
        lines = str(error).strip().splitlines() or ["no more is known"]
        yield DeviceCheck(
            check=name,
            ok=False,
            sentence=f"It broke off: {lines[0]}",
            figures={"error": type(error).__name__, "detail": str(error)},
        )
