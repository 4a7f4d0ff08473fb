"""Cutting: our spans against LangChain's chunks or by hand, and what the core does around a
chunker."""

import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_text_splitters import MarkdownHeaderTextSplitter, RecursiveCharacterTextSplitter
from langchain_text_splitters.base import Tokenizer, split_text_on_tokens

from core import labels
from core.chunkers import check, completed, cut, headings, pages, sentences, tokens, words
from core.chunkers.recursive import spans
from core.errors import BadInput
from core.models import registry
from core.models.windows import offsets
from core.settings import Settings
from core.types import Chunk, Chunking, Paper

WORDS = ["retrieval", "a", "the", "of", "注意機構", "は", "x" * 90, "naïve", "…", "\u00a0"]
BREAKS = [" ", " ", " ", "  ", "\n", "\n\n", "\n\n\n", " \n \n", "\t", ""]

papers_like = st.lists(
    st.tuples(st.sampled_from(WORDS), st.sampled_from(BREAKS)).map("".join), max_size=60
).flatmap(lambda parts: st.integers(1, 40).map(lambda times: "".join(parts) * times))
texts = st.one_of(
    papers_like,
    st.text(max_size=200),
    st.text(alphabet="ab \n", max_size=200),
    st.text(alphabet=" \n", max_size=50),
    st.integers(0, 4000).map(lambda times: "word" * times),
)
usual_sizes = st.sampled_from([(800, 100), (1200, 200), (1600, 300)])
small_sizes = st.integers(2, 50).flatmap(
    lambda size: st.tuples(st.just(size), st.integers(0, size - 1))
)


def paper(text: str, page_starts: tuple[int, ...] = (0,)) -> Paper:
    return Paper(
        id="p" * 64, title="T", text=text, page_starts=page_starts, source="t.txt", kind="text"
    )


def langchain(text: str, size: int, overlap: int) -> list[str]:
    splitter = RecursiveCharacterTextSplitter(chunk_size=size, chunk_overlap=overlap)
    return splitter.split_text(text)


@settings(deadline=None)
@given(text=texts, sizes=st.one_of(usual_sizes, small_sizes))
def test_cuts_where_langchain_cuts(text: str, sizes: tuple[int, int]) -> None:
    size, overlap = sizes
    chunks = cut(paper(text), Chunking(size=size, overlap=overlap))
    assert [chunk.text for chunk in chunks] == langchain(text, size, overlap)
    assert all(text[chunk.start : chunk.end] == chunk.text for chunk in chunks)


@settings(deadline=None)
@given(text=texts, sizes=small_sizes)
def test_no_chunk_is_longer_than_asked(text: str, sizes: tuple[int, int]) -> None:
    assert all(end - start <= sizes[0] for start, end in spans(text, *sizes))


@pytest.mark.parametrize("sizes", [(800, 100), (1200, 200), (1600, 300)])
def test_real_texts_are_cut_as_langchain_cuts_them(shared: Path, sizes: tuple[int, int]) -> None:
    files = sorted(shared.glob("chunking_evaluation/corpora/*.md"))
    if not files:
        pytest.skip("no corpora beside the checkout")
    for file in files:
        text = file.read_text(encoding="utf-8")
        chunks = cut(paper(text), Chunking(size=sizes[0], overlap=sizes[1]))
        assert [chunk.text for chunk in chunks] == langchain(text, *sizes)


def test_spans_by_hand() -> None:
    # Two paragraphs; the second is too long, so it is cut at lines, where the first "\n" stays
    # alone, and then at spaces: "\nthree" + " four" would be 11 characters.
    text = "one two\n\nthree four five"
    assert spans(text, 10, 0) == [(0, 7), (7, 8), (8, 14), (14, 24)]
    # " bb" is short enough to be shared, and then " cc".
    assert spans("aa bb cc dd", 6, 3) == [(0, 5), (2, 8), (5, 11)]
    assert spans("aa bb cc dd", 6, 2) == [(0, 5), (5, 11)]
    assert spans("abcdefgh", 4, 1) == [(0, 4), (3, 7), (6, 8)]


