"""A real server and a real browser. Skips loudly where there is no Chromium."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from core.settings import ROOT
from tests.conftest import needs_models
from tests.support.servers import running

CHROMIUM = (
    shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
)
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
ANSWER_MS = 600_000  # of several stories that ask at once on two cores
expect.set_options(timeout=30_000)  # milliseconds; a busy machine draws a page in more than five
READY = '[data-testid="stApp"][data-test-script-state="notRunning"]'


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "e2e" in item.path.parts:
            item.add_marker(pytest.mark.e2e)
            if not CHROMIUM:
                item.add_marker(pytest.mark.skip(reason="NO BROWSER: install chromium to run this"))


@contextmanager
def serving(data: Path, **environment: str) -> Iterator[str]:
    """A fresh server over a data folder; yields its address."""
    with running(data, **environment) as server:
        yield server.address


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the sample corpus in it."""
    needs_models()
    folder = tmp_path_factory.mktemp("data")
    samples = sorted((ROOT / "data/samples/papers").iterdir())
    subprocess.run(
        [sys.executable, "-m", "core", "add", *map(str, samples)],
        cwd=ROOT,
        env=os.environ | {"TRIPTYCH_DATA": str(folder)},
        stdout=subprocess.DEVNULL,
        check=True,
    )
    return folder


@pytest.fixture(scope="session")
def address(data: Path, openai_server: str) -> Iterator[str]:
    """A server over the sample corpus, where the packaged model answers by choice; besides there is
    a generator "endless", which answers until it is stopped."""
    (data / "defaults.json").write_text('{"generator": "SmolLM2-135M-Instruct"}')
    with serving(data, TRIPTYCH_ENDPOINTS=f"endless={openai_server}#endless") as address:
        yield address


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    page = context.new_page()
    page.set_default_timeout(30_000)
    yield page
    context.close()


def ready(page: Page) -> None:
    """Wait until the script has run through."""
    page.wait_for_selector(READY)


def answer_by(page: Page, *, generator: str = "", max_tokens: int = 0) -> None:
    """Choose on Compare who answers, and how much."""
    page.locator(".st-key-compare-generation button").click()
    for key, value in (("generator", generator), ("max_tokens", str(max_tokens or ""))):
        if value:
            field = page.locator(f".st-key-compare-{key} input")
            field.fill(value)
            field.press("Enter")
    chosen = f"{generator} · " if generator else f"· {max_tokens} tokens"
    expect(page.locator(".st-key-compare-generation button").first).to_contain_text(chosen)
    page.keyboard.press("Escape")
    ready(page)


def ask(page: Page, question: str) -> None:
    """Type a question, press Ask, and wait until its own panels are on screen."""
    page.get_by_role("textbox", name="Question", exact=True).fill(question)
    begin(page, page.get_by_role("button", name="Ask live"))


def begin(page: Page, button: Locator) -> None:
    """Press what asks, and wait until the panels of that question are on screen: under way, or
    answered already."""
    before = page.url
    button.click()
    page.wait_for_url(lambda url: url != before and "run=" in url)
    # Between the address and its panels the page rests for a moment, with those of before on it.
    asked = parse_qs(urlsplit(page.url).query)["run"][0]
    page.locator(f'[class*="st-key-said-{asked}-"]').first.wait_for()
    ready(page)


def done(page: Page) -> None:
    """Wait until all panels have ended."""
    expect(page.locator(".st-key-compare-progress")).to_have_count(0, timeout=ANSWER_MS)
    ready(page)


def answers(page: Page) -> list[str]:
    """The texts of the three panels."""
    return [panel.inner_text() for panel in page.locator(".answer").all()]
