"""A class under Streamlit's own test harness: teacher, wall, phone, and who may see what."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs

import pytest
from streamlit.testing.v1 import AppTest

from core.classroom import gateway
from core.classroom.lesson import Server
from core.history.comparisons import FRONT_ID
from core.lab import Lab
from core.settings import ROOT
from core.types import Classroom, Screen
from pages.ui.classroom import board as class_board
from pages.ui.classroom import phone as class_phone
from pages.ui.classroom import serving
from pages.ui.shared import frame
from tests.pages.conftest import SECONDS, places, texts

GUARDED = ("compare", "library", "sweep", "evaluate", "runs", "settings")
RECORDED = "recorded-02"


@pytest.fixture(autouse=True)
def _without_a_door(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "here", lambda: Server(address="0.0.0.0", port=8501))


@pytest.fixture
def boards(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the board was given to draw, the latest last; the harness does not keep it."""
    drawn: list[dict[str, Any]] = []
    monkeypatch.setattr(class_board, "_component", lambda **given: drawn.append(given["data"]))
    return drawn


@pytest.fixture
def opened(lab: Lab) -> Classroom:
    opened, lab.pin = lab.classes.start(Server(address="0.0.0.0", port=8501))  # type: ignore[attr-defined]
    return opened


@pytest.fixture
def browser(app: AppTest) -> Callable[..., AppTest]:
    """Another browser: a session of its own, on the class's page."""

    def open_one(**query: str) -> AppTest:
        other = AppTest.from_file(str(ROOT / "app.py"), default_timeout=SECONDS)
        other.run()
        for name, value in query.items():
            other.query_params[name] = value
        return other.switch_page("pages/classroom.py").run()

    return open_one


def joined(lab: Lab, opened: Classroom, name: str = "Ada") -> Screen:
    return lab.classes.screen(opened.code, lab.classes.join(opened.code, name).token)


def token_of(screen: Screen) -> str:
    assert screen.student
    return screen.student.token


# who may see what


@pytest.mark.parametrize("name", GUARDED)
def test_a_student_on_a_page_of_the_teacher_gets_a_sentence(
    app: AppTest, opened: Classroom, name: str
) -> None:
    app.run()
    app.switch_page(f"pages/{name}.py").run()
    assert not app.exception
    assert "This page is the teacher's" in texts(app)
    assert [button.key for button in app.button] == ["frame.pin.go"]
    assert [field.key for field in app.text_input] == ["frame.pin"]


def test_every_page_is_guarded_or_for_students(app: AppTest) -> None:
    pages = {file.stem for file in (ROOT / "pages").glob("*.py")} - {"__init__"}
    assert pages == {*GUARDED, "classroom", "cards"}


def test_without_a_class_nobody_needs_anything(app: AppTest) -> None:
    app.run()
    for name in GUARDED:
        app.switch_page(f"pages/{name}.py").run()
        assert "This page is the teacher's" not in texts(app)


