"""Language models behind an OpenAI-compatible address: vLLM, llama.cpp, Ollama, transformers serve.

The addresses come from the settings, and no other is ever called. One thread for each answer, so
that panels stream together; as many at once as the endpoint's setting says, whoever asks. Knows
neither the model's tokenizer nor its window: tokens are counted
by the server or not at all, and what is too long is for the server to refuse.
"""

import re
import socket
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

from core.models import endpoints
from core.settings import Endpoint, Settings
from core.tasks import Caller, Places, Priority
from core.types import Delta, FinishReason, Generation, Message, Model, Request, digest

if TYPE_CHECKING:
    from openai import APIStatusError, Stream

ATTEMPTS = 3  # as long as nothing was said
PAUSE = 0.5  # seconds before the second attempt, twice as many before the third
CONNECT_SECONDS = 5
LOOK_SECONDS = 0.05  # between two looks at `stop`
HANG_UP_SECONDS = 1.0  # for a thread to notice that its connection is gone
LONGEST_QUOTE = 200  # characters of what a server says about itself
SHORTEST_SECRET = 12  # characters; shorter keys, such as EMPTY, guard nothing and may be words
SENT = {"host", "accept", "accept-encoding", "connection", "content-type", "content-length"}
# Which tokens frame a turn is the server's to know; these are the usual ones. Some servers read
# them as tokens also where a text quotes them, and a paper must not end the user's turn.
FRAME = re.compile(
    r"<(?=[|｜][^\s<>|｜]{1,60}[|｜]>|/?s>|(?:start|end)_of_turn>|[be]os>|/?think>|</?SYS>>)"
    r"|\[(?=/?INST\])"
)
FINISHES: dict[str, FinishReason] = {"stop": "stop", "length": "length"}


def models(settings: Settings) -> list[Model]:
    """The endpoints of the settings. Whether one answers is found out by asking it."""
    return [
        Model(
            name=endpoint.name,
            family="generator",
            source="endpoint",
            available=True,
            reason="",
            revision=digest([endpoint.address, endpoint.model]),
        )
        for endpoint in endpoints.known(settings, "generator")
    ]


def load(model: Model, settings: Settings) -> "EndpointGenerator":
    """Calls nobody yet. Errors: BadInput for a key that can be none."""
    endpoint = endpoints.find(settings, model.name)
    return EndpointGenerator(
        endpoint,
        endpoints.key(settings, endpoint),
        settings.endpoint_seconds,
        settings.endpoint_first_seconds,
    )


class EndpointGenerator:
    """See core.types.TextGenerator. `seconds` is the longest silence before giving up, and
    `first_seconds` the one before the first word. `caller` stands in the endpoint's line: alone,
    unless who hands this out has others stand there."""

    window: int | None = None
    precision = "unknown"

    def __init__(
        self, endpoint: Endpoint, key: str, seconds: float, first_seconds: float = 900
    ) -> None:
        self._endpoint = endpoint
        self._key = key
        self._seconds = seconds
        self._first_seconds = first_seconds
        self.caller = Places(endpoint.requests).caller(Priority.PERSON)
        self.engine = f"{endpoint.model} at {endpoint.address}"

    def count(self, _messages: Sequence[Message], _generation: Generation) -> None:
        return None

    def generate(self, requests: Iterable[Request | None], stop: Event) -> Iterator[Delta]:
        numbered, numbers = iter(requests), count()
        unfinished: set[int] = set()
        begun, said, told = set[int](), set[int](), 0
        waiting: SimpleQueue[tuple[int, Request] | None] = SimpleQueue()
        deltas: SimpleQueue[Delta | Exception] = SimpleQueue()
        calls = _Calls(self._endpoint, self._key, self._seconds, self._first_seconds, self.caller)
        threads: list[Thread] = []

        def take() -> bool:
            """Take up what is there; whether there may be more."""
            for request in numbered:
                if request is None:
                    return True
                number = next(numbers)
                unfinished.add(number)
                waiting.put((number, request))
                if len(threads) < self.caller.most and not stop.is_set():
                    threads.append(
                        Thread(target=calls.answer_all, args=(waiting, deltas), daemon=True)
                    )
                    threads[-1].start()
            return False

        try:
            more = take()
            while unfinished and not stop.is_set():
                try:
                    # What is still being made is made in this thread, while the server writes.
                    delta = deltas.get(timeout=0 if more else LOOK_SECONDS)
                except Empty:
                    calls.end_silence()
                    ahead = 0 if begun else self.caller.ahead
                    if ahead and ahead != told:
                        yield Delta(index=min(unfinished), text="", ahead=ahead)
                    told = ahead or told
                else:
                    if isinstance(delta, Exception):
                        raise delta
                    begun.add(delta.index)
                    if not delta.begins:
                        said.add(delta.index)
                    if delta.finish:
                        unfinished.remove(delta.index)
                    yield delta
                if more and unfinished:
                    more = take()
            for index in sorted(unfinished):
                tokens = None if index in said else 0
                yield Delta(index=index, text="", finish="stopped", answer_tokens=tokens)
        finally:
            calls.hang_up()
            for _ in threads:
                waiting.put(None)
            for thread in threads:
                thread.join(HANG_UP_SECONDS)


