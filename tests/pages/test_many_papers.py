"""Thousands of papers on the pages: looked for, selected, chosen, and never sent all at once."""

from dataclasses import replace
from hashlib import sha256

import pytest
from streamlit.testing.v1 import AppTest

from core.lab import Lab
from core.papers import PaperRow, Papers
from core.store import PaperFacts
from core.types import Paper, PaperFilter, Question, Span
from pages.ui.library import adding
from pages.ui.shared import paper_search
from tests.pages.conftest import ask, settled, texts

ANIMALS = ("heron", "otter", "newt")
PAGES = ("compare", "library", "sweep", "evaluate", "runs", "cards", "settings")
ALL = PaperFilter()


def paper(number: int) -> tuple[Paper, PaperFacts]:
    """Every third paper is about the same animal, every tenth has a tag, no two years are near."""
    animal = ANIMALS[number % 3]
    made = Paper(
        id=sha256(str(number).encode()).hexdigest(),
        title=f"Notes on the {animal}, part {number}",
        text=f"The {animal} was seen {number} times.",
        source=f"{number}.txt",
        kind="text",
    )
    tags = ("survey",) if number % 10 == 0 else ()
    return made, PaperFacts(authors=("Ada Voss",), year=1900 + number % 100, tags=tags)


def fill(lab: Lab, first: int, last: int) -> None:
    """Papers straight into the store, without files."""
    lab._store.papers.keep_batch([paper(number) for number in range(first, last)], {}, ())


@pytest.fixture
def many(lab: Lab) -> Lab:
    """The two notes, and 120 papers."""
    fill(lab, 0, 120)
    return lab


def visited(app: AppTest, page: str, **query: str) -> AppTest:
    app.run()
    if page != "compare":
        app.switch_page(f"pages/{page}.py")
        for name, value in query.items():
            app.query_params[name] = value
        app.run()
    assert not app.exception
    return app


def sent(app: AppTest) -> tuple[int, int]:
    """How many elements a page sends to the browser, and how many bytes they are."""
    protos = [each for node in app._tree if (each := getattr(node, "proto", None)) is not None]
    return len(protos), sum(proto.ByteSize() for proto in protos)


def ticked(app: AppTest) -> set[str]:
    return {box.key.rpartition(".")[2] for box in app.checkbox if ".tick." in box.key and box.value}


# Nothing grows


