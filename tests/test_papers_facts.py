"""Facts of papers: filters, lists, tags, BibTeX; and papers that go and come back."""

import json
import sqlite3
import unicodedata
import zipfile
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadInput
from core.lab import Lab
from core.papers import bibtex
from core.store import PaperFacts, PaperRow, Store
from core.types import PAPER_SORTS, Paper, PaperFilter, filter_from_link, filter_to_link
from tests.support.backups import backed_up, files
from tests.support.commands import OPTIONS, ran
from tests.support.labs import NOTES, QUESTION, asked

# Filters

FOG, LAMP, TIDE = (
    (
        Paper(id="f" * 64, title="Fog", text="the Lämpe in fog", source="a.txt", kind="text"),
        PaperFacts(authors=("Ada Voss",), year=2020, tags=("sea", "survey")),
    ),
    (
        Paper(
            id="1" * 64,
            title="lamp",
            text="灯塔很亮 and more",
            source="lamp.pdf",
            kind="pdf",
            page_starts=(0, 4, 8),
        ),
        PaperFacts(authors=("Bo Rübe", "Ada Voss"), year=2023, tags=("light",)),
    ),
    (
        Paper(
            id="7" * 64,
            title="Tide",
            text="The tide of the sea and the lamp in it is what was to be.",
            source="t.md",
            kind="markdown",
        ),
        PaperFacts(),
    ),
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    made = Store(tmp_path_factory.mktemp("filters") / "triptych.sqlite")
    made.papers.keep_batch((FOG, LAMP, TIDE), {}, ())
    return made


def plain(text: str) -> str:
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(each for each in apart if not unicodedata.combining(each))


def fits(row: PaperRow, text: str, wanted: PaperFilter) -> bool:
    """The same as the database finds, the naive way."""
    every = plain(" ".join((row.title, row.source.replace(".", " "), *row.authors, text)))
    words = [*every.split(), *(each for each in every if each > "\u3000")]
    year = row.year
    return (
        all(any(word.startswith(each) for word in words) for each in plain(wanted.text).split())
        and (not wanted.kinds or row.kind in wanted.kinds)
        and (not wanted.languages or (row.language or "unknown") in wanted.languages)
        and (not wanted.tags or bool(set(wanted.tags) & set(row.tags)))
        and (wanted.since is None or (year is not None and year >= wanted.since))
        and (wanted.until is None or (year is not None and year <= wanted.until))
        and (wanted.pages_from is None or row.pages >= wanted.pages_from)
        and (wanted.pages_to is None or row.pages <= wanted.pages_to)
    )


def some(*values: str) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(values), max_size=2, unique=True).map(tuple)


YEARS, PAGES = st.none() | st.integers(2019, 2024), st.none() | st.integers(1, 4)
FILTERS = st.builds(
    PaperFilter,
    text=st.lists(
        st.sampled_from(["lamp", "LAM", "fog", "塔", "rübe", "voss", "pdf", "nothing"]), max_size=2
    ).map(" ".join),
    kinds=some("pdf", "text", "markdown"),
    languages=some("English", "Chinese", "unknown"),
    tags=some("sea", "survey", "light", "a,b;c:d"),
    since=YEARS,
    until=YEARS,
    pages_from=PAGES,
    pages_to=PAGES,
)


@given(wanted=FILTERS)
def test_the_database_finds_what_fits(store: Store, wanted: PaperFilter) -> None:
    texts = {paper.id: paper.text for paper, _ in (FOG, LAMP, TIDE)}
    fitting = [row.id for row in store.papers.all() if fits(row, texts[row.id], wanted)]
    assert list(store.papers.ids(wanted)) == fitting
    assert store.papers.count(wanted) == len(fitting)
    for sort in PAPER_SORTS:
        assert {row.id for row in store.papers.page(wanted, sort, 0, 9)} == set(fitting)


@given(wanted=FILTERS)
def test_a_filter_is_what_its_text_says(wanted: PaperFilter) -> None:
    assert filter_from_link(filter_to_link(wanted)) == wanted


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("lamp", "no filter of papers"),
        ("colour:red", "no filter of papers"),
        ("since:soon", "'soon' is no number for 'since'"),
        ("kind:djvu", "'djvu' is no kind of paper; there are pdf, text, markdown"),
    ],
)
def test_a_text_that_is_no_filter_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence):
        filter_from_link(text)


def test_lists_are_sorted_and_cut(store: Store) -> None:
    every = PaperFilter()
    order = {
        sort: [row.title for row in store.papers.page(every, sort, 0, 9)] for sort in PAPER_SORTS
    }
    assert order == {
        "added": ["Fog", "lamp", "Tide"],
        "title": ["Fog", "lamp", "Tide"],
        "year": ["lamp", "Fog", "Tide"],
        "pages": ["lamp", "Fog", "Tide"],
    }
    assert [row.title for row in store.papers.page(every, "added", 1, 1)] == ["lamp"]
    wanted = [TIDE[0].id, "0" * 64, FOG[0].id]
    assert [row.title for row in store.papers.rows(wanted)] == ["Tide", "Fog"]


