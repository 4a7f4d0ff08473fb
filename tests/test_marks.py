"""Where texts are marked, by hand."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from core.types import Chunk, Hit
from pages.ui.shared.highlighted_text import (
    Mark,
    citations,
    differing,
    golden,
    matches,
    pieces,
    trimmed,
    unseen,
    unsupported,
)

TEXT = "The lamp of Varn burns whale oil."
HIT = Hit(
    chunk=Chunk(paper_id="a", start=0, end=len(TEXT), text=TEXT),
    title="The lamp",
    pages=(1,),
    similarity=0.5,
    rank_before=1,
    rank=1,
)


def marked(text: str, marks: list[Mark]) -> list[str]:
    return [text[mark.start : mark.end] for mark in marks]


def test_citations_lead_only_to_chunks_that_were_given() -> None:
    answer = "Whale oil [1], not gas [2] or [12] or [1]."
    found = citations(answer, [HIT, replace(HIT, rank=12)])
    assert [(answer[mark.start : mark.end], mark.number) for mark in found] == [
        ("[1]", 1),
        ("[12]", 12),
        ("[1]", 1),
    ]


def test_the_words_of_the_question_are_marked_in_any_case() -> None:
    assert marked(TEXT, matches(TEXT, "What does the LAMP burn, oil?")) == ["lamp", "oil"]
    assert matches(TEXT, "what of the") == []


def test_what_the_embedder_never_saw() -> None:
    assert unseen(HIT) == []
    assert unseen(replace(HIT, embedder_reads=len(TEXT))) == []
    assert marked(TEXT, unseen(replace(HIT, embedder_reads=23))) == ["whale oil."]


def test_sentences_that_no_chunk_supports() -> None:
    answer = "The lamp burns whale oil. Bananas ripen quickly in paper bags."
    marks, said = unsupported(answer, [HIT])
    assert marked(answer, marks) == ["Bananas ripen quickly in paper bags."]
    assert said.startswith("1 of 2 sentences")
    assert unsupported("The lamp burns whale oil.", [HIT]) == ([], "")


def test_words_that_the_other_answer_does_not_have() -> None:
    one, other = "It burns whale oil today.", "It burns gas today."
    assert marked(one, differing(one, other)) == ["whale oil "]
    assert marked(other, differing(other, one)) == ["gas "]
    assert differing(one, one) == []


def test_pieces_carry_every_mark_over_them() -> None:
    marks = [
        Mark(start=0, end=4, kind="unsupported"),
        Mark(start=2, end=6, kind="cited", number=7),
    ]
    assert pieces("abcdefgh", marks) == [
        {"text": "ab", "kinds": ["unsupported"], "number": None, "label": ""},
        {"text": "cd", "kinds": ["cited", "unsupported"], "number": 7, "label": ""},
        {"text": "ef", "kinds": ["cited"], "number": 7, "label": ""},
        {"text": "gh", "kinds": [], "number": None, "label": ""},
    ]
    assert pieces("", []) == []


def test_gold_is_said_where_it_begins() -> None:
    found = pieces(
        "abcdef",
        [
            Mark(start=1, end=3, kind="found"),
            *golden([(1, 5)]),
            Mark(start=3, end=6, kind="match"),
        ],
    )
    assert [(each["text"], each["kinds"], each["label"]) for each in found] == [
        ("a", [], ""),
        ("bc", ["found", "gold"], "gold"),
        ("de", ["gold", "match"], ""),
        ("f", ["match"], ""),
    ]


def test_a_hand_takes_white_space_along() -> None:
    text = "Of \n  whale oil.\u00a0\nThe"
    assert trimmed(text, 2, 18) == (6, 16)
    assert trimmed(text, 6, 16) == (6, 16)
    start, end = trimmed(text, 3, 6)
    assert start == end


@given(
    st.text(max_size=40),
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=6),
)
def test_pieces_join_to_the_text(text: str, spans: list[tuple[int, int]]) -> None:
    marks = [Mark(start=start, end=end, kind="match") for start, end in spans]
    found = pieces(text, marks)
    assert "".join(piece["text"] for piece in found) == text
    assert all(piece["text"] for piece in found)


@given(st.text(max_size=60), st.text(max_size=60))
def test_differences_lie_in_the_answer(answer: str, beside: str) -> None:
    for mark in differing(answer, beside):
        assert 0 <= mark.start <= mark.end <= len(answer)
