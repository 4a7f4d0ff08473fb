"""Pages under Streamlit's own test harness, over small real backends."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.lab import Lab
from core.settings import ROOT
from pages.ui.shared import frame

SECONDS = 20


@pytest.fixture(autouse=True)
def _clean_caches() -> Iterator[None]:
    st.cache_resource.clear()
    st.cache_data.clear()
    yield
    st.cache_resource.clear()
    st.cache_data.clear()


@pytest.fixture
def app(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The app over the lab with two notes; start from app.py, as a browser does."""
    monkeypatch.setattr(frame, "open_lab", lambda: lab)
    monkeypatch.setattr(frame, "from_outside", lambda: False)  # no browser, so no headers
    return AppTest.from_file(str(ROOT / "app.py"), default_timeout=SECONDS)


@pytest.fixture
def ready(app: AppTest) -> AppTest:
    """On Compare, with the chips set to the small backends."""
    app.run()
    app.session_state["compare.overlap"] = 20
    app.session_state["compare.candidates"] = 2
    app.session_state["compare.top_k"] = 1
    app.session_state["compare.embedder"] = "hashing"
    app.session_state["compare.reranker"] = "word-overlap"
    app.session_state["compare.generator"] = "echo"
    return app.run()


def ask(app: AppTest, question: str) -> None:
    app.text_input(key="compare.question").set_value(question)
    app.button(key="compare.ask").click().run()


def settled(app: AppTest, lab: Lab) -> None:
    """Let what was asked come to its end, and draw the page again."""
    live = lab.answering.live(app.query_params["run"])
    if live:
        live.join()
    app.run()


def texts(app: AppTest) -> str:
    """All that captions, Markdown, alerts and marked texts say, in one string; refusals as they
    are read."""
    kinds = (app.caption, app.markdown, app.info, app.subheader, app.text)
    said = [element.value for kind in kinds for element in kind]
    said += [re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", element.value) for element in app.error]
    return "\n".join([*said, *("".join(piece["text"] for piece in text) for text in marked(app))])


def marked(app: AppTest) -> list[list[dict[str, Any]]]:
    """The pieces of every marked text on the page (pages/ui/shared/highlighted_text.py)."""
    drawn = [json.loads(each.proto.json) for each in app.get("bidi_component")]
    return [data["pieces"] for data in drawn if "pieces" in data]


def places(app: AppTest) -> dict[str, tuple[int, ...]]:
    """Where each widget stands in the page, by its key. One that moves, or of which something
    around it moves, is built anew by the browser, and what is being typed into it is lost."""

    def inside(block: Any, path: tuple[int, ...]) -> Iterator[tuple[str, tuple[int, ...]]]:
        for index, child in block.children.items():
            if hasattr(child, "children"):
                yield from inside(child, (*path, index))
            elif key := getattr(child, "key", None):
                yield key, (*path, index)

    return dict(inside(app.main, ()))
