"""The door: what a phone needs to the server inside and back, nothing else, and nobody once it is
shut."""

import socket
import socketserver
import threading
from collections.abc import Iterator

import pytest

from core.classroom import gateway
from core.classroom.entrance import Entrance
from core.classroom.gateway import Gateway, network_addresses
from core.errors import TriptychError

PAGE = b"GET /class?code=4FKQ9&me=x HTTP/1.1\r\nHost: x\r\n\r\n"
STREAM = b"GET /_stcore/stream HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n\r\n"
SWITCHED = b"HTTP/1.1 101 Switching Protocols\r\n\r\n"
REFUSED = b"HTTP/1.1 403 "
NOBODY = Entrance(lambda _code, _name: "")


class Shout(socketserver.BaseRequestHandler):
    """Says a request back in capitals; once asked for the stream, everything."""

    def handle(self) -> None:
        while said := self.request.recv(65536):
            if said.startswith(b"GET /_stcore/stream HTTP"):
                known = b"websocket" in said
                self.request.sendall(SWITCHED if known else b"HTTP/1.1 400 No\r\n\r\n")
            else:
                self.request.sendall(said.upper())
            if b"connection: close" in said:
                return


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True


@pytest.fixture
def inside() -> Iterator[tuple[str, int]]:
    with Server(("127.0.0.1", 0), Shout) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield ("127.0.0.1", server.server_address[1])
        server.shutdown()


@pytest.fixture
def opened(inside: tuple[str, int]) -> Iterator[Gateway]:
    opened = Gateway("127.0.0.1", 0, inside, NOBODY)
    yield opened
    opened.close()


def connect(opened: Gateway) -> socket.socket:
    return socket.create_connection(("127.0.0.1", opened.port), timeout=10)


def hear(client: socket.socket, length: int) -> bytes:
    heard = b""
    while len(heard) < length and (block := client.recv(65536)):
        heard += block
    return heard


def ended(client: socket.socket) -> bool:
    try:
        return client.recv(1) == b""
    except ConnectionError:
        return True


def marked(request: bytes) -> bytes:
    """What the server hears of a request, as it says it back."""
    line, _, rest = request.removesuffix(b"\r\n").partition(b"\r\n")
    return (line + b"\r\nX-Triptych-Door: 1\r\n" + rest + b"Connection: close\r\n\r\n").upper()


def streaming(opened: Gateway) -> socket.socket:
    client = connect(opened)
    client.sendall(STREAM)
    assert hear(client, len(SWITCHED)) == SWITCHED
    return client


@pytest.mark.parametrize(
    "path",
    [b"/?teacher", b"/cards", b"/class?code=4FKQ9&me=x-_y", b"/class?me=", b"/favicon.png",
     b"/static/js/a.B-_1.js", b"/media/0f.png", b"/_stcore/health", b"/class/_stcore/host-config"],
)  # fmt: skip
def test_a_request_goes_in_marked_and_is_the_last(opened: Gateway, path: bytes) -> None:
    asked = PAGE.replace(b"/class?code=4FKQ9&me=x", path)
    with connect(opened) as client:
        client.sendall(asked + b"PUT /_stcore/upload_file/a/b HTTP/1.1\r\n\r\n")
        assert hear(client, 10_000) == marked(asked)
        assert ended(client)


def test_a_request_that_comes_in_pieces_is_one(opened: Gateway) -> None:
    with connect(opened) as client:
        for byte in PAGE:
            client.sendall(bytes([byte]))
        assert hear(client, len(marked(PAGE))) == marked(PAGE)


@pytest.mark.parametrize(
    "request_",
    [
        b"PUT /_stcore/upload_file/a/b HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc",
        b"POST /_stcore/agent/interact HTTP/1.1\r\n\r\n",
        b"GET /_stcore/agent/openapi.json HTTP/1.1\r\n\r\n",
        b"GET /_stcore/metrics HTTP/1.1\r\n\r\n",
        b"GET /_stcore/script-health-check HTTP/1.1\r\n\r\n",
        b"GET /_stcore/bidi-components/a/b HTTP/1.1\r\n\r\n",
        b"GET /component/a/b HTTP/1.1\r\n\r\n",
        b"GET /app/static/a HTTP/1.1\r\n\r\n",
        b"GET /%5fstcore/metrics HTTP/1.1\r\n\r\n",
        b"GET /static/../_stcore/metrics HTTP/1.1\r\n\r\n",
        b"GET //_stcore/metrics HTTP/1.1\r\n\r\n",
        b"GET http://x/_stcore/metrics HTTP/1.1\r\n\r\n",
        b"OPTIONS /_stcore/health HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: 9\r\n\r\nPUT /a HT",
        b"GET / HTTP/1.1\r\ntransfer-ENCODING: chunked\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length : 9\r\n\r\n",
        b"GET / HTTP/1.1\r\nA: b\r\n Content-Length: 9\r\n\r\n",
        b"GET / HTTP/1.1\nA: b\n\nPUT /a HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nA: b\n\nPUT /a HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nA: b\rContent-Length: 9\r\n\r\n",
        b"GET / HTTP/1.0\r\n\r\n",
        b"GET /\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\r\n\r\n",
        b"GET /?" + b"a" * 200_000 + b" HTTP/1.1\r\n\r\n",
    ],
    ids=lambda request: repr(request[:60]),
)
def test_nothing_else_comes_in(opened: Gateway, request_: bytes) -> None:
    with connect(opened) as client:
        try:
            client.sendall(request_)
            assert hear(client, len(REFUSED))[: len(REFUSED)] in (REFUSED, b"")
        except ConnectionError:
            pass  # it hung up while there was more to be said