@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_sends_does_not_grow_with_the_papers(
    app: AppTest, many: Lab, page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    elements, size = sent(visited(app, page))
    fill(many, 120, 1_500)
    monkeypatch.setattr(Papers, "all", lambda _: pytest.fail("all rows are listed"))
    monkeypatch.setattr(Papers, "_get", lambda *_: pytest.fail("a paper is read"))
    more, larger = sent(app.run())
    assert not app.exception
    assert more <= elements + 5
    assert larger < size + 2_000
    assert more < 1_000


# The Library


def test_story_look_select_all_found_remove_and_undo(app: AppTest, many: Lab) -> None:
    library = visited(app, "library")
    assert "122 papers" in texts(library)
    assert len([each for each in library.button if each.key.startswith("library.open.")]) == 50
    library.text_input(key="library.papers.text").set_value("heron").run()
    assert "40 of 122 papers" in texts(library)
    assert library.query_params["papers"] == "text:heron"
    library.button(key="library.select.all").click().run()
    assert "**40 selected**" in texts(library)
    assert len(ticked(library)) == 40
    library.button(key="library.remove").click().run()
    assert "Removed: **40 papers**" in texts(library)
    assert many.papers.count(ALL) == 82
    assert "selected" not in texts(library)
    library.button(key="library.undo").click().run()
    assert many.papers.count(ALL) == 122
    assert "40 of 122 papers" in texts(library)
    assert "Removed" not in texts(library)


def test_the_undo_of_what_is_gone_for_good_is_a_sentence(app: AppTest, many: Lab) -> None:
    library = visited(app, "library")
    library.checkbox(key=f"library.selected.tick.{many.papers.ids(ALL)[0]}").check().run()
    library.button(key="library.remove").click().run()
    many.papers.remove_many(many.papers.ids(ALL)[:1])  # in another window
    library.button(key="library.undo").click().run()
    assert "Nothing can be brought back any more" in texts(library)
    assert many.papers.count(ALL) == 120


def test_papers_are_selected_across_searches_and_none_that_is_gone(app: AppTest, many: Lab) -> None:
    library = visited(app, "library")
    first, second = paper(0)[0].id, paper(1)[0].id
    library.text_input(key="library.papers.text").set_value("heron").run()
    library.checkbox(key=f"library.selected.tick.{first}").check().run()
    library.text_input(key="library.papers.text").set_value("otter").run()
    library.checkbox(key=f"library.selected.tick.{second}").check().run()
    assert "**2 selected**" in texts(library)
    many.papers.remove(first)
    library.run()
    assert "**1 selected**" in texts(library)
    library.checkbox(key=f"library.selected.tick.{second}").uncheck().run()
    assert "selected" not in texts(library)


def test_a_link_looks_for_papers_until_the_filter_is_cleared(app: AppTest, many: Lab) -> None:
    library = visited(app, "library", papers="text:heron;tag:survey;since:1930;until:1990")
    assert "3 of 122 papers" in texts(library)  # of 1930, 1960 and 1990
    assert library.multiselect(key="library.papers.tags").value == ["survey"]
    assert library.number_input(key="library.papers.since").value == 1930
    library.button(key="library.papers.clear").click().run()
    assert "122 papers" in texts(library)
    assert "papers" not in library.query_params


def test_a_link_that_is_no_filter_is_a_sentence(app: AppTest, many: Lab) -> None:
    library = visited(app, "library", papers="colour:blue")
    assert "is no filter of papers" in texts(library)


def test_only_what_tells_papers_apart_is_a_filter(app: AppTest, lab: Lab) -> None:
    def menus() -> set[str]:
        return {block.proto.popover.label for block in app.get("popover")}

    names = {"Kind", "Language", "Tags", "Year", "Pages"}
    assert menus() & names == set()
    visited(app, "library")
    assert menus() & names == {"Kind", "Language"}  # two notes of one page, without facts
    fill(lab, 0, 11)
    app.run()
    assert menus() & names == {"Kind", "Language", "Tags", "Year"}


def test_pages_of_fifty_in_the_order_asked_for(app: AppTest, many: Lab) -> None:
    def first() -> str:
        return next(each.label for each in library.button if each.key.startswith("library.open."))

    library = visited(app, "library")
    assert first() == "The lamp"
    (pager,) = library.get("pagination")
    pager.set_value(3).run()
    assert first() == "Notes on the newt\\, part 98"
    assert len([each for each in library.button if each.key.startswith("library.open.")]) == 22
    library.selectbox(key="library.papers.sort").set_value("year").run()
    assert first() == "Notes on the heron\\, part 99"  # and on the first page again


def test_selected_papers_are_tagged_together(app: AppTest, many: Lab) -> None:
    library = visited(app, "library", papers="text:newt")
    library.button(key="library.select.all").click().run()
    library.multiselect(key="library.tags.0").set_value(["survey"]).run()
    library.button(key="library.tags.add").click().run()
    assert not library.exception
    found = many.papers.page(PaperFilter(text="newt"), "added", 0, -1)
    assert [row.tags for row in found] == [("survey",)] * 40


def test_facts_are_shown_and_edited_on_the_paper(app: AppTest, many: Lab) -> None:
    opened = paper(10)[0].id
    library = visited(app, "library", paper=opened, papers="text:otter")
    assert "Ada Voss · 1910 · survey" in texts(library)
    key = f"library.facts.{opened}.0"
    library.text_area(key=f"{key}.authors").set_value("Bo Rübe\n\nVoss, Ada")
    library.number_input(key=f"{key}.year").set_value(3000)
    library.button(key=f"{key}.keep").click().run()
    assert "3000 is no year of a paper" in texts(library)
    library.number_input(key=f"{key}.year").set_value(1999)
    library.button(key=f"{key}.keep").click().run()
    row = many.papers.row(opened)
    assert row
    assert (row.authors, row.year, row.tags) == (("Bo Rübe", "Voss, Ada"), 1999, ("survey",))
    library.button(key="library.close").click().run()
    assert library.query_params == {"papers": "text:otter"}


def test_bibtex_gives_facts_to_the_papers_it_came_with(app: AppTest, lab: Lab) -> None:
    library = visited(app, "library")
    entries = (
        "@article{fog, title={Fog at the cape of Varn}, author={Voss, Ada}, year={2021}}\n"
        "@article{none, title={Nothing that is here at all}, year={2020}}\n"
    )
    library.file_uploader(key="library.upload.0").set_value(
        [
            ("zotero.bib", entries.encode(), "text/plain"),
            ("fog.md", b"# Fog at the cape of Varn\n\nFog.", "text/markdown"),
            ("no.bib", b"nothing", "text/plain"),
        ]
    ).run()
    library.session_state[adding.UPLOAD].join()
    library.run()
    assert "zotero\\.bib: facts for **1 paper**" in texts(library)
    assert "no\\.bib: failed" in texts(library)
    assert list(library.dataframe[0].value["entry"]) == ["none"]
    assert lab.papers.page(PaperFilter(since=2021), "added", 0, 9)[0].title.startswith("Fog")


def test_many_files_are_counted_and_only_the_broken_ones_named(app: AppTest, lab: Lab) -> None:
    library = visited(app, "library")
    good = [(f"{n}.txt", f"A note, {n}.".encode(), "text/plain") for n in range(12)]
    bad = [(f"bad{n}.pdf", b"%PDF-no", "application/pdf") for n in range(6)]
    library.file_uploader(key="library.upload.0").set_value([*good, *bad]).run()
    library.session_state[adding.UPLOAD].join()
    library.run()
    assert "**12 added, 6 failed**" in texts(library)
    assert lab.papers.count(ALL) == 14
    assert "bad5\\.pdf" in texts(library)
    assert "and 3 more files that could not be read" in texts(library)
    library.button(key="library.dismiss").click().run()
    assert "bad" not in texts(library)
    assert lab.papers.refusals() == []


def test_stopping_keeps_what_is_in(lab: Lab, app: AppTest) -> None:
    upload = adding.Upload(name="Adding", doing=adding.Progress(sentence="Adding"))
    upload.stop()
    upload.follow(adding._steps(lab, upload, ocr=False))
    upload.join()
    visited(app, "library")
    app.session_state[adding.UPLOAD] = upload
    app.run()
    assert "Stopped; what is in stays: **no file was read**" in texts(app)


def test_only_the_papers_found_are_measured(app: AppTest, many: Lab) -> None:
    library = visited(app, "library", papers="text:newt;until:1920")
    assert library.button(key="library.measure").label == "Measure the 14 papers found"
    library.button(key="library.measure").click().run()
    assert "of the text; 0 of 14 chunks too long" in texts(library)
    library.text_input(key="library.papers.text").set_value("otter").run()
    assert "library.measure" in {button.key for button in library.button}


# Choosing papers


def test_story_the_papers_chosen_are_those_a_question_is_asked_of(
    many: Lab, ready: AppTest
) -> None:
    assert ready.button(key="compare.papers.open").label == "All 122 papers"
    ready.session_state["compare.papers.search.text"] = "otter"
    ready.button(key="compare.papers.open").click().run()
    assert "40 of 122 papers" in texts(ready)
    ready.button(key="compare.papers.all").click().run()
    assert ready.button(key="compare.papers.open").label == "40 of 122 papers"
    ask(ready, "How often was the otter seen?")
    settled(ready, many)
    otters = many.papers.ids(PaperFilter(text="otter"))
    (run, *_) = many.comparisons.comparison(ready.query_params["run"]).runs[1:]
    assert set(run.paper_ids) == set(otters)
    many.papers.remove(*otters[1:])
    ready.switch_page("pages/library.py").run()
    ready.switch_page("pages/compare.py").run()
    assert ready.button(key="compare.papers.open").label == "1 of 83 papers"
    many.papers.remove(otters[0])
    assert ready.run().button(key="compare.papers.open").label == "All 82 papers"


def test_a_paper_is_chosen_by_its_box_and_all_are_searched_again(app: AppTest, many: Lab) -> None:
    sweep = visited(app, "sweep")
    sweep.button(key="sweep.papers.open").click().run()
    assert "Searched: **all papers**" in texts(sweep)
    sweep.checkbox(key=f"sweep.papers.tick.{many.papers.ids(ALL)[1]}").check().run()
    assert sweep.button(key="sweep.papers.open").label == "1 of 122 papers"
    sweep.button(key="sweep.papers.open").click().run()
    assert "Searched: **1 paper**" in texts(sweep)
    sweep.button(key="sweep.papers.none").click().run()
    assert sweep.button(key="sweep.papers.open").label == "All 122 papers"


def test_an_evaluation_searches_the_papers_with_gold_unless_others_are_chosen(
    app: AppTest, many: Lab
) -> None:
    first, second, *_ = many.papers.ids(ALL)
    gold = (Span(paper_id=first, start=0, end=10),)
    many.questions.keep(Question(text="What?", gold=gold))
    app.run()
    evaluate = visited(app, "evaluate")
    opens = evaluate.button(key="evaluate.papers.open")
    assert opens.label == "The 1 paper with gold passages, of 122"
    app.session_state["evaluate.papers"] = frozenset([first, second])
    assert app.run().button(key="evaluate.papers.open").label == "2 of 122 papers"


def test_one_paper_of_many_is_found_by_words(app: AppTest, many: Lab) -> None:
    cards = visited(app, "cards")
    cards.segmented_control(key="cards.view").set_value("Make").run()
    assert len(cards.selectbox(key="cards.make.paper").options) == paper_search.PER_PAGE
    cards.text_input(key="cards.make.paper.words").set_value("part 100").run()
    assert cards.selectbox(key="cards.make.paper").options[1:] == ["Notes on the otter, part 100"]


def test_a_row_says_three_authors_at_most() -> None:
    row = PaperRow(
        id="a",
        title="T",
        source="t.txt",
        kind="text",
        pages=1,
        characters=1,
        blank_pages=(),
        added_at="",
        authors=("A", "B", "C", "D"),
        year=None,
        tags=("x",),
        language=None,
    )
    assert paper_search.facts(row) == "A\\, B\\, C and others · x"
    assert paper_search.facts(replace(row, authors=(), tags=())) == ""
