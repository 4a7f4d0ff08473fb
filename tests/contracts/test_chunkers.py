"""What every chunker promises, checked for each one there is."""

from types import ModuleType

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.backends import modules

CHUNKERS = modules("core.chunkers")
every_chunker = pytest.mark.parametrize("chunker", CHUNKERS.values(), ids=CHUNKERS)

texts = st.one_of(
    st.text(max_size=300),
    st.text(alphabet="ab \n", max_size=300),  # repetitive, with many newlines
    st.text(alphabet="漢字かな。 \n", max_size=300),
)
sizes = st.integers(1, 60).flatmap(lambda size: st.tuples(st.just(size), st.integers(0, size - 1)))


def test_there_are_chunkers() -> None:
    assert CHUNKERS


@every_chunker
@settings(deadline=None)
@given(text=texts, sizes=sizes)
@example(text="endless" * 100, sizes=(20, 5))
@example(text="\n" * 100, sizes=(20, 5))
@example(text="終わりのない言葉" * 50, sizes=(20, 5))
def test_spans_keep_their_promises(chunker: ModuleType, text: str, sizes: tuple[int, int]) -> None:
    size, overlap = sizes
    spans = chunker.spans(text, size, overlap)
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert spans == sorted(spans)
    covered = 0
    for start, end in spans:
        assert not text[covered:start].strip(), "something between two chunks was lost"
        assert start >= covered - overlap, "two chunks share more than was asked"
        assert end > covered, "a chunk brings nothing new"
        covered = end
    assert not text[covered:].strip(), "the end was lost"


@every_chunker
def test_no_text_no_spans(chunker: ModuleType) -> None:
    assert chunker.spans("", 800, 100) == []
