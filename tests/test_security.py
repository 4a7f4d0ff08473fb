"""Texts that mean harm, pushed through every way out: none becomes markup, script, an image or a
link that loads by itself, a formula or a path. docs/security.md says what is protected."""

import ast
import csv
import io
import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt
from streamlit.testing.v1 import AppTest

from core import labels
from core.cards import anki, tables
from core.charts.tidy import setting_names
from core.classroom import rules
from core.classroom.lesson import Server
from core.classroom.questions import StudentSearch
from core.codec import from_json
from core.errors import BadInput, TriptychError
from core.history import exports, reports
from core.history.comparisons import Comparisons
from core.history.runs import charts_of
from core.lab import Lab
from core.logs import experiments, retrievals
from core.metrics.memo import _plain
from core.settings import ROOT
from core.store.anki import notes as anki_notes
from core.types import Answer, Card, Comparison, Run, Span, View
from pages.ui.classroom import board as class_board
from pages.ui.classroom import serving
from pages.ui.runs.charts import as_csv
from tests.pages.conftest import _clean_caches, app  # noqa: F401 - fixtures
from tests.support.hostile_texts import NASTY
from tests.support.labs import uploaded

EACH = pytest.mark.parametrize("text", NASTY.values(), ids=NASTY)


def hostile(text: str) -> Comparison:
    """A comparison in which this text stands wherever a text can stand."""
    recorded = Comparisons.recorded()[0]

    def run(old: Run) -> Run:
        hits = tuple(
            replace(hit, title=text, chunk=replace(hit.chunk, text=f"{text} a {text}"))
            for hit in old.candidates
        )
        used = {hit.rank for hit in old.hits}
        assert old.recipe.generation
        return replace(
            old,
            question=text,
            candidates=hits,
            hits=tuple(hit for hit in hits if hit.rank in used),
            messages=tuple(replace(each, content=text) for each in old.messages),
            answer=Answer(text=text, finish_reason="stop", answer_tokens=3, seconds=1.0),
            recipe=replace(
                old.recipe,
                generation=replace(old.recipe.generation, generator=text),
                revisions=((text, text),),
            ),
            engine=text,
            precision=text,
            notes=(text,),
            origin=f"import:{text}",
        )

    return replace(recorded, question=text, runs=tuple(map(run, recorded.runs)))


