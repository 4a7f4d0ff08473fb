"""A short run of `make fuzz`, the same files every time, and what longer ones found."""

import gzip
import re

import pytest

from core.cards import cloze, fences, foreign, html, lines, normal, sides
from core.cards.decks import read
from core.errors import TriptychError
from core.logs import _lines, experiments, retrievals
from pages.ui.library import markdown
from tests import fuzzing
from tests.fuzzing import READERS, check, fuzz, limited

DEEP = b"[" * 100_000


@pytest.mark.parametrize("name", READERS)
def test_a_file_that_was_tampered_with_is_read_or_refused(name: str) -> None:
    fuzz(name, examples=25, seed=0)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("capsule", DEEP),
        ("capsule", b'{"format": "triptych capsule", "version": 1, "sweep": ' + DEEP),
        ("questions", b'{"question": "a", "gold": ' + DEEP),
        ("questions", b'{"question": "\\ud800"}'),
        ("questions-csv", b"question,references,corpus_id\na," + b"b" * 200_000),
        ("questions-csv", b'"' + b"q" * 200_000),
        ("questions-typed", b'{"question": ' + DEEP),
        ("questions-typed", b'{"question": "\\ud800"}'),
        ("preset", b"top_k = " + DEEP),
        ("preset", b"top_k = " + b"9" * 5_000),
        ("preset", b"top_k = 0x" + b"f" * 5_000),
        ("preset", b"top_k = 99999999999999999999"),
        ("preset", b"[answers]\ntemperature = nan"),
        ("preset", b"[answers]\ntemperature = 1" + b"0" * 400),
        ("log", b"#### MODEL: x" + b" " * 50_000 + b"y"),
        ("log", b">>> CHUNK STRATEGY:" * 20_000),
        ("log", b"=== QUESTION 1 ===\n" + b"why\n" * 20_000),
        ("retrieval-log", b"Query: a\n--- Document 1 ---\nContent: b\n" + b"c\n" * 50_000),
        ("deck", b"**rating" + b" " * 50_000 + b"x"),
        ("deck", b"#### " + b"# " * 50_000 + b"x\n:p a\n??x\nb\nx??\n"),
        ("deck", b":p a" + b"\\" * 50_000 + b"\n??x\nb\nx??\n"),
        ("apkg-bytes", fuzzing._zips()[1][1:]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_was_found_stays_mended(name: str, data: bytes) -> None:
    check(READERS[name], data)


@pytest.mark.parametrize(
    "open_html",
    [
        "<b>" * 50_000,
        "<sup>x" * 50_000,
        "[$]" * 50_000,
        "<![x",
        "<a" * 50_000,
        "<!--" * 50_000,
        "<" * 50_000,
        "<ul><li>" * 5_000,
        "<!x>",
        "<?x",
    ],
    ids=lambda text: text[:8],
)
def test_html_of_a_card_that_nobody_closed_is_read(open_html: str) -> None:
    with limited():
        assert len(html.to_markdown(f"<b>one</b> {open_html}")) < 1_000_000


def test_html_of_a_card_is_read_as_before() -> None:
    assert html.to_markdown("a <!-- no --> <b>b</b> 1 < 2 <i>c</i>") == "a **b** 1 < 2 *c*"


@pytest.mark.parametrize("text", ["`a``a", r"\\(", r"\\[", "$a ", "![", ":a", "$$"])
def test_signs_that_nobody_closed_do_not_hold_up_a_page(text: str) -> None:
    with limited():
        markdown.rendered(text * 5_000)


def patterns() -> dict[str, re.Pattern[str]]:
    """The patterns by which files of other people are read."""
    modules = (
        cloze,
        foreign,
        html,
        fences,
        lines,
        normal,
        sides,
        experiments,
        retrievals,
        _lines,
        markdown,
    )
    found = {
        f"{module.__name__}.{name}": value
        for module in modules
        for name, value in vars(module).items()
        if isinstance(value, re.Pattern)
    }
    return found | {f"lines.{kind}": pattern for kind, pattern in lines.LINES.items()}


@pytest.mark.parametrize("name", patterns())
def test_no_pattern_takes_long_over_one_line(name: str) -> None:
    """What a pattern begins with, then one sign 20,000 times, then something else."""
    pattern = patterns()[name]
    begin = re.sub(r"\\(.)|[\[(?*+{|].*", r"\1", pattern.pattern)[:20]
    for head in ("", begin, "**rating", "#### MODEL: a", "=== QUESTION", "{{c1::", "a$"):
        for sign in (" ", "\t ", "#", "# ", "`", "=", "-", "\\", "$", "- ", "> ", "|", "a", "\\["):
            with limited(5):
                pattern.match(f"{head}{sign * 20_000}\0")
                pattern.fullmatch(f"{head}{sign * 20_000}\0")


def test_a_reader_that_goes_on_for_ever_is_found() -> None:
    def endless(_data: bytes) -> None:
        while True:
            pass

    reader = fuzzing.Reader(seeds=lambda: (b"",), read=endless)
    with pytest.raises(fuzzing.Slow), limited(0.05):
        reader.read(b"")


def test_anything_but_a_sentence_is_a_finding() -> None:
    def fails(data: bytes) -> None:
        raise KeyError(data)

    with pytest.raises(KeyError):
        check(fuzzing.Reader(seeds=lambda: (b"",), read=fails), b"")
    with pytest.raises(TriptychError):
        read("deck.apkg", gzip.compress(b"no zip"), 1_000)
