"""The entrance: a phone's first page and joining from it, over a real connection to a real door."""

import http.client
import json
import re
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest

from core.classroom.entrance import Entrance
from core.classroom.gateway import Gateway
from core.classroom.lesson import Server
from core.errors import BadInput
from core.lab import Lab
from core.types import Classroom

HEADER = {"X-Triptych-Join": "1"}


@pytest.fixture
def opened(lab: Lab) -> Iterator[Classroom]:
    opened, _ = lab.classes.start(Server(address="0.0.0.0", port=8501))  # needs no door
    yield opened
    if lab.classes.now():
        lab.classes.end()


@pytest.fixture
def door(lab: Lab) -> Iterator[Gateway]:
    """One with no server behind it: whatever is answered, the door answers."""
    join = Entrance(lambda code, name: lab.classes.join(code, name).token)
    door = Gateway("127.0.0.1", 0, ("127.0.0.1", 1), join)
    yield door
    door.close()


def get(
    door: Gateway, path: str, headers: dict[str, str] | None = None
) -> tuple[http.client.HTTPResponse, bytes]:
    client = http.client.HTTPConnection("127.0.0.1", door.port, timeout=10)
    client.request("GET", path, headers=headers or {})
    answer = client.getresponse()
    body = answer.read()
    client.close()
    return answer, body


def join(door: Gateway, code: str, name: str) -> dict[str, str]:
    answer, body = get(door, f"/join?{urlencode({'code': code, 'name': name})}", HEADER)
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/json"
    said: dict[str, str] = json.loads(body)
    return said


@pytest.mark.parametrize("path", ["/", "/class", "/class?code=4FKQ9", "/class?code="])
def test_the_first_page_needs_no_server(door: Gateway, path: str) -> None:
    answer, body = get(door, path)
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert int(answer.headers["Content-Length"]) == len(body)
    assert answer.headers["Cache-Control"] == "no-store"
    assert b"Join the class" in body


def test_the_first_page_is_small_and_loads_nothing_from_elsewhere(door: Gateway) -> None:
    answer, body = get(door, "/class?code=4FKQ9")
    assert len(body) < 6_000
    assert not re.search(rb"(?:src|href|action)=\"(?!/\?teacher|data:,)", body)
    assert b"innerHTML" not in body
    assert b"//" not in re.sub(rb"^// .*$", b"", body, flags=re.MULTILINE)
    assert "default-src 'self' 'unsafe-inline'" in answer.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    "path",
    ["/?teacher", "/class?me=", "/class?code=4FKQ9&me=x", "/class?code=4%2E", "/cards", "/join"],
)
def test_all_else_is_for_the_server(door: Gateway, path: str) -> None:
    with pytest.raises((http.client.HTTPException, ConnectionError)):  # there is none
        get(door, path)


def test_who_joins_is_a_student_of_the_class(door: Gateway, lab: Lab, opened: Classroom) -> None:
    said = join(door, opened.code.lower(), "  Zoë Å & <b>=1+1</b>")
    assert list(said) == ["me"]
    student = lab.classes.screen(opened.code, said["me"]).student
    assert student and student.name == "Zoë Å & <b>=1+1</b>"


@pytest.mark.parametrize(
    ("code", "name", "sentence"),
    [
        ("AAAAA", "Ada", "No class has this code"),
        ("", "Ada", "No class has this code"),
        (None, " ", "Choose a name of 1 to 24 characters."),
        (None, "A" * 25, "Choose a name of 1 to 24 characters."),
    ],
)
def test_who_cannot_join_is_told_why(
    door: Gateway, opened: Classroom, code: str | None, name: str, sentence: str
) -> None:
    said = join(door, opened.code if code is None else code, name)
    assert list(said) == ["sentence"]
    assert said["sentence"].startswith(sentence)


def test_guessing_codes_waits_here_too(door: Gateway, opened: Classroom) -> None:
    for _ in range(31):
        join(door, "AAAAA", "Eve")
    assert "try again in" in join(door, opened.code, "Eve")["sentence"]


def test_a_link_alone_joins_nobody(door: Gateway, lab: Lab, opened: Classroom) -> None:
    path = f"/join?{urlencode({'code': opened.code, 'name': 'Eve'})}"
    for headers in ({}, {"X": "x-triptych-join: 1"}, {"Referer": "http://a/?x-triptych-join:"}):
        with pytest.raises((http.client.HTTPException, ConnectionError)):
            get(door, path, headers)
    assert lab.classes.screen(opened.code).students == 0


@pytest.mark.parametrize("typed", ["", "code", "code=%FF%00&name=%ED%A0%80", "code=a&code=b&&;"])
def test_rubbish_is_a_sentence(door: Gateway, opened: Classroom, typed: str) -> None:
    answer, body = get(door, f"/join?{typed}", HEADER)
    assert answer.status == 200
    assert "sentence" in json.loads(body)


def test_the_sentence_is_data() -> None:
    def refuse(code: str, _name: str) -> str:
        raise BadInput(f"No class is {code}.")

    door = Gateway("127.0.0.1", 0, ("127.0.0.1", 1), Entrance(refuse))
    assert join(door, "</script>é\r\n", "x") == {"sentence": "No class is </script>é\r\n."}
    door.close()
