"""Who takes part in a soak: a teacher, helpers who know the PIN, one of them sweeping, students.

Each is a browser tab. Each asks what nobody else asks, and looks at every element that comes to it.
"""

import asyncio
import json
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count, pairwise
from typing import Any

from streamlit.proto.Alert_pb2 import Alert

from core.classroom.rules import LETTERS, MOST_WAITING
from tests.soak.figures import Report
from tests.support.clients import Client

PATIENCE = 600.0  # seconds for an answer
NAMED = re.compile(r"\bSam (\d+)\b")
# Far from each other: a model that is asked something by Sam 1 goes on with Sam 2 by itself.
NUMBERS = range(1009, 10_000, 97)
# What is said to whoever taps in the moment of the reveal; their vote is not counted.
LATE = "This round is over; your last vote before the reveal was counted."
# Two cores answer a question in ten to thirty seconds; with these the worker is busy, and a sweep,
# which gives way to every person, still comes to its turn.
ANSWER_TOKENS = 16.0
HELPERS_ASK = (200.0, 300.0)  # seconds between the questions of one, never all at once
ASK_AGAIN = (400.0, 600.0)  # and of a student
SEARCH_AGAIN = (200.0, 400.0)


@dataclass(kw_only=True)
class Lesson:
    """What the sessions know of each other, and what was acknowledged to them."""

    report: Report
    until: float  # time.monotonic
    inside: str
    outside: str
    topics: tuple[str, ...]
    questions: dict[str, str]  # of the recorded comparisons, by id
    code: str = ""
    pin: str = ""
    number: int = 0  # of the round
    question: str = ""
    open: bool = False
    voting: int = 0  # students who are about to
    votes: dict[tuple[int, str], str] = field(default_factory=dict)  # (round, token): letter
    reviews: Counter[tuple[str, str, int]] = field(default_factory=Counter)
    searches: list[tuple[str, str]] = field(default_factory=list)  # question, what was shown
    put: dict[str, str] = field(default_factory=dict)  # question: token
    answers: dict[str, str] = field(default_factory=dict)  # question: what was shown
    compared: dict[str, tuple[str, str, datetime, str]] = field(default_factory=dict)
    cells: int = 0
    visits: int = 0

    @property
    def over(self) -> bool:
        return time.monotonic() > self.until


class Session:
    """One browser tab, and what a person does with it for as long as the lesson lasts."""

    def __init__(self, lesson: Lesson, name: str, address: str) -> None:
        self.lesson = lesson
        self.name = name
        self.client = Client(address, told=self._told)
        self.chance = random.Random(name)
        self._numbers = count(1)

    def _told(self, kind: str, proto: Any) -> None:
        if kind == "exception" or (kind == "alert" and proto.format == Alert.ERROR):
            said = getattr(proto, "body", "") or getattr(proto, "message", "")
            if LATE not in said.replace("\\", ""):
                self.fault(f"was shown: {said}")

    def fault(self, what: str) -> None:
        self.lesson.report.faults.append(f"{self.name} {what[:300]}")
        sys.stderr.write(f"{self.name} {what[:1500]}\n")

    def asks(self) -> tuple[str, str]:
        """A question that nobody else asks, and the words in it that say whose it is."""
        mark = f"{self.name} asks {next(self._numbers)} now"
        topic = self.chance.choice(self.lesson.topics).rstrip("?")
        return f"{topic}, {mark}?", mark

    async def rest(self, seconds: float) -> None:
        """About so long, but no longer than the lesson."""
        wanted = self.chance.uniform(0.5, 1.5) * seconds
        await asyncio.sleep(min(wanted, max(0.0, self.lesson.until - time.monotonic())))

    async def run(self) -> None:
        """Come, do one thing after another, go. What goes wrong is a fault, and the next thing is
        tried, but for one who never came in or was thrown out."""
        async with self.client:
            here = await self.tried(self.begin())
            while here and not self.lesson.over:
                here = await self.tried(self.act()) or self.client.error is None

    async def tried(self, doing: Coroutine[Any, Any, None]) -> bool:
        """Whether it went well."""
        try:
            await doing
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what is looked for
            self.fault(f"failed: {error!r}")
            await self.rest(3)
            return False
        return True

    async def begin(self) -> None:
        """What comes first."""

    async def act(self) -> None:
        """One thing, and a rest."""

    async def visit(self, page: str, **query: str) -> None:
        started = time.monotonic()
        await self.client.open(page, **query)
        self.lesson.report.waited("open a page", time.monotonic() - started)
        self.lesson.visits += 1

    async def unlock(self) -> None:
        """Become a teacher by the PIN."""
        await self.visit("settings")
        await self.client.sees("This page is the teacher's while the class lasts.")
        await self.client.fill_in({"frame.pin": self.lesson.pin}, "frame.pin.go")
        await self.client.until(lambda: not self.client.has("frame.pin"), "the teacher's page")


