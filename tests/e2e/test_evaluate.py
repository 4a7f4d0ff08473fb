"""From an empty lab to a decision: sample questions, an evaluation, a question that turned, the
memo."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from core.lab import Lab
from core.settings import Settings
from tests.conftest import needs_models
from tests.e2e.conftest import ANSWER_MS, ready, serving

TWO_SIZES = """
chunks = ["300/30", "1600/300"]
candidates = [20]
top_k = [5]
"""


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[str]:
    """The address of a server over a folder that is empty but for a preset."""
    needs_models()
    Lab(Settings(data=tmp_path)).sweeps.presets.save("two-sizes", TWO_SIZES)
    with serving(tmp_path) as address:
        yield address


def test_story_sample_questions_verdict_a_turned_question_and_the_memo(
    empty: str, page: Page
) -> None:
    page.goto(f"{empty}/evaluate")
    ready(page)
    page.get_by_role("button", name="Add the sample papers and their questions").click()
    expect(page.get_by_text("3 questions without gold")).to_be_visible(timeout=ANSWER_MS)
    page.get_by_text("two-sizes", exact=True).click()
    start = page.get_by_role("button", name="Evaluate 2 settings")
    expect(start).to_be_visible()
    start.click()
    page.wait_for_url(lambda url: "evaluation=" in url)
    link = page.url
    page.goto(f"{empty}/library")  # it goes on while the page is left
    ready(page)
    page.goto(link)
    verdict = page.locator(".st-key-evaluate-verdict")
    expect(verdict).to_be_visible(timeout=ANSWER_MS)
    ready(page)
    said = verdict.inner_text()
    expect(page.get_by_text("21 questions with gold").first).to_be_visible()
    expect(page.locator(".js-plotly-plot")).to_have_count(2)

    page.get_by_role("button", name="Export").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Memo (Markdown)").click()
    memo = download.value.path().read_text(encoding="utf-8")
    assert memo.startswith("# Decision memo: two-sizes\n")
    assert said in memo.replace("\\", "")
    page.keyboard.press("Escape")

    turned = page.locator("[class*='st-key-turned-row-'] a").first
    question = turned.inner_text()
    turned.click()
    page.wait_for_url(lambda url: "run=" in url)
    expect(page.get_by_role("textbox", name="Question", exact=True)).to_have_value(question)
    expect(page.get_by_text("only searched: no answer was asked for")).to_have_count(2)
