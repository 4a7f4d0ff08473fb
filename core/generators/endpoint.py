"""Language models behind an OpenAI-compatible address: vLLM, llama.cpp, Ollama, transformers serve.

The addresses come from the settings, and no other is ever called. One thread for each answer, so
that panels stream together; as many at once as the endpoint's setting says, whoever asks. Knows
neither the model's tokenizer nor its window: tokens are counted by the server or not at all, and
what is too long is for the server to refuse.
"""

import re
import socket
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

from core.models import calls, endpoints, served
from core.models.calls import ATTEMPTS, PAUSE, Fault
from core.settings import Endpoint, Settings
from core.tasks import Caller, Places, Priority
from core.types import Delta, FinishReason, Generation, Message, Model, Request

if TYPE_CHECKING:
    from openai import Stream

LOOK_SECONDS = 0.05  # between two looks at `stop`
HANG_UP_SECONDS = 1.0  # for a thread to notice that its connection is gone
SHORTEST_SECRET = 12  # characters; shorter keys, such as EMPTY, guard nothing and may be words
# Which tokens frame a turn is the server's to know; these are the usual ones. Some servers read
# them as tokens also where a text quotes them, and a paper must not end the user's turn.
FRAME = re.compile(
    r"<(?=[|｜][^\s<>|｜]{1,60}[|｜]>|/?s>|(?:start|end)_of_turn>|[be]os>|/?think>|</?SYS>>)"
    r"|\[(?=/?INST\])"
)
FINISHES: dict[str, FinishReason] = {"stop": "stop", "length": "length"}


def models(settings: Settings) -> list[Model]:
    """The endpoints of the settings."""
    return served.models(settings, "generator")


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
        answers = _Calls(self._endpoint, self._key, self._first_seconds)
        answers.silence, answers.caller = self._seconds, self.caller
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
                        Thread(target=answers.answer_all, args=(waiting, deltas), daemon=True)
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
                    answers.end_silence()
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
            answers.hang_up()
            for _ in threads:
                waiting.put(None)
            for thread in threads:
                thread.join(HANG_UP_SECONDS)


class _Calls(calls.Calls):
    """Answers, each by one call, in the places of `caller`; `silence` is the longest once an answer
    was begun, in seconds."""

    silence: float
    caller: Caller

    def __init__(self, endpoint: Endpoint, key: str, seconds: float) -> None:
        super().__init__(endpoint, key, seconds)
        self._speaking: dict[int, tuple[socket.socket, float]] = {}  # and when each last did

    def answer_all(
        self,
        waiting: "SimpleQueue[tuple[int, Request] | None]",
        deltas: "SimpleQueue[Delta | Exception]",
    ) -> None:
        """Answer one request after the other until there is None; in a thread of its own."""
        try:
            while (asked := waiting.get()) and self.caller.take(self.gone):
                try:
                    deltas.put(Delta(index=asked[0], text="", begins=True))
                    for delta in self._answer(*asked):
                        deltas.put(delta)
                finally:
                    self.caller.give_back()
        except Exception as error:  # noqa: BLE001 - raised again in the thread that takes the deltas
            deltas.put(error)

    def hang_up(self) -> None:
        super().hang_up()
        self.caller.wake()

    def end_silence(self) -> None:
        """Hang up on each answer that was begun and has not gone on for too long."""
        for connected, at in list(self._speaking.values()):
            if time.monotonic() - at > self.silence:
                calls.shut(connected)

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
                # Nothing was said for all that time; it would read the prompt once more.
                late = type(error.__cause__).__name__ == "ReadTimeout"
                fault = LATE if late else calls.fault(error, self.endpoint, self.key)
            finally:
                self._speaking.pop(index, None)
            if said or not fault.passing or attempt == ATTEMPTS:
                break
            if self.gone.wait(PAUSE * attempt):
                break
        where = f"{self.endpoint.name} ({self.endpoint.address})"
        sentence = f"{where} {BROKE_OFF if said else fault.clause}."
        yield Delta(index=index, text="", finish="error", note=sentence)

    def _stream(self, index: int, request: Request) -> Iterator[Delta]:
        """What the server says. Errors: OpenAIError; ValueError for what is no answer."""
        from openai import OpenAIError

        reason, counts = None, _Counts()
        hiding, hiding_thought = _Hiding(self.key), _Hiding(self.key)
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
        if rest := hiding_thought.rest():
            yield Delta(index=index, text="", thinking=rest)
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
            "model": self.endpoint.model,
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
            events = self.client.completions.create(prompt=prompt, **how)
        else:
            roles = [message.role for message in request.messages]
            turns: Any = [
                {"role": role, "content": text} for role, text in zip(roles, texts, strict=True)
            ]
            events = self.client.chat.completions.create(messages=turns, **how)
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


LATE = Fault(
    clause="did not answer in time; ask again, ask for less, or allow it longer with"
    " TRIPTYCH_ENDPOINT_FIRST_SECONDS",
    passing=False,
)
BROKE_OFF = "broke off in the middle of the answer; what it said is kept, ask again for the whole"
