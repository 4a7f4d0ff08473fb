"""Questions with gold: read from files, checked against the papers, kept, and written again."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import gold
from core.codec import from_json, to_json
from core.errors import BadInput, Damaged
from core.gold import Missed, Unread, Written, WrittenPassage, files, finding
from core.gold.by_question import joined
from core.lab import Lab
from core.settings import SAMPLES
from core.store.questions import question_id
from core.types import Card, Paper, Question, Span, digest

TEXT = "The lamp was lit in 1874.\nIt burns whale oil.  The tide\nrises four metres. It burns."
PAPER = Paper(id="ab" * 32, title="The lamp", text=TEXT, source="lamp.md", kind="markdown")
TIDE = Paper(id="cd" * 32, title="Tide", text="The tide.", source="lamp.txt", kind="text")


def lines(*rows: object) -> bytes:
    return "\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows).encode()


def placed(quote: str, start: int | None = None, end: int | None = None) -> str | Missed:
    """The text of the place that was found."""
    found = gold.place(WrittenPassage(paper="", quote=quote, start=start, end=end), PAPER)
    return TEXT[found.start : found.end] if isinstance(found, Span) else found


def test_json_lines_by_hand() -> None:
    passage = {"paper": "lamp.md", "quote": "It burns", "start": 26, "end": 34}
    read = gold.read(
        "q.jsonl",
        lines(
            {"question": " When? ", "reference": "In 1874.", "gold": [passage]},
            "",
            "{no json",
            {"question": "What?", "trap": None},
            {"question": " "},
            {"question": "Q", "gold": [{"paper": "lamp.md"}]},
            {"question": "Q", "gold": [{"quote": "x"}]},
            {"question": "Q", "gold": [{"paper": "p", "quote": "x", "start": "3"}]},
            {"question": "Q", "gold": ["x"]},
            ["a list"],
        ),
    )
    assert read[0] == Written(
        line=1,
        text="When?",
        reference="In 1874.",
        passages=(WrittenPassage(paper="lamp.md", quote="It burns", start=26, end=34),),
    )
    assert read[2] == Written(line=4, text="What?")
    assert [(each.line, each.why) for each in read if isinstance(each, Unread)] == [
        (3, "it is no JSON (Expecting property name enclosed in double quotes at character 2)"),
        (5, "it has no question"),
        (6, "a passage has neither a quote nor start and end"),
        (7, "a passage names no paper"),
        (8, "a passage's start or end is no whole number"),
        (9, "a passage is no object with a paper and a quote"),
        (10, "it is no object with a question"),
    ]


def test_csv_by_hand() -> None:
    references = json.dumps([{"content": 'a, "b"\nc', "start_index": 3, "end_index": 11}])
    quoted = '"' + references.replace('"', '""') + '"'
    table = f'question,references,corpus_id\n"Two\nlines?",{quoted},lamp\nQ,no json,lamp\nR,[],x\n'
    read = gold.read("q.csv", b"\xef\xbb\xbf" + table.encode())
    assert read == [
        Written(
            line=2,
            text="Two\nlines?",
            passages=(WrittenPassage(paper="lamp", quote='a, "b"\nc', start=3, end=11),),
        ),
        Unread(line=4, why="it is no JSON (Expecting value at character 1)"),
        Written(line=5, text="R"),
    ]


def test_passages_belong_to_alternatives() -> None:
    passages = [{"paper": "p", "quote": each, "alternative": n} for each, n in (("a", 2), ("b", 1))]
    (read,) = gold.read("q.jsonl", lines({"question": "Q", "gold": passages}))
    assert isinstance(read, Written)
    assert [(each.quote, each.alternative) for each in read.passages] == [("a", 2), ("b", 1)]
    references = json.dumps([{"content": "a", "alternative": 3}]).replace('"', '""')
    (row,) = gold.read("q.csv", f'question,references,corpus_id\nQ,"{references}",p\n'.encode())
    assert isinstance(row, Written)
    assert row.passages[0].alternative == 3
    for odd, why in (
        ([passages[0], {"paper": "p", "quote": "b"}], "some of its passages have an alternative"),
        ([{"paper": "p", "quote": "b", "alternative": "one"}], "alternative is no whole number"),
    ):
        (unread,) = gold.read("q.jsonl", lines({"question": "Q", "gold": odd}))
        assert isinstance(unread, Unread)
        assert why in unread.why


SPANS = st.builds(
    lambda start, size: Span(paper_id=PAPER.id, start=start, end=start + size),
    st.integers(0, 60),
    st.integers(1, 20),
)


@given(groups=st.lists(st.lists(SPANS, min_size=1, max_size=3), max_size=4))
def test_alternatives_go_out_and_come_in_unchanged(groups: list[list[Span]]) -> None:
    question = Question(text="Q").answered_by(groups)
    line = json.dumps(files.to_line(question, {PAPER.id: PAPER}, {}))
    (read,) = gold.read("q.jsonl", line.encode())
    assert isinstance(read, Written)
    found: dict[int | None, list[Span]] = {}
    for passage in read.passages:
        place = gold.place(passage, PAPER)
        if isinstance(place, Span):  # a quote of white space alone is told by its offsets
            found.setdefault(passage.alternative, []).append(place)
    assert tuple(map(tuple, found.values())) == question.alternatives


def test_alternatives_by_hand() -> None:
    a, b, c = (span(start, start + 4) for start in (0, 10, 20))
    together = Question(text="Q", gold=(a, b))
    assert together.alternatives == ((a, b),)
    assert Question(text="Q").alternatives == ()
    asked = together.answered_by([[a, b, a], [c], [b, a]])
    assert (asked.gold, asked.alternative_of) == ((a, b, c), (1, 1, 2))
    assert asked.alternatives == ((a, b), (c,))
    assert asked.answered_by([[c]]) == Question(text="Q", gold=(c,))
    with pytest.raises(ValueError, match="belongs to one alternative"):
        Question(text="Q", gold=(a, b), alternative_of=(1,))


def test_a_question_keeps_its_id_and_its_stored_text_is_read() -> None:
    a, b = span(0, 4), span(10, 14)
    old = '{"text":"Q","gold":[{"paper_id":"p","start":0,"end":4}],"reference":"","origin":""}'
    assert from_json(Question, old) == Question(text="Q", gold=(a,))
    assert question_id(Question(text="Q", gold=(a,))) == digest(["Q", ["('p', 0, 4)"]])
    one, other = (Question(text="Q").answered_by(each) for each in ([[a], [b]], [[b], [a]]))
    assert question_id(one) == question_id(other)
    assert question_id(one) != question_id(Question(text="Q", gold=(a, b)))
    assert from_json(Question, to_json(one)) == one
    with pytest.raises(Damaged):
        from_json(Question, old.replace('"origin"', '"alternative_of":[1,2],"origin"'))


def test_those_of_one_question_are_joined_and_cut_to_papers() -> None:
    a, b, c = span(0, 4), Span(paper_id="r", start=0, end=4), Span(paper_id="s", start=0, end=4)
    plain, other = Question(text="Q", gold=(a,)), Question(text="Q", gold=(b,))
    either = Question(text="Q").answered_by([[a, b], [c]])
    assert joined([plain, other]) == ((a, b),)
    assert joined([plain, either]) == ((a,), (a, b), (c,))
    assert gold.within_papers(either.alternatives, {"p", "s"}) == ((c,),)
    assert gold.within_papers(either.alternatives, {"p"}) == ((a,),)
    assert gold.within_papers(either.alternatives, {"x"}) == ()
    assert gold.within_papers(((a, b),), {"p"}) == ((a,),)


def test_a_json_array_is_read_as_its_lines_are() -> None:
    text = '[\n  {"question": "Q"},\n\n 7, {"question":\n "R"}\n]\n'
    assert gold.read("q.json", text.encode()) == [
        Written(line=2, text="Q"),
        Unread(line=4, why="it is no object with a question"),
        Written(line=4, text="R"),
    ]
    assert gold.read("q.jsonl", b" []") == []
    (first, broken) = gold.read(
        "q.json", b'[{"question": "Q"},\n{"question" 7}, {"question": "R"}]'
    )
    assert first == Written(line=1, text="Q")
    assert isinstance(broken, Unread)
    assert (broken.line, broken.why.endswith("nothing behind it was read")) == (2, True)
    (_, cut) = gold.read("q.json", b'[{"question": "Q"}')
    assert isinstance(cut, Unread)
    assert "does not end" in cut.why


def test_a_csv_of_a_spreadsheet_elsewhere() -> None:
    text = "question;corpus_id;references\n“Who, and when?”;lamp;[]\n"
    asked = Written(line=2, text="“Who, and when?”")
    assert gold.read("q.csv", text.encode()) == gold.read("q.csv", text.encode("cp1252")) == [asked]


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        ("q.csv", b"question,answer\n", "no column called corpus_id, references"),
        ("q.txt", b"", "JSON lines"),
        ("q.jsonl", b"\x00\x01", "is not text"),
    ],
)
def test_what_is_no_file_of_questions(name: str, data: bytes, sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence):
        gold.read(name, data)


@given(
    data=st.binary(max_size=200) | st.text('[]{}",: 1q', max_size=20).map(str.encode),
    name=st.sampled_from(["q.jsonl", "q.json", "q.csv"]),
)
def test_any_bytes_are_questions_or_sentences(data: bytes, name: str) -> None:
    try:
        read = gold.read(name, data)
    except BadInput:
        return
    assert all(isinstance(each, Written | Unread) for each in read)


def test_papers_are_found_by_what_people_call_them() -> None:
    papers = [PAPER, TIDE]
    for name in (PAPER.id, PAPER.id[:8], "lamp.md", "The lamp"):
        assert gold.paper_named(name, papers) == PAPER.id
    assert gold.paper_named("lamp", [PAPER]) == PAPER.id
    with pytest.raises(BadInput, match="2 papers are called 'lamp'"):
        gold.paper_named("lamp", papers)
    for name in ("ab", "boat"):
        with pytest.raises(BadInput, match="no paper called"):
            gold.paper_named(name, papers)


def test_a_quote_is_found_where_it_is_meant() -> None:
    assert placed("was lit in 1874") == "was lit in 1874"
    assert placed("It burns", 26, 34) == "It burns"
    twice = [TEXT.index("It burns"), TEXT.rindex("It burns")]
    for meant, found in ((twice[0] + 5, twice[0]), (twice[1] - 3, twice[1])):
        passage = WrittenPassage(paper="", quote="It burns", start=meant, end=meant + 8)
        assert gold.place(passage, PAPER) == Span(paper_id=PAPER.id, start=found, end=found + 8)
    assert placed("whale oil. The tide rises") == "whale oil.  The tide\nrises"
    assert placed(" lit ", 0, 5) == "lit"  # not where it was said to be: white space is no matter
    assert placed("", 4, 8) == "lamp"
    assert placed("burns.", -6, -1) == "burns."


def test_a_quote_that_stands_twice_needs_a_place() -> None:
    missed = placed("It burns")
    assert isinstance(missed, Missed)
    assert "stands 2 times" in missed.sentence
    assert [each.start for each in missed.places] == [26, TEXT.rindex("It burns")]


def test_what_does_not_match_is_told_with_what_stands_there() -> None:
    missed = placed("It burns shark oil. The tide rises", 1, 9)
    assert isinstance(missed, Missed)
    (place,) = missed.places
    near = TEXT[place.start : place.end]
    assert near == "It burns whale oil.  The tide\nrises"
    assert 0.8 < missed.likeness < 1
    assert "“It burns whale oil. The tide rises”" in missed.sentence
    cut = placed("was really lit in the year 1874")
    assert isinstance(cut, Missed)
    assert [TEXT[each.start : each.end] for each in cut.places] == ["was lit in 1874."]
    nothing = placed("Zebras gallop.")
    assert isinstance(nothing, Missed)
    assert (nothing.places, nothing.likeness) == ((), 0.0)
    behind = placed("", 5, 9_999)
    assert isinstance(behind, Missed)
    assert "no text from 5 to 9,999" in behind.sentence


@given(
    words=st.lists(st.sampled_from(["lamp", "oil", "sea", "a"]), min_size=1, max_size=20),
    where=st.data(),
)
def test_every_slice_is_found_at_its_place(words: list[str], where: st.DataObject) -> None:
    text = " ".join(words)
    paper = Paper(id="e" * 64, title="T", text=text, source="t.txt", kind="text")
    start = where.draw(st.integers(0, len(text) - 1))
    end = where.draw(st.integers(start + 1, len(text)))
    passage = WrittenPassage(paper="", quote=text[start:end], start=start, end=end)
    assert gold.place(passage, paper) == Span(paper_id=paper.id, start=start, end=end)


def test_a_file_is_told_every_passage_it_misses_ready_to_paste(lab: Lab, tmp_path: Path) -> None:
    def asked(*passages: dict[str, Any]) -> bytes:
        return lines({"question": "When?", "gold": list(passages)})

    wrong = [
        {"paper": "lamp.md", "quote": "was lighted in 1874", "alternative": 1},
        {"paper": "tide.txt", "quote": "The tide rises for metres", "alternative": 2},
        {"paper": "lamb.md", "quote": "x", "alternative": 3},
    ]
    (failed,) = lab.questions.upload("q.jsonl", asked(*wrong))
    assert failed.status == "failed"
    assert "was lighted" in failed.reason
    assert "“The tide rises for metres” does not stand" in failed.reason
    assert "Most like it is 'lamp.md'" in failed.reason
    first, second = failed.instead
    assert (first.quote, first.page) == ("was lit in 1874", 1)
    assert failed.nearest == first.quote
    assert 0.5 < second.likeness < 1
    right = [json.loads(each.pasted) for each in (first, second)]
    assert [each["alternative"] for each in right] == [1, 2]
    (added,) = lab.questions.upload("q.jsonl", asked(*right))
    assert added.status == "added"
    (kept,) = lab.questions.all()
    assert len(kept.question.alternatives) == 2
    references = json.dumps([{"content": "was lighted in 1874"}]).replace('"', '""')
    table = f'question,references,corpus_id\nQ,"{references}",lamp.md\n'
    (of_csv,) = lab.questions.upload("q.csv", table.encode())
    assert set(json.loads(of_csv.instead[0].pasted)) == {"content", "start_index", "end_index"}


def test_passages_are_marked_as_alternatives_and_grouped_anew(lab: Lab) -> None:
    paper = lab.papers.all()[0].id
    a, b, c = (Span(paper_id=paper, start=start, end=start + 4) for start in (0, 5, 9))
    lab.questions.mark("Why?", [a])
    change = lab.questions.mark("Why?", [b], each_answers=True)
    assert change.after
    assert change.after.question.alternatives == ((a,), (b,))
    change = lab.questions.mark("Why?", [c])
    assert change.after
    assert change.after.question.alternatives == ((a,), (b, c))
    together = lab.questions.regroup(change.after, each_answers=False)
    assert together.after
    assert together.after.question == Question(text="Why?", gold=(a, b, c), origin="marked")
    each = lab.questions.regroup(together.after, each_answers=True)
    assert each.after
    assert each.after.question.alternatives == ((a,), (b,), (c,))
    assert lab.questions.asking("Why?") == each.after.question
    lab.questions.undo(each)
    lab.questions.undo(together)
    assert lab.questions.all() == [change.after]
    two = lab.questions.mark("Who?", [a, b], each_answers=True).after
    assert two
    assert two.question.alternatives == ((a,), (b,))


def test_a_passage_is_found_by_the_telling_words_of_its_question(lab: Lab) -> None:
    looked = lab.questions.look_for("When was the lamp of Varn lit, and how many lamps burned?")
    assert looked.words == ("lamp", "varn", "lit", "burned")
    assert (looked.papers, looked.left_out) == (2, 0)
    best = looked.places[0]
    text = lab.papers.get(best.span.paper_id).text
    assert text[best.span.start : best.span.end].startswith("The lamp of Varn was lit in 1874")
    assert best.held == looked.words
    marked = [text[best.span.start + start : best.span.start + end] for start, end in best.marks]
    assert marked == ["lamp", "Varn", "lit", "burns"]
    tide = next(row.id for row in lab.papers.all() if row.source == "tide.txt")
    assert lab.questions.look_for("When was the lamp lit?", tide).places == ()
    assert lab.questions.look_for("What is it?").words == ()


def test_places_are_runs_of_sentences_of_which_no_two_overlap() -> None:
    text = "The keel is oak. It is long. Its sail is red. Nothing here. A red keel. The oak burns."
    paper = Paper(id="e" * 64, title="T", text=text, source="t.txt", kind="text")
    found = finding.find(("red", "keel", "oak", "sail"), [paper])
    assert [text[each.span.start : each.span.end] for each in found] == [
        "The keel is oak. It is long. Its sail is red.",
        "A red keel. The oak burns.",
    ]
    assert [len(each.held) for each in found] == [4, 3]
    assert finding.find((), [paper]) == []


@given(st.text("abz .\n-é漢", max_size=60), st.text("abz é漢", max_size=12))
def test_any_text_is_looked_through(text: str, asked: str) -> None:
    paper = Paper(id="e" * 64, title="T", text=text, source="t.txt", kind="text")
    for each in finding.find(finding.telling(asked), [paper]):
        assert 0 <= each.span.start < each.span.end <= len(text)
        assert each.held
        assert all(0 <= start < end <= each.span.end - each.span.start for start, end in each.marks)


def test_a_question_is_the_same_whatever_its_file(lab: Lab) -> None:
    paper = lab.papers.all()[0].id
    spans = Span(paper_id=paper, start=0, end=4), Span(paper_id=paper, start=5, end=9)
    one = Question(text="Why?", gold=spans, origin="a.jsonl")
    other = Question(text="Why?", gold=spans[::-1], reference="So.", origin="b.jsonl")
    assert question_id(one) == question_id(other)
    assert question_id(one) != question_id(Question(text="Why?", gold=spans[:1]))
    assert lab.questions.keep(one).status == "added"
    assert lab.questions.keep(other, held_out=True).status == "known"
    assert [kept.question for kept in lab.questions.all()] == [one]
    assert lab.questions.all(held_out=True) == []


def test_held_out_questions_are_not_shown(lab: Lab, tmp_path: Path) -> None:
    file = tmp_path / "held.jsonl"
    file.write_bytes(lines({"question": "Secret?"}))
    (added,) = lab.questions.add(file, held_out=True)
    assert added.status == "added"
    assert lab.questions.all() == []
    (kept,) = lab.questions.all(held_out=True)
    assert (kept.question.text, kept.held_out) == ("Secret?", True)
    gone = lab.questions.remove(kept)
    assert lab.questions.all(held_out=True) == []
    with pytest.raises(BadInput, match="has changed meanwhile"):
        lab.questions.remove(kept)
    lab.questions.undo(gone)
    assert lab.questions.all(held_out=True) == [kept]


def test_a_marked_place_must_be_in_its_paper(lab: Lab) -> None:
    paper = lab.papers.all()[0].id
    with pytest.raises(BadInput, match="no text from 0 to 99999"):
        lab.questions.mark("Why?", [Span(paper_id=paper, start=0, end=99_999)])
    with pytest.raises(BadInput, match="question is empty"):
        lab.questions.mark(" ", [])
    lab.questions.mark(" Why? ", [Span(paper_id=paper, start=2, end=6)], "So.")
    (kept,) = lab.questions.all()
    assert (kept.question.text, kept.question.origin) == ("Why?", "marked")


def test_a_question_marked_twice_has_both_places(lab: Lab) -> None:
    one, other = (row.id for row in lab.papers.all())
    here, there = Span(paper_id=one, start=2, end=6), Span(paper_id=other, start=0, end=3)
    first = lab.questions.mark("Why?", [here], held_out=True)
    assert first.before is None
    second = lab.questions.mark("Why? ", [there], "So.")
    assert second.before == first.after
    assert second.after
    assert second.after.held_out
    assert second.after.question == Question(
        text="Why?", gold=(here, there), reference="So.", origin="marked"
    )
    again = lab.questions.mark("Why?", [here])
    assert again.before == again.after == second.after
    assert lab.questions.in_paper(other) == []
    assert lab.questions.in_paper(other, held_out=True) == [second.after]
    with pytest.raises(BadInput, match="has changed meanwhile"):
        lab.questions.undo(first)
    lab.questions.undo(second)
    assert lab.questions.all(held_out=True) == [first.after]
    lab.questions.undo(first)
    assert lab.questions.all(held_out=True) == []


def test_a_question_is_set_aside_and_taken_in_again(lab: Lab) -> None:
    paper = lab.papers.all()[0].id
    for text in ("Why?", "When?", "Who?"):
        kept = lab.questions.mark(text, [Span(paper_id=paper, start=2, end=6)]).after
        assert kept
    middle = lab.questions.all()[1]
    change = lab.questions.set_aside(middle, True)
    assert [each.question.text for each in lab.questions.all()] == ["Why?", "Who?"]
    assert lab.questions.asking("When?") is None
    assert lab.questions.asking("When?", held_out=True) == middle.question
    lab.questions.undo(change)
    assert [each.question.text for each in lab.questions.all()] == ["Why?", "When?", "Who?"]


def test_those_that_ask_the_same_share_their_gold(lab: Lab) -> None:
    """As an evaluation takes them."""
    paper = lab.papers.all()[0].id
    spans = [Span(paper_id=paper, start=start, end=start + 4) for start in (0, 5, 9)]
    lab.questions.keep(Question(text="Why?", gold=tuple(spans[:2])))
    lab.questions.keep(Question(text="Why?", gold=tuple(spans[1:]), reference="So."))
    lab.questions.keep(Question(text="why?", gold=()))
    asked = lab.questions.asking(" Why? ")
    assert asked
    assert (asked.gold, asked.reference) == (tuple(spans), "So.")
    assert lab.questions.asking("Who?") is None
    # A place that another of the same text holds is known.
    again = lab.questions.mark("Why?", [spans[2]])
    assert again.before == again.after


def test_cards_that_know_their_place_become_questions(lab: Lab) -> None:
    paper = lab.papers.all()[0].id
    here, gone = Span(paper_id=paper, start=2, end=6), Span(paper_id="gone", start=0, end=3)
    lab._store.cards.keep(
        [
            Card(id="a", deck="D", question="Why\nso?", answer="So.", span=here),
            Card(id="b", deck="D", question="Who?", answer="Ada."),
            Card(id="c", deck="D", question="When?", answer="1874", span=gone),
            Card(id="d", deck="E", question="How?", answer="So.", span=here),
        ]
    )
    assert [(row.name, row.cards) for row in lab.questions.decks()] == [("D", 2), ("E", 1)]
    found = list(lab.questions.take_cards("D"))
    assert [(each.line, each.status) for each in found] == [(1, "added"), (2, "failed")]
    assert found[1].reason == "The paper of “When?” is not here (any more)."
    (kept,) = lab.questions.all()
    assert kept.question == Question(text="Why so?", gold=(here,), reference="So.", origin="card a")
    assert [each.status for each in lab.questions.take_cards("D", held_out=True)] == [
        "known",
        "failed",
    ]


def test_the_sample_questions_come_in_and_go_out_unchanged(lab: Lab, tmp_path: Path) -> None:
    for file in sorted((SAMPLES / "papers").iterdir()):
        lab.papers.add(file)
    added = list(lab.questions.add(SAMPLES / "questions.jsonl"))
    assert [each.status for each in added] == ["added"] * 24
    for each, line in zip(
        lab.questions.lines(), (SAMPLES / "questions.jsonl").open(encoding="utf-8"), strict=True
    ):
        theirs: dict[str, Any] = json.loads(line)
        assert (each["question"], each["reference"]) == (theirs["question"], theirs["reference"])
        assert [{k: v for k, v in g.items() if k != "sha256"} for g in each["gold"]] == theirs[
            "gold"
        ]
    again = tmp_path / "again.jsonl"
    again.write_bytes(lines(*lab.questions.lines()))
    assert {each.status for each in lab.questions.add(again)} == {"known"}


def test_the_published_questions_all_match(shared: Path, lab: Lab) -> None:
    folder = shared / "chunking_evaluation"
    for file in sorted((folder / "corpora").iterdir()):
        lab.papers.add(file)
    added = list(lab.questions.add(folder / "questions_df.csv"))
    assert len(added) == 472
    assert {each.status for each in added} == {"added"}
    spans = [span for kept in lab.questions.all() for span in kept.question.gold]
    assert len(spans) == 790


def test_gold_is_measured_without_white_space_at_its_ends() -> None:
    text = "A lamp. \n\tIt burns.  "
    assert gold.trimmed(span(7, 20), text) == span(10, 19)
    assert gold.trimmed(span(0, 9), text) == span(0, 7)
    assert gold.trimmed(span(2, 6), text) == span(2, 6)
    assert gold.trimmed(span(7, 10), text) is None


def span(start: int, end: int) -> Span:
    return Span(paper_id="p", start=start, end=end)


def test_questions_keep_their_spans_and_are_measured_trimmed(lab: Lab) -> None:
    paper = next(row for row in lab.papers.all() if row.source == "lamp.md")
    text = lab.papers.get(paper.id).text
    start = text.index("\nThe lamp")
    end = text.index("1874") + 5  # with the blank behind it
    wide = Span(paper_id=paper.id, start=start, end=end)
    blank = Span(paper_id=paper.id, start=start, end=start + 1)
    lab.questions.mark("When was it lit?", [wide, blank])
    (kept,) = lab.questions.all()
    assert kept.question.gold == (wide, blank)
    narrow = Span(paper_id=paper.id, start=start + 1, end=end - 1)
    assert lab.questions.as_measured(kept.question.alternatives) == ((narrow,),)
    assert lab.questions.all_as_measured({"Q": ((wide,),), "none": ((blank,),)}) == {
        "Q": ((narrow,),)
    }
    lab.papers.remove(paper.id)
    gone = Span(paper_id=paper.id, start=start, end=end - 2)
    assert lab.questions.as_measured(((gone,),)) == ((gone,),), (
        "of what is not here nothing is known"
    )


def test_a_passage_is_measured_trimmed_again_once_its_paper_is_back(
    lab: Lab, tmp_path: Path
) -> None:
    paper = lab.papers.get(lab.papers.resolve(())[0])
    end = paper.text.index("The lamp of Varn")
    wide = Span(paper_id=paper.id, start=0, end=end)
    assert paper.text[end - 1].isspace()
    lab.papers.remove(paper.id)
    assert lab.questions.as_measured(((wide,),)) == ((wide,),)
    lab.papers.add(tmp_path / paper.source)
    stripped = len(paper.text[:end].rstrip())
    assert lab.questions.as_measured(((wide,),)) == ((replace(wide, end=stripped),),)


def test_what_a_model_wrote_stays_marked_through_files_changes_and_cards(
    lab: Lab, tmp_path: Path
) -> None:
    paper = lab.papers.all()[0].id
    spans = [Span(paper_id=paper, start=start, end=start + 4) for start in (0, 5)]
    lab.questions.keep(Question(text="Why?", gold=(spans[0],), origin="generated by echo"))
    lab.questions.mark("Why?", [spans[1]], "So.")
    (kept,) = lab.questions.all()
    assert kept.question.generated_by == "echo"
    assert lab.questions.sources() == {"generated by echo": 1}
    (line,) = lab.questions.lines()
    assert line["generated_by"] == "echo"
    lab.questions.remove(kept)
    (added,) = lab.questions.upload("mine.jsonl", json.dumps(line).encode())
    assert added.status == "added"
    assert lab.questions.all()[0].question == kept.question
    card = Card(id="a", deck="D", question="How?", answer="So.", tags=("proposed",), span=spans[0])
    lab._store.cards.keep([card])
    list(lab.questions.take_cards("D"))
    assert lab.questions.all()[1].question.generated_by == "a model"


def test_questions_from_cards_are_chosen_by_deck_and_by_tag(lab: Lab) -> None:
    span = Span(paper_id=lab.papers.all()[0].id, start=2, end=6)
    cards = [
        Card(id="a", deck="Lamps", question="Why?", answer="So.", tags=("oil",), span=span),
        Card(id="b", deck="Lamps", question="Who?", answer="Ada.", tags=("oil", "new"), span=span),
        Card(id="c", deck="Tides", question="When?", answer="Now.", span=span),
    ]
    lab._store.cards.keep(cards)
    for deck in ("Lamps", "Tides"):
        assert all(each.status == "added" for each in lab.questions.take_cards(deck))
    lab.questions.mark("Where?", [span])
    assert lab.questions.sources() == {
        "#new": 1,
        "#oil": 2,
        "deck Lamps": 2,
        "deck Tides": 1,
        "from cards": 3,
        "marked in the Library": 1,
    }

    def texts(*sources: str) -> list[str]:
        return [kept.question.text for kept in lab.questions.all(sources=sources)]

    assert texts("#oil") == texts("deck Lamps") == ["Why?", "Who?"]
    assert texts("#new", "deck Tides") == ["Who?", "When?"]
    assert len(texts()) == 4
    lab.cards.delete("c")
    assert "deck Tides" not in lab.questions.sources()
    assert texts("from cards") == ["Why?", "Who?", "When?"]
