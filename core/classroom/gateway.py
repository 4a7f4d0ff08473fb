"""The door of the room: lets the phones of a class reach the server, which listens on this machine
alone and cannot be bound anew while it runs.

A forwarder, in a thread of its own. It lets in what a phone needs to show pages: requests that
read, of the paths below, and the one connection over which a page talks with the server. Nothing
else that the server answers is for students: uploads, figures, ways in for programs. Each request
is marked, so that the pages know who came this way. It answers for the server where a phone asks
for its first page (`core.classroom.entrance`) or for a part of the pages' program
(`core.classroom.compressed`).
"""

import asyncio
import re
import socket
from collections.abc import Coroutine
from contextlib import suppress
from threading import Thread
from typing import Any

from core.classroom.compressed import CompressedAssets, last
from core.classroom.entrance import Entrance
from core.errors import TriptychError

# A phone holds about four connections while it loads and one afterwards; each takes two files
# here, one in the server, and many systems allow a program 1,024 of them.
MOST_CONNECTIONS = 256
BLOCK = 64 * 1024
END = b"\r\n\r\n"  # of a request's head
CONNECT_SECONDS = 5
SILENT_SECONDS = 30  # that a connection may take to make a request
KEPT_SECONDS = 5  # and its next one: who has a page needs few of its connections
START_SECONDS = 10

MARK = "X-Triptych-Door"  # the header that every request through a door has
REFUSED = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
SWITCHED = b"HTTP/1.1 101 "
# Strict, so that the server cannot see two requests where one is seen here: no body, no folded
# lines, no line that ends otherwise, no escaped letters in a path.
HEAD = re.compile(
    rb"(?:GET|HEAD) (?P<path>/[^\s?#%]*)(?:\?[!-~]*)? HTTP/1\.1\r\n"
    rb"(?i:(?!content-length:|transfer-encoding:)[!#$%&'*+.^_`|~0-9a-z-]+:[^\r\n\0]*\r\n)*\r\n"
)
STREAM = re.compile(rb"GET /_stcore/stream[? ]")
PATHS = re.compile(
    rb"/(?:[a-z]*|favicon\.png|(?:static|media)(?:/[\w-][\w.-]*)+"
    rb"|(?:[a-z]+/)?_stcore/(?:health|host-config)|_stcore/stream)"
)


class Gateway:
    """Open from when it is made until `close`.

    Errors: TriptychError if the address cannot be listened on.
    """

    def __init__(
        self, address: str, port: int, inside: tuple[str, int], entrance: Entrance
    ) -> None:
        self.address = address
        self._inside = inside
        self._entrance = entrance
        self._packed = CompressedAssets(inside)
        self._open: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, daemon=True, name="door")
        self._thread.start()
        try:
            self._server = self._wait(
                asyncio.start_server(self._pass, address or None, port, limit=BLOCK)
            )
        except OSError as error:
            self._stop()
            raise TriptychError(
                f"Port {port} cannot be opened for the class; set TRIPTYCH_DOOR to a free one and"
                " start Triptych again.",
                str(error),
            ) from error
        self.port: int = self._server.sockets[0].getsockname()[1]

    def close(self) -> None:
        """Let nobody in any more, and drop whoever is in."""
        self._wait(self._shut())
        self._stop()

    async def _shut(self) -> None:
        self._server.close()
        for writer in self._open:
            writer.transport.abort()
        if self._tasks:  # each ends by itself now
            await asyncio.wait(self._tasks, timeout=START_SECONDS / 2)

    def _wait(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(START_SECONDS)

    def _stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, until either side ends it."""
        task = asyncio.current_task()
        if len(self._tasks) >= MOST_CONNECTIONS or task is None:
            writer.transport.abort()
            return
        self._tasks.add(task)
        self._open.add(writer)
        ends = [writer]
        try:
            asked = await self._asked(reader, writer)
            if not asked:
                return
            connecting = asyncio.open_connection(*self._inside, limit=BLOCK)
            inner_reader, inner = await asyncio.wait_for(connecting, CONNECT_SECONDS)
            ends.append(inner)
            self._open.add(inner)
            inner.write(asked)
            answer = await inner_reader.readuntil(END)
            writer.write(answer)
            if not (STREAM.match(asked) and answer.startswith(SWITCHED)):
                await _carry(inner_reader, writer)  # and whatever else is asked stays outside
                return
            async with asyncio.TaskGroup() as both:
                inwards = both.create_task(_carry(reader, inner))
                await _carry(inner_reader, writer)
                inwards.cancel()  # the server has said all it had to say
        except* (OSError, EOFError, asyncio.LimitOverrunError):
            pass  # either side went away: so does the other
        finally:
            self._tasks.discard(task)
            for each in ends:
                self._open.discard(each)
                each.close()

    async def _asked(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        """The first request that is for the server, which is the last of this connection, or
        nothing; requests for the entrance and for packed files are answered."""
        seconds = SILENT_SECONDS
        while head := await _head(reader, seconds):
            answer = await self._entrance.answer(head) or await self._packed.answer(head)
            if answer is None:
                return _marked(last(head))
            writer.write(answer)
            await writer.drain()
            seconds = KEPT_SECONDS
        if seconds == SILENT_SECONDS:  # a phone that has been answered may just have nothing to ask
            writer.write(REFUSED)
        return b""


async def _head(reader: asyncio.StreamReader, seconds: float) -> bytes:
    """The next request; nothing at the end of the connection, for a request that may not come in,
    and when none comes."""
    try:
        head = await asyncio.wait_for(reader.readuntil(END), seconds)
    except (EOFError, asyncio.LimitOverrunError, TimeoutError):
        return b""
    asked = HEAD.fullmatch(head)
    return head if asked and PATHS.fullmatch(asked["path"]) else b""


def _marked(head: bytes) -> bytes:
    line, _, fields = head.partition(b"\r\n")
    return b"%b\r\n%b: 1\r\n%b" % (line, MARK.encode(), fields)


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Bytes from one side to the other, no faster than that one takes them."""
    while block := await reader.read(BLOCK):
        writer.write(block)
        await writer.drain()
    with suppress(OSError):  # it may be gone already
        if writer.can_write_eof():
            writer.write_eof()


def network_addresses() -> tuple[str, ...]:
    """This machine's own addresses in the networks it is in, the usual one first. Nothing is sent:
    a datagram socket that is connected only asks the system which way it would go."""
    found = []
    for far in ("192.0.2.1", "10.255.255.255", "172.31.255.255", "192.168.255.255"):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, suppress(OSError):
            probe.connect((far, 9))
            found.append(probe.getsockname()[0])
    with suppress(OSError):
        found += [entry[4][0] for entry in socket.getaddrinfo(socket.gethostname(), None)]
    outer = [
        str(each) for each in found if ":" not in str(each) and not str(each).startswith("127.")
    ]
    return tuple(dict.fromkeys(outer))
