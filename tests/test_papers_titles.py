import pytest

from core.papers.titles import of_name, of_pdf, of_text

BODY = [("This line of the running text is long enough to count as the body.", 10.0)] * 9


@pytest.mark.parametrize(
    "given",
    [
        "",
        " ",
        "untitled",
        "Untitled-1",
        "Document 3",
        "PowerPoint Presentation",
        "Microsoft Word - thesis_final (2).docx",
        "thesis_final.docx",
        "Scorecard2.xls",
        "arXiv:1706.03762v7 [cs.CL] 2 Aug 2023",
        "1706.03762v7",
        "\\title {On} \\LaTeX",
        "$O(n)$",
        "12",
        "broken \ufffd\ufffd name",
        "https://example.org/paper",
        "x" * 201,
    ],
)
def test_a_title_property_that_means_nothing_is_not_believed(given: str) -> None:
    assert of_pdf(given, [("A Real Title", 18.0), *BODY], "file.pdf") == "A Real Title"


def test_a_title_property_that_means_something_is_believed() -> None:
    lines = [("Vol. 3", 30.0), *BODY]
    assert of_pdf(" On  the\nUse of Words ", lines, "a.pdf") == "On the Use of Words"


def test_the_largest_type_is_the_title_over_several_lines() -> None:
    lines = [
        ("Permission is granted to copy this.", 12.0),
        ("Optimizing Matrix", 22.0),
        ("Transpose", 21.5),
        ("A. Author", 16.0),
        *BODY,
        ("Optimizing again", 22.0),
    ]
    assert of_pdf("", lines, "a.pdf") == "Optimizing Matrix Transpose"


def test_a_large_number_or_turned_line_is_no_title() -> None:
    lines = [("arXiv:2305.14314v1 [cs.LG]", 0.0), ("12", 40.0), ("The Title", 16.0), *BODY]
    assert of_pdf("", lines, "a.pdf") == "The Title"


@pytest.mark.parametrize(
    ("lines", "title"),
    [
        (["A Short Note", "with a body"], "A Short Note"),
        (["", "  ", "A Short Note"], "A Short Note"),
        (["This sentence goes on until the line is full and then it", "ends."], None),
        (["This sentence ends here, on the first line."], None),
        (["x" * 121], None),
        (["Abstract", "We show"], None),
        (["1. Introduction"], None),
        (["someone@example.org"], None),
        (["17"], None),
        ([], None),
    ],
)
def test_without_large_type_the_first_line_may_be_the_title(
    lines: list[str], title: str | None
) -> None:
    sized = [(line, 10.0) for line in lines]
    if title is None and lines and lines[0].startswith("This sentence goes"):
        title = lines[0]  # nothing tells it from a long title
    assert of_pdf("", sized, "my_old file.pdf") == (title or "my old file")


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("# LLMs\n## More\n", "LLMs"),
        (
            "intro line\n\n## **Large *Language* Models (LLMs):** ##\n",
            "Large Language Models (LLMs)",
        ),
        (
            "# A [link](http://x.y/z) and `code` with snake_case_name\n",
            "A link and code with snake_case_name",
        ),
        ("# 1A---Book-_processed-_x\n", "1A---Book-_processed-_x"),
        ('---\ntags: [a]\ntitle: "From the front"\n---\n# Heading\n', "From the front"),
        ("---\ntags: [a]\n---\n# Heading\n", "Heading"),
        ("```bash\n# a comment\n```\n# Heading\n", "Heading"),
        ("Set Underlined\n==============\ntext", "Set Underlined"),
        ("A. Author, B. Author,\n\n## Abstract\n## Methods\n", "notes"),
        ("Just a first line\n\nand text", "Just a first line"),
        ("#hashtag only\ntext", "hashtag only"),
    ],
)
def test_a_markdown_file_is_called_as_its_heading(text: str, title: str) -> None:
    assert of_text(text, "markdown", "notes.md") == title


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("\n\n=== DOCUMENT RETRIEVAL LOG ===\nQuery: x", "DOCUMENT RETRIEVAL LOG"),
        ("# not markdown\n", "not markdown"),
        ("a" * 121, "some notes"),
        ("---\n\n1234\n", "some notes"),
    ],
)
def test_a_text_file_is_called_as_its_first_line(text: str, title: str) -> None:
    assert of_text(text, "text", "some_notes.txt") == title


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("two_column__issue.pdf", "two column issue"),
        ("1706.03762.pdf", "1706.03762"),
        ("Attention-is all.you need.md", "Attention-is all.you need"),
        ("___.txt", "___.txt"),
    ],
)
def test_a_file_name_is_tidied(name: str, title: str) -> None:
    assert of_name(name) == title


@pytest.mark.parametrize(
    "given", ["10811.exe", "100G Networking Toronto.key", "Layout1.indd", "12 34.5 78 words"]
)
def test_a_file_of_a_program_or_a_row_of_numbers_is_no_title(given: str) -> None:
    assert of_pdf(given, [("A Real Title", 18.0), *BODY], "file.pdf") == "A Real Title"


@pytest.mark.parametrize(
    "first", ["| Model | Size |", "Model\tSize\tYear", "BLEU   27.3   41.0", "MiniLM 22 384 0.41"]
)
def test_a_row_of_a_table_is_no_title(first: str) -> None:
    assert of_text(f"{first}\nmore of it\n", "text", "models.txt") == "models"


@pytest.mark.parametrize(
    "first", ["Vision 2030", "Tides | Gull Ness", "GPT-4 and 3 others in 2023"]
)
def test_numbers_and_bars_may_stand_in_a_title(first: str) -> None:
    assert of_text(f"{first}\n\nmore of it\n", "text", "x.txt") == first
