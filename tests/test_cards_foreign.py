"""Notes of other people's Anki packages: what each card asks, and what answers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.cards import anki, cloze
from core.cards.html import to_markdown
from core.cards.note import Reading
from core.errors import Unreadable
from core.store.anki import notes
from tests.support.anki import package

MOST = 50_000_000
BASIC = "{{Front}}|{{Back}}"


def read(data: bytes, most: int = MOST) -> Reading:
    return anki.read(data, "d.apkg", most, notes)


def sides(data: bytes) -> list[tuple[str, str]]:
    return [(card.question, card.answer) for card in read(data).cards]


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("10<sup>−3</sup> H<sub>2</sub>O", "10⁻³ H₂O"),
        ("x<sup>a+b</sup>, x<sub>max</sub>, the 1<sup>st</sup>", "x^{a+b}, x_{max}, the 1st"),
        ("so<b> heavy </b>and<i> </i>", "so **heavy** and"),
        (
            "<b><b>twice</b></b> <b>open <i>in</b> both</i> <b>end",
            "**twice** **open *in*** both end",
        ),
        ("<b></b><pre><b>code</b></pre>", "```\ncode\n```"),
        ("<ruby>塔<rp>(</rp><rt>とう</rt><rp>)</rp></ruby>", "塔(とう)"),
        ("[$]T=2\\pi<br>r[/$] [$$]E[/$$]", "$T=2\\pi r$ $$E$$"),
        ("[latex]$m$[/latex] [latex]x^2[/latex] [$]open", "$m$ $x^2$ [$]open"),
        ("[LaTeX]\\begin{matrix}1\\end{matrix}[/LaTeX]", "\\begin{matrix}1\\end{matrix}"),
    ],
)
def test_html_becomes_markdown(html: str, text: str) -> None:
    assert to_markdown(html) == text


def test_a_reversed_note_is_two_cards() -> None:
    data = package(("tower", "Turm"), fields=("Front", "Back"), one=BASIC, two="{{Back}}|{{Front}}")
    assert sides(data) == [("tower", "Turm"), ("Turm", "tower")]
    first, second = read(data).cards
    assert first.id != second.id
    alone = package(("tower", "Turm"), fields=("Front", "Back"), one=BASIC)
    assert read(alone).cards[0].id == first.id  # as it always was


GAPS = {"fields": ("Nr", "Text", "Extra"), "cloze": True, "gaps": "{{cloze:Text}}|{{Extra}}"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "The {{c1::oil}} feeds the {{c2::flame}}.",
            [
                ("The […] feeds the flame.", "The **oil** feeds the flame."),
                ("The oil feeds the […].", "The oil feeds the **flame**."),
            ],
        ),
        ("Lit {{c1::twice::a number}}", [("Lit [a number]", "Lit **twice**")]),
        ("{{c1::a}} and {{c1::b}}", [("[…] and […]", "**a** and **b**")]),
        (r"\(x = {{c1::y}}\)", [(r"\(x = […]\)", r"\(x = y\)")]),
        ("{{c1::<b>a</b> b}}", [("[…]", "**a** b")]),
    ],
)
def test_gaps_of_one_number_are_a_card(text: str, expected: list[tuple[str, str]]) -> None:
    data = package(("0001", text, ""), **GAPS)  # type: ignore[arg-type]
    assert sides(data) == expected
    assert [note.why for note in read(data).dropped] == [
        "fields that no card shows were left out: Nr (gaps)"
    ]


def test_gaps_within_gaps() -> None:
    text = "Far {{c1::the {{c2::old::how}} lamp}} burns {{c1,2::on}} }} {{c3::open"
    assert cloze.numbers(text) == [1, 2, 3]
    assert cloze.sides(text, 1) == (
        "Far […] burns […] }} {{c3::open",
        "Far **the old lamp** burns **on** }} {{c3::open",
    )
    assert cloze.sides(text, 2) == (
        "Far the [how] lamp burns […] }} {{c3::open",
        "Far the **old** lamp burns **on** }} {{c3::open",
    )


@given(st.lists(st.sampled_from(["{{c1::", "{{c2::", "}}", "::", "a", "\\(", "**", " "])))
def test_a_number_that_no_gap_has_changes_nothing_but_the_gaps_marks(parts: list[str]) -> None:
    text = "".join(parts)
    question, answer = cloze.sides(text, 9)
    assert question == answer
    assert answer.count("a") <= text.count("a")


def test_the_front_asks_what_its_template_shows() -> None:
    fields = ("Title", "Hint", "Word", "Reading", "Meaning", "Only if", "Note")
    front = (
        "{{Title}}{{hint:Hint}}{{#Only if}}{{Meaning}}{{/Only if}}{{furigana:Word}}{{type:Reading}}"
    )
    data = package(
        ("Sea", "salt", "塔[とう]", "tō", "tower", "", "never shown"),
        fields=fields,
        kind=f"{front}|{{{{Meaning}}}}",
    )
    (only,) = read(data).cards
    assert only.question == "Sea\n\n塔[とう]"
    assert only.answer == "**Hint:** salt\n\n**Reading:** tō\n\n**Meaning:** tower"
    assert [note.why for note in read(data).dropped] == [
        "fields that no card shows were left out: Note (kind)"
    ]


def test_parts_of_images_that_are_hidden_are_told() -> None:
    text = "{{c1::image-occlusion:rect:left=.1:top=.2}}"
    data = package(("1", text, "dial"), ("2", "The {{c1::dial}}", ""), **GAPS)  # type: ignore[arg-type]
    assert [question for question, _ in sides(data)] == ["The […]"]
    assert read(data).dropped[0].why == (
        "note 1 hides parts of an image (image occlusion): that cannot be read"
    )


def test_what_no_card_asks_or_answers_is_told() -> None:
    data = package(("a", " "), ("", "b"), fields=("Front", "Back"), one=BASIC)
    assert [note.why for note in read(data).dropped] == [
        "note 1 has no answer in words",
        "note 2 has no question in words",
    ]


def test_cards_beyond_all_measure_are_refused() -> None:
    many = "".join(f"{{{{c{number}::x}}}}" for number in range(1, 400))
    with pytest.raises(Unreadable, match="unpacks to more than 1 MB of cards"):
        read(package(("1", many + "long " * 1_000, ""), **GAPS), 1_000_000)  # type: ignore[arg-type]
