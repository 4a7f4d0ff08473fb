"""Gold in a real browser: marked with mouse and keyboard, listed, and shown where it was found."""

from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from core.lab import Lab
from core.settings import SAMPLES, Settings
from core.store import Scope
from tests.e2e.conftest import ready, serving

# Behind letters beyond the 16 bits that a browser counts in: the paper's formulas have some.
PASSAGE = "With two matrices in each of 12 layers"
OTHER = "Rank 2, on the other hand, was too small"
SHORT = "4 and 64"

BOX = """([text, phrase]) => {
  const walk = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
  const at = text.textContent.indexOf(phrase);
  const range = document.createRange();
  let seen = 0;
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    const end = seen + node.data.length;
    if (seen <= at && at < end) range.setStart(node, at - seen);
    if (seen < at + phrase.length && at + phrase.length <= end)
      range.setEnd(node, at + phrase.length - seen);
    seen = end;
  }
  text.scrollIntoView({ block: "center" });
  text.scrollTop += range.getBoundingClientRect().top - text.getBoundingClientRect().top - 60;
  const boxes = [...range.getClientRects()].filter((box) => box.width > 1);
  const [first, last] = [boxes[0], boxes[boxes.length - 1]];
  return [
    [first.left + 0.5, first.top + first.height / 2],
    [last.right - 0.5, last.top + last.height / 2],
  ];
}"""

# How many rows of the rank flow end above the line that cuts them off.
CUT = """(flow) => {
  const cut = flow.querySelector(".cut").getBoundingClientRect().top;
  const rows = [...flow.querySelectorAll(".after")];
  return rows.filter((row) => row.getBoundingClientRect().bottom < cut + 1).length;
}"""


def ends(page: Page, phrase: str) -> list[tuple[float, float]]:
    """Where on the screen a phrase begins and ends."""
    text = page.locator(".text.page").element_handle()
    found: list[tuple[float, float]] = page.evaluate(BOX, [text, phrase])
    return found


def drag(page: Page, phrase: str) -> None:
    start, end = ends(page, phrase)
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(*end, steps=8)
    page.mouse.up()
    expect(page.get_by_role("textbox", name="Question", exact=True)).to_be_focused()


def test_two_questions_are_marked_and_one_is_shown(browser: Browser, tmp_path: Path) -> None:
    lab = Lab(Settings(data=tmp_path))
    for path in sorted((SAMPLES / "papers").iterdir()):
        lab.papers.add(path)
    paper = next(row for row in lab.papers.all() if row.source == "lora-and-qlora.pdf")
    text = lab.papers.get(paper.id).text
    (recorded, *_) = lab.comparisons.recorded()
    with serving(tmp_path) as address:
        page = browser.new_page(viewport={"width": 1280, "height": 720})
        page.goto(f"{address}/library?paper={paper.id}")
        page.locator(".text.page").wait_for()  # a server just started, and a page's image
        ready(page)
        expect(page.get_by_text("Select a passage of the text")).to_be_visible()

        drag(page, PASSAGE)
        page.keyboard.type(recorded.question)  # holds r and c, which are keys of the page elsewhere
        page.keyboard.press("Enter")
        expect(page.locator(".st-key-gold-said")).to_contain_text("Kept")
        gold = page.locator("mark.gold")
        expect(gold).to_have_text([PASSAGE])

        start, end = ends(page, OTHER)
        page.mouse.click(*start)
        page.keyboard.down("Shift")
        page.mouse.click(*end)
        page.keyboard.up("Shift")
        expect(page.get_by_role("textbox", name="Question", exact=True)).to_be_focused()
        page.keyboard.type("Why not rank 2?")
        page.keyboard.press("Tab")
        page.keyboard.type("It was too small.")
        page.keyboard.press("Enter")
        expect(page.get_by_text("2 questions with gold in this paper")).to_be_visible()
        expect(gold).to_have_text([PASSAGE, OTHER])

        drag(page, SHORT)
        page.get_by_role("button", name="Add it to “Why not rank 2?”").click()
        expect(page.locator(".st-key-gold-said")).to_contain_text("it has 2 passages now")
        expect(gold).to_have_text([SHORT, PASSAGE, OTHER])
        drag(page, "the learning rate")
        page.keyboard.press("Escape")
        expect(page.get_by_role("textbox", name="Question", exact=True)).to_be_hidden()

        first, second = (kept.question for kept in lab.questions.all())
        assert [text[span.start : span.end] for span in first.gold] == [PASSAGE]
        assert [text[span.start : span.end] for span in second.gold] == [OTHER, SHORT]
        assert (second.text, second.reference) == ("Why not rank 2?", "It was too small.")

        page.goto(address)
        expect(
            page.get_by_text("is among the candidates, rank 5, cut off at top 3")
        ).to_be_visible()
        expect(page.get_by_text("The gold passage was found, rank 1.")).to_be_visible()
        expect(page.locator(".flow .line.gold")).to_have_count(1)
        expect(page.locator(".flow .after.used .gold-word")).to_have_text("gold")
        assert page.locator(".flow").evaluate(CUT) == 3
        page.locator('[class*="st-key-chips-"]').last.get_by_role("button").first.click()
        expect(page.locator('[class*="st-key-chunk-text"] mark.gold').first).to_be_visible()
        page.keyboard.press("Escape")
        page.get_by_role("button", name="Make a card of it").click()
        page.get_by_role("link", name="Judge under Cards").click()
        expect(page.get_by_text(recorded.question)).to_be_visible()
        page.get_by_role("button", name="Accept").click()
        expect(page.get_by_role("button", name="Accept")).to_have_count(0)
        assert [card.question for card in lab.cards.find(Scope())] == [recorded.question]
        page.close()
