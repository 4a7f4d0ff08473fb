"""What a model thinks first, told from its answer."""

import pytest

from core.text import parted


@pytest.mark.parametrize(
    ("text", "thought", "answer"),
    [
        ("It is four.", "", "It is four."),
        ("<think>\nIs it?\n</think>\n\nIt is four.", "Is it?", "It is four."),
        ("\n<think></think>It is four.", "", "It is four."),
        ("<think>\nIs it", "Is it", ""),
        ("Is it?\n</think>\n\nIt is four.", "Is it?", "It is four."),
        ("The mark </think> ends a thought.", "", "The mark </think> ends a thought."),
        ("A thought is <think>\n</think>\n of it.", "", "A thought is <think>\n</think>\n of it."),
        ("<", "", "<"),
    ],
)
def test_a_thought_is_told_from_the_answer(text: str, thought: str, answer: str) -> None:
    assert parted(text) == (thought, answer)


def test_what_may_become_a_mark_is_held_back_while_a_text_is_coming() -> None:
    coming = [parted("<think>so</think>four"[:end], whole=False)[1] for end in range(1, 22)]
    assert coming == [""] * 17 + ["f", "fo", "fou", "four"]
    assert parted("<the rest", whole=False) == ("", "<the rest")
