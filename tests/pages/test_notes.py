"""Markdown made fit for the page: formulas, money, code, and nothing that fetches."""

import re
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from pages.ui.library import markdown
from pages.ui.library.markdown import NOTHING, rendered


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r"Let \(x\) be \( a_1 + 1 \).", "Let $x$ be $a_1 + 1$."),
        ("where $x_1$ and $$y$$ stay", "where $x_1$ and $$y$$ stay"),
        ("$$x^2$$", "$$\nx^2\n$$\n"),
        ("$$x^2$$.\nNext.", "$$\nx^2.\n$$\nNext."),
        ("\\[\n  a &= b \\\\[4pt]\n  c\n\\]\n", "$$\na &= b \\\\[4pt]\nc\n$$\n"),
        ("- item\n\n    $$x$$\n", "- item\n\n    $$\n    x\n    $$\n"),
        ("- $$x$$\n- y", "- $$\n  x\n  $$\n- y"),
        ("> \\[\n> a\n> \\]\n", "> $$\n> a\n> $$\n"),
        (r"as \[ a = b \] says", "as $$a = b$$ says"),
        (r"price \(in $5\)", r"price \(in \$5\)"),
    ],
)
def test_formulas(text: str, expected: str) -> None:
    assert rendered(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It costs $23.", r"It costs \$23."),
        ("It costs $5 and $7.", r"It costs \$5 and \$7."),
        ("from $5-$7", r"from \$5-\$7"),
        ("5$ or 7$", r"5\$ or 7\$"),
        (r"already \$5", r"already \$5"),
        ("$one and two$", r"\$one and two\$"),
        ("- $5 one\n- 7$ two", "- \\$5 one\n- 7\\$ two"),
        ("$5\n\n7$", "\\$5\n\n7\\$"),
        ("| $5 | a |\n| 7$ | b |", "| \\$5 | a |\n| 7\\$ | b |"),
    ],
)
def test_money_is_no_formula(text: str, expected: str) -> None:
    assert rendered(text) == expected


@pytest.mark.parametrize(
    "text",
    [r"\[1, 2\]", r"\[3\]", r"\(see the next page\)", r"\[no end", r"a \\[b\\] c"],
)
def test_escaped_brackets_stay(text: str) -> None:
    assert rendered(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("token $x_i` given the `mask`", r"token \$x_i` given the `mask`"),
        (r"$\frac{a}{b$", r"\$\frac{a}{b\$"),
        (r"$\left( a$", r"\$\left( a\$"),
        ("$$\nx\n\ny\n$$", "\\$\\$\nx\n\ny\n\\$\\$"),
        ("$$$", r"\$\$\$"),
    ],
)
def test_mangled_formulas_are_shown_raw(text: str, expected: str) -> None:
    assert rendered(text) == expected


def test_formulas_that_a_converter_escaped() -> None:
    assert rendered(r"$d\_{\text{m}} = h\_t + q\_ik\_i$") == r"$d_{\text{m}} = h_t + q_ik_i$"
    assert rendered(r"$step\_num &lt; 5$") == r"$step\_num < 5$"


@pytest.mark.parametrize(
    "text",
    [
        "`$5` and ``a ` $ \\(x\\) ![b](c)``",
        "```python\nprint('$5', \\(x\\)) # ![a](http://b)\n\n$$\n```\n",
        "~~~\n:red[x] $\n```\n$\n~~~\n",
        "- item\n\n  ```\n  cost = $5\n  ```\n",
        "Text.\n\n    cost = $5 :red[x]\n\n    more $\n",
    ],
)
def test_code_stays(text: str) -> None:
    assert rendered(text) == text


def test_nothing_is_fetched_and_links_lead_to_the_web_alone() -> None:
    assert rendered("![a](http://evil.example/a.png)") == r"!\[a](http://evil.example/a.png)"
    assert rendered("![a][b]") == r"!\[a][b]"
    assert rendered("[a](markdown.md) [b](javascript:x)") == r"[a\](markdown.md) [b\](javascript:x)"
    assert rendered("[a](https://b.org)") == "[a](https://b.org)"
    assert rendered("[a]: /settings\n[b]: https://b.org") == "\\[a]: /settings\n[b]: https://b.org"
    assert rendered("```Mermaid\nA-->B\n```") == "```text Mermaid\nA-->B\n```"
    assert rendered("`~~& is no fence") == "`~~& is no fence"


def test_streamlits_own_markup_stays_letters() -> None:
    assert rendered(":red[a] :smile: :material/home:") == (
        rf"\:red[a] :{NOTHING}smile: :{NOTHING}material/home:"
    )
    assert rendered(":::note\n::leaf[a]") == "\\:\\:\\:note\n\\:\\:leaf[a]"
    assert rendered("Note: see http://a.org:80/b") == "Note: see http://a.org:80/b"


signs = st.text(alphabet="$\\[](){}`:!#>- \n\tab1_^&;|~*\u2060é", max_size=80)


