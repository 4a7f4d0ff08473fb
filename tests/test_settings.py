"""What the environment may say, and the sentences for what it may not."""

from dataclasses import replace
from typing import Any

import pytest

from core.errors import BadInput
from core.settings import Endpoint, checked, from_environment, key_for

QWEN = Endpoint(name="qwen", address="http://127.0.0.1:8000/v1", model="Qwen/Qwen2.5-3B-Instruct")


def test_a_server_makes_itself_ready_only_where_it_is_told_to() -> None:
    assert not from_environment({}).warm
    assert not from_environment({"TRIPTYCH_WARM": "0"}).warm
    assert from_environment({"TRIPTYCH_WARM": "1"}).warm
    with pytest.raises(BadInput, match="TRIPTYCH_WARM is 'yes'; it must be 0 or 1"):
        from_environment({"TRIPTYCH_WARM": "yes"})


def test_endpoints_are_read_in_order() -> None:
    text = (
        " qwen=http://127.0.0.1:8000/v1/#Qwen/Qwen2.5-3B-Instruct ,"
        " ollama:3b=https://box.local/v1#qwen2.5:3b,"
    )
    assert from_environment({"TRIPTYCH_ENDPOINTS": text}).endpoints == (
        QWEN,
        Endpoint(name="ollama:3b", address="https://box.local/v1", model="qwen2.5:3b"),
    )


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("qwen", "NAME=ADDRESS#MODEL"),
        ("qwen=http://box/v1", "NAME=ADDRESS#MODEL"),
        ("qwen=#m", "NAME=ADDRESS#MODEL"),
        ("=http://box/v1#m", "NAME=ADDRESS#MODEL"),
        ("a b=http://box/v1#m", "letters, digits and . _ : - alone"),
        ("qwen=box:8000/v1#m", "address of the endpoint 'qwen'"),
        ("qwen=file:///etc/passwd#m", "address of the endpoint 'qwen'"),
        ("qwen=http://box:port/v1#m", "address of the endpoint 'qwen'"),
        ("qwen=http://#m", "address of the endpoint 'qwen'"),
        ("qwen=http://bo x/v1#m", "address of the endpoint 'qwen'"),
        ("qwen=http://bo\\x/v1#m", "address of the endpoint 'qwen'"),
        ("qwen=http://[box/v1#m", "address of the endpoint 'qwen'"),
        ("qwen=http://me:sesame@box/v1#m", "password"),
        ("qwen=http://box/v1?key=sesame#m", "password"),
    ],
)
def test_an_entry_that_is_no_endpoint_is_said_and_hides_no_other(text: str, sentence: str) -> None:
    read = from_environment({"TRIPTYCH_ENDPOINTS": f"{text},good=http://box/v1#m"})
    assert [each.name for each in read.endpoints] == ["good"]
    (fault,) = read.endpoint_faults
    assert fault.startswith("Entry 1 of TRIPTYCH_ENDPOINTS is left out. ")
    assert sentence in fault
    assert "sesame" not in fault


def test_of_names_that_count_as_one_none_is_taken() -> None:
    text = "q-1=http://box/v1#m,Q_1=http://box/v1#n,good=http://box/v1#m"
    read = from_environment({"TRIPTYCH_ENDPOINTS": text})
    assert [each.name for each in read.endpoints] == ["good"]
    assert ["more than one" in each for each in read.endpoint_faults] == [True, True]


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"name": "a/b"}, "letters, digits"),
        ({"name": ""}, "letters, digits"),
        ({"address": "https://box/v1#here"}, "password or a query"),
        ({"address": "https://bücher/v1"}, "is none"),
        ({"model": "  "}, "needs the name"),
        ({"model": "a\nb"}, "needs the name"),
        ({"requests": 0}, "1 to 64"),
        ({"requests": 65}, "1 to 64"),
        ({"dollars_in": -1.0, "dollars_out": 1.0}, "price"),
        ({"dollars_in": float("nan"), "dollars_out": 1.0}, "price"),
        ({"dollars_in": 1.0}, "both prices, or none"),
    ],
)
def test_what_can_be_no_endpoint_is_refused(wrong: dict[str, Any], sentence: str) -> None:
    assert checked(replace(QWEN, address=f"{QWEN.address}/")) == QWEN
    with pytest.raises(BadInput, match=sentence):
        checked(replace(QWEN, **wrong))


def test_money_is_told_where_price_and_tokens_are_known() -> None:
    """2,000 tokens at 0.15 and 500 at 0.60 dollars a million."""
    priced = replace(QWEN, dollars_in=0.15, dollars_out=0.60)
    assert priced.dollars(2_000, 500) == pytest.approx(0.0003 + 0.0003)
    assert priced.dollars(2_000, None) is None
    assert QWEN.dollars(2_000, 500) is None
    embedder = replace(QWEN, family="embedder", dollars_in=0.02)
    assert embedder.dollars(1_000_000, None) == pytest.approx(0.02)
    assert replace(priced, dollars_in=0.0, dollars_out=0.0).dollars(None, None) == 0.0


def test_a_key_of_its_own_goes_before_the_one_for_all() -> None:
    both = {"TRIPTYCH_ENDPOINT_KEY": "all\n", "TRIPTYCH_ENDPOINT_KEY_QWEN": " own "}
    assert key_for(QWEN, both) == "own"
    assert key_for(QWEN, both | {"TRIPTYCH_ENDPOINT_KEY_QWEN": " "}) == "all"
    assert key_for(QWEN, {}) == ""


@pytest.mark.parametrize("key", ["open sesame", "sesame\nsesame", "sésame"])
def test_what_can_be_no_key_is_refused_without_being_said(key: str) -> None:
    with pytest.raises(BadInput, match="TRIPTYCH_ENDPOINT_KEY holds") as caught:
        key_for(QWEN, {"TRIPTYCH_ENDPOINT_KEY": key})
    assert key not in caught.value.sentence + caught.value.detail


def test_settings_hold_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIPTYCH_ENDPOINT_KEY", "sesame")
    monkeypatch.setenv("TRIPTYCH_ENDPOINTS", "qwen=http://127.0.0.1:8000/v1#m")
    assert "sesame" not in repr(from_environment())


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "soon"])
def test_numbers_are_whole_and_positive(text: str) -> None:
    with pytest.raises(BadInput, match="TRIPTYCH_ENDPOINT_SECONDS"):
        from_environment({"TRIPTYCH_ENDPOINT_SECONDS": text})


def test_the_hub_is_where_its_library_looks_for_it() -> None:
    assert from_environment({"HF_ENDPOINT": "http://127.0.0.1:1/"}).hub == "http://127.0.0.1:1"
    with pytest.raises(BadInput, match="HF_ENDPOINT is no address"):
        from_environment({"HF_ENDPOINT": "file:///etc"})


@pytest.mark.parametrize(
    ("text", "door"),
    [("", ("", 0)), ("8700", ("", 8700)), ("192.168.1.5:8502", ("192.168.1.5", 8502))],
)
def test_the_door_of_a_class(text: str, door: tuple[str, int]) -> None:
    settings = from_environment({"TRIPTYCH_DOOR": text})
    assert (settings.door_address, settings.door_port) == door


@pytest.mark.parametrize("text", ["door", "0", "70000", "192.168.1.5", "192.168.1.5:", "-1"])
def test_a_door_that_is_none(text: str) -> None:
    with pytest.raises(BadInput, match="TRIPTYCH_DOOR"):
        from_environment({"TRIPTYCH_DOOR": text})
