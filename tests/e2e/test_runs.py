"""Past runs in a real browser: searched, drawn, and reached again by the link."""

from playwright.sync_api import Page, expect

from core.charts.level_names import LABELS, cell
from tests.e2e.conftest import ready


def test_a_large_map_is_scrolled_on_a_telephone_and_not_squeezed(address: str, page: Page) -> None:
    page.set_viewport_size({"width": 420, "height": 800})
    page.goto(f"{address}/runs")
    page.get_by_text("312 runs, newest first").wait_for()
    ready(page)
    page.get_by_text("Charts", exact=True).click()
    page.get_by_text("Reranking changes").first.wait_for()
    wide = page.locator('[class*="st-key-scrolled-"]')
    expect(wide.locator(".js-plotly-plot")).to_have_count(2)
    ready(page)
    for place in wide.all():
        assert place.evaluate("(place) => place.scrollWidth") >= LABELS + 12 * cell(12)
    assert page.locator(".stMain").evaluate("(main) => main.scrollWidth") == 420


def test_what_is_looked_at_is_one_link(address: str, page: Page) -> None:
    page.goto(f"{address}/runs")  # on a fresh server a deep link goes through the front door
    page.get_by_text("312 runs, newest first").wait_for()
    ready(page)
    page.get_by_label("Words in questions and answers").fill("bulletin")
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "text:bulletin" in url or "text%3Abulletin" in url)
    page.get_by_text("Charts", exact=True).click()
    page.get_by_text("Reranking changes").first.wait_for()
    ready(page)
    link = page.url
    page.goto(f"{address}/library")
    ready(page)
    page.goto(link)
    page.get_by_text("newest first").wait_for()
    found = page.get_by_label("Words in questions and answers")
    expect(found).to_have_value("bulletin")
    assert page.get_by_text("312 runs, newest first").count() == 0
