"""Screenshots of all pages, in every width and both themes: `make shots`.

A real server over the sample corpus, a real browser. Everything goes to build/shots; those that
the README shows are copied to docs/shots.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, sync_playwright

from core.lab import Lab
from core.settings import ROOT, Settings
from tests.e2e.conftest import CHROMIUM, QUIET, READY, serving

SIZES = {"wide": (1920, 1080), "projector": (1280, 720), "narrow": (400, 800)}
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
SHOWN = (
    "compare-projector-light",
    "compare-projector-dark",
    "library-projector-light",
    "ruler-projector-light",
)


def main() -> None:
    every, shown = ROOT / "build/shots", ROOT / "docs/shots"
    every.mkdir(parents=True, exist_ok=True)
    shown.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        samples = sorted((ROOT / "data/samples/papers").iterdir())
        command = [sys.executable, "-m", "core", "add", *map(str, samples)]
        environment = os.environ | {"TRIPTYCH_DATA": folder}
        subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, check=True)
        (paper, *_) = [row for row in Lab(Settings(data=data)).papers.all() if row.kind == "pdf"]
        pages = {"compare": "", "library": f"library?paper={paper.id}"}
        pages |= {page: page for page in ("sweep", "evaluate", "runs", "cards", "settings")}
        with serving(data) as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
            for page, path in pages.items():
                shoot(browser, page, f"{address}/{path}", every)
            shoot(browser, "ruler", f"{address}/library?paper={paper.id}", every, press="Chunks")
            shoot(browser, "charts", f"{address}/runs", every, press="Charts")
    for name in SHOWN:
        shutil.copy(every / f"{name}.png", shown)


def shoot(browser: Browser, name: str, url: str, folder: Path, press: str = "") -> None:
    """One screenshot a size and theme; `press` is a word on the page that is clicked before."""
    for size, (width, height) in SIZES.items():
        for theme in THEMES:
            context = browser.new_context(
                viewport={"width": width, "height": height}, color_scheme=theme
            )
            page = context.new_page()
            page.goto(url)
            page.wait_for_selector(READY)
            if press:
                page.get_by_text(press, exact=True).click()
            page.wait_for_timeout(1500)  # fonts and images
            page.screenshot(path=folder / f"{name}-{size}-{theme}.png")
            context.close()


if __name__ == "__main__":
    main()
