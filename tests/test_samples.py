"""The sample corpus: it is read by the lab, its gold quotes stand where they should, and the traps
that its README promises are really there."""

import json
import re
from collections import Counter
from difflib import SequenceMatcher
from functools import cache
from typing import Any

import pytest

from core import papers
from core.settings import SAMPLES, Settings
from core.types import Paper

FOLDER = SAMPLES / "papers"
TITLES = {
    "attention.pdf": "Attention, worked out by hand",
    "lora-and-qlora.pdf": "LoRA and QLoRA: small changes to large models",
    "models-at-the-edge.txt": "Models at the edge: notes from a weather station",
    "privacy.md": "What a model may keep: notes on privacy",
    "quantisation.md": "Quantisation: fewer bits, nearly the same model",
    "retrieval-and-reranking.pdf": "Finding the right paragraph",
}


@cache
def paper(name: str) -> Paper:
    return papers.read(FOLDER / name, name, Settings())


@cache
def questions() -> tuple[dict[str, Any], ...]:
    lines = (SAMPLES / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    return tuple(json.loads(line) for line in lines)


def plain(text: str) -> str:
    """The text with every run of white space as one blank."""
    return " ".join(text.split())


def passage(name: str, first: str, last: str) -> str:
    """What stands in the paper from `first` up to and with `last`, on one line."""
    text = plain(paper(name).text)
    start = text.index(first)
    return text[start : text.index(last, start) + len(last)]


def test_the_folder_holds_the_six_papers_and_no_more() -> None:
    assert sorted(file.name for file in FOLDER.iterdir()) == sorted(TITLES)


@pytest.mark.parametrize("name", TITLES)
def test_each_paper_is_read_with_its_title_and_says_what_is_made_up(name: str) -> None:
    read = paper(name)
    assert read.title == TITLES[name]
    assert read.blank_pages == ()
    first_page = plain(read.text[slice(*read.page_span(1))])
    assert "with all their measurements, are made up" in first_page
    assert (FOLDER / name).stat().st_size <= 300_000


@pytest.mark.parametrize("name", [name for name in TITLES if name.endswith(".pdf")])
def test_a_pdf_has_a_few_pages_and_every_page_can_be_highlighted(name: str) -> None:
    read = paper(name)
    assert 3 <= read.pages <= 6
    mapped = {read.pages_of(offset, offset + 1)[0] for offset, _ in read.raw_map}
    assert mapped == set(range(1, read.pages + 1))


@pytest.mark.parametrize("name", [name for name in TITLES if not name.endswith(".pdf")])
def test_a_note_has_900_to_2000_words(name: str) -> None:
    assert 900 <= len(paper(name).text.split()) <= 2000


def test_the_columns_are_read_one_after_the_other() -> None:
    text = plain(paper("lora-and-qlora.pdf").text)
    # Over the lines of one column, over the end of a column, and past a hyphenated line end.
    for sentence in (
        "It freezes a weight matrix 𝑊 and learns a small change beside it, written as the product "
        "of two thin matrices:",
        "The gradient of each matrix is multiplied by the other one, so with two zeros neither can "
        "ever move;",
        "on the same 1,600 letters. Two nurses then judged the drafts for 200 new letters without "
        "knowing where they came from.",
    ):
        assert sentence in text
    left, right = "The price of training everything", "Worked example: the clinic’s adapter"
    assert text.index(left) < text.index("The idea of LoRA") < text.index(right)


def test_there_are_24_questions_over_all_papers() -> None:
    assert len(questions()) == 24
    assert len({question["question"] for question in questions()}) == 24
    assert "What is the difference between LoRA and QLoRA?" in {q["question"] for q in questions()}
    asked = Counter(gold["paper"] for question in questions() for gold in question["gold"])
    assert asked.keys() == TITLES.keys()
    assert min(asked.values()) >= 3


@pytest.mark.parametrize("question", questions(), ids=lambda question: question["question"])
def test_gold_quotes_are_slices_that_stand_once_in_their_paper(question: dict[str, Any]) -> None:
    assert question.keys() == {"question", "reference", "gold", "trap"}
    assert question["reference"].endswith(".")
    for gold in question["gold"]:
        text = paper(gold["paper"]).text
        assert gold["quote"] == text[gold["start"] : gold["end"]]
        assert 60 <= len(gold["quote"]) <= 400
        assert plain(text).count(plain(gold["quote"])) == 1
        assert len(paper(gold["paper"]).pages_of(gold["start"], gold["end"])) == 1


def test_every_kind_of_trap_has_its_questions() -> None:
    traps = Counter(question["trap"] for question in questions())
    assert traps.keys() == {None, "near-duplicate", "biography", "two senses", "unanswerable"}
    assert traps["near-duplicate"] >= 3 and traps["two senses"] >= 3
    assert traps["biography"] == 2 and traps["unanswerable"] == 3


@pytest.mark.parametrize("question", questions(), ids=lambda question: question["question"])
def test_exactly_the_unanswerable_questions_have_no_gold(question: dict[str, Any]) -> None:
    assert (question["trap"] == "unanswerable") == (question["gold"] == [])


LOG_ENDS = "only the monthly counts are kept."
BULLETIN_ENDS = "the memory in use rose to 790 MB at most."


@pytest.mark.parametrize(
    ("one", "other", "differences"),
    [
        (
            ("retrieval-and-reranking.pdf", "The library keeps its search log", LOG_ENDS),
            ("privacy.md", "The clinic keeps its search log", LOG_ENDS),
            [("library", "clinic"), ("90", "14")],
        ),
        (
            ("quantisation.md", "Measured on the desk computer", BULLETIN_ENDS),
            ("models-at-the-edge.txt", "Measured on the mast box", BULLETIN_ENDS),
            [("desk computer", "mast box"), ("14", "95")],
        ),
    ],
)
def test_near_duplicates_differ_in_who_and_how_much_alone(
    one: tuple[str, str, str], other: tuple[str, str, str], differences: list[tuple[str, str]]
) -> None:
    left, right = passage(*one), passage(*other)
    assert SequenceMatcher(None, left, right, autojunk=False).ratio() > 0.9
    words = left.split(), right.split()
    changes = SequenceMatcher(None, *words, autojunk=False).get_opcodes()
    assert [
        (" ".join(words[0][a:b]), " ".join(words[1][c:d]).rstrip(","))
        for tag, a, b, c, d in changes
        if tag != "equal"
    ] == differences


def test_a_biography_stands_before_and_behind_its_passage() -> None:
    wrapped = [question for question in questions() if question["trap"] == "biography"]
    lives = {
        "lora-and-qlora.pdf": ("Petra Holm trained as a radiographer", "She sings in a choir"),
        "retrieval-and-reranking.pdf": ("Marit Oakes has been at Marrow Lane", "two hives of bees"),
    }
    for gold in (question["gold"][0] for question in wrapped):
        text = paper(gold["paper"]).text
        opening, closing = lives[gold["paper"]]
        before = gold["start"] - text.index(opening)
        behind = plain(text).index(closing) - plain(text).index(plain(gold["quote"]))
        assert 200 < before < 600 and len(gold["quote"]) < behind < 800


@pytest.mark.parametrize(
    ("word", "one", "other"),
    [
        ("head", ("attention.pdf", "called heads"), ("models-at-the-edge.txt", "wind sensor")),
        ("cache", ("attention.pdf", "key-value cache"), ("models-at-the-edge.txt", "on the chip")),
        ("token", ("attention.pdf", "pieces of words"), ("privacy.md", "grey plastic")),
        (
            "adapter",
            ("lora-and-qlora.pdf", "rank of the adapter"),
            ("models-at-the-edge.txt", "65"),
        ),
    ],
)
def test_a_word_has_two_senses(word: str, one: tuple[str, str], other: tuple[str, str]) -> None:
    for name, sense in (one, other):
        text = plain(paper(name).text)
        near = text[max(0, text.index(sense) - 150) : text.index(sense) + 150]
        assert re.search(rf"\b{word}", near)