def test_choices_say_what_there_is(store: Store) -> None:
    choices = store.papers.choices()
    assert choices.kinds == {"markdown": 1, "pdf": 1, "text": 1}
    assert choices.tags == {"light": 1, "sea": 1, "survey": 1}
    assert (choices.years, choices.pages) == ((2020, 2023), (1, 3))
    assert sum(choices.languages.values()) == 3


# Facts


def test_facts_are_kept_and_found(lab: Lab) -> None:
    lamp, tide = lab.papers.all()
    row = lab.papers.keep_facts(
        lamp.id, authors=[" Ada \n Voss ", "", "Ada Voss"], year=1874, tags=["old"]
    )
    assert (row.authors, row.year, row.tags) == (("Ada Voss",), 1874, ("old",))
    assert lab.papers.add_tags([lamp.id, tide.id, "0" * 64], ["sea", "old"]) == 2
    assert [each.tags for each in lab.papers.all()] == [("old", "sea"), ("sea", "old")]
    assert lab.papers.ids(PaperFilter(text="voss")) == (lamp.id,)
    lab.papers.keep_facts(lamp.id, authors=[], year=None, tags=[])
    assert lab.papers.ids(PaperFilter(text="voss")) == ()
    assert lab.papers.ids(PaperFilter(text="whale oil")) == (lamp.id,)
    for year, tags, sentence in ((99, [], "99 is no year"), (None, ["x" * 201], "At most")):
        with pytest.raises(BadInput, match=sentence):
            lab.papers.keep_facts(lamp.id, authors=[], year=year, tags=tags)
    with pytest.raises(BadInput, match="no paper"):
        lab.papers.keep_facts("0" * 64, authors=[], year=None, tags=[])


def test_facts_come_back_from_a_backup(lab: Lab, tmp_path: Path) -> None:
    lamp, tide = lab.papers.all()
    lab.papers.keep_facts(lamp.id, authors=["Ada"], year=1874, tags=["old"])
    before = lab.papers.all()
    lab.papers.remove_many([tide.id])
    backup = backed_up(lab)
    with zipfile.ZipFile(lab.storage.file(backup.name)) as archive:
        archive.extract("triptych.sqlite", tmp_path)
    with closing(sqlite3.connect(tmp_path / "triptych.sqlite")) as copy:
        assert copy.execute("SELECT count(*) FROM removed_papers").fetchone() == (0,)
    lab.storage.restore(backup.name).join()
    assert lab.papers.all() == before[:1]
    assert files(lab, "papers") == {lamp.id}


# BibTeX

ZOTERO = r"""
@article{voss_lamp_1874, title = {The {Lamp} of Varn}, author = {Voss, Anneli and
  R{\"u}be, Bo and {Harbour Office} and others}, date = {1874-05-01}, keywords = {light, survey},
  file = {Full Text:C\:\\Users\\ada\\Zotero\\storage\\X1\\lamp.md:text/markdown;S:a.html:text/html}}
@misc{tide, title = {Something Else}, doi = {10.1234/tide.7}, year = 1999}
@book{fog, title = {On the Fog of Varn and its Uses}, author = {Ay, Cem}, year = {n.d.}}
@book{nowhere, title = {A Book That Is Not Here}, year = {2001}}
@book{lamp_again, title = {The lamp}}
@article{broken, title = {x
"""


def test_a_bibtex_file_is_taken_by_file_name_doi_and_title(lab: Lab, tmp_path: Path) -> None:
    lamp, tide = lab.papers.all()
    lab.papers.add_tags([lamp.id], ["mine"])
    (tmp_path / "t2.txt").write_text("A note\n\ndoi:10.1234/TIDE.7 is this one.\n")
    (tmp_path / "fog.txt").write_text("1.\n\nOn the fog of Várn\nand its uses. It is thick.\n")
    note, fog = (lab.papers.add(tmp_path / name).paper for name in ("t2.txt", "fog.txt"))
    assert note
    assert fog
    report = lab.papers.take_bibtex("library.bib", ZOTERO.encode())
    assert [(row.id, key) for row, key in report.matched] == [
        (lamp.id, "voss_lamp_1874"),
        (note.id, "tide"),
        (fog.id, "fog"),
    ]
    assert [(each.key, each.reason) for each in report.unmatched] == [
        ("", "syntax error in line 9: premature end of file"),
        ("nowhere", "no paper fits it"),
        ("lamp_again", "no paper fits it"),
        ("broken", "no paper fits it"),
    ]
    (row, *_) = lab.papers.rows([lamp.id])
    assert row.authors == ("Anneli Voss", "Bo Rübe", "Harbour Office")
    assert (row.year, row.tags) == (1874, ("mine", "light", "survey"))
    assert [each.year for each in lab.papers.rows([tide.id, note.id, fog.id])] == [None, 1999, None]
    with pytest.raises(BadInput, match="no entry in it"):
        lab.papers.take_bibtex("library.bib", b"no BibTeX at all")


@given(text=st.text(max_size=60))
def test_no_text_breaks_the_reader_of_bibtex(text: str) -> None:
    for each in (text, f"@book{{key, title = {{{text}}}, file = {{{text}}}, author = {{{text}}}}}"):
        try:
            bibtex.publications(each)
        except BadInput as error:
            assert error.sentence.endswith(".")


