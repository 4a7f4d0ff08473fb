"""One palette for everything that is shown, and browser parts that lie in files of their own."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.charts import palette
from core.settings import ROOT

FILES = [
    path
    for folder in ("core", "pages")
    for path in sorted((ROOT / folder).rglob("*"))
    if path.suffix in (".py", ".css", ".js", ".html")
]
PYTHON = [ROOT / "app.py", *(path for path in FILES if path.suffix == ".py")]
HEX = re.compile(r"#[0-9a-fA-F]{6}\b")
MOST_LINES = 20
BROWSER = re.compile(  # a declaration or a rule of CSS, a statement of JavaScript
    r"^\s*(?:[\w-]+:[^;]*;|[^{}]*\{+(?:.*\}+)?|\}+\)*;?|(?:const|let|if|for|return)\b.*;)\s*$"
)


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", FILES, ids=named)
def test_colours_are_those_of_the_palette(path: Path) -> None:
    if path != Path(palette.__file__):
        assert HEX.findall(path.read_text("utf-8")) == []


def test_every_colour_that_css_names_is_in_the_palette_or_beside_it() -> None:
    given = set(re.findall(r"--([\w-]+):", palette.custom_properties()))
    for path in FILES:
        if path.suffix in (".css", ".html"):
            css = path.read_text("utf-8")
            here = set(re.findall(r"--([\w-]+):", css))
            wanted = set(re.findall(r"var\(--([\w-]+)", css))
            theirs = {name for name in wanted if name.startswith("st-")}
            by_script = {"row", "cut"}  # set on an element by the component's script
            assert wanted - theirs - given - here <= by_script, path


def test_the_theme_wears_the_palette() -> None:
    wanted = {
        "primaryColor": palette.PRIMARY,
        "backgroundColor": palette.GROUND,
        "textColor": palette.INK,
        "borderColor": palette.HAIRLINE,
        "grayColor": palette.ARM_COLOURS["no_context"],
        "blueColor": palette.ARM_COLOURS["retrieved"],
        "orangeColor": palette.ARM_COLOURS["reranked"],
        "yellowColor": palette.EVIDENCE,
        "redColor": palette.FAILURE,
    }
    theme = tomllib.loads((ROOT / ".streamlit/config.toml").read_text("utf-8"))["theme"]
    for ground in ("light", "dark"):
        said = {name: theme[ground][name].lower() for name in wanted}
        assert said == {name: colour[ground] for name, colour in wanted.items()}


@pytest.mark.parametrize("name", ["logo.svg", "icon.svg"])
def test_the_logo_wears_the_palette(name: str) -> None:
    drawing = (ROOT / "pages/ui/shared" / name).read_text("utf-8").lower()
    assert tuple(dict.fromkeys(HEX.findall(drawing))) == palette.LOGO


def strings(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


@pytest.mark.parametrize("path", PYTHON, ids=named)
def test_browser_parts_lie_in_files_of_their_own(path: Path) -> None:
    for text in strings(path):
        browser = [line for line in text.splitlines() if BROWSER.match(line)]
        assert len(browser) <= MOST_LINES, text[:80]


def test_texts_reach_a_page_as_text() -> None:
    scripts = [path for path in FILES if path.suffix == ".js"]
    assert scripts
    for path in scripts:
        assert "innerHTML" not in path.read_text("utf-8"), path
