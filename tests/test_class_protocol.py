"""A class over the real protocol, by clients that need not do what the pages offer them."""

import asyncio
import re
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Common_pb2 import StringArray
from streamlit.proto.WidgetStates_pb2 import WidgetState

from core.store import Store
from tests.support.clients import Client, play
from tests.support.servers import free_port, running

PHONES = 8


async def started(teacher: Client) -> str:
    """Start a class; returns its code."""
    await teacher.open()
    await teacher.click("class.enter")
    await teacher.click("class.start")
    (code,) = re.findall(r'"code": ?"(\w+)"', teacher.text)
    return code


async def joined(phone: Client, code: str) -> None:
    await phone.open("class", code=code)
    await phone.fill_in({"class.name": "Sam"}, "class.join")
    await phone.sees("Hello, Sam")


async def all_at_once(inside: str, outside: str, data: Path) -> None:
    """Everybody taps two letters in a row; the second counts, once each."""
    async with Client(inside) as teacher:
        code = await started(teacher)
        phones = [Client(outside) for _ in range(PHONES)]
        for phone in phones:
            await phone.__aenter__()
        await asyncio.gather(*(joined(phone, code) for phone in phones))
        await teacher.click("class.pick.recorded-02")
        await asyncio.gather(*(phone.sees("Tap one") for phone in phones))
        for letter in "AB":
            await asyncio.gather(
                *(phone.choose(phone.key("class.vote."), letter) for phone in phones)
            )
        await teacher.sees(f"{PHONES} of {PHONES} have voted")
        await asyncio.gather(*(phone.sees("You said **B**") for phone in phones))
        rows = Store(data / "triptych.sqlite").database.rows("SELECT student, run_id FROM votes")
        assert len({row["student"] for row in rows}) == len(rows) == PHONES
        assert len({row["run_id"] for row in rows}) == 1
        await teacher.click("class.end")
        for phone in phones:
            with pytest.raises(websockets.ConnectionClosed):
                await phone.until(lambda: False, "the end of the connection")
        with pytest.raises(OSError):
            await Client(outside).__aenter__()


async def pressing_what_is_not_shown(inside: str, outside: str, data: Path) -> None:
    """The ids of widgets are no secret: whoever runs Triptych at home can read them there."""
    async with Client(inside) as owner:
        await owner.open("settings")
        rebuild, reset = owner.widget("settings.rebuild"), owner.widget("settings.reset")
    paper = Store(data / "triptych.sqlite")
    paper.papers.keep_refusal("a note", "to see whether it stays")
    async with Client(inside) as teacher:
        await started(teacher)
        async with Client(outside) as student:
            for widget in (rebuild, reset):
                await student.open("settings")
                await student._run_through(student._rerun(pressed=widget))
                assert "This page is the teacher's" in student.text
                assert not student.has("settings.rebuild")
        assert len(paper.papers.refusals()) == 1
        await teacher.click("class.end")


async def saying_what_no_browser_says(inside: str, outside: str, data: Path) -> None:
    """A student's own client: values of widgets that the page does not show, under names of the
    session's own, another page, a fragment of the teacher's, wishes for the whole server."""
    store = Store(data / "triptych.sqlite")
    async with Client(inside) as owner:
        await owner.open("settings")
        reset = owner.widget("settings.reset")
        settings = owner._hash
        await owner.open("cards")
        view = owner.widget("cards.view")
    store.papers.keep_refusal("a note", "to see whether it stays")
    async with Client(inside) as teacher:
        code = await started(teacher)
        counted = [teacher._fragments[path] for path in teacher._fragments]
        class_id = store.database.rows("SELECT id FROM classes")[0]["id"]
        async with Client(outside) as student:
            for name in ("frame.teaches", "frame.outside", "class.pin", "cards.learner"):
                student._values[name] = WidgetState(id=name, string_value=class_id)
            await student.open("settings")
            assert "This page is the teacher's" in student.text
        async with Client(outside) as student:
            await joined(student, code)
            student._values[view] = WidgetState(
                id=view, string_array_value=StringArray(data=["Make"])
            )
            await student.open("cards")
            assert not student.keys("cards.make")
            assert "Your teacher can bring some in" in student.text
            for fragment in filter(None, counted):
                await student._rerun(fragment=fragment)

            student._page, student._hash = "cards", settings  # one page's name, another's hash
            await student._run_through(student._rerun(pressed=reset))
            assert "This page is the teacher's" in student.text

            for wish in ("clear_cache", "load_git_info"):
                message = BackMsg()
                setattr(message, wish, True)
                await student._socket.send(message.SerializeToString())
            await student.open("settings")
            assert "This page is the teacher's" in student.text
        async with Client(outside) as student:
            await student.open("settings")
            assert "This page is the teacher's" in student.text
        assert len(store.papers.refusals()) == 1
        await teacher.open(**{"class": "1"})
        await teacher.click("class.end")  # by the lab that opened the door, which is still the one
        with pytest.raises(OSError):
            await Client(outside).__aenter__()


async def voting_for_somebody_else(inside: str, outside: str, data: Path) -> None:
    """A vote is of the student whose secret the address holds; others are nobody's."""
    async with Client(inside) as teacher:
        code = await started(teacher)
        async with Client(outside) as one, Client(outside) as other:
            await joined(one, code)
            await joined(other, code)
            await teacher.click("class.pick.recorded-02")
            await one.sees("Tap one")
            for guessed in ("", "x" * 12, one.query.partition("me=")[2][:-1] + "?"):
                await other.open("class", code=code, me=guessed)
                assert other.has("class.name"), "a stranger, who may join"
            choice = one.key("class.vote.")
            other._values[one.widget(choice)] = WidgetState(
                id=one.widget(choice), string_array_value=StringArray(data=["F"])
            )
            await other._run_through(other._rerun())
            await one.choose(choice, "F")  # a letter that nobody is offered
            await one.choose(choice, "A")
            await one.sees("You said **A**")
        rows = Store(data / "triptych.sqlite").database.rows("SELECT student FROM votes")
        assert len(rows) == 1
        await teacher.click("class.end")


@pytest.mark.parametrize(
    "story",
    [
        all_at_once,
        pressing_what_is_not_shown,
        saying_what_no_browser_says,
        voting_for_somebody_else,
    ],
)
def test_over_the_wire(
    story: Callable[[str, str, Path], Coroutine[Any, Any, None]], tmp_path: Path
) -> None:
    door = free_port()
    with running(tmp_path, TRIPTYCH_DOOR=str(door)) as server:
        address = f"http://127.0.0.1:{door}"
        play(story(server.address, address, tmp_path))
    if story is not saying_what_no_browser_says:  # a name of its own is an error to Streamlit
        assert "Traceback" not in (tmp_path / "server.log").read_text()


def test_another_origin_is_refused_and_nobody_is_asked(tmp_path: Path) -> None:
    async def knock(address: str) -> None:
        async with Client(address) as first:
            await first.open()
            for origin in ("http://evil.example", "http://192.0.2.9"):
                with pytest.raises(websockets.InvalidStatus):
                    await websockets.connect(
                        f"{address.replace('http', 'ws')}/_stcore/stream",
                        origin=websockets.Origin(origin),
                    )

    with running(tmp_path) as server:
        play(knock(server.address))
    assert "external IP" not in (tmp_path / "server.log").read_text()