def test_one_who_came_by_the_door_is_no_teacher_also_after_the_end(
    lab: Lab, opened: Classroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a phone asked last may be under way when the class is over."""
    seen: dict[str, str] = {}
    monkeypatch.setattr(frame.st, "context", SimpleNamespace(headers=seen))
    monkeypatch.setattr(frame.st, "session_state", {})
    lab.classes.end()
    assert not frame.is_teacher(lab)  # a browser that was gone before anything was known of it
    seen |= {"Host": "192.0.2.7:8502", gateway.MARK: "1"}
    assert not frame.is_teacher(lab)
    seen.clear()
    assert not frame.is_teacher(lab)

    monkeypatch.setattr(frame.st, "session_state", {})
    seen["Host"] = "127.0.0.1:8501"
    assert frame.is_teacher(lab)
    seen.clear()  # the tab was closed: what was pressed there last still counts
    assert frame.is_teacher(lab)


def test_the_pin_lets_the_teacher_in_and_a_wrong_one_does_not(
    app: AppTest, lab: Lab, opened: Classroom
) -> None:
    app.run()
    app.text_input(key="frame.pin").set_value("no")
    app.button(key="frame.pin.go").click().run()
    assert "not the PIN" in app.error[0].value
    app.text_input(key="frame.pin").set_value(lab.pin)  # type: ignore[attr-defined]
    app.button(key="frame.pin.go").click().run()
    assert not app.exception
    assert "What changes?" in texts(app)
    lab.classes.end()
    lab.classes.start(Server(address="0.0.0.0", port=8501))
    app.run()
    assert "This page is the teacher's" in texts(app)  # of another class


def test_students_study_cards_and_change_none(
    app: AppTest, lab: Lab, opened: Classroom, tmp_path: Path
) -> None:
    lab.study.learner("Somebody else")
    app.run()
    app.query_params["card"] = "x"
    app.switch_page("pages/cards.py").run()
    assert not app.exception
    assert "No cards yet" in texts(app)
    deck = tmp_path / "deck.md"
    deck.write_text("# D\n\n#### T\n:p Q?\n??x\nA.\nx??\n---\n")
    assert [each.failed for each in lab.cards.load(deck)] == [""]
    app.run()
    assert not app.exception
    assert "Who studies?" in texts(app)
    assert app.segmented_control[0].options == ["Study", "Charts"]
    assert "Somebody else" not in [button.label for button in app.button]
    assert not any("import" in (button.key or "") for button in app.button)


def test_the_cards_lead_a_student_back_to_the_class(
    browser: Callable[..., AppTest], lab: Lab, opened: Classroom
) -> None:
    token = token_of(joined(lab, opened))
    phone = browser(code=opened.code, me=token)
    phone.switch_page("pages/cards.py").run()
    (back,) = [link.proto for link in phone.get("page_link") if link.proto.label == "Class"]
    assert parse_qs(back.query_string) == {"code": [opened.code], "me": [token]}
    stranger = browser()
    stranger.switch_page("pages/cards.py").run()
    assert "Class" not in [link.proto.label for link in stranger.get("page_link")]


# the teacher


def test_story_start_ask_reveal_end(app: AppTest, lab: Lab, boards: list[dict[str, Any]]) -> None:
    app.run()
    app.button(key="class.enter").click().run()
    app.button(key="class.start").click().run()
    assert not app.exception
    opened = lab.classes.now()
    assert opened
    assert boards[-1]["join"]["code"] == opened.code
    assert "Your PIN is" in texts(app)
    app.button(key="class.pin.gone").click().run()
    assert "Your PIN is" not in texts(app)

    student = joined(lab, opened)
    app.button(key=f"class.pick.{RECORDED}").click().run()
    assert not app.exception
    shown = lab.classes.screen(opened.code).round
    assert shown
    lab.classes.vote(lab.classes.screen(opened.code, token_of(student)), shown.readers[0])
    app.run()
    hidden_from(app, boards[-1])
    assert sorted(panel["count"] for panel in boards[-1]["panels"]) == [
        "0 votes",
        "0 votes",
        "1 vote",
    ]
    assert boards[-1]["now"] == "1 of 1 have voted"

    app.button(key="class.reveal").click().run()
    assert not app.exception
    said = texts(app)
    for name in ("[No context]", "[Retrieved]", "[Retrieved and reranked]"):
        assert name in said
    assert "Score of the class: 1 of 1 knew who read the paper" in said
    names = [panel["name"] for panel in boards[-1]["panels"]]
    assert names == ["No context", "Retrieved", "Retrieved and reranked"]  # as the panels below
    assert {panel["letter"] for panel in boards[-1]["panels"]} == {"A", "B", "C"}

    app.button(key="class.next.round").click().run()
    assert "[No context]" not in texts(app)
    app.button(key="class.pick.recorded-03").click().run()
    assert lab.classes.screen(opened.code).round.number == 2  # type: ignore[union-attr]

    app.button(key="class.end").click().run()
    assert not app.exception
    assert lab.classes.now() is None
    assert "The class has ended" in texts(app)
    assert "Score of the class: 1 of 1 knew who read the paper" in texts(app)
    app.button(key="class.back").click().run()
    assert "What changes?" in texts(app)


def hidden_from(app: AppTest, board: dict[str, Any]) -> None:
    """Nothing on the page tells which panel is which."""
    said = texts(app) + str(board) + " ".join(button.label for button in app.button)
    for telling in ("No context", "Retrieved", "reranked", "no_context", "retrieved", "[1]", "p. "):
        assert telling not in said.replace("References such as [1]", ""), telling
    for panel in board["panels"]:
        assert set(panel) == {"letter", "name", "votes", "said", "count", "text", "mine"}
        assert (panel["name"], panel["votes"], panel["said"]) == ("", [], "")


def test_the_comparison_on_screen_becomes_a_round(app: AppTest, lab: Lab) -> None:
    app.run()
    app.button(key="class.enter").click().run()
    app.button(key="class.start").click().run()
    app.button(key="class.leave").click().run()
    app.button(key="class.this").click().run()
    assert not app.exception
    opened = lab.classes.now()
    assert opened
    shown = lab.classes.screen(opened.code).round
    assert shown
    assert shown.comparison_id == FRONT_ID


def test_a_question_is_answered_out_of_sight_and_becomes_a_round(
    app: AppTest, lab: Lab, boards: list[dict[str, Any]]
) -> None:
    app.run()
    app.button(key="class.enter").click().run()
    app.button(key="class.start").click().run()
    state = app.session_state
    state["compare.overlap"], state["compare.candidates"], state["compare.top_k"] = 20, 2, 1
    app.text_input(key="class.question").set_value(" ")
    app.button(key="class.ask").click().run()
    assert "empty" in app.error[0].value
    app.text_input(key="class.question").set_value("When was the lamp of Varn lit?")
    app.button(key="class.ask").click().run()
    assert not app.exception
    asked = lab.comparisons.history()
    live = lab.answering.live(app.session_state["class.asking"]) if not asked else None
    if live:
        live.join()
    app.run()
    app.run()
    assert not app.exception
    opened = lab.classes.now()
    assert opened
    shown = lab.classes.screen(opened.code).round
    assert shown
    assert shown.question == "When was the lamp of Varn lit?"
    hidden_from(app, boards[-1])


def test_the_question_asked_is_changed(app: AppTest, lab: Lab) -> None:
    app.run()
    app.button(key="class.enter").click().run()
    app.button(key="class.start").click().run()
    app.button(key=f"class.pick.{RECORDED}").click().run()
    app.segmented_control[0].set_value("right").run()
    assert not app.exception
    opened = lab.classes.now()
    assert opened
    assert lab.classes.screen(opened.code).round.asked == "right"  # type: ignore[union-attr]


def test_two_teachers_hold_the_questions_back(app: AppTest, lab: Lab) -> None:
    app.run()
    app.button(key="class.enter").click().run()
    app.button(key="class.start").click().run()
    opened = lab.classes.now()
    assert opened
    assert "No question waits." in texts(app)
    app.toggle(key="class.pause").set_value(True).run()
    student = joined(lab, opened)
    lab.classes.questions.put(student, "How high is the tide?")
    app.run()
    assert not app.exception
    assert "How high is the tide?" in texts(app)
    assert "1 question waiting" in texts(app)
    assert app.toggle(key="class.pause").value

    lab.classes.questions.pause(opened.id, False)  # by another teacher
    app.run()
    assert not app.toggle(key="class.pause").value
    assert not lab.classes.screen(opened.code).classroom.paused


def test_two_teachers_follow_each_other(app: AppTest, lab: Lab) -> None:
    app.run()
    app.button(key="class.enter").click().run()
    app.button(key="class.start").click().run()
    opened = lab.classes.now()
    assert opened
    app.button(key=f"class.pick.{RECORDED}").click().run()
    shown = lab.classes.screen(opened.code).round
    assert shown
    lab.classes.ask(shown, "right")  # by another teacher, as all that follows
    app.run()
    assert app.segmented_control[0].value == "right"
    assert lab.classes.screen(opened.code).round.asked == "right"  # type: ignore[union-attr]
    app.segmented_control[0].set_value("read").run()
    assert lab.classes.screen(opened.code).round.asked == "read"  # type: ignore[union-attr]

    app.button(key="class.reveal").click().run()
    assert app.query_params["run"] == RECORDED
    lab.classes.reveal(lab.classes.begin("recorded-03"))
    app.run()
    assert app.query_params["run"] == "recorded-03"

    lab.classes._store.end(opened.id)
    lab.classes._ending = opened  # the door is still open
    app.run()
    assert not app.exception
    assert "The class has ended." in texts(app)
    lab.classes._ending = None


def test_a_class_that_showed_nothing_has_no_file(app: AppTest, lab: Lab) -> None:
    app.run()
    app.button(key="class.enter").click().run()
    app.button(key="class.start").click().run()
    app.button(key="class.end").click().run()
    assert not app.exception
    assert "there is nothing to keep" in texts(app)
    assert "Its file" not in texts(app)


def test_a_reset_asks_first(app: AppTest, lab: Lab) -> None:
    app.run()
    app.button(key="class.enter").click().run()
    app.button(key="class.start").click().run()
    opened = lab.classes.now()
    assert opened
    joined(lab, opened)
    app.run()
    assert lab.classes.screen(opened.code).students == 1
    app.button(key="class.reset").click().run()
    assert not app.exception
    assert lab.classes.screen(opened.code).students == 0


def test_after_a_restart_the_door_is_opened_by_hand(
    app: AppTest, lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.run()
    app.button(key="class.enter").click().run()
    app.button(key="class.start").click().run()
    opened: list[Server] = []
    monkeypatch.setattr(lab.classes, "door_shut", lambda _server: not opened)
    monkeypatch.setattr(lab.classes, "open_door", opened.append)
    app.run()
    assert "No phone can reach" in app.warning[0].value
    app.button(key="class.door").click().run()
    assert not app.warning


def test_runs_says_how_votes_and_measures_agree(app: AppTest, lab: Lab) -> None:
    app.run()
    app.switch_page("pages/runs.py").run()
    opened, _ = lab.classes.start(Server(address="0.0.0.0", port=8501))
    app.session_state["frame.teaches"] = opened.id
    students = [joined(lab, opened) for _ in range(10)]
    for comparison in lab.comparisons.recorded()[:3]:
        shown = lab.classes.begin(comparison.id, "right")
        for student in students:
            seen = lab.classes.screen(opened.code, token_of(student))
            lab.classes.vote(seen, shown.readers[0])
        lab.classes.reveal(shown)
        if shown.number == 2:
            app.run()
            app.segmented_control(key="runs.section").set_value("What people found").run()
            assert "10 votes and 1 round more are needed" in texts(app)
    app.run()
    assert not app.exception
    _marks, strengths, agreement = (frame.value for frame in app.dataframe)
    assert strengths["votes"].iloc[0] == 30
    assert set(agreement.columns) == {"measure", "agrees", "pairs"}


# the phone


def test_story_of_a_phone(
    browser: Callable[..., AppTest], lab: Lab, opened: Classroom, boards: list[dict[str, Any]]
) -> None:
    phone = browser()
    phone.text_input(key="class.code").set_value(f" {opened.code.lower()} ")
    phone.button(key="class.code.go").click().run()
    phone.text_input(key="class.name").set_value("  ")
    phone.button(key="class.join").click().run()
    assert "1 to 24 characters" in phone.error[0].value
    phone.text_input(key="class.name").set_value("Ada *L*")
    phone.button(key="class.join").click().run()
    assert not phone.exception
    assert "Hello, Ada \\*L\\*" in texts(phone)
    me = phone.query_params["me"]
    assert lab.classes.screen(opened.code).students == 1

    shown = lab.classes.begin(RECORDED)
    phone.run()
    assert "Which one read the paper?" in texts(phone)
    vote(phone, "A")
    vote(phone, "B")
    assert "You said **B**" in texts(phone)
    assert lab.classes.tally(shown) == {"read": {shown.run_ids[1]: 1}}
    assert "Retrieved" not in str(boards[-1])

    back = browser(code=opened.code, me=me)  # the phone had dropped off
    assert "You said **B**" in texts(back)
    assert lab.classes.screen(opened.code).students == 1

    lab.classes.reveal(shown)
    phone.run()
    read = shown.run_ids[1] in shown.readers
    assert ("B read the paper" if read else "B read no paper") in texts(phone)
    assert "Retrieved and reranked" in str(boards[-1])
    lab.classes.end()
    phone.run()
    assert "This class has ended" in texts(phone)


def vote(phone: AppTest, letter: str) -> None:
    (control,) = (each for each in phone.segmented_control if each.options[0] == "A")
    control.set_value(letter).run()


def test_a_tap_after_the_reveal_is_refused_with_a_sentence(
    browser: Callable[..., AppTest], lab: Lab, opened: Classroom
) -> None:
    student = joined(lab, opened)
    shown = lab.classes.begin(RECORDED)
    phone = browser(code=opened.code, me=token_of(student))
    lab.classes.reveal(shown)
    vote(phone, "A")
    assert not phone.exception
    assert "This round is over" in phone.error[0].value
    assert lab.classes.tally(shown) == {}
    phone.run()  # as it does by itself every second
    assert "This round is over" in phone.error[0].value
    lab.classes.begin("recorded-01")
    phone.run()
    vote(phone, "A")
    assert not phone.error


def test_a_wrong_code_gets_a_sentence(browser: Callable[..., AppTest], opened: Classroom) -> None:
    phone = browser(code="AAAAA")
    assert "No class has this code" in phone.error[0].value
    assert not phone.exception


def test_a_phone_that_came_back_from_the_cards_is_who_it_was(
    browser: Callable[..., AppTest], lab: Lab, opened: Classroom
) -> None:
    phone = browser(code=opened.code, me=token_of(joined(lab, opened)))
    phone.query_params.clear()
    phone.run()
    assert "Hello, Ada" in texts(phone)


def test_a_student_looks_something_up_and_asks(
    browser: Callable[..., AppTest],
    lab: Lab,
    opened: Classroom,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    phone = browser(code=opened.code, me=token_of(joined(lab, opened)))
    phone.segmented_control(key="class.place").set_value("Ask").run()
    phone.text_input(key="class.own").set_value("When was the lamp of Varn lit?")
    phone.button(key="class.search").click().run()
    assert not phone.exception
    token = phone.query_params["me"]
    search = lab.classes.questions.searched(token)
    assert search
    for thread in search_threads():
        thread.join()
    search.over = False
    phone.run()
    assert "The lamp" in " ".join(expander.label for expander in phone.expander)
    assert "The reranker reads them next" in texts(phone)
    search.over = True
    phone.run()
    assert "The lamp" in " ".join(expander.label for expander in phone.expander)
    assert "The reranker reads them next" not in texts(phone)

    lab.classes.questions.pause(opened.id, True)
    phone.text_input(key="class.own").set_value("How high is the tide?")
    phone.button(key="class.ask").click().run()
    assert "Number 1 in line; the teacher has paused it." in texts(phone)
    phone.text_input(key="class.own").set_value("")
    phone.button(key="class.ask").click().run()
    assert "empty" in phone.error[0].value
    phone.run()  # as it does by itself every second
    assert "empty" in phone.error[0].value
    monkeypatch.setattr(class_phone, "READ_SECONDS", 0.0)
    phone.button(key="class.ask").click().run()
    phone.run()
    assert not phone.error
    lab.classes.begin(RECORDED)
    phone.run()
    assert "A round waits for your vote" in phone.info[0].value


def test_a_round_that_begins_does_not_move_the_question_that_is_typed(
    browser: Callable[..., AppTest], lab: Lab, opened: Classroom
) -> None:
    phone = browser(code=opened.code, me=token_of(joined(lab, opened)))
    phone.segmented_control(key="class.place").set_value("Ask").run()
    before = places(phone)["class.own"]
    lab.classes.begin("recorded-01")
    phone.run()
    assert "A round waits for your vote." in texts(phone)
    assert places(phone)["class.own"] == before


def search_threads() -> list[Any]:
    import threading

    return [thread for thread in threading.enumerate() if thread.name == "class search"]


# the wall


def test_the_wall_follows(
    browser: Callable[..., AppTest], lab: Lab, opened: Classroom, boards: list[dict[str, Any]]
) -> None:
    wall = browser(view="wall", **{"class": opened.code})
    assert not wall.exception
    assert boards[-1]["join"]["code"] == opened.code
    assert boards[-1]["join"]["said"] == "0 students joined"
    assert not wall.button

    student = joined(lab, opened)
    shown = lab.classes.begin(RECORDED)
    wall.run()
    assert boards[-1]["title"] == shown.question
    assert boards[-1]["now"] == "0 of 1 have voted"
    assert "Retrieved" not in str(boards[-1])
    lab.classes.vote(lab.classes.screen(opened.code, token_of(student)), shown.run_ids[0])
    wall.run()
    assert boards[-1]["now"] == "1 of 1 have voted"
    assert not any(panel["count"] for panel in boards[-1]["panels"])  # nobody follows the others

    lab.classes.reveal(shown)
    wall.run()
    first = boards[-1]["panels"][0]
    assert first["votes"] == [{"asked": "", "said": "1 of 1 vote", "share": 1.0}]
    assert first["name"]
    lab.classes.end()
    wall.run()
    assert boards[-1]["title"] == "This class has ended."


def test_a_wall_of_no_class_says_so_in_large_type(
    browser: Callable[..., AppTest], boards: list[dict[str, Any]]
) -> None:
    wall = browser(view="wall", **{"class": "AAAAA"})
    assert boards[-1]["look"] == "wall"
    assert "No class is open" in boards[-1]["title"]
    assert not wall.error
    assert not wall.exception


def test_an_answer_can_be_no_markup(boards: list[dict[str, Any]]) -> None:
    class_board.board("x", "wall", [{"letter": "A", "text": "<img src=x>"}])
    assert boards[0]["panels"][0]["text"] == "<img src=x>"  # textContent on the other side
    assert "innerHTML" not in (ROOT / "pages/ui/classroom/board.js").read_text("utf-8")


def test_the_invitation_holds_the_whole_address() -> None:
    join = class_board.invitation("http://192.0.2.7:8502", "4FKQ9", "")
    assert join["address"] == "http://192.0.2.7:8502/class?code=4FKQ9"
    assert join["qr"].startswith("data:image/png;base64,")
    assert class_board.invitation("", "4FKQ9", "")["qr"] == ""
