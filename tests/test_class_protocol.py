"""A class over the real protocol, by clients that need not do what the pages offer them."""

import asyncio
import re
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
import websockets

from core.store import Store
from tests.clients import Client, play
from tests.servers import free_port, running

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
    paper.keep_refusal("a note", "to see whether it stays")
    async with Client(inside) as teacher:
        await started(teacher)
        async with Client(outside) as student:
            for widget in (rebuild, reset):
                await student.open("settings")
                await student._run_through(student._rerun(pressed=widget))
                assert "This page is the teacher's" in student.text
                assert not student.has("settings.rebuild")
        assert len(paper.refusals()) == 1
        await teacher.click("class.end")


@pytest.mark.parametrize("story", [all_at_once, pressing_what_is_not_shown])
def test_over_the_wire(
    story: Callable[[str, str, Path], Coroutine[Any, Any, None]], tmp_path: Path
) -> None:
    door = free_port()
    with running(tmp_path, TRIPTYCH_DOOR=str(door)) as server:
        address = f"http://127.0.0.1:{door}"
        play(story(server.address, address, tmp_path))


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
