import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.papers.texts import decode

WORDS = "Grüße – naïve “quotes”, 東京, 𝑥\n\ttab\r\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_unicode_is_read_with_and_without_a_byte_order_mark(encoding: str) -> None:
    assert decode(WORDS.encode(encoding)) == WORDS


def test_both_byte_orders_of_utf_16_are_read() -> None:
    assert decode(b"\xff\xfeh\0i\0") == decode(b"\xfe\xff\0h\0i") == "hi"


def test_the_western_code_page_is_the_last_resort() -> None:
    assert decode("naïve – 5 €".encode("cp1252")) == "naïve – 5 €"


@pytest.mark.parametrize(
    "data",
    [
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
        b"PK\x03\x04\x14\x00\x06\x00",
        b"\xff\xd8\xff\xe0\x00\x10JFIF",
        b"plain, but with a \0 in it",
        b"\xff\xfe\0\0h\0\0\0",  # UTF-32
        b"\xff\xfeh",  # half a character
        b"caf\xe9 \x81",  # a byte the code page does not have
        b"caf\xe9 \x07",
    ],
)
def test_what_is_no_text_is_refused(data: bytes) -> None:
    assert decode(data) is None


@given(st.binary())
def test_any_bytes_are_text_or_refused(data: bytes) -> None:
    text = decode(data)
    assert text is None or "\0" not in text


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0\ufeff")))
def test_any_text_without_nul_survives(text: str) -> None:
    assert decode(text.encode()) == text
