"""Past runs: brought in, selected, and sent out again."""

import gzip
import json
import re
import statistics
from dataclasses import replace
from operator import itemgetter
from pathlib import Path

import pytest

from core.errors import BadInput, OutOfSpace
from core.history import GRID_ID, capsules, reports
from core.history.capsules import Capsule
from core.history.comparisons import Comparisons
from core.history.runs import GOLD, PastRuns
from core.lab import Lab
from core.logs import experiments
from core.settings import Settings
from core.store import Store
from core.sweeps.presets import Answers, Preset
from core.types import Question, Retrieval, Run, Span
from core.types.view import View
from tests.support.logs import EXPERIMENT, RETRIEVAL
from tests.support.sweeps import planned

ALL = View()


@pytest.fixture
def empty(tmp_path: Path) -> Lab:
    return Lab(Settings(data=tmp_path / "empty"))


@pytest.fixture
def filled(empty: Lab) -> Lab:
    empty.runs.take_in_recorded()
    empty.runs.load("small.txt", EXPERIMENT.encode())
    empty.runs.load("search.txt", RETRIEVAL.encode())
    return empty


def test_runs_come_with_their_sweep_or_not_at_all(
    empty: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a kill between the two."""

    def gone(*_: object) -> None:
        raise OutOfSpace("The disk is full.")

    with monkeypatch.context() as patch:
        patch.setattr(PastRuns, "_keep_sweep", gone)
        with pytest.raises(OutOfSpace):
            empty.runs.take_in_recorded()
        with pytest.raises(OutOfSpace):
            empty.runs.load("small.txt", EXPERIMENT.encode())
    assert empty.runs.count(ALL) == 0
    empty.runs.take_in_recorded()
    empty.runs.load("small.txt", EXPERIMENT.encode())
    assert len(empty.runs.sweeps()) == 3


def test_the_recorded_runs_are_taken_in_once(empty: Lab) -> None:
    empty.runs.take_in_recorded()
    empty.runs.take_in_recorded()
    cells = {row.id: (row.origin, row.done, row.cells) for row in empty.runs.sweeps()}
    grid, indexes = (24 * 13, 24 * 8)
    assert cells == {
        GRID_ID: ("recorded", grid, grid),
        "recorded-indexes": ("recorded", indexes, indexes),
    }
    assert empty.runs.count(ALL) == grid + indexes
    compared = {run.id for comparison in Comparisons.recorded() for run in comparison.runs}
    assert compared < {cell.run_id for cell in empty.sweeps.cells(GRID_ID)}


def test_on_the_sample_papers_approximate_search_finds_what_exact_search_finds() -> None:
    _, recorded = Comparisons.recorded_sweeps()
    found: dict[str, list[tuple[str, int, int, list[Span]]]] = {"exact": [], "chroma": []}
    for run in recorded.runs:
        evidence = run.recipe.evidence
        assert isinstance(evidence, Retrieval)
        hits = [hit.chunk.span for hit in run.hits]
        found[evidence.index].append((run.question, run.recipe.chunking.size, evidence.top_k, hits))
    assert len(found["exact"]) == 24 * 4
    key = itemgetter(0, 1, 2)
    assert sorted(found["exact"], key=key) == sorted(found["chroma"], key=key)


def test_a_log_is_imported_once(empty: Lab) -> None:
    first = empty.runs.load("folder/small.txt", EXPERIMENT.encode())
    assert (first.runs, first.known, first.repaired, first.dropped) == (4, 0, 0, ())
    again = empty.runs.load("renamed.txt", EXPERIMENT.encode())
    assert (again.runs, again.known) == (4, 4)
    assert empty.runs.count(ALL) == 4
    assert {row.origin for row in empty.runs.rows(ALL)} == {"import:small.txt"}


def test_an_imported_log_is_a_sweep(filled: Lab) -> None:
    *_recorded, row = filled.runs.sweeps()  # it says no time
    assert (row.name, row.origin, row.status) == ("small", "import:small.txt", "done")
    assert (row.questions, row.settings, row.done) == (1, 4, 4)
    assert filled.runs.count(View(sweep=row.id)) == 4
    filled.runs.load("small.txt", EXPERIMENT.encode())
    assert len(filled.runs.sweeps()) == 3


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize(("text", "kind"), [(EXPERIMENT, "log"), (RETRIEVAL, "retrieval-log")])
def test_a_log_is_read_in_its_encoding_and_as_what_it_is(
    empty: Lab, text: str, kind: str, encoding: str
) -> None:
    text = text.replace("?", " the café’s Größe – 3 µm?")
    made = empty.runs.load("old.txt", text.replace("\n", "\r\n").encode(encoding))
    assert (made.kind, made.repaired, made.dropped) == (kind, 0, ())
    assert empty.runs.written(kind, ALL).decode() == text


def test_an_imported_log_keeps_its_order_and_says_no_time(filled: Lab) -> None:
    text = EXPERIMENT + EXPERIMENT.replace("When", "Why").replace("1874", "vain")
    made = filled.runs.load("two.txt", text.encode())
    rows = filled.runs.rows(View().choosing("origin", ("import:two.txt",)))
    assert tuple(row.id for row in rows) == made.run_ids[4:]  # four were here
    assert {run.at for run in filled.runs.runs(made.run_ids)} == {""}
    assert filled.runs.rows(ALL)[0].at  # runs with a time come first


def test_imported_runs_never_answer(filled: Lab, tmp_path: Path) -> None:
    store = Store(tmp_path / "empty" / "triptych.sqlite")
    for row in filled.runs.rows(ALL):
        (run,) = filled.runs.runs([row.id])
        assert store.runs.for_key(run.key) is None


@pytest.mark.parametrize("content", [b"Nothing of the kind.", b"\x1f\x8bno capsule", b"\0\1"])
def test_a_file_of_another_kind_is_one_sentence(empty: Lab, content: bytes) -> None:
    with pytest.raises(BadInput):
        empty.runs.load("note.txt", content)
    assert empty.runs.count(ALL) == 0


def test_a_selection_is_judged_and_measured(filled: Lab) -> None:
    selection = filled.runs.select(View().choosing("origin", ("import:small.txt",)))
    assert len(selection.runs) == 4
    assert selection.held == ["whole answers", "words said once"]
    assert {name for had in selection.measures.values() for name in had} == {
        "cut off",
        "whole answers",
        "words said once",
    }
    assert filled.runs.select(View(text="1874"), most=1).left_out == 1


def searched(lab: Lab, text: str, spans: tuple[Span, ...], *, held_out: bool = False) -> float:
    """What a search of everything found of a question's gold; -1 where that is not measured."""
    lab.questions.keep(Question(text=text, gold=spans), held_out=held_out)
    preset = Preset(name="one", embedder=("hashing",), candidates=(2,), top_k=(2,))
    sweep_id = lab.sweeps.start(planned(lab, preset, (text,)))
    assert lab.sweeps.wait(sweep_id, 30)
    selection = lab.runs.select(View(sweep=sweep_id))
    (measured,) = selection.measures.values()
    return measured.get(GOLD, -1.0)


def test_gold_recall_is_measured_where_there_is_gold(lab: Lab) -> None:
    here = lab.papers.all()[0].id
    inside = (Span(paper_id=here, start=0, end=8),)
    assert searched(lab, "Where?", inside) == 1.0
    assert searched(lab, "Elsewhere?", (Span(paper_id="f" * 64, start=0, end=8),)) == -1.0
    assert searched(lab, "Set aside?", inside, held_out=True) == -1.0
    # Gold that is marked after the search is measured too.
    view = View(question="Later?")
    preset = Preset(name="one", embedder=("hashing",), candidates=(2,), top_k=(2,))
    sweep_id = lab.sweeps.start(planned(lab, preset, ("Later?",)))
    assert lab.sweeps.wait(sweep_id, 30)
    assert lab.runs.select(view).held == []
    lab.questions.keep(Question(text="Later?", gold=inside))
    assert lab.runs.select(view).held == [GOLD]


def test_noise_is_what_seeds_alone_change(lab: Lab) -> None:
    answers = Answers(generator=("echo",), max_tokens=(4,), temperature=(0.0, 0.7), seed=(0, 1, 2))
    preset = Preset(
        name="seeds", embedder=("hashing",), candidates=(2,), top_k=(1,), answers=answers
    )
    sweep_id = lab.sweeps.start(planned(lab, preset, ("What burns?",)))
    assert lab.sweeps.wait(sweep_id, 30)
    selection = lab.runs.select(View(sweep=sweep_id))
    sampled = [run.id for run in selection.runs if run.recipe.generation.temperature]  # type: ignore[union-attr]
    values = dict(zip(sampled, (0.2, 0.4, 0.9), strict=True))
    selection.__dict__["measures"] = {
        run.id: {"good": values.get(run.id, 0.0)} for run in selection.runs
    }
    points = selection.groups[0].points
    noise = selection.noise(points, "good")
    assert noise
    assert (noise.repeated, noise.times) == (1, 3)
    assert noise.deviation == pytest.approx(statistics.stdev([0.2, 0.4, 0.9]))
    assert selection.noise(points[:1], "good") is None


def test_a_selection_sees_what_came_later(empty: Lab) -> None:
    assert empty.runs.select(ALL).runs == ()
    empty.runs.take_in_recorded()
    assert empty.runs.select(ALL).runs


def test_logs_are_written_as_they_were_read(filled: Lab) -> None:
    only = View().choosing("origin", ("import:small.txt",))
    text = filled.runs.written("log", only).decode()
    read = experiments.read(text, origin="import:small.txt")
    assert {run.id for run in read.runs} == {row.id for row in filled.runs.rows(only)}
    searches = View().choosing("origin", ("import:search.txt",))
    assert filled.runs.written("retrieval-log", searches).decode() == RETRIEVAL


def test_all_fields_as_json_lines(filled: Lab) -> None:
    lines = filled.runs.written("runs", ALL).decode().splitlines()
    assert len(lines) == filled.runs.count(ALL)
    assert set(json.loads(lines[0])) == set(Run.__slots__)


def test_nothing_to_write_is_one_sentence(empty: Lab) -> None:
    with pytest.raises(BadInput, match="nothing to write"):
        empty.runs.written("runs", ALL)


def test_a_capsule_opens_in_an_empty_lab(filled: Lab, tmp_path: Path) -> None:
    *_recorded, sweep = filled.runs.sweeps()
    assert "<h1>small</h1>" in filled.runs.written("report", View(sweep=sweep.id)).decode()
    packed = filled.runs.written("capsule", View(sweep=sweep.id))
    other = Lab(Settings(data=tmp_path / "other"))
    made = other.runs.load("lesson.capsule", packed)
    assert (made.runs, made.known) == (4, 0)
    here, there = filled.runs.runs(made.run_ids), other.runs.runs(made.run_ids)
    assert [replace(run, origin="") for run in there] == [replace(run, origin="") for run in here]
    assert {run.origin for run in there} == {"import:lesson.capsule"}
    (row,) = other.runs.sweeps()
    assert (row.id, row.origin, row.done) == (sweep.id, "import:lesson.capsule", 4)
    assert other.comparisons.comparison(made.run_ids[0]).runs[0].imported


def test_recorded_runs_in_a_capsule_keep_their_chunks(filled: Lab, tmp_path: Path) -> None:
    packed = filled.runs.written("capsule", View().choosing("origin", ("recorded",)))
    other = Lab(Settings(data=tmp_path / "other"))
    made = other.runs.load("c.capsule", packed)
    assert any(run.hits and run.hits[0].chunk.text for run in other.runs.runs(made.run_ids))


def test_a_capsule_holds_each_set_of_papers_once(filled: Lab) -> None:
    (run, *_) = filled.runs.select(View().choosing("origin", ("recorded",))).runs
    papers = tuple(f"{n:064x}" for n in range(50))
    runs = tuple(replace(run, id=f"r{n}", paper_ids=papers) for n in range(3))
    packed = capsules.write(Capsule(name="n", at="2026", runs=(*runs, replace(run, paper_ids=()))))
    assert gzip.decompress(packed).count(papers[-1].encode()) == 1
    assert [each.paper_ids for each in capsules.read(packed).runs] == [papers, papers, papers, ()]


def test_a_capsule_is_the_same_bytes_again() -> None:
    runs = experiments.read(EXPERIMENT, origin="x").runs
    capsule = Capsule(name="n", at="2026", runs=runs)
    assert capsules.write(capsule) == capsules.write(capsule)
    assert capsules.read(capsules.write(capsule)) == capsule


def packed(*lines: str) -> bytes:
    return gzip.compress("\n".join(lines).encode(), mtime=0)


HEAD = json.dumps({"format": "triptych capsule", "version": 1})


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "not whole"),
        (b"PK\x03\x04", "no capsule"),
        (packed("{}"), "no capsule"),
        (packed("[1]"), "no capsule"),
        (packed(HEAD.replace("1", "3")), "newer Triptych"),
        (packed(HEAD, "{}"), "Line 2"),
        (packed(HEAD[:-1] + ', "sweep": {"id": 1}}'), "sweep"),
        (packed(HEAD[:-1] + ', "searched": [1]}'), "papers"),
        (packed(HEAD)[:-12], "not whole"),
    ],
)
def test_a_damaged_capsule_is_one_sentence(content: bytes, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        capsules.read(content)


def test_a_capsule_of_great_size_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capsules, "MOST_BYTES", 1_000_000)
    with pytest.raises(BadInput, match="more than 1 MB"):
        capsules.read(gzip.compress(b" " * 2_000_000))


def test_a_report_holds_everything_and_asks_for_nothing(filled: Lab) -> None:
    page = filled.runs.written("report", ALL).decode()
    assert len(page) < 8_000_000
    beside_plotly = page.replace(reports_plotly(), "")
    assert not re.search(r"""(src|href)\s*=|@import|url\(""", beside_plotly)
    assert "<h1>Past runs</h1>" in page
    assert "In 1874 [1]." in page
    assert "SmolLM2-135M-Instruct" in page
    assert "Reranking changes" in page
    assert "transformers" in page  # what computed it


def reports_plotly() -> str:
    from plotly.offline import get_plotlyjs

    return str(get_plotlyjs())


def test_no_text_in_a_report_becomes_html() -> None:
    evil = "</script><script>alert(1)</script><img src=x onerror=alert(2)>"
    (run, *_) = experiments.read(EXPERIMENT.replace("In 1874.", evil), origin=evil).runs
    run = replace(run, question=evil, notes=(evil,), engine=evil)
    page = reports.write(evil, evil, [run], [], {run.recipe.key: evil}, [{"what": evil}])
    assert "alert(1)</script>" not in page.replace(reports_plotly(), "")
    assert "<img" not in page.replace(reports_plotly(), "")