class Teacher(Session):
    """Begins rounds and reveals them."""

    async def begin(self) -> None:
        await self.client.open()
        await self.client.click("class.enter")
        await self.client.click("class.start")
        await self.client.sees("Your PIN is")
        (self.lesson.code,) = re.findall(r'"code": ?"(\w+)"', self.client.text)
        (self.lesson.pin,) = re.findall(r"PIN is \*\*(\d+)\*\*", self.client.text)

    async def act(self) -> None:
        lesson, client = self.lesson, self.client
        recorded = list(lesson.questions)[lesson.number % len(lesson.questions)]
        await client.click(f"class.pick.{recorded}")
        await client.until(lambda: client.has("class.reveal"), "the round")
        lesson.number, lesson.question = lesson.number + 1, lesson.questions[recorded]
        lesson.open = True
        await self.rest(10)
        lesson.open = False
        started = time.monotonic()
        await client.click("class.reveal")
        await client.until(lambda: client.has("class.next.round"), "the reveal")
        lesson.report.waited("reveal a round", time.monotonic() - started)
        while lesson.voting:
            await asyncio.sleep(0.1)
        await client.click("class.next.round")
        await self.rest(5)


class Helper(Session):
    """Browses everything, and asks on Compare; `at_once` questions without waiting in between."""

    def __init__(self, lesson: Lesson, name: str, *, at_once: int) -> None:
        super().__init__(lesson, name, lesson.inside)
        self.at_once = at_once
        self.next_ask = time.monotonic() + self.chance.uniform(0, HELPERS_ASK[0] / 2)

    async def begin(self) -> None:
        await self.unlock()

    async def act(self) -> None:
        if time.monotonic() > self.next_ask:
            asked = [await self.ask() for _ in range(self.at_once)]
            for question, live_id in asked:
                await self.answered(question, live_id)
            self.next_ask = time.monotonic() + self.chance.uniform(*HELPERS_ASK)
        pages = ("library", "sweep", "evaluate", "runs", "cards", "settings")
        await self.visit(self.chance.choice(pages))
        await self.rest(4)

    async def ask(self) -> tuple[str, str]:
        client = self.client
        await self.visit("")
        question, _ = self.asks()
        fields: dict[str, str | float] = {
            "compare.question": question,
            "compare.max_tokens": ANSWER_TOKENS,
        }
        pressed = time.monotonic()
        await client.fill_in(fields, "compare.ask")
        await client.until(lambda: "run=" in client.query, "the address of the answer")
        at = datetime.now(UTC)
        self.lesson.report.waited("press Ask on Compare", time.monotonic() - pressed)
        (live_id,) = re.findall(r"run=(\w+)", client.query)
        self.lesson.compared[live_id] = (question, self.name, at, "")
        return question, live_id

    async def answered(self, question: str, live_id: str) -> None:
        client = self.client
        started = time.monotonic()
        await self.visit("", run=live_id)

        def whole() -> bool:
            ended = len(client.keys(f"sent-{live_id}")) == 3
            return client.idle and ended and not client.has("compare.stop")

        await client.until(whole, f"the answer to {question!r}", PATIENCE)
        self.lesson.report.waited("look at an answer until it is there", time.monotonic() - started)
        shown = client.typed("compare.question")
        if shown != question:
            self.fault(f"asked {question!r} and was shown {shown!r}")
        answers = [_whole(client.element(key).json) for key in client.keys(f"answer-{live_id}")]
        asked, who, at, _ = self.lesson.compared[live_id]
        self.lesson.compared[live_id] = (asked, who, at, "\n".join(answers))


