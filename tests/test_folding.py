"""What is typed alike becomes alike, and every character leads back to where it stood."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.text import fold, folded, places

ODD = "ae \n\t'-\u2019\u2014\u00ad\u0301\u0323é１光能，ｶﾞ\u00a0ﬁ\u1100\u1161\u11a8q¨\u3000"
TEXTS = st.text(st.sampled_from(ODD) | st.characters(exclude_categories=["Cs"]), max_size=30)


@pytest.mark.parametrize(
    ("written", "typed"),
    [
        ("doesn’t ‘so’ ’tis 5′", "doesn't 'so' 'tis 5'"),
        ("“ever” „nie“ «oui» 5″", '"ever" "nie" "oui" 5"'),
        ("state‑of‐the−art 1–2", "state-of-the-art 1-2"),
        ("here — there—so", "here - there - so"),
        ("re\u0301sume\u0301", "résumé"),
        ("３２ ｔｅｅｔｈ，ﬁve", "32 teeth,five"),
        ("micro\u00adscope\u200b", "microscope"),
        ("one\n  two\u00a0three", "one two three"),
        ("植物把光\n能， 变成\nCO2 的", "植物把光能,变成 CO2 的"),
        ("ガ ｶﾞ 한글 \u1112\u1161\u11ab", "ガガ 한글 한"),
    ],
)
def test_what_a_keyboard_types_alike_is_alike(written: str, typed: str) -> None:
    assert fold(written) == folded(written).text == typed
    assert places(typed, f"({written})") == [(1, 1 + len(written.rstrip("\u200b")))]


@given(TEXTS)
def test_both_ways_to_fold_agree_and_the_way_back_is_exact(text: str) -> None:
    plain = folded(text)
    assert plain.text == fold(text)
    assert len(plain.starts) == len(plain.ends) == len(plain.text)
    assert list(plain.starts) == sorted(plain.starts)
    assert list(plain.ends) == sorted(plain.ends)
    for place, letter in enumerate(plain.text):
        start, end = plain.span(place, place + 1)
        assert letter in fold(text[start:end])


@given(TEXTS, st.data())
def test_every_piece_of_a_text_is_found_where_it_stands(text: str, data: st.DataObject) -> None:
    plain = folded(text)
    if not plain.text.strip():
        assert places(text, text) == []
        return
    first = data.draw(st.integers(0, len(plain.text) - 1))
    start, end = plain.span(first, data.draw(st.integers(first + 1, len(plain.text))))
    piece = text[start:end]
    if fold(piece).strip():
        assert any(a < end and start < b for a, b in places(piece, text))


def test_case_is_ignored_only_where_that_is_asked_for() -> None:
    assert places("RANK", "rank Rank") == []
    assert places("RANK", "rank Rank", any_case=True) == [(0, 4), (5, 9)]


@pytest.mark.parametrize("nasty", [" " * 200_000, "e" + "\u0301" * 50_000, "\n " * 100_000])
def test_a_text_that_means_harm_is_folded_quickly(nasty: str) -> None:
    assert len(folded(nasty).text) <= len(unicodedata.normalize("NFKC", nasty))
