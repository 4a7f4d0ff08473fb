"""Thirty phones vote at once, through the door, on one server.

    python -m benchmarks.classroom

One teacher, one wall and thirty phones as real WebSocket clients, all on this machine, so that
clients and server share its cores. In each round every phone taps at a moment of its own within
one second. Asserts that no vote is lost or counted twice. At last all search the sample corpus at
once, each for something else, with the packaged models.
"""

import asyncio
import os
import random
import re
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from core.lab import Lab
from core.settings import ROOT, Settings
from core.store import Store
from tests.support.clients import Client
from tests.support.servers import free_port, running

PHONES = 30
WATCHED = 5.0  # seconds in which all phones only wait
TAPS_WITHIN = 1.0  # seconds
PATIENCE = 300.0  # seconds for thirty questions to be reranked
DEMAND_VOTES, DEMAND_REVEAL = 3.0, 2.0
RECORDED = ("recorded-02", "recorded-09", "recorded-14")


def rows() -> Iterator[dict[str, str]]:
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        lab = Lab(Settings(data=data))
        for paper in sorted((ROOT / "data/samples/papers").iterdir()):
            lab.papers.add(paper)
        door = free_port()
        with running(data, TRIPTYCH_DOOR=str(door)) as server:
            yield from asyncio.run(
                _lesson(server.address, f"http://127.0.0.1:{door}", data, server.pid)
            )


async def _lesson(inside: str, outside: str, data: Path, pid: int) -> list[dict[str, str]]:
    chance = random.Random(0)
    async with Client(inside) as teacher, Client(inside) as wall:
        await teacher.open()
        await teacher.click("class.enter")
        await teacher.click("class.start")
        (code,) = re.findall(r'"code": ?"(\w+)"', teacher.text)
        await wall.open("class", view="wall", **{"class": code})
        phones = [Client(outside) for _ in range(PHONES)]
        await asyncio.gather(*(phone.__aenter__() for phone in phones))
        empty = _memory(pid)
        joining = time.monotonic()
        await asyncio.gather(*(_join(phone, code, number) for number, phone in enumerate(phones)))
        joined = time.monotonic() - joining
        await wall.sees(f"{PHONES} students joined")
        before, begun = _cpu(pid), time.monotonic()
        await asyncio.sleep(WATCHED)
        waiting = (_cpu(pid) - before) / (time.monotonic() - begun)
        taps: list[float] = []
        all_in: list[float] = []
        reveals: list[float] = []
        for number, recorded in enumerate(RECORDED, start=1):
            await teacher.click(f"class.pick.{recorded}")
            await asyncio.gather(*(phone.sees("Tap one") for phone in phones))
            votes = [_vote(phone, chance) for phone in phones]
            last, seconds = 0.0, []
            for tapped, counted in await asyncio.gather(*votes):
                last = max(last, tapped)
                seconds.append(counted - tapped)
            taps += seconds
            all_in.append(await teacher.sees(f"{PHONES} of {PHONES} have voted") - last)
            _check(data, number)
            started = time.monotonic()
            seeing = [screen.sees("It read the paper.") for screen in (*phones, wall)]
            moments, _ = await asyncio.gather(
                asyncio.gather(*seeing), teacher.click("class.reveal")
            )
            reveals.append(max(moments) - started)
            await teacher.click("class.next.round")
        full = _memory(pid)
        received = sum(phone.received for phone in phones) / PHONES / 1e6
        await _search(phones[0], 0)  # so that the models are loaded
        searched = await asyncio.gather(
            *(_search(phone, number) for number, phone in enumerate(phones, 1))
        )
        similar, reranked = ([each[part] for each in searched] for part in (0, 1))
        for phone in phones:
            await phone.__aexit__()
    taps.sort()
    p95 = taps[int(0.95 * len(taps))]
    return [
        _row(f"{PHONES} phones join at once", joined, ""),
        _row(f"a tap until its phone says so, p95 of {len(taps)}", p95, "none"),
        _row("the last tap until the teacher sees all votes", max(all_in), DEMAND_VOTES),
        _row(
            f"the click until the reveal is on all {PHONES + 1} screens",
            max(reveals),
            DEMAND_REVEAL,
        ),
        _row(f"{PHONES} search at once, until the last sees passages", max(similar), "none"),
        _row(f"{PHONES} search at once, until all are reranked", max(reranked), "none"),
        _row(f"the server while they wait: {waiting:.2f} of a core", None, ""),
        _row(
            f"memory of the server, {empty:.0f} MB before they join, {full:.0f} MB after;"
            f" {received:.1f} MB sent to each phone",
            None,
            "",
        ),
    ]


async def _join(phone: Client, code: str, number: int) -> None:
    await phone.open("class", code=code)
    await phone.fill_in({"class.name": f"Sam {number}"}, "class.join")
    await phone.sees("Hello, Sam")


async def _vote(phone: Client, chance: random.Random) -> tuple[float, float]:
    """When it was tapped, and when the phone said that it counts."""
    letter = chance.choice("ABC")
    await asyncio.sleep(TAPS_WITHIN * chance.random())
    tapped = time.monotonic()
    await phone.choose(phone.key("class.vote."), letter)
    return tapped, await phone.sees(f"You said **{letter}**")


async def _search(phone: Client, number: int) -> tuple[float, float]:
    """Seconds until passages are on the phone, and until they are reranked."""
    await phone.choose("class.place", "Ask")
    await phone.until(lambda: phone.idle and phone.has("class.search"), "the way to search")
    started = time.monotonic()
    question = f"What does an adapter of rank {number} change?"
    await phone.fill_in({"class.own": question}, "class.search")
    found = f"**{question}**"
    passage = re.compile(r"^\*\*1\*\* · ", re.M)
    seen = await phone.until(
        lambda: bool(passage.search(phone.text.rpartition(found)[2])), found, PATIENCE
    )
    over = await phone.sees("Reranking", PATIENCE)
    return seen - started, over - started


def _check(data: Path, number: int) -> None:
    """None lost, none doubled: the store holds one vote of each student."""
    store = Store(data / "triptych.sqlite")
    rows = store.database.rows(
        "SELECT count(*) AS votes, count(DISTINCT student) AS students FROM votes"
        " JOIN rounds ON rounds.id = round_id WHERE number = ?",
        number,
    )
    assert (rows[0]["votes"], rows[0]["students"]) == (PHONES, PHONES), dict(rows[0])


def _memory(pid: int) -> float:
    """Resident memory of a process in MB."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    (kilobytes,) = re.findall(r"VmRSS:\s+(\d+)", status)
    return int(kilobytes) / 1000


def _cpu(pid: int) -> float:
    """Seconds of processor time that a process has taken."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _row(what: str, seconds: float | None, demand: float | str) -> dict[str, str]:
    return {
        "what": what,
        "ours_seconds": "" if seconds is None else f"{seconds:.2f}",
        "plain_seconds": "",
        "ratio": "",
        "demand": f"at most {demand:g} s" if isinstance(demand, float) else demand,
    }


if __name__ == "__main__":
    for row in rows():
        print(" | ".join(row.values()), flush=True)
