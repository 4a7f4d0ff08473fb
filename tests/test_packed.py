"""The program of the pages through the door: packed, asked for once; all else as it is."""

import gzip
import http.client
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest

from core.classroom import gateway
from core.classroom.compressed import last, wanted
from core.classroom.entrance import Entrance
from core.classroom.gateway import Gateway

PROGRAM = b"export const lamp = 'lit';\n" * 500
FOREVER = {
    "Cache-Control": "public, immutable, max-age=31536000",
    "Content-Type": "text/javascript",
}
FILE = "/static/js/index.D-1_x.js"


class Pages(BaseHTTPRequestHandler):
    """A server with one file that never changes and one that may; it counts what it is asked."""

    protocol_version = "HTTP/1.1"
    asked: ClassVar[Counter[str]] = Counter()

    def do_GET(self) -> None:
        self.asked[self.path] += 1
        known = {FILE: FOREVER, "/static/js/soon.js": {}, "/cards": {"Content-Type": "text/html"}}
        status, body = (200, PROGRAM) if self.path in known else (404, b"not here")
        self.send_response(status)
        for name, text in known.get(self.path, {}).items():
            self.send_header(name, text)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", self.headers.get("Connection", "keep-alive"))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def opened() -> Iterator[Gateway]:
    Pages.asked.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Pages) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        address = ("127.0.0.1", server.server_address[1])
        opened = Gateway("127.0.0.1", 0, address, Entrance(lambda _code, _name: ""))
        yield opened
        opened.close()
        server.shutdown()


def get(
    opened: Gateway, *paths: str, accepts: str = "gzip, deflate, br"
) -> list[tuple[http.client.HTTPResponse, bytes]]:
    """The answers to requests, one after the other, over one connection while that is let."""
    client = http.client.HTTPConnection("127.0.0.1", opened.port, timeout=10)
    answers = []
    for path in paths:
        client.request("GET", path, headers={"Accept-Encoding": accepts})
        answer = client.getresponse()
        answers.append((answer, answer.read()))
    client.close()
    return answers


def test_a_file_that_never_changes_comes_packed_and_is_asked_for_once(opened: Gateway) -> None:
    for answer, body in [*get(opened, FILE, FILE), *get(opened, FILE)]:
        assert answer.status == 200
        assert answer.headers["Content-Encoding"] == "gzip"
        assert answer.headers["Content-Type"] == "text/javascript"
        assert answer.headers["Cache-Control"] == FOREVER["Cache-Control"]
        assert int(answer.headers["Content-Length"]) == len(body) < len(PROGRAM) / 10
        assert gzip.decompress(body) == PROGRAM
    assert Pages.asked == {FILE: 1}


def test_a_phone_that_has_all_it_asked_for_is_told_nothing_more(
    opened: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway, "KEPT_SECONDS", 0.1)
    with socket.create_connection(("127.0.0.1", opened.port), timeout=10) as client:
        client.sendall(f"GET {FILE} HTTP/1.1\r\nAccept-Encoding: gzip\r\n\r\n".encode())
        said = b""
        while block := client.recv(65536):
            said += block
    assert said.startswith(b"HTTP/1.1 200 OK")
    assert said.count(b"HTTP/1.1") == 1


@pytest.mark.parametrize(
    ("path", "status"), [("/cards", 200), ("/static/js/soon.js", 200), ("/static/js/none.js", 404)]
)
def test_everything_else_comes_as_it_is(opened: Gateway, path: str, status: int) -> None:
    (first, body), (packed, _), (again, same) = get(opened, path, FILE, path)
    assert body == same == (PROGRAM if status == 200 else b"not here")
    assert [first.status, packed.status, again.status] == [status, 200, status]
    for answer in (first, again):
        assert answer.headers["Content-Encoding"] is None
        assert answer.headers["Connection"] == "close"  # so that the next request is read again
    assert packed.headers["Content-Encoding"] == "gzip"
    assert Pages.asked[FILE] == 1


def test_whoever_cannot_unpack_gets_it_plain(opened: Gateway) -> None:
    ((answer, body),) = get(opened, FILE, accepts="identity")
    assert (answer.headers["Content-Encoding"], body) == (None, PROGRAM)


def test_a_head_in_pieces_is_one_head(opened: Gateway) -> None:
    head = f"GET {FILE} HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", opened.port), timeout=10) as client:
        client.sendall(head[:20])
        client.sendall(head[20:])
        assert client.recv(15) == b"HTTP/1.1 200 OK"


HEAD = b"GET /static/js/a.js HTTP/1.1\r\nAccept-Encoding: gzip\r\n\r\n"


@pytest.mark.parametrize(
    "head",
    [
        HEAD.replace(b"GET", b"POST"),
        HEAD.replace(b"/1.1", b"/1.0"),
        HEAD.replace(b"a.js", b"../a.js"),
        HEAD.replace(b"a.js", b"a.js?again=1"),
        HEAD.replace(b"a.js", b"%2e%2e/a.js"),
        HEAD.replace(b"/js/", b"/media/"),
        HEAD.replace(b"gzip", b"br"),
        HEAD.replace(b"\r\n\r\n", b"\r\nRange: bytes=0-9\r\n\r\n"),
        HEAD.replace(b"\r\n\r\n", b"\r\nX: y" * 200 + b"\r\n\r\n"),
        b"GET /\r\n\r\n",
        b"\xff\xfe\r\n\r\n",
    ],
)
def test_other_requests_are_the_servers(head: bytes) -> None:
    assert wanted(HEAD) == "/static/js/a.js"
    assert wanted(head) == ""


def test_a_connection_that_becomes_another_one_stays() -> None:
    upgrade = b"GET /_stcore/stream HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
    assert last(upgrade) == upgrade
    asked = b"GET / HTTP/1.1\r\nConnection: keep-alive\r\nHost: x\r\n\r\n"
    assert last(asked) == b"GET / HTTP/1.1\r\nHost: x\r\nconnection: close\r\n\r\n"