class Tags(HTMLParser):
    """Every tag, and every attribute with its value."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attributes]


def kinds(markdown: str, html: bool = True) -> set[str]:
    """The kinds of all tokens that a reader of Markdown finds."""
    parser = MarkdownIt("commonmark", {"html": html}).enable(["table", "strikethrough"])
    tokens = parser.parse(markdown)
    return {each.type for token in tokens for each in (token, *(token.children or ()))}


MARKUP = {"image", "link_open", "html_block", "html_inline"}


# Ways out


@EACH
def test_an_exported_comparison_is_what_its_plain_twin_is(text: str) -> None:
    page, twin = Tags(exports.html(hostile(text))), Tags(exports.html(hostile("words")))
    assert page.tags == twin.tags
    assert page.attributes == twin.attributes
    written = exports.markdown(hostile(text))
    assert not kinds(written) & MARKUP
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x1b]", written)
    assert from_json(Comparison, exports.FORMATS["json"](hostile(text))) == hostile(text)


@pytest.mark.parametrize("name", ["script", "ends", "attribute", "image", "turned", "template"])
def test_a_report_is_what_its_plain_twin_is(name: str) -> None:
    def report(text: str) -> Tags:
        from core.charts.tidy import groups

        runs = hostile(text).runs
        charts = charts_of(groups(runs, {})[0].points, "whole answers", "light")
        names = setting_names(run.recipe for run in runs)
        page = reports.write(text, "2026", runs, charts, names, [{"what": text, "n": 1}])
        return Tags(page)

    page, twin = report(NASTY[name]), report("words")
    assert page.tags == twin.tags
    assert [each for each in page.attributes if each[0] != "content"] == [
        each for each in twin.attributes if each[0] != "content"
    ]
    assert page.tags.count("script") == 2


@EACH
def test_a_cell_is_no_formula_and_comes_back(text: str) -> None:
    for row in csv.reader(io.StringIO(as_csv([{text: text, "n": -1}]), newline="")):
        assert not re.match(r"\s*[=+\-@\uff1d]", row[0])
    card = Card(id="a", deck=text, chapter=text, title=text, question=text, answer=text)
    written = tables.write([card])
    for row in csv.reader(io.StringIO(written, newline="")):
        assert not [cell for cell in row if re.match(r"[\t\r\n]|\s*[=+\-@\uff1d]", cell)]
    (back,) = tables.read(written, "x.csv", "x").cards
    assert back == tables.normal(card)


@EACH
def test_an_anki_package_holds_no_tag_of_a_text(text: str) -> None:
    card = Card(id="a", deck="Deck", title=text, background=text, question=text, answer=text)
    data = anki.collection(anki.write([card]), "x", 50_000_000)
    (note,) = anki_notes(data)
    known = {"p", "br", "h1", "hr", "ul", "li", "ol", "blockquote", "pre", "code", "a", "img"}
    for _, field in note.fields:
        page = Tags(field)
        assert set(page.tags) <= known
        for name, value in page.attributes:
            assert name in ("href", "src", "alt", "class", "start")
            assert not value.lower().startswith(("javascript:", "data:", "vbscript:", "file:"))


@EACH
def test_a_log_gives_back_what_went_in(text: str) -> None:
    runs = [run for run in hostile(text).runs if run.answer]
    one_line = " ".join(text.split())
    for run in experiments.read(experiments.write(runs), origin="import:x").runs:
        assert run.question == one_line
        assert run.answer
        assert run.answer.text == text.replace("\r\n", "\n").strip()
    searches = retrievals.read(retrievals.write(runs), origin="import:x")
    assert {run.question for run in searches.runs} == {one_line}


@EACH
def test_a_label_is_letters_alone(text: str) -> None:
    label = labels.escaped(text)
    assert kinds(label) <= {"inline", "paragraph_open", "paragraph_close", "text", "text_special"}
    (inline,) = [token for token in MarkdownIt().parse(label) if token.type == "inline"]
    shown = "".join(child.content for child in inline.children or ())
    assert shown.replace(labels.NOTHING, "") == labels.plain(text)
    assert not re.search(r":(material/|[a-z_]+:)", shown)
    assert not re.search(r"(?<!\\)[$\[:]", label)


@EACH
def test_a_row_of_a_memo_is_a_row(text: str) -> None:
    row = f"| a | b |\n|---|---|\n| {_plain(text)} | 1 |\n"
    assert not kinds(row) & MARKUP
    assert "table_open" in kinds(row)
    assert len(row.splitlines()) == 3


@EACH
def test_a_file_to_download_has_a_name_and_no_path(text: str) -> None:
    name = labels.file_name(text, "cards")
    assert name
    assert len(name) <= labels.LONGEST_NAME
    assert not re.search('[/\\\\:*?"<>|%\x00-\x1f\u202a-\u202e]', name)
    assert not name.startswith((".", "-"))


def test_a_name_of_which_nothing_is_left_has_another() -> None:
    assert labels.file_name("../..", "cards") == "cards"


def test_half_a_character_is_shown_by_a_sign_and_not_kept(lab: Lab) -> None:
    assert labels.escaped("a\ud800b") == "a\ufffdb"
    with pytest.raises(BadInput, match="half a character"):
        lab.questions.mark("When\ud800?", [])


# Pages


def shown(app: AppTest) -> Iterator[str]:  # noqa: F811
    """Everything that a page gives to Streamlit's Markdown."""
    for kind in (
        app.markdown, app.caption, app.info, app.error, app.warning, app.success, app.subheader,
        app.title, app.header,
    ):  # fmt: skip
        yield from (element.value for element in kind)
    yield from (element.label for element in app.button)
    yield from (element.label for element in app.expander)


def harmless(app: AppTest) -> None:  # noqa: F811
    assert not app.exception
    names = [each.value for each in (*app.caption, *app.subheader)]
    for name in (*names, *(each.label for each in app.button)):
        assert "\u202e" not in name
    for text in shown(app):
        assert not kinds(text, html=False) & {"image"}, text
        assert ":material/skull:" not in text.replace("\\", ""), text
        assert not re.search(r"(?<!\\):[a-z-]+\[SKULL", text), text


PAGES = ("compare", "library", "sweep", "evaluate", "runs", "cards", "settings", "classroom")


@pytest.fixture
def filled(lab: Lab, tmp_path: Path) -> Lab:
    """A lab with a paper, a deck, runs and a sweep that all speak ill."""
    everything = "\n\n".join(text for name, text in NASTY.items() if name != "long")
    title = " ".join(everything.split())
    (tmp_path / "nasty.md").write_text(f"# {title[:180]}\n\n{everything}\n")
    assert lab.papers.add(tmp_path / "nasty.md").status == "added"
    span = Span(paper_id=lab.papers.all()[0].id, start=0, end=9)
    for number, text in enumerate(NASTY.values()):
        lab._store.cards.keep(
            [Card(id=f"c{number}", deck=" ".join(text.split())[:300], title=text, span=span,
                  question=text, answer=text, tags=tuple(text.split()[:3]))]
        )  # fmt: skip
    runs = [run for text in NASTY.values() for run in hostile(text).runs]
    kept = [replace(run, id=f"nasty-{number}") for number, run in enumerate(runs)]
    lab.runs.load("![x](http://127.0.0.1:9).txt", experiments.write(kept[:30]).encode())
    lab._store.runs.keep_all(kept)
    return lab


