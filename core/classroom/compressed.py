"""The program of the pages, packed: files of the server inside that never change, compressed once
for all phones. Streamlit leaves that to a proxy, and the door is one.

Knows HTTP as far as such a file needs it, and nothing of connections.
"""

import asyncio
import gzip
import io
import re
from contextlib import closing
from http.client import HTTPConnection, HTTPException, HTTPMessage, parse_headers

FILE = re.compile(r"/static/(js|css)/[\w.-]+", re.ASCII)
SECONDS = 10
# What the packed file says anew, and what was said of one connection alone.
REPLACED = {"content-length", "connection", "date", "accept-ranges", "vary"}


class CompressedAssets:
    """What is kept lies in memory: about 0.6 MB for a phone's first page, 7 MB for all there is."""

    def __init__(self, inside: tuple[str, int]) -> None:
        self._inside = inside
        self._kept: dict[str, bytes] = {}
        self._packing = asyncio.Lock()

    async def answer(self, head: bytes) -> bytes | None:
        """The whole response to a request, or None where the server has to answer by itself.

        Errors: OSError if the server cannot be reached.
        """
        path = wanted(head)
        if not path:
            return None
        async with self._packing:
            if path not in self._kept:
                packed = await asyncio.to_thread(self._pack, path)
                if packed is None:
                    return None
                self._kept[path] = packed
            return self._kept[path]

    def _pack(self, path: str) -> bytes | None:
        with closing(HTTPConnection(*self._inside, timeout=SECONDS)) as connection:
            try:
                connection.request("GET", path)
                reply = connection.getresponse()
                body = reply.read()
            except HTTPException:
                return None
        if reply.status != 200 or "immutable" not in reply.headers.get("cache-control", ""):
            return None
        small = gzip.compress(body, mtime=0)
        fields = [each for each in reply.getheaders() if each[0].lower() not in REPLACED]
        fields += [("content-encoding", "gzip"), ("vary", "accept-encoding")]
        fields += [("content-length", str(len(small)))]
        lines = "".join(f"{name}: {text}\r\n" for name, text in fields)
        return f"HTTP/1.1 200 OK\r\n{lines}\r\n".encode("latin-1") + small


def wanted(head: bytes) -> str:
    """The path that a request's head asks for, if that may be sent packed; else nothing."""
    line, fields = _parts(head)
    method, _, rest = line.partition(" ")
    path, _, version = rest.partition(" ")
    packs = "gzip" in fields.get("accept-encoding", "") and "range" not in fields
    fits = method == "GET" and version == "HTTP/1.1" and FILE.fullmatch(path)
    return path if packs and fits else ""


def last(head: bytes) -> bytes:
    """The head with the wish that the connection ends after the answer, so that the next request
    comes on one of its own; a connection that is to become something else (WebSocket) stays."""
    _, fields = _parts(head)
    if "upgrade" in fields:
        return head
    line, *others = head.removesuffix(b"\r\n\r\n").split(b"\r\n")
    others = [each for each in others if not each.lower().startswith(b"connection:")]
    return b"\r\n".join([line, *others, b"connection: close", b"", b""])


def _parts(head: bytes) -> tuple[str, HTTPMessage]:
    line, _, rest = head.partition(b"\r\n")
    try:
        return line.decode("latin-1"), parse_headers(io.BytesIO(rest))
    except HTTPException:  # too many fields, or too long ones: the server will say so
        return "", HTTPMessage()