@given(signs)
@example("~~~&\na")
def test_it_never_crashes_and_loses_no_word(text: str) -> None:
    def letters(some: str) -> str:
        return re.sub(r"[^\wé]", "", some)

    # A fence of a language that might be a diagram's becomes one of plain text.
    assert letters(rendered(text)).replace("text", "") == letters(text)


@given(signs)
def test_every_line_inside_a_fence_stays(text: str) -> None:
    inside = text.replace("`", "").replace("~", "")
    fence = f"````\n{inside}\n````"
    assert rendered(f"$5 before\n\n{fence}\n\nafter $5") == f"\\$5 before\n\n{fence}\n\nafter \\$5"


@given(st.text(alphabet="abc,. \n", max_size=200))
def test_plain_text_stays(text: str) -> None:
    assert rendered(text) == text


@given(signs, st.integers(1, 40))
def test_parts_are_the_whole(text: str, most: int) -> None:
    found = markdown.parts(text, most)
    assert "".join(text[part.start : part.end] for part in found) == text
    assert all(part.start < part.end for part in found)


def test_parts_begin_at_headings_and_are_called_by_them() -> None:
    text = "# One\n" + "a b\n" * 10 + " - ### **Two**\n" + "c d\n" * 10 + "```\n# no\n```\n"
    found = markdown.parts(text, 60)
    assert [part.title for part in found] == ["One", "Two"]
    assert [text[part.start :].split("\n")[0] for part in found] == ["# One", " - ### **Two**"]
    assert markdown.parts("", 60) == []
    (whole,) = markdown.parts("no heading", 60)
    assert whole.title == ""


def test_a_section_that_is_too_long_is_parted_at_blank_lines_but_not_in_code() -> None:
    text = "one\n\ntwo two\n\n```\nthree\n\nthree\n```\n\nfour"
    pieces = [text[part.start : part.end] for part in markdown.parts(text, 10)]
    assert pieces == ["one\n\n", "two two\n\n", "```\nthree\n\nthree\n```\n\n", "four"]


def test_a_block_without_end_is_parted_anyway() -> None:
    found = markdown.parts("a" * 95, 10)
    assert [part.end - part.start for part in found] == [10] * 9 + [5]
    (long_but_whole,) = markdown.parts("a" * 40, 10)
    assert long_but_whole.end == 40


def test_the_real_notes_keep_every_word(shared: Path) -> None:
    for name in ("seeds/llm_notes.md", "papers/1706.03762.md", "papers/2310.06825.md"):
        text = (shared / name).read_text(encoding="utf-8")
        kept = re.sub(r"[\W_]|amp|lt|gt", "", rendered(text))
        assert kept == re.sub(r"[\W_]|amp|lt|gt", "", text)


IMAGE = "![x](http://127.0.0.1:9/x.png)"


@pytest.mark.parametrize(
    "text",
    [
        f"| a | b |\n|---|---|\n| `a | {IMAGE} | b` |",  # a cell ends within code
        f"| a | b |\n|---|---|\n| $a | {IMAGE} = $ |",  # and within a formula
        f"> ```\n{IMAGE}",  # a fence ends with its quote
        f"- ```\n{IMAGE}",  # and with its list
        f"`a\n===\n{IMAGE} `",  # a line that makes a heading of the one before ends code
        f"`a\n> {IMAGE}\n`",
        f"**~~~\n{IMAGE}\n~~~**",
        "[x]: http://127.0.0.1:9/x.png\n\n- ```\n![x]",
        f"{IMAGE} [{IMAGE}](https://b.org)",
    ],
)
def test_no_image_hides_in_what_is_code_to_one_reader_alone(text: str) -> None:
    assert not markdown._shows_images(rendered(text))
    assert markdown._shows_images(text)


def test_images_in_code_stay_as_they_are_written() -> None:
    for text in (f"```\n{IMAGE}\n```", f"`{IMAGE}`", f"    {IMAGE}"):
        assert rendered(text) == text


@given(
    st.lists(
        st.sampled_from(
            ["![x](http://e/x)", "![x]", "[x]: http://e/x", "`", "```", "~~~", "$", "$$", "|", "\n",
             "\n\n", "> ", "- ", "1. ", "    ", "#", "===", "---", "<div>", "</div>", "|---|---|",
             "\\", "a", "=", "**", "[", "](", ")", "\\[", "\\]", ":", "<!--", "-->"]
        ),
        max_size=14,
    )
)  # fmt: skip
def test_no_text_at_all_shows_an_image(pieces: list[str]) -> None:
    assert not markdown._shows_images(rendered("".join(pieces)))


@pytest.mark.parametrize("name", ["mermaid", "MERMAID", "m&#101;rmaid", "\\mermaid"])
@pytest.mark.parametrize("fence", ["```{}\na\n```", "> ~~~ {}\n> a\n", "- ````{}\n"])
def test_no_diagram_is_drawn(fence: str, name: str) -> None:
    (opened, *_) = [each for each in MarkdownIt().parse(rendered(fence.format(name))) if each.info]
    assert opened.type == "fence"
    assert opened.info.split()[0] == "text"
