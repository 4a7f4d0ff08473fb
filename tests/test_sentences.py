"""Where sentences end, by hand."""

import pytest

from core.text.sentences import sentences


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It works. Does it? Yes! So…", ["It works.", "Does it?", "Yes!", "So…"]),
        ("Pi is 3.14 or so. See example.org now.", ["Pi is 3.14 or so.", "See example.org now."]),
        (
            "Shown by Hu et al. (2021), cf. Fig. 3 and Eq. (4), e.g. LoRA. Next.",
            ["Shown by Hu et al. (2021), cf. Fig. 3 and Eq. (4), e.g. LoRA.", "Next."],
        ),
        (
            "Dr. J. R. Smith left the U.S. Army. He ran.",
            ["Dr. J. R. Smith left the U.S. Army.", "He ran."],
        ),
        (
            "They say no. We ask for No. 5 on p. 7. Done.",
            ["They say no.", "We ask for No. 5 on p. 7.", "Done."],
        ),
        (
            "“Is it?” she asked. “It is.” (All agree.) End",
            ["“Is it?” she asked.", "“It is.”", "(All agree.)", "End"],
        ),
        (
            "1. Introduction to it. Text.\n2. Method",
            ["1. Introduction to it.", "Text.", "2. Method"],
        ),
        ("A heading\n\nA text\nof two lines", ["A heading", "A text\nof two lines"]),
        ("注意とは。何か？「はい。」そう！", ["注意とは。", "何か？", "「はい。」", "そう！"]),
        ("", []),
        (" \n\n ", []),
    ],
)
def test_where_sentences_end(text: str, expected: list[str]) -> None:
    assert [text[start:end] for start, end in sentences(text)] == expected