def test_a_stream_that_is_none_lets_nothing_through(opened: Gateway) -> None:
    with connect(opened) as client:
        client.sendall(b"GET /_stcore/stream HTTP/1.1\r\nHost: x\r\n\r\n")
        assert hear(client, 12).startswith(b"HTTP/1.1 400")
        client.sendall(b"PUT /_stcore/upload_file/a/b HTTP/1.1\r\n\r\n")
        heard = hear(client, 10_000)
        assert b"UPLOAD" not in heard


def test_what_a_page_says_goes_through_both_ways(opened: Gateway) -> None:
    with streaming(opened) as one, streaming(opened) as other:
        one.sendall(b"a lamp")
        other.sendall(b"a tide")
        assert hear(one, 6) == b"A LAMP"
        assert hear(other, 6) == b"A TIDE"


def test_more_than_one_block_comes_whole(opened: Gateway) -> None:
    said = bytes(range(97, 123)) * 40_000  # 1 MB
    with streaming(opened) as client:
        threading.Thread(target=client.sendall, args=(said,), daemon=True).start()
        assert hear(client, len(said)) == said.upper()


def test_a_client_that_says_it_is_done_still_hears_the_rest(opened: Gateway) -> None:
    with streaming(opened) as client:
        client.sendall(b"last words")
        client.shutdown(socket.SHUT_WR)
        assert hear(client, 10) == b"LAST WORDS"
        assert ended(client)


def test_one_who_asks_for_nothing_does_not_stay(
    opened: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway, "SILENT_SECONDS", 0.01)
    with connect(opened) as client:
        client.sendall(PAGE[:20])
        assert hear(client, len(REFUSED)).startswith(REFUSED)


def test_closing_drops_those_inside_and_lets_nobody_in(inside: tuple[str, int]) -> None:
    opened = Gateway("127.0.0.1", 0, inside, NOBODY)
    with streaming(opened) as client:
        client.sendall(b"hello")
        assert hear(client, 5) == b"HELLO"
        opened.close()
        assert ended(client)
    with pytest.raises(OSError):
        connect(opened)


def test_no_more_than_so_many_at_once(opened: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway, "MOST_CONNECTIONS", 1)
    with streaming(opened) as first:
        with connect(opened) as second:
            assert ended(second)
        first.sendall(b"still")
        assert hear(first, 5) == b"STILL"


def test_a_place_is_free_again_when_somebody_leaves(
    opened: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway, "MOST_CONNECTIONS", 1)
    for _ in range(5):
        while True:
            with connect(opened) as client:
                try:
                    client.sendall(PAGE)
                    heard = hear(client, 2)
                except ConnectionError:
                    heard = b""
            if heard:  # else the one before has not quite left
                assert heard.startswith(b"GE")
                break


def test_a_port_that_is_taken_is_said(opened: Gateway, inside: tuple[str, int]) -> None:
    with pytest.raises(TriptychError, match="TRIPTYCH_DOOR"):
        Gateway("127.0.0.1", opened.port, inside, NOBODY)


def test_a_server_that_is_not_there_ends_the_connection(inside: tuple[str, int]) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nobody = free.getsockname()[1]
        opened = Gateway("127.0.0.1", 0, ("127.0.0.1", nobody), NOBODY)
        with connect(opened) as client:
            client.sendall(PAGE)
            assert ended(client)
        opened.close()


def test_addresses_are_those_that_others_can_reach() -> None:
    found = network_addresses()
    assert len(set(found)) == len(found)
    for address in found:
        assert not address.startswith("127.")
        socket.inet_aton(address)
