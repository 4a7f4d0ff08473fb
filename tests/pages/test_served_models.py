"""Embedders and rerankers at an endpoint, on the pages."""

import pytest
from streamlit.testing.v1 import AppTest

from core.lab import Lab
from core.models import endpoints
from core.settings import Endpoint
from tests.pages.conftest import ask, settled, texts
from tests.support.labs import QUESTION

UNKNOWN = "hashing: how far an embedder at an endpoint reads a chunk cannot be known here."


@pytest.fixture
def served(lab: Lab, embedding_server: str) -> None:
    for name, family in (("vectors", "embedder"), ("scores", "reranker")):
        address = f"{embedding_server}/v1"
        added = Endpoint(name=name, address=address, model=name, family=family)  # type: ignore[arg-type]
        endpoints.add(lab.settings, added)


def test_they_are_chosen_in_compare_and_say_what_is_not_known(
    served: None, ready: AppTest, lab: Lab
) -> None:
    ready.session_state["compare.embedder"] = "vectors"
    ready.session_state["compare.reranker"] = "scores"
    ready.run()
    assert ready.selectbox(key="compare.embedder").options == ["hashing", "vectors"]
    ask(ready, QUESTION)
    settled(ready, lab)
    assert not ready.exception
    said = texts(ready)
    assert "How much of a chunk vectors reads cannot be known here" in said
    assert "How much of a chunk scores reads cannot be known here" in said
    assert "1874" in said


def test_a_sweep_may_vary_them_and_the_library_does_not_measure_them(
    served: None, app: AppTest
) -> None:
    app.run()
    app.switch_page("pages/sweep.py").run()
    assert "vectors" in app.multiselect(key="sweep.embedder").options
    assert "scores" in app.multiselect(key="sweep.reranker").options
    app.switch_page("pages/library.py").run()
    assert not app.exception
    assert UNKNOWN in texts(app)
    app.button(key="library.measure").click().run()
    assert not app.exception
