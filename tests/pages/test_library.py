"""The Library under Streamlit's own test harness."""

from pathlib import Path

from streamlit.testing.v1 import AppTest

from core.lab import Lab
from tests.pages.conftest import texts


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
    app.button(key=f"library.really.{lamp}").click().run()
    assert "1 paper" in texts(app)
    assert "burns whale oil" not in texts(app)
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
