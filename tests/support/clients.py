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
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
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


def play(story: Coroutine[Any, Any, None]) -> None:
    """Run a story to its end in a thread of its own: in a process that drives a browser as well,
    Playwright keeps a loop running in the main thread."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, story).result()


@dataclass
class Client:
    """One browser tab; `address` is that of the server, or of the door before it."""

    address: str
    elements: dict[tuple[int, ...], tuple[str, Any]] = field(default_factory=dict)
    query: str = ""
    received: int = 0  # bytes
    error: Exception | None = None
    told: Callable[[str, Any], None] | None = None  # of every element that comes: kind and message

    def __post_init__(self) -> None:
        self._page, self._hash = "", ""
        self._values: dict[str, WidgetState] = {}
        self._cached: dict[str, ForwardMsg] = {}
        self._begun = self._ended = self._ended_whole = 0  # runs, by their number
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
        """Go to a page, and wait until it is drawn. Nothing of the last page runs again."""
        self._stop_timers(list(self._timers))
        self._page, self._hash, self.query = page, "", urlencode(query)
        await self._run_through(self._rerun(), whole=True)

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

    async def fill_in(self, values: dict[str, str | float], button: str) -> None:
        """Type into fields, also those of a form, and press a button."""
        for key, value in values.items():
            self._type(key, value)
        await self.click(button)

    async def type_in(self, key: str, text: str) -> None:
        """Type into a field outside of a form, and wait until the script has run through."""
        self._type(key, text)
        await self._run_through(self._rerun(fragment=self._fragment_of(key)))

    def _type(self, key: str, value: str | float) -> None:
        state = WidgetState(id=self.widget(key))
        if isinstance(value, str):
            state.string_value = value
        else:
            state.double_value = value
        self._values[state.id] = state

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
        return "\n".join(_said(kind, proto) for kind, proto in self.drawn())

    def widget(self, key: str) -> str:
        """The id of the widget of that key. Errors: KeyError if it is not on the page."""
        return str(self.element(key).id)

    def key(self, beginning: str) -> str:
        """The first key on the page that begins so. Errors: KeyError if there is none."""
        if keys := self.keys(beginning):
            return keys[0]
        raise KeyError(f"no {beginning!r} on the page: {self.text}")

    def has(self, key: str) -> bool:
        return any(_key_of(proto) == key for _, proto in self.drawn())

    def keys(self, prefix: str) -> list[str]:
        """The keys on the page that begin so, from top to bottom."""
        keys = (_key_of(proto) for _, proto in self.drawn())
        return [key for key in keys if key.startswith(prefix)]

    def typed(self, key: str) -> str:
        """What stands in the text field of that key. Errors: as `element`."""
        proto = self.element(key)
        state = self._values.get(proto.id)
        return str(state.string_value if state else proto.default)

    def element(self, key: str) -> Any:
        """The message of the widget of that key. Errors: KeyError if it is not on the page."""
        for _, proto in self.drawn():
            if _key_of(proto) == key:
                return proto
        raise KeyError(f"no {key!r} on the page: {self.text}")

    @property
    def idle(self) -> bool:
        """Whether the page is whole: no script or fragment is at work on it."""
        return self._running is None

    def drawn(self) -> list[tuple[str, Any]]:
        """Every element, its kind and its message, from top to bottom."""
        return [self.elements[path] for path in sorted(self.elements)]

    def _fragment_of(self, key: str) -> str:
        path = next(path for path, (_, proto) in self.elements.items() if _key_of(proto) == key)
        return self._fragments[path]

    # the protocol

    async def _run_through(self, action: Any, *, whole: bool = False) -> None:
        """Do it, and wait for the end of a run that began afterwards; with `whole` of one of the
        whole script, not of a fragment that follows something by itself."""
        before = self._begun
        await action

        def over() -> bool:
            ended = self._ended_whole if whole else self._ended
            return ended > before and self._running is None

        await self.until(over, "the end of the run")

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
            self._begun += 1
            self._running = tuple(message.metadata.run.fragment_ids)
            self._touched = set()
            if not self._running:
                self._hash = message.new_session.page_script_hash or self._hash
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
            proto = getattr(delta.new_element, element, None)
            self.elements[path] = (element, proto)
            if getattr(proto, "set_value", False):
                self._take_value(element, proto)
            if self.told:
                self.told(element, proto)
        elif delta.HasField("add_block"):
            block: str = delta.add_block.WhichOneof("type") or ""
            self.elements[path] = (block, getattr(delta.add_block, block, None))

    def _take_value(self, element: str, proto: Any) -> None:
        """The server changed what stands in a widget."""
        state = WidgetState(id=proto.id)
        if element in ("text_input", "text_area"):
            state.string_value = proto.value
        elif element == "number_input":
            state.double_value = proto.value
        elif element == "button_group":
            state.string_array_value.data.extend(proto.raw_values)
        else:
            return
        self._values[proto.id] = state

    def _tidy(self, status: int) -> None:
        """Take away what the run that is over did not draw again, and what was typed there."""
        fragments, self._running = self._running, None
        if status in (
            ForwardMsg.FINISHED_SUCCESSFULLY,
            ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY,
        ):
            for path in list(self.elements):
                drawn_by = not fragments or self._fragments[path] in fragments
                if drawn_by and path not in self._touched:
                    del self.elements[path]
            here = {str(getattr(proto, "id", "")) for _, proto in self.elements.values()}
            self._values = {each: state for each, state in self._values.items() if each in here}
        if status != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
            self._ended = self._begun
            if not fragments:
                self._ended_whole = self._begun

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
