"""The door of the room: lets the phones of a class reach the server, which listens on this machine
alone and cannot be bound anew while it runs.

A forwarder of bytes, in a thread of its own: what comes in from the network goes to the local
server and back. It answers for the server where a phone asks for a part of the pages' program
(`core.packed`), and reads nothing else. Knows nothing of classes and of what is said.
"""

import asyncio
import socket
from collections.abc import Coroutine
from contextlib import suppress
from threading import Thread
from typing import Any

from core.errors import TriptychError
from core.packed import Packed, last

# A phone holds about four connections while it loads and one afterwards; each takes two files
# here, one in the server, and many systems allow a program 1,024 of them.
MOST_CONNECTIONS = 256
BLOCK = 64 * 1024
GET, END = b"GET /", b"\r\n\r\n"
CONNECT_SECONDS = 5
SILENT_SECONDS = 30  # that a connection may say nothing before its first words
START_SECONDS = 10


class Door:
    """Open from when it is made until `close`.

    Errors: TriptychError if the address cannot be listened on.
    """

    def __init__(self, address: str, port: int, inside: tuple[str, int]) -> None:
        self.address = address
        self._inside = inside
        self._packed = Packed(inside)
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
            said = await self._unpacked(reader, writer)
            if not said:
                return
            connecting = asyncio.open_connection(*self._inside, limit=BLOCK)
            inner_reader, inner = await asyncio.wait_for(connecting, CONNECT_SECONDS)
            ends.append(inner)
            self._open.add(inner)
            inner.write(said)
            async with asyncio.TaskGroup() as both:
                inwards = both.create_task(_carry(reader, inner))
                await _carry(inner_reader, writer)
                inwards.cancel()  # the server has said all it had to say
        except* OSError:
            pass  # either side went away: so does the other
        finally:
            self._tasks.discard(task)
            for each in ends:
                self._open.discard(each)
                each.close()

    async def _unpacked(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        """The first words that are for the server; requests for packed files are answered."""
        while True:
            said = await _words(reader)
            if not said.startswith(GET) or said.find(END) != len(said) - len(END):
                return said
            answer = await self._packed.answer(said)
            if answer is None:
                return last(said)
            writer.write(answer)
            await writer.drain()


async def _words(reader: asyncio.StreamReader) -> bytes:
    """The head of a request to read something, or whatever else is said; empty at the end."""
    said = await asyncio.wait_for(reader.read(BLOCK), SILENT_SECONDS)
    while said.startswith(GET) and END not in said and len(said) < BLOCK:
        more = await asyncio.wait_for(reader.read(BLOCK - len(said)), SILENT_SECONDS)
        if not more:
            break
        said += more
    return said


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
