"""Browsers without a browser: a Streamlit client that speaks the real protocol, protobuf over
WebSocket, so that thirty of them fit in one process.

    async with Client("http://127.0.0.1:8501") as client:
        await client.open("class", code="4FKQ9")
        await client.fill_in({"class.name": "Ada"}, "class.join")
        await client.sees("Hello, Ada")

It does what Streamlit's own front end does: keeps the elements of the latest run, fills in messages
that the server sends as references, and runs fragments again at their interval. It draws nothing.
"""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import urlencode, urlsplit

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Common_pb2 import StringArray
from streamlit.proto.Delta_pb2 import Delta
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState

SECONDS = 30.0  # the longest wait for anything


@dataclass
class Client:
    """One browser tab; `address` is that of the server, or of the door before it."""

    address: str
    elements: dict[tuple[int, ...], tuple[str, Any]] = field(default_factory=dict)
    query: str = ""
    runs: int = 0  # runs of a script or a fragment that are over
    received: int = 0  # bytes
    error: Exception | None = None

    def __post_init__(self) -> None:
        self._page, self._hash = "", ""
        self._values: dict[str, WidgetState] = {}
        self._cached: dict[str, ForwardMsg] = {}
        self._running: tuple[str, ...] | None = None  # fragments of this run; empty: the whole
        self._touched: set[tuple[int, ...]] = set()
        self._fragments: dict[tuple[int, ...], str] = {}
        self._timers: dict[str, asyncio.Task[None]] = {}
        self._changed = asyncio.Event()

    async def __aenter__(self) -> Self:
        parts = urlsplit(self.address)
        self._socket = await websockets.connect(
            f"ws://{parts.netloc}/_stcore/stream",
            subprotocols=[websockets.Subprotocol("streamlit")],
            origin=websockets.Origin(self.address),
            max_size=None,
            open_timeout=SECONDS,
        )
        self._reader = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in (self._reader, *self._timers.values()):
            task.cancel()
        await self._socket.close()

    # what a person does

    async def open(self, page: str = "", **query: str) -> None:
        """Go to a page, and wait until it is drawn."""
        self._page, self._hash, self.query = page, "", urlencode(query)
        await self._run_through(self._rerun())

    async def click(self, key: str) -> None:
        """Press the button of that key, and wait until the script has run through."""
        await self._run_through(self.press(key))

    async def press(self, key: str) -> None:
        """Press the button of that key, and wait for nothing."""
        await self._rerun(pressed=self.widget(key), fragment=self._fragment_of(key))

    async def choose(self, key: str, option: str) -> None:
        """Choose an option of a segmented control, and wait for nothing."""
        widget = self.widget(key)
        self._values[widget] = WidgetState(id=widget, string_array_value=StringArray(data=[option]))
        await self._rerun(fragment=self._fragment_of(key))

    async def fill_in(self, texts: dict[str, str], button: str) -> None:
        """Type into the fields of a form and press its button."""
        for key, text in texts.items():
            widget = self.widget(key)
            self._values[widget] = WidgetState(id=widget, string_value=text)
        await self.click(button)

    async def sees(self, text: str, seconds: float = SECONDS) -> float:
        """Wait until a text is on the page; returns the moment (time.monotonic)."""
        return await self.until(lambda: text in self.text, f"{text!r}", seconds)

    async def until(
        self, happened: Callable[[], bool], what: str = "it", seconds: float = SECONDS
    ) -> float:
        """Wait until something is so on the page; returns the moment (time.monotonic)."""
        deadline = time.monotonic() + seconds
        while not happened():
            if self.error:
                raise self.error
            self._changed.clear()
            left = deadline - time.monotonic()
            try:
                await asyncio.wait_for(self._changed.wait(), max(0.0, left))
            except TimeoutError:
                raise AssertionError(f"{what} never came; on the page: {self.text}") from None
        return time.monotonic()

    # what is on the page

    @property
    def text(self) -> str:
        """All that the page says, a line for each element."""
        return "\n".join(_said(kind, proto) for kind, proto in self._drawn())

    def widget(self, key: str) -> str:
        """The id of the widget of that key. Errors: KeyError if it is not on the page."""
        for _, proto in self._drawn():
            if _key_of(proto) == key:
                return str(proto.id)
        raise KeyError(f"no {key!r} on the page: {self.text}")

    def key(self, beginning: str) -> str:
        """The key of the widget whose key begins so. Errors: KeyError if there is none."""
        for _, proto in self._drawn():
            if _key_of(proto).startswith(beginning):
                return _key_of(proto)
        raise KeyError(f"no {beginning!r} on the page: {self.text}")

    def has(self, key: str) -> bool:
        return any(_key_of(proto) == key for _, proto in self._drawn())

    def _drawn(self) -> Iterator[tuple[str, Any]]:
        return (self.elements[path] for path in sorted(self.elements))

    def _fragment_of(self, key: str) -> str:
        path = next(path for path, (_, proto) in self.elements.items() if _key_of(proto) == key)
        return self._fragments[path]

    # the protocol

    async def _run_through(self, action: Any) -> None:
        before = self.runs
        await action
        await self.until(lambda: self.runs > before and self._running is None, "the end of the run")

    async def _rerun(self, *, pressed: str = "", fragment: str = "", auto: bool = False) -> None:
        message = BackMsg()
        state = message.rerun_script
        state.query_string = self.query
        state.page_name, state.page_script_hash = self._page, self._hash
        state.fragment_id, state.is_auto_rerun = fragment, auto
        state.widget_states.widgets.extend(self._values.values())
        if pressed:
            state.widget_states.widgets.append(WidgetState(id=pressed, trigger_value=True))
        state.cached_message_hashes.extend(self._cached)
        await self._socket.send(message.SerializeToString())

    async def _read(self) -> None:
        try:
            async for block in self._socket:
                assert isinstance(block, bytes)
                self.received += len(block)
                message = ForwardMsg()
                message.ParseFromString(block)
                self._take(message)
                self._changed.set()
        except (websockets.ConnectionClosed, AssertionError, KeyError) as error:
            self.error = error
            self._changed.set()

    def _take(self, message: ForwardMsg) -> None:
        kind = message.WhichOneof("type")
        if kind == "ref_hash":
            kept = ForwardMsg()
            kept.CopyFrom(self._cached[message.ref_hash])
            kept.metadata.CopyFrom(message.metadata)
            message, kind = kept, kept.WhichOneof("type")
        elif message.metadata.cacheable:
            self._cached[message.hash] = message
        if kind == "new_session":
            self._running = tuple(message.metadata.run.fragment_ids)
            self._touched = set()
            self._hash = message.new_session.page_script_hash or self._hash
            if not self._running:
                self._stop_timers(list(self._timers))
        elif kind == "navigation":
            self._hash = message.navigation.page_script_hash
        elif kind == "page_info_changed":
            self.query = message.page_info_changed.query_string
        elif kind == "delta":
            self._place(tuple(message.metadata.delta_path), message.delta)
        elif kind == "auto_rerun":
            every = message.auto_rerun
            self._stop_timers([every.fragment_id])
            timer = asyncio.create_task(self._again(every.fragment_id, every.interval))
            self._timers[every.fragment_id] = timer
        elif kind == "stop_auto_rerun":
            self._stop_timers(list(message.stop_auto_rerun.fragment_ids))
        elif kind == "script_finished":
            self._tidy(message.script_finished)

    def _place(self, path: tuple[int, ...], delta: Delta) -> None:
        self._touched.add(path)
        self._fragments[path] = delta.fragment_id
        if delta.HasField("new_element"):
            element: str = delta.new_element.WhichOneof("type") or ""
            self.elements[path] = (element, getattr(delta.new_element, element, None))
        elif delta.HasField("add_block"):
            block: str = delta.add_block.WhichOneof("type") or ""
            self.elements[path] = (block, getattr(delta.add_block, block, None))

    def _tidy(self, status: int) -> None:
        """Take away what the run that is over did not draw again."""
        fragments, self._running = self._running, None
        if status in (
            ForwardMsg.FINISHED_SUCCESSFULLY,
            ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY,
        ):
            for path in list(self.elements):
                drawn_by = not fragments or self._fragments[path] in fragments
                if drawn_by and path not in self._touched:
                    del self.elements[path]
        if status != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
            self.runs += 1

    async def _again(self, fragment: str, interval: float) -> None:
        with suppress(websockets.ConnectionClosed):
            while True:
                await asyncio.sleep(interval)
                await self._rerun(fragment=fragment, auto=True)

    def _stop_timers(self, fragments: list[str]) -> None:
        for fragment in fragments:
            if timer := self._timers.pop(fragment, None):
                timer.cancel()


def _key_of(proto: Any) -> str:
    """The key of a widget, which is the end of its id: $$ID-<hash>-<key>."""
    return str(getattr(proto, "id", "")).partition("-")[2].partition("-")[2]


def _said(kind: str, proto: Any) -> str:
    match kind:
        case "markdown" | "heading" | "alert" | "text":
            return str(proto.body)
        case "bidi_component":
            return str(proto.json)
        case "exception":
            return f"EXCEPTION {proto.type}: {proto.message}"
        case _:
            return str(getattr(proto, "label", ""))