class _Calls:
    """The calls that belong together: `hang_up` ends them all, also those that only wait."""

    def __init__(
        self, endpoint: Endpoint, key: str, seconds: float, first_seconds: float, caller: Caller
    ) -> None:
        from openai import DefaultHttpxClient, OpenAI, Timeout

        self._endpoint = endpoint
        self._key = key
        self._seconds = seconds
        self._caller = caller
        self._gone = Event()
        self._speaking: dict[int, tuple[socket.socket, float]] = {}  # and when they last did
        self._sockets: list[socket.socket] = []
        timeout = Timeout(first_seconds, connect=min(CONNECT_SECONDS, seconds))
        self._client = OpenAI(
            base_url=endpoint.address,
            api_key="none",  # the real one is added by _prepare
            max_retries=0,  # `_answer` tries again, so that an empty or broken answer counts too
            timeout=timeout,
            http_client=DefaultHttpxClient(
                event_hooks={"request": [self._prepare]},
                follow_redirects=False,  # the settings name every address that is called
                timeout=timeout,
            ),
        )

    def answer_all(
        self,
        waiting: "SimpleQueue[tuple[int, Request] | None]",
        deltas: "SimpleQueue[Delta | Exception]",
    ) -> None:
        """Answer one request after the other until there is None; in a thread of its own."""
        try:
            while (asked := waiting.get()) and self._caller.take(self._gone):
                try:
                    deltas.put(Delta(index=asked[0], text="", begins=True))
                    for delta in self._answer(*asked):
                        deltas.put(delta)
                finally:
                    self._caller.give_back()
        except Exception as error:  # noqa: BLE001 - raised again in the thread that takes the deltas
            deltas.put(error)

    def hang_up(self) -> None:
        self._gone.set()
        self._caller.wake()
        for each in list(self._sockets):
            _shut(each)
        self._client.close()

    def end_silence(self) -> None:
        """Hang up on each answer that was begun and has not gone on for too long."""
        for each, at in list(self._speaking.values()):
            if time.monotonic() - at > self._seconds:
                _shut(each)

    def _prepare(self, request: Any) -> None:
        """Send no header but our own: the client adds some from OPENAI_* variables, which were
        meant for another address. And remember the connection, to be able to hang up."""
        for name in set(request.headers) - SENT:
            del request.headers[name]
        if self._key:
            request.headers["authorization"] = f"Bearer {self._key}"
        request.extensions["trace"] = self._connected

    def _connected(self, event: str, info: dict[str, Any]) -> None:
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            self._sockets.append(info["return_value"].get_extra_info("socket"))
            if self._gone.is_set():
                _shut(self._sockets[-1])

    def _answer(self, index: int, request: Request) -> Iterator[Delta]:
        """One answer, with exactly one finish. Errors: none; a fault is a finish of its own."""
        from openai import OpenAIError

        for attempt in range(1, ATTEMPTS + 1):
            said = False
            try:
                for delta in self._stream(index, request):
                    yield delta
                    said = True
                return
            except (OpenAIError, ValueError) as error:  # ValueError: no JSON, or no text at all
                fault = _fault(error, self._endpoint, self._key)
            finally:
                self._speaking.pop(index, None)
            if said or not fault.passing or attempt == ATTEMPTS:
                break
            if self._gone.wait(PAUSE * attempt):
                break
        where = f"{self._endpoint.name} ({self._endpoint.address})"
        sentence = f"{where} {BROKE_OFF if said else fault.clause}."
        yield Delta(index=index, text="", finish="error", note=sentence)

    def _stream(self, index: int, request: Request) -> Iterator[Delta]:
        """What the server says. Errors: OpenAIError; ValueError for what is no answer."""
        from openai import OpenAIError

        reason, counts = None, _Counts()
        hiding, hiding_thought = _Hiding(self._key), _Hiding(self._key)
        with self._ask(request) as events:
            connected = events.response.extensions["network_stream"].get_extra_info("socket")
            try:
                for event in events:
                    text, thought, ended, counted = _read(event)
                    reason, counts = ended or reason, counted or counts
                    if text or thought or index in self._speaking:
                        self._speaking[index] = connected, time.monotonic()
                    if thought := hiding_thought.said(thought):
                        yield Delta(index=index, text="", thinking=thought)
                    if text := hiding.said(text):
                        yield Delta(index=index, text=text)
            except (OpenAIError, ValueError):
                if reason is None:  # else all was said, and only the counts may be missing
                    if rest := hiding.rest():
                        yield Delta(index=index, text=rest)
                    raise
        if rest := hiding.rest():
            yield Delta(index=index, text=rest)
        if reason is None:
            raise ValueError("the stream ended without a finish reason")
        if reason == "content_filter":
            yield Delta(
                index=index, text="", finish="error", note="The endpoint's filter ended the answer."
            )
            return
        yield Delta(
            index=index,
            text="",
            finish=FINISHES.get(reason, "unknown"),
            prompt_tokens=counts.prompt,
            answer_tokens=counts.answer,
        )

    def _ask(self, request: Request) -> "Stream[Any]":
        wanted = request.generation
        how: dict[str, Any] = {
            "model": self._endpoint.model,
            "max_tokens": wanted.max_tokens,
            "temperature": wanted.temperature,
            "seed": wanted.seed,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        if wanted.top_p < 1:
            how["top_p"] = wanted.top_p
        if wanted.top_tokens:  # OpenAI itself has none, and refuses it; the servers here take it
            how["extra_body"] = {"top_k": wanted.top_tokens}
        events: Any
        texts = [FRAME.sub(r"\g<0> ", message.content) for message in request.messages]
        if wanted.style == "completion":
            prompt = "\n\n".join(texts)
            events = self._client.completions.create(prompt=prompt, **how)
        else:
            roles = [message.role for message in request.messages]
            turns: Any = [
                {"role": role, "content": text} for role, text in zip(roles, texts, strict=True)
            ]
            events = self._client.chat.completions.create(messages=turns, **how)
        stream: Stream[Any] = events
        return stream


@dataclass(frozen=True, slots=True, kw_only=True)
class _Counts:
    """Tokens as the server counted them."""

    prompt: int | None = None
    answer: int | None = None


class _Hiding:
    """Takes the key out of an answer, where a server says it, also in pieces: answers are kept and
    given to others."""

    def __init__(self, key: str) -> None:
        self._key = key if len(key) >= SHORTEST_SECRET else ""
        self._held = ""

    def said(self, text: str) -> str:
        """What may be shown now; what may be the beginning of the key waits."""
        if not self._key:
            return text
        text = (self._held + text).replace(self._key, "…")
        longest = min(len(text), len(self._key) - 1)
        waits = next((n for n in range(longest, 0, -1) if self._key.startswith(text[-n:])), 0)
        self._held = text[len(text) - waits :]
        return text[: len(text) - waits]

    def rest(self) -> str:
        """What waited to the end and was no key after all."""
        rest, self._held = self._held, ""
        return rest


def _read(event: Any) -> tuple[str, str, str | None, _Counts | None]:
    """The text, what was thought before it, the finish reason and the counts of one event, as far
    as it has them.

    The client checks nothing of what a server sends, so everything may be something else.
    """
    fields = event.model_dump(warnings=False) if hasattr(event, "model_dump") else {}
    text, thought, reason, counts = "", "", None, None
    match fields.get("choices"):
        case [{"delta": {"content": str(said)}} | {"text": str(said)}]:
            text = said
    match fields.get("choices"):
        case [{"delta": {"reasoning_content": str(said)} | {"reasoning": str(said)}}]:
            thought = said
    match fields.get("choices"):
        case [{"finish_reason": str(ended)}]:
            reason = ended
    match fields.get("usage"):
        case {"prompt_tokens": int(prompt), "completion_tokens": int(answer)}:
            counts = _Counts(prompt=prompt, answer=answer)
    return text, thought, reason, counts


def _shut(each: socket.socket) -> None:
    with suppress(OSError):  # it was closed already
        each.shutdown(socket.SHUT_RDWR)


BROKE_OFF = "broke off in the middle of the answer; what it said is kept, ask again for the whole"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fault:
    """What an endpoint did instead of answering, as the end of a sentence, and whether it may do
    better when it is asked again."""

    clause: str
    passing: bool


def _fault(error: Exception, endpoint: Endpoint, key: str) -> _Fault:
    from openai import APIConnectionError, APIError, APIStatusError, APITimeoutError

    passing = True
    match error:
        case APITimeoutError():
            # It has all that time behind it, and would begin with the prompt once more.
            passing = type(error.__cause__).__name__ != "ReadTimeout"
            clause = (
                "did not answer in time; ask again, ask for less, or allow it longer with"
                " TRIPTYCH_ENDPOINT_FIRST_SECONDS"
            )
        case APIConnectionError():
            clause = "cannot be reached; start it, or correct its address in TRIPTYCH_ENDPOINTS"
        case APIStatusError():
            return _refusal(error, endpoint, key)
        case APIError():
            clause = f"failed{_quoted(error.body, key)}; ask again, or look into its log"
        case _:
            clause = (
                "does not answer as an OpenAI-compatible server does; correct its address in"
                " TRIPTYCH_ENDPOINTS, which often ends in /v1"
            )
    return _Fault(clause=clause, passing=passing)


def _refusal(error: "APIStatusError", endpoint: Endpoint, key: str) -> _Fault:
    """What a status other than 200 means."""
    status, words = error.status_code, _quoted(error.body, key)
    match status:
        case 401 | 403:  # its words are left out: they may quote the key
            clause = (
                f"refuses the key; set {endpoint.key_variable} or TRIPTYCH_ENDPOINT_KEY to one"
                " that it knows"
            )
        case 404 | 405:
            clause = (
                f"knows no model {endpoint.model!r}, or no such call{words}; correct it in"
                " TRIPTYCH_ENDPOINTS"
            )
        case 400 | 413 | 422:
            clause = (
                f"refused the request{words}; if it is too long, use fewer or smaller chunks, or"
                " allow a shorter answer"
            )
        case _:
            clause = f"failed with status {status}{words}; ask again, or look into its log"
    return _Fault(clause=clause, passing=status in (408, 409, 429) or status >= 500)


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