class Sweeper(Session):
    """Starts one sweep after another, each with questions of its own."""

    async def begin(self) -> None:
        await self.unlock()

    async def act(self) -> None:
        client = self.client
        await self.visit("sweep")
        questions = "\n".join(self.asks()[0] for _ in range(2))
        await client.type_in("sweep.questions", questions)
        await client.until(lambda: client.idle and client.has("sweep.start"), "the sweep's plan")
        await client.click("sweep.start")
        await client.until(lambda: "sweep=" in client.query, "the sweep's page")
        started = time.monotonic()

        def ended() -> bool:
            return "**done · " in client.text or "**stopped · " in client.text

        while not ended() and not self.lesson.over:
            await asyncio.sleep(0.5)
        if not ended():
            await client.click("sweep.stop")
        await client.until(lambda: ended() and client.idle, "the sweep's end")
        (state,) = re.findall(r"\*\*(\w+ · [^*]+)\*\*", client.text)
        if "failed" in state or ("stopped" in state and not self.lesson.over):
            self.fault(f"has a sweep that is {state}")
        if state.startswith("done"):
            self.lesson.report.waited("a sweep", time.monotonic() - started)
        self.lesson.cells += int(re.findall(r"([\d,]+) of", state)[0].replace(",", ""))


class Student(Session):
    """Votes, searches, studies, and now and then asks; `at_once` questions each time."""

    def __init__(self, lesson: Lesson, number: int, *, at_once: int) -> None:
        super().__init__(lesson, f"Sam {NUMBERS[number]}", lesson.outside)
        self.number = NUMBERS[number]
        self.at_once = at_once
        self.voted = 0
        self.next_ask = time.monotonic() + self.chance.uniform(0, 20)
        self.next_search = time.monotonic() + self.chance.uniform(0, SEARCH_AGAIN[1])
        self.me: dict[str, str] = {}

    @property
    def token(self) -> str:
        return self.me["me"]

    def _told(self, kind: str, proto: Any) -> None:
        super()._told(kind, proto)
        for attribute in ("body", "label", "json"):
            for number in NAMED.findall(str(getattr(proto, attribute, ""))):
                if int(number) in NUMBERS and int(number) != self.number:
                    shown = getattr(proto, attribute)
                    self.fault(f"was shown what belongs to Sam {number}: {shown!r}")

    async def begin(self) -> None:
        await self.rest(2)
        await self.visit("class", code=self.lesson.code)
        await self.client.fill_in({"class.name": self.name}, "class.join")
        await self.client.until(lambda: "me=" in self.client.query, "the student's own address")
        (token,) = re.findall(r"me=([\w-]+)", self.client.query)
        self.me = {"code": self.lesson.code, "me": token}

    async def act(self) -> None:
        if self.lesson.open and self.voted < self.lesson.number:
            await self.vote()
        elif self.at_once and time.monotonic() > self.next_ask:
            await self.ask()
        elif time.monotonic() > self.next_search:
            await self.search()
        else:
            await self.chance.choice((self.study, self.wander))()
        await self.rest(5)

    async def place(self, place: str) -> None:
        """On the class page, and there to vote or to ask."""
        if not self.client.has("class.place"):
            await self.visit("class", **self.me)
        await self.client.choose("class.place", place)
        asking = place == "Ask"
        await self.client.until(
            lambda: self.client.idle and self.client.has("class.own") is asking,
            f"{place} on the page",
        )

    # rounds

    async def vote(self) -> None:
        lesson = self.lesson
        self.voted = lesson.number
        lesson.voting += 1
        try:
            await self.place("Vote")
            for _ in range(self.chance.choice((1, 1, 1, 2))):
                await self.tap(lesson.number, lesson.question)
        finally:
            lesson.voting -= 1

    async def tap(self, number: int, question: str) -> None:
        client, letter = self.client, self.chance.choice(LETTERS[:3])
        plain = re.sub(r"\W", "", question)

        def shown() -> bool:
            return plain in re.sub(r"\W", "", client.text) and bool(client.keys("class.vote."))

        await client.until(
            lambda: client.idle and (shown() or not self.lesson.open),
            "the round",
        )
        if not shown():
            return
        tapped = time.monotonic()
        await client.choose(client.key("class.vote."), letter)

        def said() -> bool:
            return client.idle and (f"You said **{letter}**" in client.text or self._revealed())

        await client.until(said, f"the vote for {letter}")
        counted = f"You said **{letter}**" in client.text or f"{letter} read " in client.text
        if counted:
            self.lesson.report.waited("vote", time.monotonic() - tapped)
            self.lesson.votes[number, self.token] = letter
        elif re.search(r"^[A-F] read ", client.text, re.M):
            self.lesson.report.notes.append(f"{self.name} tapped in the moment of the reveal")

    def _revealed(self) -> bool:
        return (
            re.search(r"^(Revealed$|[A-F] read (the|no) paper)", self.client.text, re.M) is not None
        )

    # questions of one's own

    async def search(self) -> None:
        client = self.client
        self.next_search = time.monotonic() + self.chance.uniform(*SEARCH_AGAIN)
        await self.place("Ask")
        question, mark = self.asks()
        started = time.monotonic()
        await client.fill_in({"class.own": question}, "class.search")
        await client.until(
            lambda: client.idle and self._found(mark), f"what {question!r} found", PATIENCE
        )
        self.lesson.report.waited(
            "search, until the passages are there", time.monotonic() - started
        )
        labels = [line for line in client.text.splitlines() if re.match(r"\*\*\d+\*\* · ", line)]
        self.lesson.searches.append((question, "\n".join(labels)))

    def _found(self, mark: str) -> bool:
        """Whether the latest search on the page is this one, and over."""
        _, searched, found = self.client.text.rpartition(mark)
        shown = re.search(r"^\*\*1\*\* · ", found, re.M)
        return bool(searched and shown) and "The reranker reads them next" not in found

    async def ask(self) -> None:
        client = self.client
        self.next_ask = time.monotonic() + self.chance.uniform(*ASK_AGAIN)
        await self.place("Ask")
        asked = []
        started = time.monotonic()
        for _ in range(self.at_once):
            question, mark = self.asks()
            await client.fill_in({"class.own": question}, "class.ask")
            await client.sees(mark)
            self.lesson.put[question] = self.token
            asked.append(question)
        for question in asked:
            await client.until(
                lambda question=question: client.idle and bool(self._answer(question)),  # type: ignore[misc]
                f"the answer to {question!r}",
                PATIENCE,
            )
            self.lesson.report.waited("ask in class, until the answer", time.monotonic() - started)
            self.lesson.answers[question] = self._answer(question)

    def _answer(self, question: str) -> str:
        """What the page says below a question of one's own, once that is an answer."""
        drawn = self.client.drawn()
        (mark,) = re.findall(r"Sam \d+ asks \d+ now", question)
        for (_, above), (kind, below) in pairwise(drawn):
            if mark in str(getattr(above, "body", "")) and kind == "text":
                return str(below.body)
        return ""

    # cards

    async def study(self) -> None:
        client = self.client
        await self.visit("cards", **self.me)
        if client.has("cards.name"):
            await client.fill_in({"cards.name": self.name}, "cards.name.go")
        for _ in range(3):
            turns = client.keys("cards.turn.")
            if not turns:
                await client.sees("Done for today")
                return
            await client.click(turns[0])
            rating = self.chance.choice((1, 3, 3, 4))
            if client.keys("cards.turn."):
                self.lesson.report.notes.append(f"{self.name} turned a card and saw another one")
                return
            (key,) = client.keys(f"cards.rate.{rating}.")
            card = key.split(".")[3]
            started = time.monotonic()
            await client.click(key)
            if client.has(key):
                self.fault(f"rated {card} and nothing came of it")
            self.lesson.report.waited("review a card", time.monotonic() - started)
            self.lesson.reviews[self.name, card, rating] += 1
            await self.rest(4)

    async def wander(self) -> None:
        """A page of the teacher's, by its address, then back."""
        await self.visit(self.chance.choice(("library", "runs", "settings")))
        await self.client.sees("This page is the teacher's while the class lasts.")
        await self.visit("class", **self.me)


def greed(number: int) -> int:
    """How many questions a student asks at once: one takes all there may be, some ask one."""
    return MOST_WAITING if number == 0 else int(number % 12 == 1)


def _whole(data: str) -> str:
    """The text of a marked text."""
    return "".join(piece["text"] for piece in json.loads(data)["pieces"])
