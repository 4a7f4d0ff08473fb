"""The entrance of a class: a phone's first page, which is there before the pages' program is, and
joining from it. The door answers both by itself.

The page is one file (`entrance.html`, into which the colours are put) that is the same for
everybody; what is typed on it comes back as a request, and the answer is data.
"""

import asyncio
import json
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs

from core.charts import palette
from core.errors import TriptychError

# Whoever has joined (`me=`), and whatever else an address asks for, goes on to the pages.
PAGE = re.compile(rb"GET /(?:class(?:\?code=\w*)?)? ")
# A page of elsewhere cannot have a browser send a header of this kind without asking first, which
# the door does not answer: nobody joins because of a link.
JOIN = re.compile(
    rb"GET /join\?(?P<typed>\S*) .*^x-triptych-join:", re.DOTALL | re.MULTILINE | re.I
)
POLICY = (
    "default-src 'self' 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; img-src data:"
)


class Entrance:
    """`join` makes a student of a code and a name, and returns the student's secret; what it
    raises as a TriptychError is said to the phone."""

    def __init__(self, join: Callable[[str, str], str]) -> None:
        self._join = join
        page = (Path(__file__).parent / "entrance.html").read_text("utf-8")
        page = page.replace("<style>", f"<style>\n{palette.custom_properties()}", 1)
        self._page = _response("text/html; charset=utf-8", page.encode())

    async def answer(self, head: bytes) -> bytes | None:
        """The whole response to a request, or None for one that is not for the entrance."""
        if PAGE.match(head):
            return self._page
        if asked := JOIN.match(head):
            typed = parse_qs(asked["typed"].decode("ascii"), errors="replace")
            answer = await asyncio.to_thread(self._joined, typed)
            return _response("application/json", json.dumps(answer).encode())
        return None

    def _joined(self, typed: dict[str, list[str]]) -> dict[str, str]:
        code, name = (typed.get(field, [""])[0] for field in ("code", "name"))
        try:
            return {"me": self._join(code, name)}
        except TriptychError as error:
            return {"sentence": error.sentence}


def _response(kind: str, body: bytes) -> bytes:
    fields = (
        f"content-type: {kind}",
        f"content-length: {len(body)}",
        f"content-security-policy: {POLICY}",
        "cache-control: no-store",
        "x-content-type-options: nosniff",
        "referrer-policy: no-referrer",
    )
    return (
        "HTTP/1.1 200 OK\r\n" + "".join(f"{each}\r\n" for each in fields) + "\r\n"
    ).encode() + body
