"""Calls of a server that a person named: what the endpoints of all families share.

No header but our own, no redirect, no key in what is said, and a way to hang up. Knows no family.
"""

import socket
from contextlib import suppress
from dataclasses import dataclass
from threading import Event
from typing import TYPE_CHECKING, Any

from core.settings import Endpoint

if TYPE_CHECKING:
    from openai import APIStatusError

ATTEMPTS = 3  # as long as nothing was said
PAUSE = 0.5  # seconds before the second attempt, twice as many before the third
CONNECT_SECONDS = 5
LONGEST_QUOTE = 200  # characters of what a server says about itself
PLACE = "in Settings or TRIPTYCH_ENDPOINTS"
SENT = {"host", "accept", "accept-encoding", "connection", "content-type", "content-length"}


class Calls:
    """The calls that belong together: `hang_up` ends them all, also those that only wait."""

    def __init__(self, endpoint: Endpoint, key: str, seconds: float) -> None:
        from openai import DefaultHttpxClient, OpenAI, Timeout

        self.endpoint = endpoint
        self.key = key
        self.gone = Event()
        self._sockets: list[socket.socket] = []
        timeout = Timeout(seconds, connect=min(CONNECT_SECONDS, seconds))
        self.client = OpenAI(
            base_url=endpoint.address,
            api_key="none",  # the real one is added by _prepare
            max_retries=0,  # whoever calls tries again, after an empty or broken answer too
            timeout=timeout,
            http_client=DefaultHttpxClient(
                event_hooks={"request": [self._prepare]},
                follow_redirects=False,  # the settings name every address that is called
                timeout=timeout,
            ),
        )

    def hang_up(self) -> None:
        self.gone.set()
        for each in list(self._sockets):
            shut(each)
        self.client.close()

    def _prepare(self, request: Any) -> None:
        """Send no header but our own: the client adds some from OPENAI_* variables, which were
        meant for another address. And remember the connection, to be able to hang up."""
        for name in set(request.headers) - SENT:
            del request.headers[name]
        if self.key:
            request.headers["authorization"] = f"Bearer {self.key}"
        request.extensions["trace"] = self._connected

    def _connected(self, event: str, info: dict[str, Any]) -> None:
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            self._sockets.append(info["return_value"].get_extra_info("socket"))
            if self.gone.is_set():
                shut(self._sockets[-1])


def shut(each: socket.socket) -> None:
    """End a connection, also for a thread that waits for it."""
    with suppress(OSError):  # it was closed already
        each.shutdown(socket.SHUT_RDWR)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What an endpoint did instead of answering, as the end of a sentence, and whether it may do
    better when it is asked again."""

    clause: str
    passing: bool


def fault(error: Exception, endpoint: Endpoint, key: str) -> Fault:
    from openai import APIConnectionError, APIError, APIStatusError, APITimeoutError

    match error:
        case APITimeoutError():
            clause = (
                "did not answer in time; ask again, ask for less, or allow it longer with"
                " TRIPTYCH_ENDPOINT_SECONDS"
            )
        case APIConnectionError():
            clause = f"cannot be reached; start it, or correct its address {PLACE}"
        case APIStatusError():
            return _refusal(error, endpoint, key)
        case APIError():
            clause = f"failed{_quoted(error.body, key)}; ask again, or look into its log"
        case _:
            clause = (
                f"does not answer as an OpenAI-compatible server does; correct its address {PLACE},"
                " which often ends in /v1"
            )
    return Fault(clause=clause, passing=True)


def _refusal(error: "APIStatusError", endpoint: Endpoint, key: str) -> Fault:
    """What a status other than 200 means."""
    status, words = error.status_code, _quoted(error.body, key)
    match status:
        case 401 | 403:  # its words are left out: they may quote the key
            clause = (
                "refuses the key; type one that it knows in Settings, or set"
                f" {endpoint.key_variable} or TRIPTYCH_ENDPOINT_KEY"
            )
        case 404 | 405:
            clause = (
                f"knows no model {endpoint.model!r}, or no such call{words}; correct it {PLACE}"
            )
        case 400 | 413 | 422:
            clause = (
                f"refused the request{words}; if it is too long, use fewer or smaller chunks, or"
                " allow a shorter answer"
            )
        case _:
            clause = f"failed with status {status}{words}; ask again, or look into its log"
    return Fault(clause=clause, passing=status in (408, 409, 429) or status >= 500)


def _quoted(body: object, key: str) -> str:
    """A server's own words about a fault, without the key and then shortened; empty if there are
    none to show."""
    match body:
        case str(words) | {"message": str(words)} | {"detail": str(words)} | {"error": str(words)}:
            words = " ".join(words.split())
            words = words.replace(key, "…") if key else words
        case _:
            return ""
    if not words or words.startswith("<"):  # a page for a browser
        return ""
    short = words if len(words) <= LONGEST_QUOTE else f"{words[:LONGEST_QUOTE]}…"
    return f" (“{short}”)"
