"""A paper's file read again: the new text in the old one's place, and what points into it."""

import json
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest

from core.codec import to_json
from core.errors import BadInput, TriptychError
from core.gold import QuestionBook
from core.lab import Lab
from core.papers import Reread, reading
from core.store import PaperFacts, Scope
from core.store.readings import ReadingStore
from core.tasks import result_of
from core.types import (
    Card,
    PaperFilter,
    Question,
    Span,
    View,
    file_id_of,
    with_text_digest,
)
from tests.support import pdfs
from tests.support.commands import ran
from tests.support.labs import QUESTION, RECIPE, asked, uploaded
from tests.support.readings import as_before

TEXT = (
    "The lamp of Varn was lit in 1874 and burns whale oil to this day. "
    "Its keeper, a naïve man, reads the efficient gauge.\n\n"
    "The tide at Varn rises four metres and falls twice a day."
)
# The same file as an earlier version read it: ragged lines, accents beside their letters, a
# ligature, a running head in the middle, and a sentence that this version does not find.
RAGGED = (
    "The lamp of Varn was lit\nin 1874 and burns whale\noil to this day. Its keeper, a\n"
    "na¨ıve man, reads the eﬃcient\ngauge.\n\nVARN GAZETTE 7\n\nThe tide at Varn\nrises four "
    "metres and falls\ntwice a day.\n\nQvgr gur ynzc bs Inea.\n"
)
LIT, GAUGE, CIPHER = "was lit\nin 1874", "reads the eﬃcient\ngauge", "Qvgr gur ynzc bs Inea"


@pytest.fixture
def old(lab: Lab) -> str:
    """The id of a paper whose text is that of an earlier version; `lab` has two others."""
    paper = uploaded(lab, "varn.txt", TEXT.encode()).paper
    assert paper
    return as_before(lab, paper.id, RAGGED)


def place(paper_id: str, words: str, text: str = RAGGED) -> Span:
    start = text.index(words)
    return Span(paper_id=paper_id, start=start, end=start + len(words))


def again(lab: Lab, *paper_ids: str) -> list[Reread]:
    return result_of(lab.read_again(paper_ids, Event()))


def words(lab: Lab, span: Span) -> str:
    return lab.papers.get(span.paper_id).text[span.start : span.end]


def test_the_new_text_takes_the_old_ones_place_and_keeps_what_is_known_of_the_paper(
    lab: Lab, old: str
) -> None:
    lab.papers.keep_facts(old, authors=["Ada"], year=1874, tags=["sea"])
    uploaded(lab, "last.txt", b"The last of all.")
    before, order = lab.papers.row(old), [row.source for row in lab.papers.all()]
    (done,) = again(lab, old)
    assert (done.status, done.left) == ("changed", ())
    assert done.reason == f"{len(TEXT)} characters, {len(RAGGED)} before"
    assert [row.source for row in lab.papers.all()] == order
    after = lab.papers.row(done.paper_id)
    assert before
    assert after
    assert (after.facts, after.added_at) == (before.facts, before.added_at)
    assert lab.papers.get(done.paper_id).text == TEXT
    assert lab.papers.row(old) is None
    assert lab.papers.ids(PaperFilter(text="efficient gauge")) == (done.paper_id,)
    assert lab.papers.ids(PaperFilter(text="qvgr")) == ()


def test_a_text_that_is_read_alike_stays_with_all_that_was_made_of_it(lab: Lab) -> None:
    papers = lab.papers.resolve(())
    comparison = asked(lab)
    assert [each.status for each in again(lab, *papers)] == ["same", "same"]
    assert lab.papers.resolve(()) == papers
    assert lab.comparisons.comparison(comparison.id) == comparison
    assert asked(lab).runs == comparison.runs  # and nothing is answered anew


def test_a_file_that_is_here_in_an_earlier_reading_is_known(lab: Lab, old: str) -> None:
    added = uploaded(lab, "another name.txt", TEXT.encode())
    assert (added.status, added.paper and added.paper.id) == ("known", old)
    assert lab.papers.count(PaperFilter()) == 3


def test_two_files_of_the_same_bytes_are_one_paper_whatever_their_kinds(lab: Lab) -> None:
    text = b"# The fog\n\nIt is thick.\n"
    assert uploaded(lab, "fog.md", text).status == "added"
    assert uploaded(lab, "fog.txt", text).status == "known"


