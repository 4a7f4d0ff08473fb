"""The Library in a real browser: many files dropped at once, and papers that go and come back."""

import base64
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import ready, serving

# What a drop of files from a folder looks like to the page.
DROP = """
files => {
  const dropped = new DataTransfer();
  for (const [name, data] of files) {
    const bytes = Uint8Array.from(atob(data), letter => letter.charCodeAt(0));
    dropped.items.add(new File([bytes], name));
  }
  const zone = document.querySelector('[data-testid="stFileUploaderDropzone"]');
  for (const type of ['dragenter', 'dragover', 'drop'])
    zone.dispatchEvent(new DragEvent(type, {dataTransfer: dropped, bubbles: true}));
}
"""


def drop(page: Page, files: dict[str, bytes]) -> None:
    encoded = [[name, base64.b64encode(data).decode()] for name, data in files.items()]
    page.wait_for_selector('[data-testid="stFileUploaderDropzone"]')
    page.evaluate(DROP, encoded)


def test_many_files_dropped_with_a_broken_one_and_a_removal_undone(
    browser: Browser, tmp_path: Path
) -> None:
    notes = {f"note{n}.md": f"# Note {n}\n\nWhat it says, {n}.".encode() for n in range(12)}
    with serving(tmp_path) as address:
        page = browser.new_page(viewport={"width": 1280, "height": 720}, color_scheme="dark")
        page.goto(f"{address}/library")
        expect(page.get_by_text("No papers yet")).to_be_visible()
        drop(page, {"broken.pdf": b"%PDF-1.4 cut off", **notes})
        expect(page.get_by_text("12 added, 1 failed")).to_be_visible()
        expect(page.get_by_text("broken.pdf", exact=False)).to_have_count(1)
        expect(page.get_by_role("heading", name="12 papers")).to_be_visible()

        page.get_by_role("textbox", name="Words in titles and texts").fill("Note 1")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="3 of 12 papers")).to_be_visible()
        page.get_by_role("button", name="Select all 3 found").click()
        page.get_by_role("button", name="Remove 3").click()
        expect(page.get_by_text("Removed: 3 papers")).to_be_visible()
        assert "papers=text%3ANote" in page.url
        page.get_by_role("button", name="Undo").click()
        expect(page.get_by_role("heading", name="3 of 12 papers")).to_be_visible()

        # What was found is what a question is asked of.
        page.get_by_role("link", name="Compare").click()
        page.get_by_role("button", name="All 12 papers").click()
        dialog = page.get_by_role("dialog")
        # Dialogs stand beside the app in the document; their colours are those of its theme too.
        expect(dialog).to_have_css("color-scheme", "dark")
        search = dialog.get_by_role("textbox", name="Words in titles and texts")
        search.fill("Note 1")
        search.press("Enter")
        page.get_by_role("button", name="Choose all 3 found").click()
        page.get_by_role("button", name="Done").click()
        expect(page.get_by_role("button", name="3 of 12 papers")).to_be_visible()
        ready(page)
        page.close()
