"""What every way to rewrite a question promises, checked for each one there is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import rewritings
from core.errors import BadInput
from core.models.registry import modules
from core.rewritings import Rewriting

WAYS = modules("core.rewritings")
every_way = pytest.mark.parametrize("name", WAYS)
QUESTION = "When was the lamp of Varn lit, and by whom?"


def full(name: str) -> str:
    return f"{name}:3" if WAYS[name].COUNTED else name


def test_there_are_rewritings_and_each_is_offered() -> None:
    assert {"hyde", "several", "steps"} <= WAYS.keys()
    assert {each.partition(":")[0] for each in rewritings.USUAL} == {"none", *WAYS}
    for each in rewritings.USUAL:
        rewritings.check(each)


@every_way
def test_it_asks_with_the_question_in_it(name: str) -> None:
    (message,) = rewritings.messages(full(name), QUESTION)
    assert message.role == "user"
    assert QUESTION in message.content
    way: Rewriting = WAYS[name]
    assert isinstance(way.VERSION, str)
    assert isinstance(way.PASSAGE, bool)


@every_way
@given(written=st.text(max_size=300))
def test_whatever_a_model_writes_is_searched_for_or_told_to_be_of_no_use(
    name: str, written: str
) -> None:
    found = rewritings.queries(full(name), QUESTION, written)
    assert all(query == query.strip() != "" for query in found)
    assert len(set(found)) == len(found) <= 1 + rewritings.MOST
    if not written.strip():
        assert found == ()


@pytest.mark.parametrize(
    ("rewrite", "written", "queries"),
    [
        ("hyde", " The lamp was lit in 1874. ", ("The lamp was lit in 1874.",)),
        ("several:2", "1. When?\n2) By whom?\n3. Where?", (QUESTION, "When?", "By whom?")),
        ("several:2", f"- {QUESTION}\n- “Who lit it?”", (QUESTION, "Who lit it?")),
        ("steps", "• When was it lit?\n\n• By whom?", ("When was it lit?", "By whom?")),
        ("steps", "x" * 301, ()),
    ],
)
def test_what_is_taken_of_what_was_written(
    rewrite: str, written: str, queries: tuple[str, ...]
) -> None:
    assert rewritings.queries(rewrite, QUESTION, written) == queries


@pytest.mark.parametrize(
    "wrong", ["", "several", "several:0", "several:10", "several:x", "hyde:2", "hyde:", "other"]
)
def test_a_rewriting_that_there_is_not_is_refused(wrong: str) -> None:
    with pytest.raises(BadInput, match="known are: none, hyde, several:N, steps"):
        rewritings.check(wrong)