def test_gold_moves_by_its_words_and_a_question_stays_set_aside(lab: Lab, old: str) -> None:
    lab.questions.mark("When?", [place(old, LIT)], "1874", held_out=True)
    lab.questions.mark("What is read?", [place(old, GAUGE)])
    (done,) = again(lab, old)
    assert done.moved == 2
    ((aside,), (kept,)) = lab.questions.all(held_out=True), lab.questions.all()
    assert words(lab, *aside.question.gold) == "was lit in 1874"
    assert aside.question.reference == "1874"
    assert words(lab, *kept.question.gold) == "reads the efficient gauge"
    assert lab.questions.in_paper(done.paper_id) == [kept]
    lab.questions.undo(lab.questions.remove(kept))  # its id is that of its new gold


def test_gold_over_a_running_head_moves_without_it(lab: Lab, old: str) -> None:
    over = RAGGED[RAGGED.index("Its keeper") : RAGGED.index("\n\nQvgr")]
    lab.questions.mark("What of the keeper and the tide?", [place(old, over)])
    assert again(lab, old)[0].left == ()
    (kept,) = lab.questions.all()
    assert words(lab, *kept.question.gold) == TEXT[TEXT.index("Its keeper") :]


def test_what_is_not_found_is_told_and_stays_readable_with_its_words(lab: Lab, old: str) -> None:
    lost = place(old, CIPHER)
    lab.questions.mark("What is it?", [place(old, LIT), lost])
    (done,) = again(lab, old)
    assert (done.moved, done.left) == (1, (CIPHER,))
    (kept,) = lab.questions.all()
    assert kept.question.gold[1] == lost
    assert lab.papers.left(kept.question.gold) == {lost: CIPHER}
    assert lab.questions.left_in(done.paper_id) == [("What is it?", CIPHER)]
    (line,) = lab.questions.lines()
    assert [each["quote"] for each in line["gold"]] == ["was lit in 1874", CIPHER]


def test_a_place_that_a_person_marks_takes_that_of_the_one_left(lab: Lab, old: str) -> None:
    lab.questions.mark("What is it?", [place(old, LIT), place(old, CIPHER)])
    (done,) = again(lab, old)
    now = place(done.paper_id, "Its keeper", TEXT)
    change = lab.questions.mark("What is it?", [now])
    (kept,) = lab.questions.all()
    assert [words(lab, span) for span in kept.question.gold] == ["was lit in 1874", "Its keeper"]
    lab.questions.undo(change)
    assert lab.questions.left_in(done.paper_id) == [("What is it?", CIPHER)]