# Away, and back


def test_a_removal_is_undone_as_if_nothing_had_been(lab: Lab) -> None:
    asked(lab)
    before, kept, vectors = lab.papers.all(), files(lab, "papers"), vectors_of(lab)
    texts = [lab.papers.get(row.id) for row in before]
    removal = lab.papers.remove_many([row.id for row in before])
    assert (removal.count, lab.papers.all()) == (2, [])
    assert lab.papers.ids(PaperFilter(text="lamp")) == ()
    with pytest.raises(BadInput):
        lab.papers.get(before[0].id)
    assert lab.papers.undo(removal.id) == 2
    assert lab.papers.all() == before
    assert [lab.papers.get(row.id) for row in before] == texts
    assert (files(lab, "papers"), vectors_of(lab)) == (kept, vectors)
    assert len(lab.papers.ids(PaperFilter(text="varn"))) == 2
    with pytest.raises(BadInput, match="add the files again"):
        lab.papers.undo(removal.id)


@pytest.mark.parametrize("then", ["another removal", "opened anew", "removed at once"])
def test_what_was_removed_really_goes(lab: Lab, then: str) -> None:
    asked(lab)
    lamp, tide = lab.papers.all()
    before = vectors_of(lab)
    removal = lab.papers.remove_many([lamp.id])
    assert files(lab, "papers") == {lamp.id, tide.id}
    match then:
        case "another removal":
            assert lab.papers.remove_many([]).count == 0
        case "opened anew":
            Lab(lab.settings)
        case _:
            assert lab.papers.remove(tide.id[:9]) == [tide]
    left = set() if then == "removed at once" else {tide.id}
    assert files(lab, "papers") == left
    assert vectors_of(lab) == before * len(left) // 2
    assert lab._store.database.rows("SELECT * FROM removed_papers") == []
    with pytest.raises(BadInput, match="add the files again"):
        lab.papers.undo(removal.id)


def test_what_is_added_again_stays_when_its_removal_ends(lab: Lab, tmp_path: Path) -> None:
    lamp = lab.papers.all()[0]
    lab.papers.remove_many([lamp.id])
    assert lab.papers.add(tmp_path / lamp.source).status == "added"
    lab.papers.end_removal()
    assert files(lab, "papers") == {row.id for row in lab.papers.all()}
    assert lab.papers.whole(lamp.id)


def vectors_of(lab: Lab) -> int:
    return sum(file.stat().st_size for file in lab.settings.data.glob("vectors/*.vectors"))


# The command line


def test_papers_are_filtered_tagged_and_asked_by_filter(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ran(capsys, "add", *(str(home / name) for name in NOTES))
    _, (lamp, tide), _ = ran(capsys, "papers")
    facts = [lamp[name] for name in ("authors", "year", "tags", "language")]
    assert facts == [[], None, [], "English"]
    said = ("--authors", "Ada Voss; Bo Rübe", "--year", "1874", "--tags", "old,light")
    status, (row,), _ = ran(capsys, "facts", lamp["paper"][:9], *said)
    assert status == 0
    assert row == lamp | {
        "authors": ["Ada Voss", "Bo Rübe"],
        "year": 1874,
        "tags": ["old", "light"],
    }
    _, (row,), _ = ran(capsys, "facts", lamp["paper"], "--year", "none")
    assert (row["year"], row["tags"]) == (None, ["old", "light"])
    assert ran(capsys, "facts", lamp["paper"], "--year", "soon")[0] == 2
    _, found, _ = ran(capsys, "papers", "--where", "tag:old;text:whale")
    assert [each["paper"] for each in found] == [lamp["paper"]]
    _, found, _ = ran(capsys, "papers", "--sort", "title", "--limit", "1")
    assert [each["title"] for each in found] == [min(lamp["title"], tide["title"])]
    _, (run,), _ = ran(capsys, "search", QUESTION, "--where", "tag:old", *OPTIONS.split())
    assert run["recipe"]["evidence"]["where"] == "tag:old"
    assert run["paper_ids"] == [lamp["paper"]]
    status, _, said_why = ran(capsys, "search", QUESTION, "--where", "tag:new", *OPTIONS.split())
    assert (status, said_why) == (2, "No paper fits 'tag:new'; `papers` lists what is here.\n")
    status, gone, _ = ran(capsys, "remove", lamp["paper"][:9], tide["paper"])
    assert (status, [each["status"] for each in gone]) == (0, ["removed", "removed"])


def test_a_bibtex_file_is_imported(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ran(capsys, "add", str(home / "lamp.md"))
    (home / "library.bib").write_text(ZOTERO)
    status, lines, said = ran(capsys, "import", "bibtex", str(home / "library.bib"))
    assert status == 1
    assert [line["status"] for line in lines] == ["matched", "failed", *["unmatched"] * 5]
    assert (lines[0]["entry"], lines[0]["year"]) == ("voss_lamp_1874", 1874)
    assert said == "1 papers got facts; 6 entries fit none.\n"
    assert json.dumps(lines)
