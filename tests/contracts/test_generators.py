"""What every generator promises, checked for each one there is, the fakes included."""

from collections.abc import Iterator, Sequence
from itertools import chain, repeat
from threading import Event, active_count

import pytest

from core.errors import BadInput
from core.generators import causal_lm
from core.generators.endpoint import EndpointGenerator
from core.settings import Endpoint
from core.types import Delta, Generation, Message, Request, Style, TextGenerator
from tests.backends import every, load
from tests.support import tiny_models

GREENHOUSE = """The greenhouse at Ostervik is heated by water from a spring that is 61 degrees warm.
Its pipes run below the beds, so that roots are warmer than leaves, which suits tomatoes but not
lettuce. At night a curtain keeps the warmth in, and a small pump is the only part that needs power.
The gardeners measured 4.2 kilowatt hours a day for it in winter and none at all in July.
"""


def ask(text: str, *, max_tokens: int = 8, style: Style = "chat", **how: float) -> Request:
    return Request(
        messages=(
            Message(role="system", content="Answer in one sentence."),
            Message(role="user", content=text),
        ),
        generation=Generation(
            max_tokens=max_tokens,
            style=style,
            temperature=how.get("temperature", 0.0),
            seed=int(how.get("seed", 0)),
        ),
    )


REQUESTS = [
    ask("How warm is the spring at Ostervik?"),
    ask(GREENHOUSE + "\nHow warm is the spring at Ostervik?", max_tokens=12),
    ask(GREENHOUSE * 3 + "\nWhat does the pump need?", max_tokens=5),
    ask("Say something about tomatoes.", temperature=1, seed=3),
    ask("Question: what suits tomatoes?\nAnswer:", style="completion"),
]


def texts(deltas: Sequence[Delta]) -> dict[int, str]:
    """What was said in each answer."""
    return {
        index: "".join(delta.text for delta in deltas if delta.index == index)
        for index in {delta.index for delta in deltas}
    }


@pytest.fixture(scope="module", params=[*every("generators"), "endpoint", "tiny qwen2"])
def generator(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> TextGenerator:
    if request.param == "tiny qwen2":
        return causal_lm.read(tiny_models.qwen2(tmp_path_factory.mktemp("tiny")), "cpu")
    if request.param == "endpoint":
        address = request.getfixturevalue("openai_server")
        echo = Endpoint(name="echo", address=address, model="echo")
        return EndpointGenerator(echo, key="", seconds=10)
    loaded: TextGenerator = load(request.param)
    return loaded


@pytest.fixture(scope="module")
def answered(generator: TextGenerator) -> list[Delta]:
    """All requests, answered together."""
    return list(generator.generate(REQUESTS, Event()))


def test_each_answer_has_one_finish_and_it_comes_last(answered: list[Delta]) -> None:
    for index in range(len(REQUESTS)):
        pieces = [delta for delta in answered if delta.index == index]
        assert [bool(piece.finish) for piece in pieces] == [False] * (len(pieces) - 1) + [True]


def test_tokens_are_counted(generator: TextGenerator, answered: list[Delta]) -> None:
    for request, end in zip(
        REQUESTS,
        sorted((delta for delta in answered if delta.finish), key=lambda delta: delta.index),
        strict=True,
    ):
        counted = generator.count(request.messages, request.generation)
        assert counted in (end.prompt_tokens, None)
        assert end.answer_tokens is not None
        assert 0 < end.answer_tokens <= request.generation.max_tokens
        assert end.finish in ("stop", "length")
        if end.finish == "length":
            assert end.answer_tokens == request.generation.max_tokens


def test_an_answer_does_not_depend_on_its_neighbours(
    generator: TextGenerator, answered: list[Delta]
) -> None:
    together = texts(answered)
    for index, request in enumerate(REQUESTS):
        assert texts(list(generator.generate([request], Event())))[0] == together[index]


def test_stopping_ends_every_answer_soon(generator: TextGenerator) -> None:
    stop = Event()
    pieces = []
    for delta in generator.generate(REQUESTS, stop):
        pieces.append(delta)
        stop.set()
    assert [delta.finish for delta in pieces if delta.finish] == ["stopped"] * len(REQUESTS)
    assert len(pieces) <= 3 * len(REQUESTS)


def test_stopped_before_the_start_says_nothing(generator: TextGenerator) -> None:
    stop = Event()
    stop.set()
    pieces = list(generator.generate(REQUESTS, stop))
    assert sorted(delta.index for delta in pieces) == list(range(len(REQUESTS)))
    assert {(delta.text, delta.finish, delta.answer_tokens) for delta in pieces} == {
        ("", "stopped", 0)
    }


def test_closing_the_iterator_ends_the_work(
    generator: TextGenerator, answered: list[Delta]
) -> None:
    threads = active_count()
    deltas = generator.generate(REQUESTS, Event())
    next(deltas)
    assert isinstance(deltas, Iterator)
    deltas.close()  # type: ignore[attr-defined]
    assert list(deltas) == []
    assert active_count() <= threads
    assert texts(list(generator.generate(REQUESTS[:1], Event())))[0] == texts(answered)[0]


def test_what_comes_while_others_are_written_says_the_same(
    generator: TextGenerator, answered: list[Delta]
) -> None:
    made = [REQUESTS[0], None, None, *REQUESTS[1:3], None, *REQUESTS[3:]]
    late = list(generator.generate(iter(made), Event()))
    assert texts(late) == texts(answered)
    assert sum(bool(delta.finish) for delta in late) == len(REQUESTS)


def test_once_nothing_is_open_nobody_waits_for_what_is_still_being_made(
    generator: TextGenerator, answered: list[Delta]
) -> None:
    assert list(generator.generate(iter([None, REQUESTS[0]]), Event())) == []
    alone = list(generator.generate(chain([REQUESTS[0]], repeat(None)), Event()))
    assert texts(alone) == {0: texts(answered)[0]}


def test_a_prompt_begins_at_most_once_and_before_its_answer(answered: list[Delta]) -> None:
    for index in range(len(REQUESTS)):
        mine = [delta for delta in answered if delta.index == index]
        assert not any(delta.begins for delta in mine[1:])
        assert not (mine[0].begins and mine[0].text)


def test_no_requests_no_answers(generator: TextGenerator) -> None:
    assert list(generator.generate([], Event())) == []


def test_a_prompt_that_leaves_no_room_for_its_answer_is_refused(generator: TextGenerator) -> None:
    if generator.window is None:
        pytest.skip("nobody here knows its window")
    long = ask("word " * generator.window)
    with pytest.raises(BadInput, match="room for"):
        list(generator.generate([REQUESTS[0], long], Event()))


def test_a_longer_message_counts_more_tokens(generator: TextGenerator) -> None:
    for style in ("chat", "completion"):
        generation = Generation(style=style)
        counts = [
            generator.count([Message(role="user", content=text)], generation) or 0
            for text in ("one", "one two three", GREENHOUSE)
        ]
        assert counts == (sorted(set(counts)) if generator.window else [0, 0, 0])


def test_it_says_what_computes(generator: TextGenerator) -> None:
    assert generator.engine
    assert generator.precision
