"""The stories that matter, in a real browser with the packaged models."""

import re
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import (
    ANSWER_MS,
    answer_by,
    answers,
    ask,
    begin,
    done,
    ready,
    serving,
)

QUESTION = "What is the difference between LoRA and QLoRA?"


def test_a_fresh_server_opens_a_deep_link_and_then_a_full_first_screen(
    page: Page, tmp_path: Path
) -> None:
    with serving(tmp_path) as address:
        page.goto(f"{address}/library?paper=0123")
        expect(page.get_by_text("No papers yet")).to_be_visible()
        assert page.url.endswith("/library?paper=0123")
        expect(page.get_by_role("link", name="Compare")).to_be_visible()

        page.goto(address)
        expect(page.get_by_text("recorded with SmolLM2-135M-Instruct")).to_be_visible()
        expect(page.locator(".answer")).to_have_count(3)
        assert all(len(text) > 20 for text in answers(page))


def test_upload_ask_and_see_three_panels(page: Page, address: str, tmp_path: Path) -> None:
    note = tmp_path / "lighthouse.md"
    note.write_text(
        "# The lighthouse of Varn\n\nThe lamp of the lighthouse of Varn was lit for the first time"
        " in 1874 and burns whale oil to this day.\n"
    )
    page.goto(f"{address}/library")
    page.locator("input[type=file]").set_input_files(note)
    expect(page.get_by_text("lighthouse.md: added", exact=False)).to_be_visible()
    page.get_by_role("link", name="Compare").click()
    ready(page)
    answer_by(page, max_tokens=32)
    ask(page, "When was the lamp of the lighthouse of Varn lit for the first time?")
    done(page)
    no_context, retrieved, reranked = answers(page)
    assert "1874" not in no_context
    assert "1874" in retrieved
    assert "1874" in reranked
    chip = page.get_by_role("button", name="The lighthouse of Varn").first
    chip.click()
    card = page.locator('[class*="st-key-chunk-text"]')
    expect(card.get_by_text("burns whale oil to this day").first).to_be_visible()


def test_the_panels_stay_where_they_are_when_the_answers_end(page: Page, address: str) -> None:
    page.goto(address)
    ready(page)
    answer_by(page, generator="endless")
    ask(page, QUESTION)
    chip = page.locator('[class*="st-key-chips-"] button').first
    chip.evaluate("button => button.setAttribute('data-seen', 'before')", timeout=ANSWER_MS)
    page.locator(".st-key-compare-stop button").click()
    done(page)
    expect(chip).to_have_attribute("data-seen", "before")  # not a new one in its place


def test_stop_keeps_what_was_said_and_reload_keeps_everything(page: Page, address: str) -> None:
    page.goto(address)
    ready(page)
    answer_by(page, generator="endless")
    ask(page, QUESTION + " At length?")  # what was stopped is not found again, but asked anew
    expect(page.locator(".answer:not(.waiting)").first).to_be_visible(timeout=ANSWER_MS)
    page.locator(".st-key-compare-stop button").click()
    done(page)
    expect(page.get_by_text("stopped by hand").first).to_be_visible()
    before, url = answers(page), page.url
    assert "run=" in url
    page.reload()
    expect(page.get_by_text("stopped by hand").first).to_be_visible()
    assert page.url == url
    expect(page.locator(".answer")).to_have_count(3)
    assert answers(page) == before


def test_two_browsers_do_not_mix_answers(browser: Browser, address: str) -> None:
    questions = ("What is quantisation?", "Why are attention scores scaled?")
    pages = []
    for _ in questions:
        page = browser.new_context().new_page()
        page.goto(address)
        ready(page)
        answer_by(page, max_tokens=16)
        pages.append(page)
    for page, question in zip(pages, questions, strict=True):
        ask(page, question)
    for page, question in zip(pages, questions, strict=True):
        done(page)
        assert page.get_by_role("textbox", name="Question", exact=True).input_value() == question
    assert pages[0].url != pages[1].url
    for page, question in zip(pages, questions, strict=True):
        first = answers(page)
        page.reload()
        expect(page.get_by_role("textbox", name="Question", exact=True)).to_have_value(question)
        expect(page.locator(".answer")).to_have_count(3)
        assert answers(page) == first
        page.context.close()


def test_one_key_makes_the_page_fit_for_a_projector(page: Page, address: str) -> None:
    page.goto(address)
    ready(page)
    field = page.get_by_role("textbox", name="Question", exact=True)
    navigation = page.get_by_test_id("stTopNav")
    field.press("End")
    field.press("p")  # a letter of the question, and no command
    expect(field).to_have_value(re.compile("p$"))
    expect(navigation).to_be_visible()
    page.locator(".answer").first.click()
    page.keyboard.press("p")
    expect(navigation).to_be_hidden()
    expect(page.get_by_role("button", name="Ask live")).to_be_hidden()
    expect(page.locator(".answer")).to_have_count(3)
    sizes = page.locator(".answer").evaluate_all(
        "answers => answers.map(each => parseFloat(getComputedStyle(each).fontSize))"
    )
    assert min(sizes) >= 22
    page.keyboard.press("p")
    expect(navigation).to_be_visible()