@pytest.mark.parametrize("page", PAGES)
def test_a_page_shows_ill_meaning_texts_as_texts(
    app: AppTest,  # noqa: F811
    filled: Lab,
    page: str,
) -> None:
    app.run()
    app.switch_page(f"pages/{page}.py").run()
    harmless(app)
    if page == "library":
        for row in filled.papers.all():
            app.query_params["paper"] = row.id
            app.run()
            harmless(app)
    if page == "cards":
        app.segmented_control(key="cards.view").set_value("Browse").run()
        for number in range(0, len(NASTY), 5):
            app.query_params["card"] = f"c{number}"
            app.run()
            harmless(app)
    if page == "runs":
        for section in ("Charts", "What went wrong"):
            app.segmented_control(key="runs.section").set_value(section).run()
            harmless(app)
    if page == "compare":
        for number in range(0, len(NASTY) * 3, 7):
            app.query_params["run"] = f"nasty-{number}"
            app.run()
            harmless(app)


@pytest.mark.parametrize(
    "name", ["image", "address", "icon", "colour", "formula", "heading", "turned", "marker"]
)
def test_a_class_shows_ill_meaning_texts_as_texts(
    app: AppTest,  # noqa: F811
    filled: Lab,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    """On a phone, the wall and the teacher's screen, before, during and after a round: the names
    of students, their questions, answers, titles of papers, names of models."""
    text, here = NASTY[name], Server(address="0.0.0.0", port=8501)
    monkeypatch.setattr(serving, "here", lambda: here)
    boards: list[dict[str, Any]] = []
    monkeypatch.setattr(class_board, "_component", lambda **given: boards.append(given["data"]))
    runs = tuple(replace(run, id=f"class-{n}") for n, run in enumerate(hostile(text).runs))
    filled._store.runs.keep_all(runs)
    filled._store.comparisons.keep(replace(hostile(text), id="class", runs=runs))

    classes, questions = filled.classes, filled.classes.questions
    opened, _ = classes.start(here)
    token = classes.join(opened.code, text[: rules.LONGEST_NAME]).token
    questions.pause(opened.id, True)
    for _ in range(2):
        questions.put(classes.screen(opened.code, token), text)
    first = questions.line(opened.id)[0]
    filled._store.classes.mark_question(first.id, "failed", sentence=text)
    found = StudentSearch(question=text, run=runs[-1])
    monkeypatch.setattr(questions, "searched", lambda _token: found)

    def look(page: str, **query: str) -> None:
        app.query_params.clear()
        for key, value in query.items():
            app.query_params[key] = value
        app.switch_page(f"pages/{page}.py").run()
        harmless(app)

    def everywhere() -> None:
        look("classroom", code=opened.code)
        look("classroom", view="wall", **{"class": opened.code})
        look("classroom", code=opened.code, me=token)
        app.segmented_control(key="class.place").set_value("Ask").run()
        harmless(app)
        assert len(app.expander) >= len(runs[-1].hits) > 0
        app.segmented_control(key="class.place").set_value("Vote").run()
        harmless(app)
        app.session_state["frame.teaches"] = opened.id
        look("compare", **{"class": "1"})
        app.session_state["frame.teaches"] = ""

    app.run()
    everywhere()
    shown = classes.begin("class")
    everywhere()
    classes.reveal(shown)
    everywhere()
    answers = [panel["text"] for board in boards for panel in board["panels"]]
    assert text in answers, "as it is: the component sets it as text"


@pytest.mark.parametrize(
    ("page", "name"),
    [
        ("classroom", "code"),
        ("classroom", "me"),
        ("classroom", "class"),
        ("classroom", "view"),
        ("compare", "run"),
        ("library", "paper"),
        ("library", "at"),
        ("sweep", "sweep"),
        ("evaluate", "evaluation"),
        ("runs", "view"),
        ("cards", "card"),
        ("cards", "span"),
        ("cards", "run"),
        ("cards", "deck"),
    ],
)
def test_a_link_with_rubbish_is_a_sentence(
    app: AppTest,  # noqa: F811
    lab: Lab,
    page: str,
    name: str,
) -> None:
    lab._store.cards.keep([Card(id="c", deck="Deck", question="Q?", answer="A.")])
    app.run()
    app.switch_page(f"pages/{page}.py").run()
    paper = lab.papers.all()[0].id
    rubbish = [*NASTY.values(), "", "0", "-1", "a" * 64, f"{paper}:9-3", f"{paper}:0-999999999999"]
    rubbish += ["99999999999999999999-1", "size:x;top_k:9e99", "text:\"*'", "since:1999-99-99"]
    for value in rubbish:
        app.query_params.clear()
        if name == "at":
            app.query_params["paper"] = paper
        if name == "me":
            app.query_params["code"] = "4FKQ9"
        if name == "class":
            app.query_params["view"] = "wall"
        app.query_params[name] = value
        app.run()
        harmless(app)


# Names of files


def test_the_name_of_a_file_never_leads_anywhere(lab: Lab, tmp_path: Path) -> None:
    before = {path for path in tmp_path.rglob("*") if lab.settings.data not in path.parents}
    known = {"papers", "sweeps", "backups", "vectors", "locks"}
    for text in NASTY.values():
        for name in (f"../../../{text[:200]}.md", f"/tmp/{text[:200]}.md", f"..\\{text[:200]}.md"):
            uploaded(lab, name, f"The tide. {name}".encode())
            list(lab.cards.upload(name, io.BytesIO(b"#### A\n:p a?\n??x\n1\nx??\n")))
            with pytest.raises(BadInput):
                lab.sweeps.presets.save(name, "baseline = true\n")
            with pytest.raises(BadInput):
                lab.storage.open(name)
            with pytest.raises(TriptychError):
                lab.runs.load(name, b"no capsule")
    assert before == {p for p in tmp_path.rglob("*") if lab.settings.data not in p.parents}
    for path in lab.settings.data.iterdir():
        assert path.name in known or path.name.startswith("triptych.sqlite")
    for path in (lab.settings.data / "papers").iterdir():
        assert re.fullmatch("[0-9a-f]{64}", path.name)


# The source


SOURCES = [ROOT / "app.py", *(ROOT / "core").rglob("*.py"), *(ROOT / "pages").rglob("*.py")]


def calls(path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """Every call as written, and its named arguments."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            named = {each.arg: ast.unparse(each.value) for each in node.keywords if each.arg}
            yield ast.unparse(node.func), named


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_foreign_is_run(path: Path) -> None:
    """No pickle, no program code of a model, no shell, no HTML from a text."""
    source = path.read_text(encoding="utf-8")
    modules = {
        name.split(".")[0]
        for node in ast.walk(ast.parse(source))
        for name in (
            [each.name for each in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert not modules & {"pickle", "cPickle", "dill", "joblib", "shelve", "marshal", "yaml"}
    for name, named in calls(path):
        assert name not in ("eval", "exec", "compile", "os.system", "os.popen", "torch.load"), name
        assert named.get("trust_remote_code", "False") == "False"
        assert named.get("shell", "False") == "False"
        assert "unsafe_allow_html" not in named
        assert named.get("follow_redirects", "False") == "False"
        if name.endswith(
            ("AutoModelForCausalLM.from_pretrained", "Classification.from_pretrained")
        ):
            assert "**source" in source or named.get("use_safetensors") == "True", path
        if name in ("st.html", "st.iframe", "components.html"):
            assert path.name in ("frame.py", "wall.py", "projector.py"), path


def test_weights_that_are_pickles_are_no_models(tmp_path: Path) -> None:
    import json

    from core.models import weights
    from core.settings import Settings

    folder = tmp_path / "models" / "dense"
    (folder / "2_Dense").mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps({"architectures": ["BertModel"]}))
    kinds_of_parts = [
        "sentence_transformers.models.Transformer",
        "sentence_transformers.models.Dense",
    ]
    (folder / "modules.json").write_text(json.dumps([{"type": kind} for kind in kinds_of_parts]))
    (folder / "tokenizer.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(b"")
    (folder / "2_Dense" / "pytorch_model.bin").write_bytes(b"")

    def model() -> object:
        settings = Settings(models=tmp_path / "models", hub_cache=tmp_path / "none")
        found = weights.models(settings, "embedder", "float32")
        return next(each for each in found if each.name == "dense")

    assert "not in safetensors" in model().reason  # type: ignore[attr-defined]
    (folder / "2_Dense" / "model.safetensors").write_bytes(b"")
    assert model().available  # type: ignore[attr-defined]


def test_a_page_is_served_to_this_machine_alone() -> None:
    import tomllib

    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())
    assert config["server"]["address"] == "127.0.0.1"
    assert config["server"]["headless"], "else a page may have Streamlit write files"
    assert config["client"]["showErrorDetails"] == "none"
    assert config["browser"]["gatherUsageStats"] is False
    for option in ("enableXsrfProtection", "enableCORS", "enableStaticServing", "enableAgentApi"):
        assert option not in config["server"], "as Streamlit has them: on, on, off, off"


def test_past_runs_export_for_everyone(filled: Lab) -> None:
    for kind in ("report", "runs", "log", "retrieval-log", "capsule"):
        assert filled.runs.written(kind, View())
