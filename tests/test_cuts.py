"""How papers are cut is kept: nothing is cut twice, and nothing stale is believed."""

from pathlib import Path
from typing import Any

import pytest

from core import chunkers
from core.chunkers import recursive
from core.errors import BadInput, TriptychError
from core.lab import Lab
from core.models import Models
from core.papers import Papers
from core.retrieval import Finder
from core.retrieval.cuts import Cuts
from core.store import Store
from core.tasks import result_of
from core.types import Chunk, Chunking, Retrieval
from tests.support.labs import QUESTION, RECIPE, asked, everything

WAY = Chunking(size=40, overlap=0)


class Counted:
    """How often papers are cut, and which are loaded."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.cut: list[str] = []
        self.loaded: list[str] = []
        cut, load = chunkers.cut, Papers._get

        def counting(paper: Any, *arguments: Any) -> Any:
            self.cut += [paper.id] if paper.id != "probe" else []
            return cut(paper, *arguments)

        def loading(papers: Papers, paper_id: str) -> Any:
            self.loaded.append(paper_id)
            return load(papers, paper_id)

        monkeypatch.setattr(chunkers, "cut", counting)
        monkeypatch.setattr(Papers, "_get", loading)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counted:
    return Counted(monkeypatch)


def cuts(lab: Lab) -> Cuts:
    """Those of a new process."""
    store = Store(lab.settings.data / "triptych.sqlite")
    return Cuts(store, Papers(lab.settings, store), Models(lab.settings))


def chunks(lab: Lab, way: Chunking = WAY) -> list[Chunk]:
    kept = cuts(lab)
    found = result_of(kept.of(way, everything(lab)))
    return [chunk for paper, some in found.items() for chunk in kept.chunks(paper, some)]


def expected(lab: Lab, way: Chunking = WAY) -> list[Chunk]:
    papers = map(lab.papers.get, everything(lab))
    return [chunk for paper in papers for chunk in chunkers.cut(paper, way)]


def test_papers_are_cut_once_and_for_all_processes(lab: Lab, counted: Counted) -> None:
    assert chunks(lab) == expected(lab)
    counted.cut.clear()
    assert chunks(lab)
    assert counted.cut == []
    chunks(lab, Chunking(size=60, overlap=0))
    assert len(counted.cut) == 2


def test_only_a_new_paper_is_cut(lab: Lab, tmp_path: Path, counted: Counted) -> None:
    chunks(lab)
    (tmp_path / "new.txt").write_text("The third note says that the light was white.")
    new = lab.papers.add(tmp_path / "new.txt").paper
    assert new
    counted.cut.clear()
    assert [chunk.paper_id for chunk in chunks(lab)].count(new.id) == 2
    assert counted.cut == [new.id]


def test_what_cuts_otherwise_cuts_anew(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    before = chunks(lab)
    with monkeypatch.context() as patch:
        patch.setattr(recursive, "spans", lambda text, *_: [(0, len(text))])
        assert len(chunks(lab)) == 2 < len(before)
    assert chunks(lab) == before
    monkeypatch.setattr(chunkers, "sources", lambda: "another file")
    assert chunks(lab) == before


def test_a_paper_takes_its_cuts_along(lab: Lab) -> None:
    chunks(lab)
    gone, stays = everything(lab)
    lab.papers.remove(gone)
    rows = Store(lab.settings.data / "triptych.sqlite").database.rows("SELECT paper_id FROM cuts")
    assert [row["paper_id"] for row in rows] == [stays]
    with pytest.raises(BadInput, match="no paper"):
        result_of(cuts(lab).of(WAY, [gone]))


def test_cuts_of_another_text_are_not_believed(lab: Lab) -> None:
    before = chunks(lab)
    store = Store(lab.settings.data / "triptych.sqlite")
    with store.database.writing() as connection:
        connection.execute("UPDATE papers SET body = replace(body, 'Varn', 'Verl')")
    with pytest.raises(TriptychError, match="ask again"):
        chunks(lab)
    assert [len(chunk.text) for chunk in chunks(lab)] == [len(chunk.text) for chunk in before]
    assert any("Verl" in chunk.text for chunk in chunks(lab))


def test_a_search_loads_the_papers_in_which_something_is_found(lab: Lab, counted: Counted) -> None:
    run = asked(lab, [RECIPE]).runs[0]
    counted.cut.clear()
    counted.loaded.clear()
    again = Lab(lab.settings)
    found = again.answering.search(QUESTION + " ", RECIPE, everything(lab))
    assert found.candidates == run.candidates
    assert counted.cut == []
    assert set(counted.loaded) == {hit.chunk.paper_id for hit in found.candidates}


def test_counting_tokens_needs_no_model_for_what_is_cut(lab: Lab) -> None:
    way = Chunking(chunker="tokens", size=8, overlap=0, tokenizer="hashing")
    assert not cuts(lab).ready(way, everything(lab))
    before = chunks(lab, way)
    kept = cuts(lab)
    kept._models = Models(lab.settings)
    assert kept.ready(way, everything(lab))
    assert chunks(lab, way) == before


def test_what_a_cell_says_of_papers_is_read_once_and_only_of_those_that_are_here(
    lab: Lab, counted: Counted
) -> None:
    store = Store(lab.settings.data / "triptych.sqlite")
    papers = Papers(lab.settings, store)
    finder = Finder(lab.settings, store, papers, Models(lab.settings))
    wanted = Retrieval(retriever="bm25")
    (searched,) = result_of(finder.search([QUESTION], WAY, wanted, everything(lab)))
    first = finder.evidence(WAY, wanted, searched, None)
    papers.get.cache_clear()  # as when thousands of others were read meanwhile
    counted.loaded.clear()
    assert finder.evidence(WAY, wanted, searched, None) == first
    assert first.hits
    assert counted.loaded == []
    lab.papers.remove(first.hits[0].chunk.paper_id)
    with pytest.raises(BadInput, match="no paper"):
        finder.evidence(WAY, wanted, searched, None)