def pieces(text: str, found: list[tuple[int, int]]) -> list[str]:
    return [text[start:end].strip() for start, end in found]


@given(text=st.text(alphabet="ab \n", max_size=200), sizes=small_sizes)
def test_words_are_counted_as_split_counts_them(text: str, sizes: tuple[int, int]) -> None:
    size, overlap = sizes
    whole = text.split()
    firsts = range(0, max(1, len(whole) - overlap), size - overlap) if whole else []
    expected = [whole[first : first + size] for first in firsts]
    assert [each.split() for each in pieces(text, words.spans(text, *sizes)) if each] == expected


def test_words_by_hand() -> None:
    text = "One two, three (four) five."
    assert pieces(text, words.spans(text, 2, 1)) == [
        "One two,",
        "two, three",
        "three (four)",
        "(four) five.",
    ]
    mixed = "注意は、all you need。"
    assert pieces(mixed, words.spans(mixed, 4, 0)) == ["注意は、all", "you need。"]
    assert words.spans("x" * 5000, 10, 0) == [(0, 5000)]


def test_tokens_are_cut_where_langchain_cuts_them() -> None:
    text = "Attention is all you need; nothing else, they said in 2017."
    starts = [0, 2, 5, 9, 10, 13, 21, 25, 30, 38, 50]  # any tokenizer's, also inside words
    edges = [*starts, len(text)]

    def decode(ids: list[int]) -> str:
        return text[edges[ids[0]] : edges[ids[-1] + 1]]

    for size, overlap in [(3, 1), (4, 0), (5, 4), (11, 2), (20, 3)]:
        theirs = split_text_on_tokens(
            text=text,
            tokenizer=Tokenizer(
                chunk_overlap=overlap,
                tokens_per_chunk=size,
                decode=decode,
                encode=lambda _text: list(range(len(starts))),
            ),
        )
        ours = tokens.spans(text, size, overlap, lambda _text: [(at, at + 1) for at in starts])
        assert [text[start:end] for start, end in ours] == theirs


def test_tokens_of_nobody() -> None:
    with pytest.raises(ValueError, match="whose tokens"):
        tokens.spans("text", 10, 0)


def test_tokens_that_share_a_character() -> None:
    # As byte-level tokenizers do: three tokens for one sign.
    found = tokens.spans("😀ab", 2, 0, lambda _text: [(0, 1), (0, 1), (0, 1), (1, 2), (2, 3)])
    assert found == [(0, 2), (2, 3)]


@pytest.mark.models
def test_the_embedders_own_tokens() -> None:
    model, module = registry.find(Settings(), "embedder", "all-MiniLM-L6-v2")
    tokenizer = module.load(model, Settings()).tokenizer
    assert tokenizer

    def count(text: str) -> int:
        return len(tokenizer.encode(text, add_special_tokens=False))

    text = "Quantisation of hyperparameters, 3.14 naïve — 注意機構は 😀 e\u0301. " * 40
    chunks = cut(
        paper(text),
        Chunking(chunker="tokens", size=64, overlap=16),
        lambda part: offsets(tokenizer, part),
    )
    counts = [count(chunk.text) for chunk in chunks]
    assert max(counts) <= 66  # a word that is cut may be read as a token more on each side
    assert min(counts[:-1]) >= 62
    shared = [count(text[right.start : left.end]) for left, right in pairwise(chunks)]
    assert set(shared) <= {14, 15, 16, 17, 18}
    assert chunks[-1].end == len(text.rstrip())
    (endless,) = cut(
        paper("x" * 3000),
        Chunking(chunker="tokens", size=64, overlap=16),
        lambda part: offsets(tokenizer, part),
    )
    assert count(endless.text) == 1  # too long a word is one unknown token for this model


