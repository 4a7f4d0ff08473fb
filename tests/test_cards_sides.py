"""Tables as people write them, by hand."""

import pytest

from core.cards.sides import drawable


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("a | b | c\n---|---\n1 | 2 | 3", "a | b | c\n| --- | --- | --- |\n1 | 2 | 3"),
        ("| a | b |\n|---|---|---|\n| 1 | 2 |", "| a | b |\n| --- | --- |\n| 1 | 2 |"),
        ("It is\n| a | b |\n|:--|--:|\n", "It is\n\n| a | b |\n|:--|--:|\n"),
        ("| a \\| b |\n|---|\n", "| a \\| b |\n|---|\n"),
        ("```\na | b | c\n---|---\n```", "```\na | b | c\n---|---\n```"),
        ("a\n---\nb | c", "a\n---\nb | c"),
        ("", ""),
    ],
)
def test_the_rule_of_a_table_fits_its_header(text: str, drawn: str) -> None:
    assert drawable(text) == drawn
    assert drawable(drawn) == drawn
