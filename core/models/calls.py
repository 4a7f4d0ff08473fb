"""Calls of a server that a person named: what the endpoints of all families share.

No header but our own, no redirect, no key in what is said, and a way to hang up. Knows no family.
"""

import json
import math
import re
import socket
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from itertools import islice
from threading import Event
from typing import TYPE_CHECKING, Any, TypeVar

from core.errors import TriptychError
from core.settings import Endpoint
from core.types import digest

if TYPE_CHECKING:
    from openai import APIStatusError

T = TypeVar("T")
R = TypeVar("R")

ATTEMPTS = 3  # as long as nothing was said
PAUSE = 0.5  # seconds before the second attempt, twice as many before the third
CONNECT_SECONDS = 5
LONGEST_QUOTE = 200  # characters of what a server says about itself
# What a server says of a model that stays the same when it is started again.
TOLD = ("id", "root", "max_model_len", "meta", "model_id", "model_sha", "model_dtype")
PLACE = "in Settings or TRIPTYCH_ENDPOINTS"
SENT = {"host", "accept", "accept-encoding", "connection", "content-type", "content-length"}


class NoAnswer(ValueError):
    """What a server sent is none; says the end of a sentence."""


class Declined(TriptychError):
    """A server that is there, and does not answer such a call; its detail says how, as the end of a
    sentence."""


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
                verify=_trusted(),
                follow_redirects=False,  # the settings name every address that is called
                timeout=timeout,
            ),
        )

    def hang_up(self) -> None:
        self.gone.set()
        for each in list(self._sockets):
            shut(each)
        self.client.close()

    def each(self, ask: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
        """What `ask` returns for each item, in order; as many are asked at once as the endpoint
        answers, and none long before it is wanted. Hangs up at the end, also when it is closed."""
        left, asked = iter(items), deque[Future[R]]()
        pool = ThreadPoolExecutor(self.endpoint.requests, thread_name_prefix="endpoint")
        try:
            while True:
                room = 2 * self.endpoint.requests - len(asked)
                asked.extend(pool.submit(ask, item) for item in islice(left, room))
                if not asked:
                    return
                yield asked.popleft().result()
        finally:
            self.gone.set()
            pool.shutdown(wait=False, cancel_futures=True)
            self.hang_up()

    def ask(self, path: str, body: dict[str, Any], read: Callable[[Any], R]) -> R:
        """What `read` makes of the JSON that the server answers. A passing fault is tried again,
        but no silence, which somebody has waited for long enough. `read` raises NoAnswer. Errors:
        Declined; TriptychError for another fault."""
        from openai import (
            APITimeoutError,
            AuthenticationError,
            OpenAIError,
            PermissionDeniedError,
        )

        for attempt in range(1, ATTEMPTS + 1):
            try:
                return read(self.once(path, body))
            except (OpenAIError, ValueError) as error:
                found = fault(error, self.endpoint, self.key)
                locked = isinstance(error, AuthenticationError | PermissionDeniedError)
                again = found.passing and not isinstance(error, APITimeoutError)
            if not again or attempt == ATTEMPTS or self.gone.wait(PAUSE * attempt):
                break
        kind = TriptychError if found.passing or locked else Declined
        raise kind(f"{self.where} {found.clause}.", found.clause)

    def once(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """The JSON that the server answers, asked once; without a body it is only looked at.
        `path` follows the endpoint's address, or is an address of the same server. Errors:
        OpenAIError, ValueError."""
        import httpx

        if body is None:
            soon: Any = {"timeout": CONNECT_SECONDS}
            reply = self.client.get(path, cast_to=httpx.Response, options=soon)
        else:
            reply = self.client.post(path, body=body, cast_to=httpx.Response)
        try:
            return json.loads(reply.content)
        except RecursionError as error:
            raise ValueError("nested too deeply") from error

    def said(self) -> str:
        """A hash of what the server says of the model, in the list of its models or, as
        text-embeddings-inference does, beside its address; empty where it says nothing."""
        from openai import OpenAIError

        for path in ("/models", f"{root(self.endpoint)}/info"):
            with suppress(OpenAIError, ValueError):
                if told := _told(self.once(path), self.endpoint.model):
                    return digest(told)
        return ""

    @property
    def where(self) -> str:
        """The endpoint as a sentence names it."""
        return f"{self.endpoint.name} ({self.endpoint.address})"

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


@cache
def _trusted() -> Any:
    """Whose certificates are trusted; reading them once more would take longer than most calls."""
    import httpx

    return httpx.create_ssl_context()


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
        case NoAnswer():
            return Fault(clause=str(error), passing=False)
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
            shorter = ", or allow a shorter answer" if endpoint.family == "generator" else ""
            clause = (
                f"refused the request{words}; if it is too long, use fewer or smaller chunks"
                f"{shorter}"
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


def root(endpoint: Endpoint) -> str:
    """The address without the version at its end."""
    return re.sub(r"/v[12]$", "", endpoint.address)


def _told(found: object, model: str) -> dict[str, Any]:
    """What tells one model from another, of what a server says."""
    entry: Any = {}
    match found:
        case {"data": [*entries]}:
            named = [each for each in entries if isinstance(each, dict) and each.get("id") == model]
            entry = next(iter(named), entries[0] if len(entries) == 1 else {})
        case {"model_id": str()}:
            entry = found
    return {key: entry[key] for key in TOLD if key in entry} if isinstance(entry, dict) else {}


def numbers(found: object) -> list[float]:
    """A list of finite numbers. Errors: NoAnswer."""
    if not isinstance(found, list) or not found or not {type(n) for n in found} <= {int, float}:
        raise NoAnswer("gave something else than numbers; look into its log")
    with suppress(OverflowError):
        if all(map(math.isfinite, found)):
            return list(map(float, found))
    raise NoAnswer("gave numbers that are not finite; look into its log")


def in_order(found: object, key: str, count: int) -> list[Any]:
    """What stands under `key` in each of `count` entries, in the order of their "index". Errors:
    NoAnswer."""
    match found:
        case [*entries]:
            if len(entries) != count:
                raise NoAnswer(f"gave {len(entries)} answers for {count} texts; look into its log")
            by_index = {
                entry["index"]: entry[key]
                for entry in entries
                if isinstance(entry, dict) and type(entry.get("index")) is int and key in entry
            }
            if by_index.keys() == set(range(count)):
                return [by_index[at] for at in range(count)]
    raise NoAnswer("answers something else than it was asked; correct its address or its model")