def test_what_was_left_is_looked_for_whenever_the_file_is_read_again(
    lab: Lab, old: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.questions.mark("What is it?", [place(old, CIPHER)])
    (done,) = again(lab, old)
    assert done.left == (CIPHER,)
    later = replace(lab.papers.get(done.paper_id), text=f"{TEXT}\n\n{CIPHER}, it says.")
    found = with_text_digest(later), PaperFacts(), "read as cp1252"
    monkeypatch.setattr(reading, "read_with_facts", lambda *_: found)
    (done,) = again(lab, done.paper_id)
    assert (done.moved, done.left) == (1, ())
    assert done.reason.endswith("before; read as cp1252")
    assert words(lab, *lab.questions.all()[0].question.gold) == CIPHER
    assert lab.questions.left_in(done.paper_id) == []


def test_a_question_that_becomes_one_that_is_here_is_not_there_twice(lab: Lab, old: str) -> None:
    book: QuestionBook = lab.questions
    now = Span(paper_id=file_id_of(old), start=TEXT.index("was lit"), end=TEXT.index(" and burns"))
    book.keep(Question(text="When?", gold=(place(old, LIT),)))
    book.keep(Question(text="When?", gold=(now,), reference="1874"))
    (done,) = again(lab, old)
    assert done.paper_id == now.paper_id
    (kept,) = book.all()
    assert kept.question == Question(text="When?", gold=(now,), reference="1874")


def card(name: str, span: Span) -> Card:
    return Card(id=name, deck="Varn", question="When?", answer="1874", span=span)


def test_places_of_cards_proposals_and_undone_changes_move(lab: Lab, old: str) -> None:
    store = lab._store.cards
    store.keep([card("kept", place(old, LIT)), card("gone", place(old, GAUGE))])
    store.keep([card("lost", place(old, CIPHER))])
    store.propose(card("proposed", place(old, GAUGE)))
    store.propose(card("proposed too", place(old, CIPHER)))
    change = store.change(replace(card("kept", place(old, GAUGE)), answer="In 1874"))
    store.delete("gone")
    (done,) = again(lab, old)
    # Three places: that of a card, of the card before it was changed, and one nobody finds.
    assert (done.moved, done.left) == (2, (CIPHER,))

    def of(each: Card) -> str:
        assert each.span
        known = lab.papers.left([each.span])
        return known.get(each.span) or words(lab, each.span)

    assert {each.id: of(each) for each in store.cards(Scope(deck="Varn"))} == {
        "kept": "reads the efficient gauge",
        "lost": CIPHER,
    }
    proposed = store.proposed(done.paper_id)
    assert sorted(map(of, proposed)) == [CIPHER, "reads the efficient gauge"]
    assert of(store.undo(change)) == "was lit in 1874"
    assert [to_json(each.span) for each in store.from_paper(done.paper_id)] == [
        to_json(store.card("kept").span)
    ]


def test_a_fault_midway_leaves_everything_as_it_was(
    lab: Lab, old: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.questions.mark("When?", [place(old, LIT)])
    lab._store.cards.keep([card("kept", place(old, LIT))])
    before = list(lab._store.database._connection.iterdump())

    def fails(*_: object) -> None:
        raise TriptychError("The disk is full.")

    monkeypatch.setattr(ReadingStore, "_move_gold", fails)
    with pytest.raises(TriptychError):
        again(lab, old)
    assert list(lab._store.database._connection.iterdump()) == before
    assert lab.papers.get(old).text == RAGGED


def test_a_file_that_is_lost_or_cannot_be_read_leaves_its_paper_as_it_is(
    lab: Lab, old: str
) -> None:
    file = lab.papers.file(old)
    file.write_text("other bytes")
    (done,) = again(lab, old)
    assert (done.status, done.paper_id) == ("failed", old)
    assert done.reason == "The file of it is not here as it was; add varn.txt again first."
    assert uploaded(lab, "varn.txt", TEXT.encode()).status == "known"  # its file is back
    assert again(lab, old)[0].status == "changed"


def test_once_stopped_no_more_are_read(lab: Lab, old: str) -> None:
    stop = Event()
    steps = lab.read_again([old, *lab.papers.resolve(())], stop)
    next(steps)
    stop.set()
    with pytest.raises(StopIteration) as end:
        next(steps)
    assert [each.status for each in end.value.value] == ["changed"]


def test_nothing_is_read_while_a_sweep_searches_the_texts(
    lab: Lab, old: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lab.sweeps, "running", lambda: "All sizes")
    with pytest.raises(BadInput, match="“All sizes” is under way"):
        again(lab, old)


def test_runs_of_the_earlier_text_stay_and_say_so_wherever_they_are_shown(
    lab: Lab, old: str
) -> None:
    before = asked(lab)
    assert all("reading" not in note for run in before.runs for note in run.notes)
    (done,) = again(lab, old)
    shown = lab.comparisons.comparison(before.id)
    said = [[note for note in run.notes if "reading" in note] for run in shown.runs]
    note = f"Made with an earlier reading of “{lab.papers.get(done.paper_id).title}”."
    assert said == [[], [note], [note]]  # without context nothing was read
    assert [replace(run, notes=()) for run in shown.runs] == [
        replace(run, notes=()) for run in before.runs
    ]
    rows = lab.runs.rows(View())
    others = {run.id for run in before.runs[1:]}
    assert lab.runs.of_other_readings(rows) == others
    assert {
        run.id for run in lab.runs.runs([row.id for row in rows]) if note in run.notes
    } == others
    for kind in ("runs", "report"):
        assert lab.runs.written(kind, View()).decode().count("Made with an earlier reading") == 2
    # A capsule opens elsewhere, where it is for that lab to say.
    assert b"earlier reading" not in lab.runs.written("log", View())
    by_paper = {row.id for row in lab.runs.rows(View(paper=done.paper_id))}
    assert by_paper == {row.id for row in lab.runs.rows(View(paper=old))}
    after = asked(lab)
    assert {run.key for run in after.runs[1:]}.isdisjoint(run.key for run in before.runs[1:])
    assert lab.runs.of_other_readings(lab.runs.rows(View())) == others


def test_what_was_made_of_the_text_before_goes_and_a_server_makes_it_anew(
    lab: Lab, old: str
) -> None:
    asked(lab)
    noted = {each.name for each in lab.settings.data.glob("vectors/*.papers/*")}
    assert old in noted
    mark = lab._store.papers.mark()
    (done,) = again(lab, old)
    assert {each.name for each in lab.settings.data.glob("vectors/*.papers/*")} == noted - {old}
    assert lab._store.papers.mark() != mark
    assert done.paper_id in {
        hit.chunk.paper_id for run in asked(lab).runs for hit in run.candidates
    }


def test_whoever_goes_on_with_the_text_before_is_told_to_begin_anew(lab: Lab, old: str) -> None:
    papers = lab.papers.resolve(())
    again(lab, old)
    with pytest.raises(BadInput, match="A paper was read again since"):
        lab.answering.search(QUESTION, RECIPE, papers)


def test_a_capsule_of_another_reading_says_so_where_it_is_opened(lab: Lab, old: str) -> None:
    asked(lab, [RECIPE])
    capsule = lab.runs.written("capsule", View())
    again(lab, old)
    assert lab.runs.written("capsule", View()) == capsule
    other = Lab(replace(lab.settings, data=lab.settings.data.parent / "other"))
    uploaded(other, "varn.txt", TEXT.encode())
    ids = other.runs.load("old.capsule", capsule).run_ids
    (run,) = other.runs.runs(ids)
    assert run.notes[-1].startswith("Made with another reading of “")


def test_recall_is_not_judged_for_gold_that_moved_into_a_later_reading(lab: Lab, old: str) -> None:
    lab.questions.mark(QUESTION, [place(old, LIT)])
    run = asked(lab, [RECIPE]).runs[0]
    assert "gold text found" in lab.runs.select(View()).measures[run.id]
    again(lab, old)
    assert "gold text found" not in lab.runs.select(View()).measures[run.id]


def test_questions_of_another_lab_find_their_places_by_words_alone(
    lab: Lab, old: str, tmp_path: Path
) -> None:
    lab.questions.mark("When?", [place(old, "metres and falls")])
    (line,) = lab.questions.lines()
    lab.questions.remove(lab.questions.all()[0])
    again(lab, old)
    file = tmp_path / "questions.jsonl"
    file.write_text(json.dumps(line))
    (added,) = lab.questions.add(file)
    assert added.question
    assert words(lab, *added.question.gold) == "metres and falls"
    file.write_text(json.dumps(line | {"gold": [line["gold"][0] | {"quote": ""}]}))
    (refused,) = lab.questions.add(file)
    assert "say with a quote which is meant" in refused.reason


def test_what_was_removed_does_not_come_back_beside_a_later_reading(lab: Lab, old: str) -> None:
    removal = lab.papers.remove_many([old])
    now = uploaded(lab, "varn.txt", TEXT.encode()).paper
    assert now
    with pytest.raises(BadInput, match="add the files again"):
        lab.papers.undo(removal.id)
    assert lab.papers.ids(PaperFilter(text="tide"))[-1] == now.id

    removal = lab.papers.remove_many([as_before(lab, now.id, RAGGED)])
    now = uploaded(lab, "varn.txt", TEXT.encode()).paper
    assert now
    lab.papers.end_removal()
    assert lab.papers.whole(now.id)  # its file is that of the reading which is gone


def test_a_backup_holds_a_paper_under_its_files_name_and_brings_it_back(lab: Lab, old: str) -> None:
    job = lab.storage.back_up()
    assert job.join(60)
    (backup,) = lab.storage.backups()
    assert (backup.papers, backup.left_out, backup.fault) == (3, 0, "")
    lab.papers.remove(old)
    assert not lab.papers.file(old).exists()
    job = lab.storage.restore(backup.name)
    assert job.join(60)
    assert job.error is None
    assert lab.papers.get(old).text == RAGGED
    assert lab.papers.whole(old)
    assert not [check for check in lab.doctor() if "original" in check.check and not check.ok]


def test_a_file_that_a_kill_left_half_moved_is_found_by_the_file_its_paper_names(
    lab: Lab, old: str
) -> None:
    file = lab.papers.file(old)
    file.rename(file.with_name(f"{file.name}.part"))
    assert Lab(lab.settings).papers.whole(old)


def test_the_first_readings_of_pdfs_are_offered(lab: Lab) -> None:
    paper = uploaded(lab, "sea.pdf", pdfs.pdf(pdfs.text("The sea is wide."))).paper
    assert paper
    first = replace(lab.papers.get(paper.id), id=file_id_of(paper.id))
    lab._store.readings.put(paper.id, first, {}, {})
    assert lab.papers.first_readings() == (first.id,)


def test_the_command_tells_each_paper_and_what_could_not_be_moved(
    lab: Lab, old: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TRIPTYCH_DATA", str(lab.settings.data))
    lab.questions.mark("What is it?", [place(old, CIPHER)])
    code, lines, _ = ran(capsys, "reread", old[:12])
    assert code == 0
    assert [(line["status"], line["left"]) for line in lines] == [("changed", [CIPHER])]
    code, lines, _ = ran(capsys, "reread")
    assert [line["status"] for line in lines] == ["same"] * 3
