"""A comparison as a file: all of it is there, and none of its text becomes markup."""

from dataclasses import replace
from html.parser import HTMLParser

import pytest

from core.codec import from_json
from core.history import exports
from core.history.comparisons import Comparisons
from core.types import Answer, Comparison

HOSTILE = "<script>alert(1)</script> *bold* [link](http://x) # head"


@pytest.fixture
def comparison() -> Comparison:
    """The first recorded comparison, with a model that speaks markup."""
    recorded = Comparisons.recorded()[0]
    first, *rest = recorded.runs
    run = replace(first, answer=Answer(text=HOSTILE, finish_reason="length", answer_tokens=9))
    return replace(recorded, runs=(run, *rest))


class Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.text = ""

    def handle_endtag(self, tag: str) -> None:
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def test_html_holds_everything_and_runs_nothing(comparison: Comparison) -> None:
    reader = Reader()
    reader.feed(exports.html(comparison))
    known = {"html", "head", "title", "style", "body", "h1", "h2", "p", "div", "section"}
    assert reader.tags == known | {"details", "summary"}
    for tag in ("<img", "<link", "<iframe", "<meta http"):
        assert tag not in exports.html(comparison)
    assert HOSTILE in reader.text
    assert "cut off at 9 output tokens" in reader.text
    for run in comparison.runs:
        for hit in run.hits:
            assert hit.chunk.text in reader.text
        for message in run.messages:
            assert message.content in reader.text


def test_markdown_quotes_what_others_wrote(comparison: Comparison) -> None:
    text = exports.markdown(comparison)
    assert r"\<script\>alert" in text
    assert "<script>" not in text
    assert r"\*bold\*" in text
    assert "## Retrieved and reranked" in text
    lines = text.splitlines()
    assert not [line for line in lines if line.startswith("#") and "head" in line]


def test_json_reads_back(comparison: Comparison) -> None:
    assert from_json(Comparison, exports.FORMATS["json"](comparison)) == comparison


def test_an_answer_of_which_it_is_not_known_how_it_ended_is_said_in_a_sentence(
    comparison: Comparison,
) -> None:
    first, *rest = comparison.runs
    run = replace(first, answer=Answer(text="A word.", finish_reason="unknown"))
    text = exports.html(replace(comparison, runs=(run, *rest)))
    assert "Answer: it is not known how it ended." in text
