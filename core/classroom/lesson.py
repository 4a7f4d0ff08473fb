"""The class: opened to the room, rounds begun and revealed, votes counted, ended as one file.

Brings together the rules, the store and the door. Pages say where their server listens.
"""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from core.classroom import rules
from core.classroom.entrance import Entrance
from core.classroom.gateway import Gateway, network_addresses
from core.classroom.questions import ClassQuestions
from core.errors import BadInput
from core.history import Capsule, Comparisons, PastRuns, capsules
from core.settings import Settings
from core.store import Store, now, played
from core.types import Asked, Classroom, Comparison, Round, Run, Screen, Student, Tally, digest

FAREWELL = 2.0  # seconds in which phones still learn that the class has ended
EVERYWHERE = ("", "0.0.0.0", "::")  # addresses of a server that the network reaches already


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Where the pages are served on this machine."""

    address: str
    port: int


class Classes:
    """One class at a time. Errors of every method: as Store."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        comparisons: Comparisons,
        runs: PastRuns,
        questions: ClassQuestions,
    ) -> None:
        self._settings = settings
        self._store = store.classes
        self._comparisons = comparisons
        self._runs = runs
        self.questions = questions
        self._door: Gateway | None = None
        self._ending: Classroom | None = None
        self._lock = threading.Lock()
        self._admitting = threading.Lock()
        self._comparison = lru_cache(maxsize=8)(comparisons.comparison)

    # opening and ending

    def now(self) -> Classroom | None:
        """The class that is open.

        Errors: BadInput, once, when it was ended elsewhere while the door stood open, which is
        shut then: whoever comes in this moment may be a student.
        """
        current = self._store.current()
        if current is None and self._ending:
            return self._ending  # whoever is in is still a student
        if current is None and self._door:
            self._close_door()
            raise BadInput("This class has ended.")
        return current

    def start(self, server: Server) -> tuple[Classroom, str]:
        """Open a class to the room; returns it and its PIN, which nothing shows a second time.

        Errors: BadInput while another is open, TriptychError if the door cannot be opened.
        """
        pin, salt = rules.new_pin(), rules.new_salt()
        opened_at = now()
        opened = Classroom(
            id=digest([opened_at, rules.new_token()]),
            code=rules.new_code(),
            opened_at=opened_at,
        )
        self._store.open(opened, salt, rules.sealed(pin, salt))
        try:
            self.open_door(server)
        except BaseException:
            self._store.end(opened.id)
            raise
        return opened, pin

    def open_door(self, server: Server) -> None:
        """Let the network in, if it is not yet: also after this program was started anew."""
        if server.address in EVERYWHERE:
            return
        with self._lock:
            if self._door is None:
                port = self._settings.door_port or server.port + 1
                inside = (server.address, server.port)
                entrance = Entrance(lambda code, name: self.join(code, name).token)
                self._door = Gateway(self._settings.door_address, port, inside, entrance)

    def door_shut(self, server: Server) -> bool:
        """Whether no phone can reach this server."""
        return self._door is None and server.address not in EVERYWHERE

    def addresses(self, server: Server) -> tuple[str, ...]:
        """Where phones find this server, the likeliest address first; none without a network."""
        if server.address in EVERYWHERE:
            hosts, port = network_addresses(), server.port
        elif self._door:
            fixed = self._door.address
            hosts, port = (fixed,) if fixed else network_addresses(), self._door.port
        else:
            return ()
        return tuple(f"http://{host}:{port}" for host in hosts)

    def admit(self, pin: str) -> Classroom:
        """The open class, for whoever knows its PIN.

        Errors: BadInput for a wrong PIN, and for any while a wait after wrong ones lasts.
        """
        current = self._current()
        with self._admitting:  # else several right ones at once are wrong ones to each other
            before = self._store.guess(current.id, "pin")
            wait = rules.wait_after(before.wrong, rules.FREE_PINS, rules.LONGEST_PIN_WAIT) - (
                time.time() - before.at
            )
            if wait > 0:
                self._store.forgive(current.id, "pin", before)
                raise BadInput(f"Too many wrong PINs were typed; try again in {wait:.0f} seconds.")
            salt, pin_hash = self._store.secret(current.id)
            if not rules.same(rules.sealed(pin, salt), pin_hash):
                raise BadInput("This is not the PIN of the class; look at it again.")
            self._store.forgive(current.id, "pin")
            return current

    def end(self) -> Classroom:
        """End the class, let every phone say so, and shut the door; whoever was in is dropped.
        Errors: BadInput if no class is open."""
        current = self._ending = self._current()
        try:
            self._store.end(current.id)
            if self._door:
                time.sleep(FAREWELL)
            self._close_door()
        finally:
            self._ending = None
        return current

    def reset(self) -> None:
        """Take away students, rounds, votes and questions; the class stays open."""
        self._store.reset(self._current().id)

    def capsule(self, class_id: str) -> bytes:
        """The comparisons of a class with the votes on them, as a file, without any name.

        Errors: BadInput if it showed none."""
        rounds = self._store.rounds(class_id)
        if not rounds:
            raise BadInput("This class has shown no comparison; there is nothing to keep.")
        tallies = self._store.tallies(each.id for each in rounds)
        run_ids = dict.fromkeys(run_id for each in rounds for run_id in each.run_ids)
        capsule = Capsule(
            name=f"Class of {rounds[0].at[:10]}",
            at=now(),
            runs=tuple(self._runs.runs(tuple(run_ids))),
            class_id=class_id,
            rounds=tuple(played(each, tallies.get(each.id, {})) for each in rounds),
        )
        return capsules.write(capsule)

    def _close_door(self) -> None:
        with self._lock:
            door, self._door = self._door, None
        if door:
            door.close()

    def _current(self) -> Classroom:
        current = self.now()
        if current is None:
            raise BadInput("No class is open; start one on the Compare page.")
        return current

    # students

    def screen(self, code: str, token: str = "") -> Screen:
        """What a screen of the class shows now. A code that no class has is a guess, and counted.

        Errors: BadInput for such a code, and for a stranger while a wait after many of them lasts.
        """
        code = rules.typed_code(code)
        found = self._store.screen(code, token)
        current = found.classroom if found and found.classroom.open else self._store.current()
        if found and (found.student or not found.classroom.open):
            return found
        if current is None:
            raise BadInput("No class is open just now; the teacher starts one.")
        before = self._store.guess(current.id, "code")
        wait = rules.wait_after(before.wrong, rules.FREE_CODES, rules.LONGEST_CODE_WAIT) - (
            time.time() - before.at
        )
        if found or wait > 0:
            self._store.forgive(current.id, "code", before)
        if wait > 0:
            raise BadInput(f"Too many wrong codes were typed; try again in {wait:.0f} seconds.")
        if found is None:
            raise BadInput("No class has this code; look at the wall and type it again.")
        return found

    def join(self, code: str, name: str) -> Student:
        """A new student of the class. Errors: BadInput for a name that cannot be one, a class that
        has ended or is full, and as `screen`."""
        student = Student(token=rules.new_token(), name=rules.checked_name(name))
        joined = self.screen(code).classroom
        if not joined.open:
            raise BadInput("This class has ended; ask your teacher for the new code.")
        if not self._store.join(joined.id, student, rules.MOST_STUDENTS):
            raise BadInput(f"{rules.MOST_STUDENTS} are in this class already; it is full.")
        return student

    def vote(self, screen: Screen, run_id: str) -> None:
        """Count the vote of the screen's student; a second one replaces the first until the
        reveal. Errors: BadInput when the round is not voted on any more."""
        shown, student = screen.round, screen.student
        counted = (
            shown and student and self._store.vote(shown.id, shown.asked, student.token, run_id)
        )
        if not counted:
            raise BadInput("This round is over; your last vote before the reveal was counted.")

    # rounds

    def begin(self, comparison_id: str, asked: Asked = "read") -> Round:
        """Show a comparison to the class, without the names of its panels.

        Errors: BadInput for one that nobody can vote on, or that is not here.
        """
        current = self._current()
        comparison = self._comparisons.comparison(comparison_id)
        readers = tuple(run.id for run in comparison.runs if run.recipe.evidence is not None)
        texts = [run.answer.text if run.answer else "" for run in comparison.runs]
        rules.check_round(texts, len(readers), asked)
        self._runs.take_in_recorded()  # votes are kept with runs, so the runs must be here
        before = self._store.rounds(current.id)
        if before and not before[-1].revealed:
            raise BadInput("A round is under way; reveal it first.")
        number = len(before) + 1
        run_ids = rules.shuffled(current.id, number, [run.id for run in comparison.runs])
        return self._store.begin(
            Round(
                id=0,
                class_id=current.id,
                number=number,
                comparison_id=comparison_id,
                question=comparison.question,
                run_ids=run_ids,
                readers=readers,
                asked=asked,
                state="predicting",
                at=now(),
            )
        )

    def ask(self, shown: Round, asked: Asked) -> None:
        """Ask something else about the answers of a round. Errors: BadInput once it is revealed,
        or where it makes no sense."""
        texts = [run.answer.text if run.answer else "" for run in self.answers(shown)]
        rules.check_round(texts, len(shown.readers), asked)
        if not self._store.ask(shown.id, asked):
            raise BadInput("This round is revealed; begin another one.")

    def reveal(self, shown: Round) -> None:
        """Count no more votes, and let every screen say what the panels were."""
        self._store.reveal(shown.id)

    def comparison(self, shown: Round) -> Comparison:
        """What a round shows."""
        return self._comparison(shown.comparison_id)

    def answers(self, shown: Round) -> tuple[Run, ...]:
        """The runs of a round, in the order of their letters."""
        runs = {run.id: run for run in self.comparison(shown).runs}
        return tuple(runs[run_id] for run_id in shown.run_ids)

    def tally(self, shown: Round) -> Tally:
        """How many voted for each run."""
        return self._store.tallies([shown.id]).get(shown.id, {})

    def score(self, class_id: str) -> tuple[int, int]:
        """Of the class: votes that named a panel that read the paper, of how many."""
        rounds = self._store.rounds(class_id)
        tallies: Mapping[int, Tally] = self._store.tallies(each.id for each in rounds)
        return rules.score((each, tallies.get(each.id, {})) for each in rounds)
