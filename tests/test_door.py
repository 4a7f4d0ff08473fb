"""The door: bytes to the server inside and back, and nobody once it is shut."""

import socket
import socketserver
import threading
from collections.abc import Iterator

import pytest

from core import door
from core.door import Door, network_addresses
from core.errors import TriptychError


class Shout(socketserver.BaseRequestHandler):
    """Says back, in capitals, what it is told."""

    def handle(self) -> None:
        while said := self.request.recv(65536):
            self.request.sendall(said.upper())


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True


@pytest.fixture
def inside() -> Iterator[tuple[str, int]]:
    with Server(("127.0.0.1", 0), Shout) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield ("127.0.0.1", server.server_address[1])
        server.shutdown()


@pytest.fixture
def opened(inside: tuple[str, int]) -> Iterator[Door]:
    opened = Door("127.0.0.1", 0, inside)
    yield opened
    opened.close()


def connect(opened: Door) -> socket.socket:
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


def test_bytes_go_through_both_ways(opened: Door) -> None:
    with connect(opened) as one, connect(opened) as other:
        one.sendall(b"a lamp")
        other.sendall(b"a tide")
        assert hear(one, 6) == b"A LAMP"
        assert hear(other, 6) == b"A TIDE"


def test_more_than_one_block_comes_whole(opened: Door) -> None:
    said = bytes(range(97, 123)) * 40_000  # 1 MB
    with connect(opened) as client:
        threading.Thread(target=client.sendall, args=(said,), daemon=True).start()
        assert hear(client, len(said)) == said.upper()


def test_a_client_that_says_it_is_done_still_hears_the_rest(opened: Door) -> None:
    with connect(opened) as client:
        client.sendall(b"last words")
        client.shutdown(socket.SHUT_WR)
        assert hear(client, 10) == b"LAST WORDS"
        assert ended(client)


def test_closing_drops_those_inside_and_lets_nobody_in(inside: tuple[str, int]) -> None:
    opened = Door("127.0.0.1", 0, inside)
    with connect(opened) as client:
        client.sendall(b"hello")
        assert hear(client, 5) == b"HELLO"
        opened.close()
        assert ended(client)
    with pytest.raises(OSError):
        connect(opened)


def test_no_more_than_so_many_at_once(opened: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "MOST_CONNECTIONS", 1)
    with connect(opened) as first:
        first.sendall(b"in")
        assert hear(first, 2) == b"IN"
        with connect(opened) as second:
            assert ended(second)
        first.sendall(b"still")
        assert hear(first, 5) == b"STILL"


def test_a_place_is_free_again_when_somebody_leaves(
    opened: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "MOST_CONNECTIONS", 1)
    for _ in range(5):
        while True:
            with connect(opened) as client:
                try:
                    client.sendall(b"in")
                    heard = hear(client, 2)
                except ConnectionError:
                    heard = b""
            if heard:  # else the one before has not quite left
                assert heard == b"IN"
                break


def test_a_port_that_is_taken_is_said(opened: Door, inside: tuple[str, int]) -> None:
    with pytest.raises(TriptychError, match="TRIPTYCH_DOOR"):
        Door("127.0.0.1", opened.port, inside)


def test_a_server_that_is_not_there_ends_the_connection(inside: tuple[str, int]) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nobody = free.getsockname()[1]
        opened = Door("127.0.0.1", 0, ("127.0.0.1", nobody))
        with connect(opened) as client:
            client.sendall(b"hello")
            assert ended(client)
        opened.close()


def test_addresses_are_those_that_others_can_reach() -> None:
    found = network_addresses()
    assert len(set(found)) == len(found)
    for address in found:
        assert not address.startswith("127.")
        socket.inet_aton(address)
