"""What students ask: searched at once, or answered in turns, one after another or as many at once
as an endpoint takes.

Whatever the teacher asks goes first: the worker takes work for students after work for people. A
search shows at once what is similar, before any student's passages are reranked: that takes a
second or two each, and the last of thirty would look at an empty page until it is their turn.
"""

from collections import OrderedDict
from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from itertools import count
from threading import Condition, Thread

from core.answering import Answering
from core.classroom import rules
from core.errors import BadInput, TriptychError
from core.models import Models
from core.papers import Papers
from core.store import Store
from core.tasks import Priority, Task, round_robin
from core.types import AskedQuestion, Generation, Recipe, Retrieval, Run, Screen

SEARCHES_KEPT = 200  # the latest of each student
THE_LINE = "line"  # which takes turns with those who search


@dataclass(kw_only=True)
class StudentSearch(Task[Run, None]):
    """A search under way. `run` is by similarity alone until it is over."""

    name: str = "class search"
    question: str
    run: Run | None = None

    def show(self, step: Run) -> None:
        self.run = step


class ClassQuestions:
    """Searches and the line of questions of the class that is open."""

    def __init__(self, store: Store, answering: Answering, models: Models, papers: Papers) -> None:
        self._store = store.classes
        self._answering = answering
        self._models = models
        self._papers = papers
        self._searches: OrderedDict[str, StudentSearch] = OrderedDict()
        self._turns = count(1)
        self._served: dict[str, int] = {}  # by student: when their last turn was
        self._changed = Condition()
        self._changes = 0
        self._busy = 0  # questions that are being answered
        self._serving: Task[AskedQuestion, None] | None = None

    # searching

    def search(self, token: str, question: str) -> StudentSearch:
        """Look a student's question up in all papers, in the background. Errors: BadInput for a
        invalid question, or while the last search is under way."""
        before = self._searches.get(token)
        if before and not before.over:
            raise BadInput("Your last search is under way; wait for it.")
        retrieval = self._retrieval()
        self._answering.check(question, Recipe(evidence=retrieval, generation=None))
        search = StudentSearch(question=question.strip())
        self._searches[token] = search
        self._searches.move_to_end(token)
        while len(self._searches) > SEARCHES_KEPT:
            self._searches.popitem(last=False)

        def runs() -> Generator[Run, None, None]:
            papers = self._papers.resolve(())
            for wanted, priority in (
                (replace(retrieval, reranker=None), Priority.LOOK_UP),
                (retrieval, Priority.STUDENT),
            ):
                recipe = Recipe(evidence=wanted, generation=None)
                yield self._answering.search(question, recipe, papers, priority, token)

        search.follow(runs())
        return search

    def searched(self, token: str) -> StudentSearch | None:
        """A student's latest search."""
        return self._searches.get(token)

    # the line

    def put(self, screen: Screen, question: str) -> None:
        """Put a question in line. Errors: BadInput for an invalid one, a class that is
        over, or when too many of this student's wait already."""
        if not screen.student or not screen.classroom.open:
            raise BadInput("This class has ended; nothing is answered any more.")
        self._answering.check(question, self._recipe())
        token, most = screen.student.token, rules.MOST_WAITING
        if not self._store.put_question(screen.classroom.id, token, question.strip(), most):
            raise BadInput(f"{most} of your questions wait already; ask again after the next one.")
        self.wake()

    def line(self, class_id: str) -> tuple[AskedQuestion, ...]:
        """The questions that wait, in the order in which they will be answered."""
        return self._in_turn(self._store.questions(class_id))

    def of(self, class_id: str, token: str) -> list[tuple[AskedQuestion, int]]:
        """A student's questions, the latest first, with the place in line (from 1, 0 where it does
        not wait any more)."""
        every = self._store.questions(class_id)
        places = {each.id: place for place, each in enumerate(self._in_turn(every), start=1)}
        mine = [each for each in reversed(every) if each.student == token]
        return [(each, places.get(each.id, 0)) for each in mine]

    def pause(self, class_id: str, paused: bool) -> None:
        """Hold the line back, or let it go on. What is being answered is not broken off."""
        self._store.pause(class_id, paused)
        self.wake()

    def wake(self) -> None:
        """Go on with the line, also after this program was started anew."""
        with self._changed:
            if self._serving is None or self._serving.over:
                self._serving = Task(name="class questions")
                self._serving.follow(self._serve())
            self._has_changed()

    def _has_changed(self) -> None:
        """Have the line looked at again; within `_changed`."""
        self._changes += 1
        self._changed.notify_all()

    def _serve(self) -> Generator[AskedQuestion, None, None]:
        """Have questions answered while a class is open; each as its turn comes."""
        current = self._store.current()
        if current:
            for each in self._store.questions(current.id):
                if each.state == "answering":  # broken off with the program
                    self._store.mark_question(each.id, "waiting")
        while True:
            seen = self._changes
            current = self._store.current()
            if not current:
                return
            waiting = () if current.paused else self.line(current.id)
            if waiting and self._busy < self._models.at_once(self._models.default("generator")):
                self._begin(waiting[0])
                yield waiting[0]
            else:
                with self._changed:
                    if self._changes == seen:
                        self._changed.wait(timeout=60)

    def _begin(self, asked: AskedQuestion) -> None:
        self._served[asked.student] = next(self._turns)
        self._store.mark_question(asked.id, "answering")
        with self._changed:
            self._busy += 1
        Thread(target=self._answer, args=(asked,), daemon=True, name="class question").start()

    def _in_turn(self, questions: Sequence[AskedQuestion]) -> tuple[AskedQuestion, ...]:
        """Those that wait. Whose turn was last is not known any more after a new start."""
        waiting = (each for each in questions if each.state == "waiting")
        return tuple(round_robin(waiting, lambda each: each.student, self._served))

    def _answer(self, asked: AskedQuestion) -> None:
        try:
            papers = self._papers.resolve(())
            live = self._answering.start(
                asked.question, [self._recipe()], papers, Priority.STUDENT, THE_LINE
            )
            live.join()
            if live.error:
                raise live.error
        except TriptychError as error:
            self._store.mark_question(asked.id, "failed", sentence=error.sentence)
        else:
            self._store.mark_question(asked.id, "done", comparison_id=live.id)
        finally:
            with self._changed:
                self._busy -= 1
                self._has_changed()

    def _recipe(self) -> Recipe:
        """The best models that are here, with the usual settings."""
        return Recipe(
            evidence=self._retrieval(),
            generation=Generation(generator=self._models.default("generator")),
        )

    def _retrieval(self) -> Retrieval:
        default = self._models.default
        return Retrieval(embedder=default("embedder"), reranker=default("reranker"))