SLOW = "const now = Date.now; let late = 0; Date.now = () => now() + (late += 60)"


def test_a_menu_opens_by_its_arrow_on_a_slow_machine(page: Page, address: str) -> None:
    """60 ms pass between any two looks at the clock: see pages/ui/shared/style.css."""
    page.goto(address)
    ready(page)
    menu = page.get_by_role("button", name="Examples")
    arrow = menu.get_by_test_id("stIconMaterial")
    expect(arrow).to_have_css("pointer-events", "none")
    page.evaluate("() => document.fonts.ready.then(() => null)")  # until then it is a long word
    page.evaluate(SLOW)
    arrow.click(force=True)  # where it is: what is hit there is the button
    expect(page.get_by_test_id("stPopoverBody")).to_be_visible()


def test_a_recorded_run_opens_from_the_menu_and_stays(page: Page, address: str) -> None:
    page.goto(address)
    ready(page)
    page.get_by_role("button", name="Examples").click()
    page.get_by_role("button", name="What does differential privacy promise?").click()
    expect(page.get_by_role("textbox", name="Question", exact=True)).to_have_value(
        "What does differential privacy promise?"
    )
    assert "run=recorded-" in page.url
    ready(page)
    page.locator('[class*="st-key-chips-"]').first.get_by_role("button").first.click()
    page.get_by_role("button", name="Show the page").first.click()
    dialog = page.get_by_role("dialog").filter(has_text="The page")
    expect(dialog.get_by_text("differential privacy").first).to_be_visible()
    expect(page.get_by_role("textbox", name="Question", exact=True)).to_have_value(
        "What does differential privacy promise?"
    )


def test_a_chunk_is_switched_off_and_the_difference_is_marked(page: Page, address: str) -> None:
    page.goto(address)
    ready(page)
    chips = page.locator('[class*="st-key-chips-"]').last
    chips.get_by_role("button").first.click()
    begin(page, page.get_by_role("button", name="Ask again without it"))
    done(page)
    expect(page.locator(".answer")).to_have_count(2)
    expect(page.get_by_role("heading", name="without [1]")).to_be_visible()
    with_it, without = answers(page)
    assert with_it != without
    expect(page.locator(".answer .differs").first).to_be_visible()
    expect(page.locator(".flow .after.off")).to_have_count(1)


def test_the_rank_flow_shows_every_candidate_and_opens_its_page(page: Page, address: str) -> None:
    page.goto(f"{address}/?run=recorded-01")
    ready(page)
    rows = page.locator(".flow button.after")
    expect(rows).to_have_count(20)
    expect(page.locator(".flow .line.used")).to_have_count(3)
    rows.first.click()
    dialog = page.get_by_role("dialog").filter(has_text="The page")
    expect(dialog.get_by_role("img").first).to_be_visible()


def test_a_comparison_is_exported(page: Page, address: str) -> None:
    page.goto(address)
    ready(page)
    page.get_by_role("button", name="Export").click()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="HTML").click()
    text = Path(waiting.value.path()).read_text(encoding="utf-8")
    for answer in answers(page):
        assert answer in text


def test_a_paper_is_searched_and_its_chunks_are_measured(page: Page, address: str) -> None:
    page.goto(f"{address}/library")
    page.get_by_role("button", name="LoRA and QLoRA").first.click()
    field = page.get_by_placeholder("Search in this paper")
    field.fill("low  RANK")
    field.press("Enter")
    page.locator(".st-key-library-matches").get_by_role("button", name="p. 2").click()
    expect(page.locator("mark.here")).to_be_visible()
    assert page.locator("mark.here").inner_text().split() in (["low", "rank"], ["Low", "rank"])
    page.get_by_text("Chunks", exact=True).click()
    expect(page.locator(".lane")).to_have_count(3)
    page.locator(".lane").last.locator(".bar").first.click()
    expect(page.locator(".facts")).to_contain_text("1,600 characters, overlap 300: chunk ")
    assert page.locator(".facts + .text .unseen").inner_text()  # 1600 characters are too long


def test_notes_load_nothing_and_have_their_formulas(
    page: Page, address: str, tmp_path: Path
) -> None:
    note = tmp_path / "note.md"
    note.write_text(
        "# A note for the reader\n\n![a](http://evil.example/a.png) <img src='http://evil.example/b'>"
        " :red[plain] :smile:\n\n```mermaid\nA-->B\n```\n\nIt costs $5, and \\(x_1\\):\n\n"
        "\\[\nE = mc^2\n\\]\n"
    )
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{address}/library")
    page.locator("input[type=file]").set_input_files(note)
    page.get_by_role("button", name="A note for the reader").click()
    shown = page.locator(".st-key-note")
    expect(shown.locator(".katex-display")).to_have_count(1)
    expect(shown.locator(".katex")).to_have_count(2)
    for text in ("![a](http://evil.example/a.png)", "<img src=", ":red[plain]", "costs $5,"):
        expect(shown).to_contain_text(text)
    expect(shown.locator("img")).to_have_count(0)
    expect(shown.locator("code")).to_have_text("A-->B")  # and no diagram
    assert not [url for url in asked if "evil.example" in url]
