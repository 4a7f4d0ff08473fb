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

# What the browser shows as selected; null where some of it is no text of the paper.
SEEN = """(text) => {
  const shadowRoots = [text.getRootNode()];
  const [range] = document.getSelection().getComposedRanges({ shadowRoots });
  if (!text.contains(range.startContainer) || !text.contains(range.endContainer)) return null;
  const place = document.createRange();
  place.setStart(range.startContainer, range.startOffset);
  place.setEnd(range.endContainer, range.endOffset);
  return place.toString().trim();
}"""

# Whether it has stayed so for some frames: the browser scrolls while a hand rests outside.
AT_REST = f"""([text, side]) => {{
  const below = text.scrollHeight - text.clientHeight - text.scrollTop;
  const left = {{ above: text.scrollTop, below: below - 1 }}[side] ?? 0;
  const seen = left > 0 ? null : ({SEEN})(text);
  window.frames_alike = seen && seen === window.seen ? window.frames_alike + 1 : 0;
  window.seen = seen;
  return window.frames_alike > 9;
}}"""

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


def pulled_out(page: Page, phrase: str, side: str) -> tuple[str, str]:
    """What is seen while a hand that pressed where a phrase begins is outside of the text, on a
    side of it, and what the form is for once it lets go."""
    (x, y), _ = ends(page, phrase)
    text = page.locator(".text.page")
    box = text.bounding_box()
    assert box
    right, bottom = box["x"] + box["width"], box["y"] + box["height"]
    to = {
        "left": (box["x"] - 60, y + 30),
        "right": (right + 20, y + 30),
        "above": (x + 90, box["y"] - 15),
        "below": (x + 90, bottom + 15),
    }[side]
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(*to, steps=8)
    page.wait_for_function(AT_REST, arg=[text.element_handle(), side])
    seen = text.evaluate(SEEN)
    page.mouse.up()
    expect(page.get_by_role("textbox", name="Question", exact=True)).to_be_focused()
    chosen = "".join(page.locator(".text.page .chosen").all_text_contents()).strip()
    said = page.locator(".ask .extent").inner_text()
    assert said.endswith(f" · {len(chosen):,} characters")
    assert said.startswith(f"“{chosen.split()[0]} ")
    page.keyboard.press("Escape")
    return seen, chosen


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
        listed = page.get_by_text("2 questions with gold in this paper")
        expect(listed).to_be_visible()
        expect(page.get_by_text("Why not rank 2?", exact=True)).to_be_hidden()
        expect(gold).to_have_text([PASSAGE, OTHER])

        drag(page, SHORT)
        page.get_by_role("button", name="Also needed for “Why not rank 2?”").click()
        expect(page.locator(".st-key-gold-said")).to_contain_text("it has 2 passages now")
        expect(gold).to_have_text([SHORT, PASSAGE, OTHER])
        for side in ("left", "right", "above", "below"):
            seen, chosen = pulled_out(page, OTHER, side)
            assert seen == chosen, side
            assert chosen.startswith(OTHER[:6]) == (side != "above")
        drag(page, "the learning rate")
        page.keyboard.press("Escape")
        expect(page.get_by_role("textbox", name="Question", exact=True)).to_be_hidden()

        first, second = (kept.question for kept in lab.questions.all())
        assert [text[span.start : span.end] for span in first.gold] == [PASSAGE]
        assert [text[span.start : span.end] for span in second.gold] == [OTHER, SHORT]
        assert (second.text, second.reference) == ("Why not rank 2?", "It was too small.")

        page.goto(f"{address}/?run={recorded.id}")
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
