"""A phrase found in a text, and the language a text is in."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.lab import Lab
from core.papers import finding
from core.settings import SAMPLES, Settings
from core.text import languages

OTHERS = [
    "Korean",
    "Japanese",
    "Chinese",
    "Russian",
    "Ukrainian",
    "Greek",
    "Arabic",
    "Persian",
    "Hebrew",
    "Hindi",
    "Thai",
]


def places(text: str, phrase: str) -> list[str]:
    return [text[found.start : found.end] for found in finding.find(text, phrase)]


def test_capitals_and_white_space_do_not_matter() -> None:
    text = "Low rank, low\n  RANK and lowrank; LOW\u00a0RANK."
    assert places(text, " low  rank ") == ["Low rank", "low\n  RANK", "LOW\u00a0RANK"]
    assert places(text, "rank") == ["rank", "RANK", "rank", "RANK"]


def test_signs_are_only_signs() -> None:
    assert places("a.b a+b (a|b) \\d 1", "a+b") == ["a+b"]
    assert places("a.b acb", "a.b") == ["a.b"]
    assert places("x\\d", "\\d") == ["\\d"]
    assert places("anything", "") == places("anything", " \n ") == []


def test_a_match_is_shown_with_whole_words_around_it() -> None:
    text = "word " * 30 + "the\nneedle here" + " more" * 30
    (found,) = finding.find(text, "needle")
    assert found.before == "… " + "word " * 11 + "the "
    assert found.words == "needle"
    assert found.after == " here" + " more" * 10 + " …"
    (alone,) = finding.find("a needle", "needle")
    assert (alone.before, alone.after) == ("a ", "")


def test_what_a_keyboard_types_is_found_as_it_is_written() -> None:
    text = "It doesn’t stop — “ever”; re\u0301sume\u0301, ３２, 光\n能, state‑of‑the‑art −1."
    for typed in ("doesn't", '"EVER"', "résumé", "32", "光能", "state-of-the-art -1"):
        (found,) = finding.find(text, typed)
        assert found.words.split() == text[found.start : found.end].split()


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The lamp of the tower is lit by a keeper, and it burns to this day.", "English"),
        ("Die Lampe ist nicht von dem Turm, und der Wärter zündet sie an.", "German"),
        ("La lampe est dans la tour et les gardiens ne la quittent pas.", "French"),
        ("La lámpara de la torre no es del faro, y los guardas se van.", "Spanish"),
        ("A lâmpada não é do farol, e os guardas dormem em uma torre.", "Portuguese"),
        ("La lampada non è della torre e il guardiano di notte la accende.", "Italian"),
        ("De lamp van het huis is niet aan, dat is te zien op een foto.", "Dutch"),
        ("Лампа на башне горит и сегодня, и смотритель её зажигает: это было бы", "Russian"),
        ("Лампа на вежі горить і сьогодні, її запалює доглядач", "Ukrainian"),
        ("灯台のランプは1874年に点灯された。", "Japanese"),
        ("灯塔的灯于一八七四年点亮。", "Chinese"),
        ("등대의 램프는 1874년에 켜졌다.", "Korean"),
        ("Η λάμπα του φάρου", "Greek"),
        ("", None),
        ("1874 + 12 = 1886", None),
        ("def f(x): return x * y", None),
        ("lorem zyx qwv", None),
        ("de", None),
    ],
)
def test_languages(text: str, language: str | None) -> None:
    assert languages.guess(text) == language


@given(st.text(max_size=300))
def test_any_text_has_a_language_or_none(text: str) -> None:
    assert languages.guess(text) in {None, *languages.WORDS, *OTHERS}


def test_lists_are_comparable() -> None:
    assert {len(words) for words in languages.WORDS.values()} == {17}


def test_the_samples_are_english(tmp_path: Path) -> None:
    lab = Lab(Settings(data=tmp_path))
    for path in sorted((SAMPLES / "papers").iterdir()):
        added = lab.papers.add(path)
        assert added.paper
        assert added.paper.language == "English"


def test_the_real_papers(shared: Path, tmp_path: Path) -> None:
    lab = Lab(Settings(data=tmp_path))
    expected = {"korean_tables.pdf": "Korean", "two_column_issue.pdf": "English"}
    for name, language in expected.items():
        added = lab.papers.add(shared / "papers" / name)
        assert added.paper
        assert added.paper.language == language
