"""A sweep that is started, left, watched from elsewhere, stopped and resumed."""

from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page, expect

from core.lab import Lab
from core.settings import Settings
from tests.e2e.conftest import ANSWER_MS, answer_by, answers, ask, done, ready

QUESTIONS = "How big is the adapter that the clinic trained?\nWhat is quantisation?"
# As the demo preset, with answers of a third of its length.
BRIEF = """
baseline = true
chunks = ["500/50", "800/100"]
reranker = ["none", "ms-marco-MiniLM-L-12-v2"]
candidates = [20]
top_k = [3]

[answers]
passages = ["best-first"]
max_tokens = [32]
"""


def start(page: Page, address: str) -> str:
    """Start the brief preset with two questions; the address of the sweep."""
    page.goto(f"{address}/sweep")
    ready(page)
    page.get_by_text("brief", exact=True).click()
    ready(page)
    page.get_by_label("Questions", exact=True).fill(QUESTIONS)
    page.get_by_label("Questions", exact=True).press("Control+Enter")
    expect(page.get_by_role("button", name="Start 10 runs")).to_be_enabled()
    page.get_by_role("button", name="Start 10 runs").click()
    page.wait_for_url(lambda url: "sweep=" in url)
    return page.url


# How far apart the words of a chosen value and what they stand on are, in light (WCAG): 1 to 21.
CONTRAST = """(tag) => {
  const light = (colour) => {
    const parts = colour.match(/[0-9.]+/g).slice(0, 3).map((each) => each / 255);
    const linear = parts.map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  };
  const words = getComputedStyle(tag.firstElementChild).color;
  const both = [light(words), light(getComputedStyle(tag).backgroundColor)];
  return (Math.max(...both) + 0.05) / (Math.min(...both) + 0.05);
}"""


def test_chosen_values_can_be_read_in_both_themes(browser: Browser, address: str) -> None:
    themes: tuple[Literal["light", "dark"], ...] = ("light", "dark")
    for theme in themes:
        page = browser.new_page(color_scheme=theme)
        page.goto(f"{address}/sweep")
        ready(page)
        tag = page.locator("[data-tag]").first
        expect(tag).to_be_visible()
        assert tag.evaluate(CONTRAST) > 4.5
        page.close()


def test_story_start_leave_watch_ask_stop_and_resume(
    browser: Browser, address: str, data: Path
) -> None:
    Lab(Settings(data=data)).sweeps.presets.save("brief", BRIEF)
    third = browser.new_context().new_page()
    third.goto(address)
    ready(third)
    answer_by(third, max_tokens=16)

    first = browser.new_context().new_page()
    url = start(first, address)
    expect(first.locator(".st-key-sweep-stop")).to_be_visible()
    first.context.close()  # the tab is closed; it goes on

    second = browser.new_context().new_page()
    second.goto(url)
    expect(second.get_by_text("of 10 runs").first).to_be_visible()
    expect(second.locator(".js-plotly-plot")).to_be_visible()

    ask(third, "What does differential privacy promise?")
    done(third)
    assert all(answers(third))
    third.context.close()

    stop = second.locator(".st-key-sweep-stop button")
    expect(stop).to_be_visible()  # the question was answered before the sweep's end
    stop.click()
    expect(second.locator(".st-key-sweep-resume button")).to_be_visible(timeout=60_000)
    second.locator(".st-key-sweep-resume button").click()
    expect(second.get_by_text("done · 10 of 10 runs")).to_be_visible(timeout=ANSWER_MS)

    ready(second)
    square = second.locator(".js-plotly-plot .points path").nth(1).bounding_box()
    assert square
    second.mouse.click(square["x"] + square["width"] / 2, square["y"] + square["height"] / 2)
    second.wait_for_url("**run=**")
    assert all(answers(second))
    second.get_by_role("link", name="The sweep").click()
    expect(second.get_by_text("done · 10 of 10 runs")).to_be_visible()
    second.context.close()