def test_sentences_are_packed_and_shared_whole() -> None:
    text = "Aa bb. Cc dd. Ee ff.  Gg hh."  # six characters each
    assert pieces(text, sentences.spans(text, 13, 0)) == ["Aa bb. Cc dd.", "Ee ff.", "Gg hh."]
    assert pieces(text, sentences.spans(text, 13, 6)) == [
        "Aa bb. Cc dd.",
        "Cc dd. Ee ff.",
        "Gg hh.",  # two spaces: "Ee ff.  Gg hh." would be 14 characters
    ]
    assert pieces(text, sentences.spans(text, 13, 5)) == pieces(text, sentences.spans(text, 13, 0))
    assert pieces(text, sentences.spans(text, 20, 13)) == [
        "Aa bb. Cc dd. Ee ff.",
        "Ee ff.  Gg hh.",
    ]
    long = "Aa. Bb cc dd ee ff. Gg."
    assert pieces(long, sentences.spans(long, 9, 0)) == ["Aa.", "Bb cc dd", "ee ff.", "Gg."]


MARKDOWN = """Before any heading.

# One

## One and a half

Text of it.

```python
# no heading
```

## Two
Text at once.
####### seven are none
    ## One in a list
And its text.

### Three ###

~~~~
## no heading
```
~~~
# no heading
~~~~
After the fence.
#none
#
Last."""


def test_sections_by_hand() -> None:
    assert pieces(MARKDOWN, headings.spans(MARKDOWN, 1000, 0)) == [
        "Before any heading.",
        "# One\n\n## One and a half\n\nText of it.\n\n```python\n# no heading\n```",
        "## Two\nText at once.\n####### seven are none",
        "## One in a list\nAnd its text.",
        MARKDOWN[MARKDOWN.index("### Three") : MARKDOWN.rindex("#")].strip(),
        "#\nLast.",
    ]


@pytest.mark.parametrize("size", [30, 40, 60, 100])
def test_a_heading_stays_with_its_text(size: int) -> None:
    text = "# Title\n\n## Sub\n\n" + "word " * 40 + "\n\n" + "other " * 20 + "\n\n# End\n\n\nText."
    found = pieces(text, headings.spans(text, size, 5))
    assert found[0].startswith("# Title\n\n## Sub\n\nword")
    assert found[-1] == "# End\n\n\nText."
    assert all(len(each) <= size for each in found)


def test_a_heading_may_be_a_list_item() -> None:
    text = (
        "# Notes\nAbout.\n\n - ### **Training**\nIt begins.\n  1. #### Pre-training\n     First.\n"
        "- #hashtag\n- a # in a line\n* - ## Nested\n- ```sh\n  # no heading\n  ```\n"
        "+ ###### Last\nEnd."
    )
    assert pieces(text, headings.spans(text, 1000, 0)) == [
        "# Notes\nAbout.",
        "- ### **Training**\nIt begins.",
        "1. #### Pre-training\n     First.\n- #hashtag\n- a # in a line",
        "* - ## Nested\n- ```sh\n  # no heading\n  ```",
        "+ ###### Last\nEnd.",
    ]


def test_sections_are_langchains(shared: Path) -> None:
    text = (shared / "seeds" / "llm_notes.md").read_text(encoding="utf-8")
    text = re.sub(
        r"^[ \t]*([-*+]|\d+[.)])[ \t]+(?=#)", "", text, flags=re.MULTILINE
    )  # it knows no headings in lists
    marks = [("#" * level, str(level)) for level in range(1, 7)]
    theirs = MarkdownHeaderTextSplitter(marks, strip_headers=False).split_text(text)
    expected, bare = [], ""  # they leave a heading without text alone, we take it to the next
    for section in theirs:
        whole = f"{bare} {section.page_content}"
        lines = [line.strip() for line in whole.splitlines() if line.strip()]
        if lines[-1].startswith("#"):
            bare = whole
        else:
            expected.append(" ".join(whole.split()))
            bare = ""
    ours = pieces(text, headings.spans(text, len(text), 0))
    assert [" ".join(each.split()) for each in ours] == expected


def test_a_whole_page_is_a_chunk() -> None:
    two_pages = paper("first page and\nsecond page", (0, 15))
    chunks = cut(two_pages, Chunking(chunker="pages", size=3, overlap=7))
    assert [chunk.text for chunk in chunks] == ["first page and", "second page"]
    assert pages.spans("any", 1, 0) == [(0, 3)]


