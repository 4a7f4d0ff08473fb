"""A lesson in real browsers: one teacher, one wall, three phones that come in by the door."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Error, Page, expect

from core.classroom.gateway import network_addresses
from tests.e2e.conftest import ready, serving
from tests.support.servers import free_port

FIRST = "What is the difference between LoRA and QLoRA?"
SECOND = "Why did the clinic choose rank 8 and not rank 32 for its adapter?"
PHONE = {"width": 360, "height": 740}


@dataclass
class Room:
    """Where the teacher is, where the phones are, and how to open more of them."""

    browser: Browser
    inside: str
    outside: str
    teacher: Page
    code: str = ""
    pin: str = ""

    def phone(self, path: str) -> Page:
        page = self.browser.new_context(viewport=PHONE).new_page()  # type: ignore[arg-type]
        page.set_default_timeout(30_000)
        page.goto(f"{self.outside}/{path}")
        return page

    def student(self, name: str) -> Page:
        phone = self.phone(f"class?code={self.code}")
        phone.get_by_label("Your name").fill(name)
        phone.get_by_role("button", name="Join the class").click()
        expect(phone.get_by_text(f"Hello, {name}")).to_be_visible()
        return phone

    def begin(self, question: str) -> None:
        self.teacher.get_by_role("button", name=question).click()
        expect(self.teacher.get_by_role("button", name="Reveal")).to_be_visible()


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """A server that the network does not reach: its address, and that of its door."""
    port = free_port()
    host = (*network_addresses(), "127.0.0.1")[0]
    with serving(tmp_path_factory.mktemp("school"), TRIPTYCH_DOOR=str(port)) as inside:
        yield inside, f"http://{host}:{port}"


@pytest.fixture
def room(browser: Browser, school: tuple[str, str]) -> Iterator[Room]:
    """A class that has just been started; it ends with the test."""
    teacher = browser.new_context(viewport={"width": 1280, "height": 720}).new_page()
    teacher.set_default_timeout(30_000)
    room = Room(browser, *school, teacher)
    teacher.goto(room.inside)
    teacher.get_by_role("button", name="Class", exact=True).click()
    teacher.get_by_role("button", name="Start a class").click()
    teacher.get_by_role("button", name="Show my PIN").click()
    shown = teacher.get_by_text("Your PIN is")
    room.pin = re.findall(r"\d{6}", shown.inner_text())[0]
    expect(teacher.locator(".board .code")).to_be_visible()
    room.code = teacher.locator(".board .code").inner_text()
    teacher.get_by_role("button", name="I have it").click()
    expect(shown).to_have_count(0)
    yield room
    end = teacher.get_by_role("button", name="End the class")
    if end.count():
        end.click()
        expect(teacher.get_by_text("The class has ended.")).to_be_visible()
    for context in browser.contexts:
        context.close()


def vote(phone: Page, letter: str) -> None:
    phone.locator('[class*="st-key-class-vote-"] button').filter(has_text=letter).click()
    expect(phone.get_by_text(f"You said {letter}")).to_be_visible()


def test_story_of_a_lesson(room: Room) -> None:
    wall = room.browser.new_context(viewport={"width": 1280, "height": 720}).new_page()
    wall.goto(f"{room.inside}/class?view=wall&class={room.code}")
    expect(wall.locator(".board .code")).to_have_text(room.code)
    phones = [room.student(name) for name in ("Ada", "Sam", "Sam")]
    expect(wall.get_by_text("3 students joined")).to_be_visible()
    expect(room.teacher.get_by_text("3 students")).to_be_visible()

    room.begin(FIRST)
    expect(wall.locator(".title")).to_have_text(FIRST)
    for telling in ("Retrieved", "No context", "[1]"):
        for page in (room.teacher, wall, *phones):
            expect(page.locator(".board .panels")).not_to_contain_text(telling)
    for phone, letter in zip(phones, "AAB", strict=True):
        vote(phone, letter)
    vote(phones[0], "B")  # changed its mind
    expect(wall.get_by_text("3 of 3 have voted")).to_be_visible()
    for letter, count in (("A", "1 vote"), ("B", "2 votes"), ("C", "0 votes")):
        panel = room.teacher.locator(".panel").filter(has=room.teacher.locator(f"text='{letter}'"))
        expect(panel.locator(".count")).to_have_text(count)
    assert wall.evaluate("document.documentElement.scrollHeight <= window.innerHeight")

    # One phone loses the network and gets it back, another is closed and opened again.
    phones[0].context.set_offline(True)
    phones[0].wait_for_timeout(1500)
    phones[0].context.set_offline(False)
    address = phones[1].url
    assert "me=" in address
    phones[1].close()
    phones[1] = room.phone(address.removeprefix(f"{room.outside}/"))
    expect(phones[1].get_by_text("You said A")).to_be_visible()
    expect(phones[0].get_by_test_id("stApp")).to_have_attribute(
        "data-test-connection-state", "CONNECTED"
    )
    vote(phones[0], "C")
    vote(phones[1], "C")
    expect(wall.get_by_text("3 of 3 have voted")).to_be_visible()
    expect(wall.get_by_text("3 students joined")).to_be_visible()

    room.teacher.get_by_role("button", name="Reveal").click()
    expect(wall.locator(".called")).to_have_count(3)
    expect(wall.get_by_text("2 of 3 votes")).to_be_visible()
    for phone in phones:
        expect(phone.get_by_text("Retrieved and reranked").first).to_be_visible()
    expect(room.teacher.locator(".answer")).to_have_count(3)
    expect(wall.get_by_text("Score of the class")).to_be_visible()

    room.teacher.get_by_role("button", name="Next round").click()
    room.begin(SECOND)
    expect(wall.locator(".title")).to_have_text(SECOND)
    expect(wall.get_by_text("0 of 3 have voted")).to_be_visible()
    for phone in phones:
        vote(phone, "A")
    expect(wall.get_by_text("3 of 3 have voted")).to_be_visible()

    room.teacher.get_by_role("button", name="End the class").click()
    for phone in phones:
        expect(phone.get_by_text("This class has ended.")).to_be_visible()
    expect(room.teacher.get_by_text("The class has ended.")).to_be_visible()
    with room.teacher.expect_download() as waiting:
        room.teacher.get_by_role("button", name="Keep the class as a file").click()
    assert Path(waiting.value.path()).stat().st_size > 1000
    expect(wall.get_by_text("This class has ended.")).to_be_visible()
    # The browser says that the server is gone, which is no news to whoever reads that it is over.
    expect(phones[0].get_by_text("Connection error")).to_have_count(1)
    expect(phones[0].get_by_text("Connection error")).to_be_hidden()
    with pytest.raises(Error, match="ERR_CONNECTION"):
        room.phone("class")


def test_a_student_who_tries_the_teachers_address_gets_a_sentence(room: Room) -> None:
    for path in ("?teacher", "settings", "library", "runs?run=recorded-01-0"):
        phone = room.phone(path)
        expect(
            phone.get_by_text("This page is the teacher's while the class lasts.")
        ).to_be_visible()
        expect(phone.get_by_role("link", name="Settings")).to_have_count(0)
        phone.close()
    phone = room.phone("settings")
    phone.get_by_placeholder("PIN of the teacher").fill("12")
    phone.get_by_role("button", name="I am the teacher").click()
    expect(phone.get_by_text("This is not the PIN of the class")).to_be_visible()
    phone.get_by_role("link", name="Join the class").click()
    expect(phone.get_by_label("Code on the wall")).to_be_visible()


def test_the_pin_opens_everything_on_another_screen(room: Room) -> None:
    tablet = room.phone("")
    tablet.get_by_role("link", name="I am the teacher").click()
    tablet.get_by_placeholder("PIN of the teacher").fill(room.pin)
    tablet.get_by_role("button", name="I am the teacher").click()
    expect(tablet.get_by_text("What changes?")).to_be_visible()
    tablet.get_by_role("button", name=f"Class {room.code}").click()
    expect(tablet.get_by_role("button", name="End the class")).to_be_visible()
    ready(tablet)


def test_who_scans_again_comes_back_as_the_same_student(room: Room) -> None:
    phone = room.phone("")  # typed from the wall, without a code
    phone.get_by_label("Code on the wall").fill("AAAAA")
    phone.get_by_label("Your name").fill("Ada")
    phone.get_by_role("button", name="Join the class").click()
    expect(phone.get_by_text("No class has this code")).to_be_visible()
    phone.get_by_label("Code on the wall").fill(room.code.lower())
    phone.get_by_role("button", name="Join the class").click()
    expect(phone.get_by_text("Hello, Ada")).to_be_visible()

    phone.goto(f"{room.outside}/class?code={room.code}")
    phone.get_by_role("button", name="Go on as Ada").click()
    expect(phone.get_by_text("Hello, Ada")).to_be_visible()
    expect(room.teacher.get_by_text("1 student")).to_be_visible()

    other = room.phone(f"class?code={room.code}")  # another phone knows nothing of it
    expect(other.get_by_role("button", name="Join the class")).to_be_visible()
    expect(other.get_by_role("button", name="Go on as")).to_have_count(0)
