"""Cards in a real browser: studied with the keyboard alone, and made from a paper."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from core.cards.proposals import judged
from core.lab import Lab
from core.settings import SAMPLES, Settings
from core.store import EVERY, Store
from core.types import Span
from tests.e2e.conftest import ANSWER_MS, ready, serving

TWENTY = 20  # new cards a day, unless a learner wishes otherwise


@pytest.fixture(scope="module")
def decks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Lab, str]]:
    """A lab with the sample decks in it, and the address of a server over it."""
    data = tmp_path_factory.mktemp("decks")
    lab = Lab(Settings(data=data))
    for path in sorted((SAMPLES / "decks").glob("*.md")):
        assert list(lab.cards.load(path))
    with serving(data) as address:
        yield lab, address


def test_twenty_cards_with_the_keyboard_alone(page: Page, decks: tuple[Lab, str]) -> None:
    lab, address = decks
    page.goto(f"{address}/cards")
    page.get_by_placeholder("Your name").fill("Ada")
    page.keyboard.press("Enter")
    expect(page.get_by_text(f"{TWENTY} new")).to_be_visible()
    page.mouse.click(5, 400)  # out of the text field
    for left in range(TWENTY, 0, -1):
        expect(page.get_by_text(f"{left} new")).to_be_visible()
        expect(page.get_by_role("button", name="Show the answer")).to_be_visible()
        ready(page)
        page.keyboard.press("Space")
        expect(page.locator(".st-key-card-answer")).to_be_visible()
        expect(page.get_by_role("button", name="Easy")).to_be_visible()
        ready(page)
        page.keyboard.press("4")
    expect(page.get_by_text("Done for today")).to_be_visible()
    log = lab.study.reviews(lab.study.learner("Ada"))
    assert [review.rating for review in log] == [4] * TWENTY
    assert len({review.card_id for review in log}) == TWENTY
    page.keyboard.press("z")
    expect(page.get_by_role("button", name="Show the answer")).to_be_visible()
    assert len(lab.study.reviews(lab.study.learner("Ada"))) == TWENTY - 1


def test_code_tables_and_formulas_are_drawn(page: Page, decks: tuple[Lab, str]) -> None:
    lab, address = decks
    ids = {card.question[:20]: card.id for card in lab.cards.find(EVERY)}
    for beginning, drawn in (
        ("How is a list of wei", "code .token, code span[class]"),
        ("How large is its fil", "table >> text=2,200 MB"),
        ("What is the zero poi", ".katex-display"),
    ):
        page.goto(f"{address}/cards?card={ids[beginning]}")
        page.get_by_role("radio", name="Browse").click()
        expect(page.locator(f".st-key-card-answer >> {drawn}").first).to_be_visible()


def test_a_card_far_down_the_list_opens_in_sight(page: Page, decks: tuple[Lab, str]) -> None:
    page.goto(f"{decks[1]}/cards")
    page.get_by_role("radio", name="Browse").click()
    page.locator(".st-key-cards-list button").nth(23).click()
    expect(page.locator(".st-key-card-question")).to_be_in_viewport(ratio=1)
    expect(page.get_by_role("button", name="Edit")).to_be_in_viewport(ratio=1)


SAID = (
    "Question: How many canaries did the fully fine-tuned model complete?\nAnswer: 6 of the 20",
    "Question: How many sentences did the clinic write that occur nowhere else?\nAnswer: 20",
    "Question: What does membership inference try to find out about a record?\nAnswer: Whether"
    " it was used for training.",
)


def test_three_cards_from_a_paper(browser: Browser, tmp_path: Path) -> None:
    """A person's part of it; what a model writes is put there, as it would be kept."""
    lab = Lab(Settings(data=tmp_path))
    paper = lab.papers.add(SAMPLES / "papers" / "privacy.md").paper
    assert paper
    text = lab.papers.get(paper.id).text
    whole = Span(paper_id=paper.id, start=0, end=len(text))
    proposed = [judged(said, whole, text, "Privacy")[0] for said in SAID]
    for each in proposed:
        assert each.card, each.why
        Store(tmp_path / "triptych.sqlite").cards.propose(each.card)
    with serving(tmp_path) as address:
        page = browser.new_page()
        page.goto(f"{address}/cards")
        page.get_by_role("radio", name="Make").click()
        accept = page.get_by_role("button", name="Accept")
        for left in (3, 2, 1):
            expect(accept).to_have_count(left)
            ready(page)
            accept.first.click()
        expect(accept).to_have_count(0)
        made = lab.cards.find(EVERY)
        assert len(made) == 3
        for card in made:
            page.goto(f"{address}/cards?card={card.id}")
            page.get_by_role("button", name="Show the place in the paper").click()
            expect(page.get_by_role("dialog").locator(".found").first).to_be_visible()
            page.get_by_role("link", name="Open the paper").click()
            assert card.span
            page.wait_for_url(f"**/library?paper={paper.id}&at={card.span.start}-{card.span.end}")
            expect(page.locator(".st-key-paper-text .found").first).to_be_visible()
        page.close()


def test_a_chunk_of_a_comparison_leads_to_proposals_of_the_model(page: Page, address: str) -> None:
    page.goto(address)
    ready(page)
    page.get_by_role("link", name="Make cards").first.click()
    expect(page.get_by_text("of one comparison")).to_be_visible()
    page.goto(address)
    ready(page)
    page.locator('[class*="st-key-chips-"]').first.get_by_role("button").first.click()
    page.get_by_role("link", name="Make cards from it").click()
    expect(page.get_by_text("From one passage")).to_be_visible()
    page.get_by_role("button", name="Propose cards").click()
    expect(page.get_by_text("1 passage of 1 read")).to_be_visible(timeout=ANSWER_MS)