def test_what_a_chunking_is_called_and_completed_to() -> None:
    by_tokens = Chunking(chunker="tokens", size=128, overlap=16)
    assert labels.chunking(by_tokens) == "128 tokens, overlap 16"
    assert labels.chunking(Chunking(size=1200)) == "1,200 characters, overlap 100"
    sections = Chunking(chunker="headings", overlap=0)
    assert labels.chunking(sections) == "headings: 800 characters"
    assert labels.chunking(Chunking(chunker="words", size=1, overlap=0)) == "1 word"
    assert labels.chunking(Chunking(chunker="pages")) == "whole pages"
    assert completed(by_tokens, "mini").tokenizer == "mini"
    assert completed(completed(by_tokens, "mini"), "maxi").tokenizer == "mini"
    assert completed(Chunking(), "mini") == Chunking()
    small, large = Chunking(chunker="pages", size=8), Chunking(chunker="pages", size=1600)
    assert completed(small, "mini") == completed(large, "mini")
    check(completed(small, "mini"))


def test_chunks_have_no_white_space_at_their_ends() -> None:
    text = "  one two\n\n \n\n  three "
    chunks = cut(paper(text), Chunking(size=10, overlap=0))
    assert [(c.start, c.end, c.text) for c in chunks] == [(2, 9, "one two"), (16, 21, "three")]


def test_pages_are_cut_by_themselves_unless_asked() -> None:
    two_pages = paper("first page and\nsecond page", (0, 15))
    apart = cut(two_pages, Chunking(size=100, overlap=0))
    assert [chunk.text for chunk in apart] == ["first page and", "second page"]
    assert [(chunk.start, chunk.end) for chunk in apart] == [(0, 14), (15, 26)]
    together = cut(two_pages, Chunking(size=100, overlap=0, across_pages=True))
    assert together == (Chunk(paper_id="p" * 64, start=0, end=26, text=two_pages.text),)


@settings(deadline=None)
@given(
    text=st.text(alphabet="ab \n", min_size=1, max_size=100),
    starts=st.sets(st.integers(1, 99), max_size=5),
    sizes=small_sizes,
)
def test_no_chunk_crosses_a_page(text: str, starts: set[int], sizes: tuple[int, int]) -> None:
    page_starts = (0, *sorted(start for start in starts if start < len(text)))
    pages = paper(text, page_starts)
    for chunk in cut(pages, Chunking(size=sizes[0], overlap=sizes[1])):
        _, *others = pages.pages_of(chunk.start, chunk.end)
        assert not others or text[page_starts[others[0] - 1] - 1 : chunk.end].isalpha()
        assert text[chunk.start : chunk.end] == chunk.text


def test_a_word_that_goes_on_over_a_page_is_cut_on_neither() -> None:
    two_pages = paper("to the international hour", (0, 12))
    chunks = cut(two_pages, Chunking(size=100, overlap=0))
    assert [chunk.text for chunk in chunks] == ["to the international", "hour"]


def test_margins_are_in_no_chunk() -> None:
    with_margins = replace(paper("one\n\ntwo\n\nHEAD\nHEAD", (0, 5)), margins=((10, 1), (15, 2)))
    for across in (False, True):
        chunks = cut(with_margins, Chunking(size=100, overlap=0, across_pages=across))
        assert " ".join(chunk.text for chunk in chunks).split() == ["one", "two"]


def test_a_paper_without_text_has_no_chunks() -> None:
    assert cut(paper(""), Chunking()) == ()
    assert cut(paper(" \n\n "), Chunking()) == ()


@pytest.mark.parametrize(
    ("chunking", "sentence"),
    [
        (Chunking(chunker="nosuch"), r"no chunker called 'nosuch'; known are: .*recursive"),
        (Chunking(chunker="pages", across_pages=True), r"whole pages cannot go across pages"),
        (Chunking(size=0, overlap=0), r"size is 0; .* at least 1"),
        (Chunking(size=200, overlap=200), r"overlap is 200; .* chunk size, which is 200"),
        (Chunking(size=200, overlap=-1), r"overlap is -1"),
    ],
)
def test_numbers_that_cannot_be_meant(chunking: Chunking, sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence):
        check(chunking)
    with pytest.raises(BadInput, match=sentence):
        cut(paper("text"), chunking)
