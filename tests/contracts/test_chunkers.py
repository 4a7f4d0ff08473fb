"""What every chunker promises, checked for each one there is."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core import chunkers, labels
from core.chunkers import Chunker
from core.chunkers.words import WORD
from core.models.registry import modules
from core.models.windows import offsets
from core.types import Chunking
from tests.backends.words import tokenizer

CHUNKERS = modules("core.chunkers")
every_chunker = pytest.mark.parametrize("chunker", CHUNKERS.values(), ids=CHUNKERS)
TOKENIZER = tokenizer()

texts = st.one_of(
    st.text(max_size=300),
    st.text(alphabet="ab \n", max_size=300),  # repetitive, with many newlines
    st.text(alphabet="aA1.!?) \n", max_size=300),  # many ends of sentences
    st.text(alphabet="a #`~\n", max_size=300),  # many headings and code fences
    st.text(alphabet="漢字かな。「」 \n", max_size=300),
)
sizes = st.integers(1, 60).flatmap(lambda size: st.tuples(st.just(size), st.integers(0, size - 1)))


def tokens(text: str) -> list[tuple[int, int]]:
    return offsets(TOKENIZER, text)


def length(unit: str, text: str) -> int:
    """How long a text is in a chunker's unit; a page has no length."""
    match unit:
        case "character":
            return len(text.strip())
        case "word":
            return len(WORD.findall(text))
        case "token":
            return len(tokens(text))
        case _:
            return 0


def test_there_are_chunkers() -> None:
    assert chunkers.names() == list(CHUNKERS)
    assert {"recursive", "words", "tokens", "sentences", "headings", "pages"} <= CHUNKERS.keys()


@every_chunker
def test_its_size_counts_what_the_core_knows(chunker: Chunker) -> None:
    assert chunker.UNIT in ("character", "word", "token", "page")


@every_chunker
@settings(deadline=None)
@given(text=texts, sizes=sizes)
@example(text="endless" * 100, sizes=(20, 5))
@example(text="\n" * 100, sizes=(20, 5))
@example(text="終わりのない言葉" * 50, sizes=(20, 5))
@example(text="\x00\u200b\xad", sizes=(1, 0))  # no tokenizer sees anything here
def test_spans_keep_their_promises(chunker: Chunker, text: str, sizes: tuple[int, int]) -> None:
    size, overlap = sizes
    spans = chunker.spans(text, size, overlap, tokens)
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert spans == sorted(spans)
    covered = 0
    for start, end in spans:
        assert not text[covered:start].strip(), "something between two chunks was lost"
        assert length(chunker.UNIT, text[start:end]) <= size, "a chunk is longer than asked"
        shared = text[start : max(start, covered)]
        assert length(chunker.UNIT, shared) <= overlap, "two chunks share more than was asked"
        assert end > covered, "a chunk brings nothing new"
        covered = end
    assert not text[covered:].strip(), "the end was lost"


@every_chunker
def test_no_text_no_spans(chunker: Chunker) -> None:
    assert chunker.spans("", 800, 100, tokens) == []


@pytest.mark.parametrize("name", CHUNKERS)
def test_its_usual_sizes_can_be_meant_and_named(name: str) -> None:
    for size, overlap in chunkers.usual(name):
        chunking = Chunking(chunker=name, size=size, overlap=overlap)
        chunkers.check(chunking)
        assert chunkers.unit(name) in labels.chunking(chunking)
