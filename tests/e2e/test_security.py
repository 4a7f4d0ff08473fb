"""A browser over texts that mean harm: it runs nothing of them, and calls nobody."""

from pathlib import Path

import pytest
from playwright.sync_api import Dialog, Page, expect

from core.lab import Lab
from core.settings import Settings
from core.types import Card
from tests.e2e.conftest import READY, serving
from tests.support.hostile_texts import NASTY

PROBE = "http://127.0.0.1:9/"  # nobody answers there; every call to it is seen


@pytest.fixture
def hostile_data(tmp_path: Path) -> Path:
    lab = Lab(Settings(data=tmp_path, models=tmp_path / "models"))
    everything = "\n\n".join(text for name, text in NASTY.items() if name != "long")
    hidden = (
        f"| a | b |\n|---|---|\n| `a | ![x]({PROBE}cell.png) | b` |\n\n"
        f"> ```\n![x]({PROBE}fence.png)\n\n"
        f"```m&#101;rmaid\ngraph TD\nA[<img src={PROBE}diagram.png>]\n```\n"
    )
    title, text = " ".join(everything.split())[:180], f"{everything}\n\n{hidden}"
    (tmp_path / "nasty.md").write_text(f"# {title}\n\n{text}")
    assert lab.papers.add(tmp_path / "nasty.md").status == "added"
    deck = f"![x]({PROBE}deck.png) :smile:"
    card = Card(id="c", deck=deck, title=text, question=text, answer=text)
    lab._store.cards.keep([card])
    return tmp_path


def test_no_page_runs_or_loads_what_a_text_says(page: Page, hostile_data: Path) -> None:
    called: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: called.append(request.url))

    def answered(dialog: Dialog) -> None:
        said.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", answered)
    (paper,) = Lab(Settings(data=hostile_data)).papers.all()
    with serving(hostile_data) as address:
        for path in (
            "", f"?run=![x]({PROBE}run.png)", "library", f"library?paper={paper.id}",
            "cards?card=c",
            f"runs?view=![x]({PROBE}view.png)", f"sweep?sweep=![x]({PROBE}sweep.png)", "runs",
            "settings",
        ):  # fmt: skip
            page.goto(f"{address}/{path}")
            page.wait_for_selector(READY)
            expect(page.locator("h1, h2, h3, p").first).to_be_visible()
            page.wait_for_timeout(500)
            if path == "runs":
                table = page.locator('[data-testid="stDataFrame"]').first
                table.hover()
                expect(page.get_by_label("Search").last).to_be_visible()
                download = page.locator('button[aria-label^="Download as CSV"]').first
                expect(download).to_be_attached()
                expect(download).to_be_hidden()
            if path == "cards?card=c":
                expect(page.locator(".st-key-card-answer")).to_contain_text("alert(1)")
                expect(page.get_by_text("😄")).to_have_count(0)
    assert not [url for url in called if url.startswith(PROBE)]
    assert not said
