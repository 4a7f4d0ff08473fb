"""A phone comes into a class: in real Chromium, by the door, or straight to Streamlit's own page.

    python -m benchmarks.phone

Both ways are taken in turn, each time by a browser that knows nothing yet. The name is typed after
three seconds, as a person would. Needs Chromium and the packages of the tests.
"""

import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from tests.support.servers import free_port, running

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
PAIRS = 5
TYPING = 3.0  # seconds
DEMAND = 1.0  # seconds
PHONE = {"width": 360, "height": 740}


def rows() -> Iterator[dict[str, str]]:
    if not CHROMIUM or find_spec("playwright") is None:
        yield _row("a phone comes into a class: NO BROWSER, not measured", None, None, "")
        return
    from playwright.sync_api import sync_playwright

    door = free_port()
    with (
        tempfile.TemporaryDirectory() as folder,
        running(Path(folder), TRIPTYCH_DOOR=str(door)) as server,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        code = _opened(browser, server.address)
        pairs = [
            (
                _comes(browser, f"http://127.0.0.1:{door}/class?code={code}"),
                _comes(browser, f"{server.address}/class?code={code}"),
            )
            for _ in range(PAIRS)
        ]
        browser.close()
    named = ("a phone's first page, until a name can be typed", "Join, until its page is there")
    for part, what in enumerate(named):
        ours, plain = (median(pair[way][part] for pair in pairs) for way in (0, 1))
        yield _row(f"{what}, median of {PAIRS}", ours, plain, f"at most {DEMAND:g} s")
    yield _row(f"  all that comes for it: {pairs[0][0][2]:.1f} MB", None, None, "")


def _opened(browser: "Browser", address: str) -> str:
    """Start a class; its code."""
    teacher = browser.new_page()
    teacher.goto(address)
    teacher.get_by_role("button", name="Class", exact=True).click()
    teacher.get_by_role("button", name="Start a class").click()
    code = teacher.locator(".board .code").inner_text()
    teacher.close()
    return code


def _comes(browser: "Browser", address: str) -> tuple[float, float, float]:
    """Seconds until the name can be typed, seconds from Join, and the MB that came."""
    context = browser.new_context(viewport=PHONE)  # type: ignore[arg-type]
    phone = context.new_page()
    received = 0.0

    def came(event: dict[str, float]) -> None:
        nonlocal received
        received += event["encodedDataLength"] / 1e6

    network = context.new_cdp_session(phone)
    network.send("Network.enable")
    network.on("Network.loadingFinished", came)
    begun = time.monotonic()
    phone.goto(address, wait_until="commit")
    name = phone.get_by_label("Your name")
    name.wait_for()
    first = time.monotonic() - begun
    phone.wait_for_timeout(1000 * TYPING)
    name.fill("Ada")
    begun = time.monotonic()
    phone.get_by_role("button", name="Join the class").click()
    phone.get_by_text(re.compile("Hello, Ada")).wait_for()
    joined = time.monotonic() - begun
    context.close()
    return first, joined, received


def _row(what: str, ours: float | None, plain: float | None, demand: str) -> dict[str, str]:
    return {
        "what": what,
        "ours_seconds": "" if ours is None else f"{ours:.2f}",
        "plain_seconds": "" if plain is None else f"{plain:.2f}",
        "ratio": "" if ours is None or plain is None else f"{plain / ours:.2f}",
        "demand": demand,
    }


if __name__ == "__main__":
    for row in rows():
        print(row)
