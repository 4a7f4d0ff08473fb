"""The Library under Streamlit's own test harness."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from threading import Event

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.charts import SETTINGS
from core.lab import Lab
from core.types import Chunking, Span
from pages.ui.library import chunk_ruler
from pages.ui.shared import frame
from tests.backends.embedders.hashing import HashingEmbedder
from tests.pages.conftest import marked, texts
from tests.support import pdfs
from tests.support.documents import pptx
from tests.support.sweeps import WAIT

NOTE = """# Costs

It costs $5, and \\(x_1\\) is free.

## More

![a picture](http://evil.example/a.png) :red[no colour]
"""


def opened(app: AppTest, lab: Lab, path: Path) -> str:
    """The page with this file's paper open; returns the paper's id."""
    added = lab.papers.add(path)
    assert added.paper
    app.run()
    app.switch_page("pages/library.py")
    app.query_params["paper"] = added.paper.id
    app.run()
    assert not app.exception
    return added.paper.id


@pytest.fixture
def note(tmp_path: Path) -> Path:
    path = tmp_path / "costs.md"
    path.write_text(NOTE)
    return path


@pytest.fixture
def two_pages(tmp_path: Path) -> Path:
    path = tmp_path / "two.pdf"
    path.write_bytes(pdfs.pdf(pdfs.text("The first page"), pdfs.text("a second PAGE here")))
    return path


def test_smoke(app: AppTest) -> None:
    app.run()
    app.switch_page("pages/library.py").run()
    assert not app.exception
    assert "2 papers" in texts(app)


def test_story_read_remove_and_add_again(app: AppTest, lab: Lab, tmp_path: Path) -> None:
    app.run()
    app.switch_page("pages/library.py").run()
    (lamp,) = (row.id for row in lab.papers.all() if row.source == "lamp.md")
    app.query_params["paper"] = lamp
    app.run()
    assert "burns whale oil" in texts(app)
    app.button(key=f"library.remove.{lamp}").click().run()
    assert "1 paper" in texts(app)
    assert "burns whale oil" not in texts(app)
    assert ":material/check: Removed: **" in texts(app)
    lab.papers.add(tmp_path / "lamp.md")
    app.run()
    assert "2 papers" in texts(app)


def test_an_upload_is_kept_and_a_bad_one_stays_listed(app: AppTest, lab: Lab) -> None:
    app.run()
    app.switch_page("pages/library.py").run()
    app.file_uploader(key="library.upload.0").set_value(
        [
            ("new.md", b"# Fog\n\nFog at Varn.", "text/markdown"),
            ("bad.pdf", b"no", "application/pdf"),
        ]
    ).run()
    app.session_state["library.upload"].join()
    app.run()
    assert not app.exception
    assert len(lab.papers.all()) == 3
    assert "new\\.md: added, **Fog**" in texts(app)
    assert "bad\\.pdf" in texts(app)
    app.button(key="library.dismiss.0").click().run()
    assert "bad" not in texts(app)


def test_an_empty_library_offers_the_samples(app: AppTest, lab: Lab) -> None:
    for row in lab.papers.all():
        lab.papers.remove(row.id)
    app.run()
    app.switch_page("pages/library.py").run()
    app.button(key="library.samples").click().run()
    assert len(lab.papers.all()) == 6


def test_a_name_full_of_markup_stays_a_name(app: AppTest, lab: Lab, tmp_path: Path) -> None:
    odd = tmp_path / "![x](http:__evil.example_a.png) :red[$x$] <b>.md"
    odd.write_text("Nothing to see.")
    lab.papers.add(odd)
    app.run()
    app.switch_page("pages/library.py").run()
    assert "![x]" not in texts(app)
    assert "\\!\\[x\\]" in texts(app)


def test_notes_are_rendered_and_their_text_is_shown_raw(app: AppTest, lab: Lab, note: Path) -> None:
    opened(app, lab, note)
    assert "It costs \\$5, and $x_1$ is free." in texts(app)
    assert "!\\[a picture](http://evil.example/a.png) \\:red[no colour]" in texts(app)
    app.segmented_control(key="library.view.markdown").set_value("Text that is searched").run()
    (shown,) = marked(app)
    assert "".join(piece["text"] for piece in shown) == NOTE


def test_a_search_counts_and_leads_to_the_page(app: AppTest, lab: Lab, two_pages: Path) -> None:
    paper_id = opened(app, lab, two_pages)
    assert "The first page" in texts(app)
    app.text_input(key=f"library.find.{paper_id}").set_value("page").run()
    assert "2 matches." in texts(app)
    (second,) = (button for button in app.button if button.label.startswith("p. 2"))
    assert second.label == "p. 2 · The first page a second **PAGE** here"
    second.click().run()
    assert not app.exception
    assert app.number_input(key=f"library.page.{paper_id}").value == 2
    app.text_input(key=f"library.find.{paper_id}").set_value("no such words").run()
    assert "does not stand in its text" in texts(app)


def test_a_match_in_a_running_head_leads_to_its_page(
    app: AppTest, lab: Lab, tmp_path: Path
) -> None:
    path = tmp_path / "three.pdf"
    words = ("The first lamp.", "Another one.", "The last of all.")
    heads = [pdfs.text(f"Journal of Lamps {n}", size=8, top=285) for n in (1, 2, 3)]
    path.write_bytes(pdfs.pdf(*[h + pdfs.text(w) for h, w in zip(heads, words, strict=True)]))
    paper_id = opened(app, lab, path)
    assert "In the margin, searched but in no chunk: Journal of Lamps 1" in texts(app)
    app.text_input(key=f"library.find.{paper_id}").set_value("Lamps 3").run()
    (match,) = (button for button in app.button if button.label.startswith("p. 3"))
    match.click().run()
    assert not app.exception
    assert app.number_input(key=f"library.page.{paper_id}").value == 3
    assert "could not be found on the page's image" not in texts(app)


def test_a_paper_has_the_whole_width_until_the_list_is_asked_for(
    app: AppTest, lab: Lab, two_pages: Path
) -> None:
    opened(app, lab, two_pages)
    assert "The first page" in texts(app)
    assert "3 papers" not in texts(app)
    app.toggle(key="library.list").set_value(True).run()
    assert "The first page" in texts(app)
    assert "3 papers" in texts(app)


def test_slides_are_turned_like_pages(app: AppTest, lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "talk.pptx").write_bytes(pptx(("Tides", "The moon pulls."), ("Winds", "A gale.")))
    paper_id = opened(app, lab, tmp_path / "talk.pptx")
    assert "The moon pulls." in texts(app)
    app.number_input(key=f"library.page.{paper_id}").set_value(2).run()
    assert "# Winds\n\nA gale." in texts(app)
    assert "PowerPoint" in texts(app)


def test_what_could_not_be_read_is_counted(app: AppTest, lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "one.txt").write_bytes("Größe und Übung, ".encode() + b"\xe9")
    opened(app, lab, tmp_path / "one.txt")
    assert "1 character could not be read" in texts(app)


def test_a_link_opens_the_page_of_a_place_once(app: AppTest, lab: Lab, two_pages: Path) -> None:
    paper_id = opened(app, lab, two_pages)
    start = lab.papers.get(paper_id).text.index("PAGE")
    app.query_params["at"] = f"{start}-{start + 4}"
    app.run()
    page = f"library.page.{paper_id}"
    assert app.number_input(key=page).value == 2
    app.number_input(key=page).set_value(1).run()
    assert app.number_input(key=page).value == 1
    app.query_params["at"] = "5-99999"
    app.run()
    assert "does not lie in this paper" in texts(app)


def test_a_place_that_cannot_be_marked_is_said(
    app: AppTest, lab: Lab, two_pages: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paper_id = opened(app, lab, two_pages)
    image = lab.papers.page_image(lab.papers.get(paper_id), 1)
    lost = replace(image, unmarked=((0, 3),))
    assert "could not be found on the page's image" not in texts(app)
    monkeypatch.setattr(lab.papers, "page_image", lambda *_: lost)
    app.text_input(key=f"library.find.{paper_id}").set_value("page").run()
    assert "could not be found on the page's image" in texts(app)


def test_languages_and_pages_without_text_are_listed(
    app: AppTest, lab: Lab, tmp_path: Path
) -> None:
    path = tmp_path / "half.pdf"
    path.write_bytes(pdfs.pdf(pdfs.text("123 456"), ""))
    lab.papers.add(path)
    app.run()
    app.switch_page("pages/library.py").run()
    assert "PDF · language unknown · 2 pages" in texts(app)
    assert "page 2 holds no text to search" in texts(app)
    assert "Markdown · English · 1 page" in texts(app)


def test_the_chunks_of_a_page_are_measured(app: AppTest, lab: Lab, two_pages: Path) -> None:
    opened(app, lab, two_pages)
    app.segmented_control(key="library.view.pdf").set_value("Chunks").run()
    assert not app.exception
    (table,) = app.dataframe
    assert list(table.value["setting"]) == [
        "800 characters, overlap 100",
        "1,200 characters, overlap 200",
        "1,600 characters, overlap 300",
    ]
    assert list(table.value["chunks"]) == [2, 2, 2]
    app.button(key="library.more").click().run()
    assert "headings: 800 characters" not in texts(app)
    assert len(app.dataframe[0].value) == 4
    app.number_input(key="library.cut.0.overlap").set_value(900).run()
    assert "The overlap is 900" in texts(app)
    assert len(app.dataframe[0].value) == 3
    app.selectbox(key="library.cut.0.chunker").set_value("pages").run()
    assert "whole pages" in list(app.dataframe[0].value["setting"])


def test_the_whole_library_is_measured_when_asked(app: AppTest, lab: Lab) -> None:
    app.run()
    app.switch_page("pages/library.py").run()
    assert not app.metric
    app.button(key="library.measure").click().run()
    assert [metric.value for metric in app.metric] == ["0.0 %"] * 3
    assert "of the text; 0 of 2 chunks too long" in texts(app)


def test_a_setting_keeps_its_colour_when_another_is_left_out(
    app: AppTest, lab: Lab, two_pages: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[tuple[object, ...]] = []
    monkeypatch.setattr(chunk_ruler, "rulers", lambda *what: drawn.append(what))
    opened(app, lab, two_pages)
    app.segmented_control(key="library.view.pdf").set_value("Chunks").run()
    app.number_input(key="library.cut.0.overlap").set_value(900).run()
    _, start, end, names, colours, _, _, _ = drawn[-1]
    assert (start, end) == (0, 16)
    assert names == ["1,200 characters, overlap 200", "1,600 characters, overlap 300"]
    assert colours == list(SETTINGS[1:3])


def test_a_bar_says_what_the_embedder_reads(lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "long.txt").write_text(" ".join(f"{n:04d}" for n in range(300)))
    added = lab.papers.add(tmp_path / "long.txt")
    assert added.paper
    cut = lab.ruler.cut(added.paper.id, Chunking(chunker="pages"), "hashing")
    chunk = cut.chunks[0].chunk
    bar = chunk_ruler._bar(cut, 1, chunk, 0, 1499, [])
    assert bar["read"] is None
    assert bar["left"] == 0
    assert bar["width"] == 1
    assert bar["hidden"] == 220 / 1499
    assert bar["facts"] == (
        "chunk 1 of 1, 1,499 characters, 300 tokens; the embedder reads 256 tokens,"
        " 1,279 characters"
    )
    assert [(len(each["text"]), each["kinds"]) for each in bar["pieces"]] == [
        (1279, []),
        (220, ["unseen"]),
    ]
    # Of a place that holds only its end, all is hatched.
    assert chunk_ruler._bar(cut, 1, chunk, 1400, 1499, [])["hidden"] == 1


def test_the_ruler_says_which_gold_lies_whole_in_a_chunk(lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "long.txt").write_text(" ".join(f"{n:04d}" for n in range(300)))
    added = lab.papers.add(tmp_path / "long.txt")
    assert added.paper
    cut = lab.ruler.cut(added.paper.id, Chunking(chunker="words", size=100, overlap=0), "hashing")
    assert cut.within(0, 1499)[0][1].chunk.end == 499
    gold = [Span(paper_id=added.paper.id, start=start, end=start + 9) for start in (10, 495)]
    alone = {number: each.chunk for number, each in enumerate(cut.chunks, 1)}
    lane = chunk_ruler._lane(cut, alone, 0, 1499, gold)
    assert lane["summary"] == "3 chunks here, 1 of 2 gold passages whole in one chunk"
    bar = chunk_ruler._bar(cut, 1, alone[1], 0, 1499, gold)
    assert [each["text"] for each in bar["pieces"] if each["label"]] == ["0002 0003", "0099"]
    paper = lab.papers.get(added.paper.id)
    read = lab.ruler.passage(paper, cut, 2, "window:1")
    assert (read.start, read.end) == (0, 1499)
    bar = chunk_ruler._bar(cut, 2, read, 0, 1499, gold)
    assert bar["read"] == {"left": 0, "width": 1}
    assert bar["facts"].endswith("; 1,499 characters are read")
    matched = "".join(each["text"] for each in bar["pieces"] if "matched" in each["kinds"])
    assert matched == cut.chunks[1].chunk.text


def test_what_is_made_ready_is_said_in_a_line_that_can_be_stopped(
    app: AppTest, lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    warm = Lab(replace(lab.settings, warm=True))
    monkeypatch.setattr(frame, "open_lab", lambda: warm)
    reached, on = Event(), Event()
    embed = HashingEmbedder.embed

    def held(self: HashingEmbedder, passages: Sequence[str], *, query: bool = False) -> np.ndarray:
        reached.set()
        assert on.wait(WAIT)
        return embed(self, passages, query=query)

    monkeypatch.setattr(HashingEmbedder, "embed", held)
    app.run()
    app.switch_page("pages/library.py").run()
    assert reached.wait(WAIT)
    app.run()
    assert "Embedding new papers" in texts(app)
    job = warm.readiness.job
    assert job
    app.button(key="stop.readiness").click().run()
    on.set()
    assert job.join(WAIT)
    app.run()
    assert "Embedding new papers" not in texts(app)
