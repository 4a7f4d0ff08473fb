import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.text import Undecodable, decode

WORDS = "Grüße – naïve “quotes”, 東京, 𝑥\n\ttab\r\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_unicode_is_read_with_and_without_a_byte_order_mark(encoding: str) -> None:
    decoded = decode(WORDS.encode(encoding))
    assert (decoded.text, decoded.note, decoded.lost) == (WORDS, "", 0)


def test_both_byte_orders_of_utf_16_are_read() -> None:
    assert decode(b"\xff\xfeh\0i\0").text == decode(b"\xfe\xff\0h\0i").text == "hi"


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_is_read_and_said(encoding: str) -> None:
    decoded = decode("Plain words, naïve".encode(encoding))
    assert decoded.text == "Plain words, naïve"
    assert "UTF-16" in decoded.note


def test_a_byte_that_is_not_utf_8_is_kept_as_a_mark_and_told() -> None:
    decoded = decode("Größe, Übung".encode() + b" \xe9\xc3\xa4")
    assert decoded.text == "Größe, Übung \ufffdä"
    assert (decoded.lost, decoded.note) == (1, "1 place is not UTF-8 and kept as \ufffd")


def test_a_mark_that_stood_in_the_text_is_not_counted_as_lost() -> None:
    assert decode("a \ufffd in Größe".encode()).lost == 0


# The letters of each language in the encodings that it was written in.
WRITTEN = {
    "cp1252 mac_roman cp850": "Größe und Übung für Käse; später fährt die Bahn über Brücken.",
    "cp1252 mac_roman latin_1": "Où êtes-vous allés ? La forêt a été brûlée, après Noël, à côté.",
    "cp1250 iso8859_2": "Światło padło na liście, więc cząstka, która się porusza, świeciła.",
    "cp1251 koi8_r cp866": "Свет падает на листья, и растение вырабатывает сахар из воды.",
    "cp1251 koi8_u": "Світло падає на листя, і рослина виробляє цукор із води та повітря.",
    "cp1253 iso8859_7": "Το φως πέφτει στα φύλλα και το φυτό παράγει ζάχαρη από νερό.",
    "cp1254": "Işık yapraklara düşer ve bitki su ile havadan şeker üretir, çünkü yeşildir.",
    "cp1255": "האור נופל על העלים והצמח מייצר סוכר ממים ומאוויר.",
    "cp1256": "يسقط الضوء على الأوراق وينتج النبات السكر من الماء والهواء.",
    "cp1257": "Šviesa krinta ant lapų, ir augalas gamina cukrų iš vandens bei oro, žiūrėkite.",
    "cp874": "แสงตกกระทบใบไม้และพืชผลิตน้ำตาลจากน้ำและอากาศ",
    "shift_jis euc_jp": "光が葉に当たると、植物は水と空気から糖を作る。",
    "euc_kr": "빛이 잎에 닿으면 식물은 물과 공기로 당을 만든다.",
    "gb2312 gbk": "光照在叶子上，植物用水和空气制造糖。",
    "big5": "光照在葉子上，植物用水和空氣製造糖。",
}


@pytest.mark.parametrize(
    ("encoding", "text"),
    [(each, text) for encodings, text in WRITTEN.items() for each in encodings.split()],
)
def test_the_letters_tell_an_older_encoding(encoding: str, text: str) -> None:
    decoded = decode(f"{text}\n{text}".encode(encoding))
    assert decoded.text == f"{text}\n{text}"
    assert decoded.note.startswith("read as ")


@pytest.mark.parametrize(
    "text", ["It doesn’t cost 5 € – a “naïve” idea", "the café", "± 5 µm", "© 2011 Müller", "§ 5"]
)
def test_a_single_sign_in_english_is_the_western_code_page(text: str) -> None:
    decoded = decode(text.encode("cp1252"))
    assert (decoded.text, decoded.encoding) == (text, "cp1252")


def test_what_reads_differently_in_several_encodings_is_refused_with_their_names() -> None:
    with pytest.raises(Undecodable, match=r"may be written in .* or .*, and reads differently"):
        decode("łąk".encode("iso8859_2"))


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
    with pytest.raises(Undecodable):
        decode(data)


@given(st.binary())
def test_any_bytes_are_text_or_refused(data: bytes) -> None:
    try:
        decoded = decode(data)
    except Undecodable as error:
        assert str(error)
    else:
        assert "\0" not in decoded.text
        assert bool(decoded.note) == (
            decoded.encoding not in ("utf-8", "utf-16") or decoded.lost > 0
        )


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0\ufeff")))
def test_any_text_without_nul_survives(text: str) -> None:
    assert decode(text.encode()).text == text
