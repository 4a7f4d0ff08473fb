"""The chunker of CONTRIBUTING.md, as a newcomer would copy it from the page: it keeps the contract
and prints what the page says."""

import sys
from contextlib import redirect_stdout
from io import StringIO
from types import ModuleType

import pytest

from core import chunkers
from core.settings import ROOT
from core.types import Chunking
from tests.contracts import test_chunkers as contract

PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
BLOCKS = PAGE.split("```")[1::2]
STEPS = [block.removeprefix("python\n") for block in BLOCKS if block.startswith("python\n")]
SHOWN = [block.strip("\n") for block in BLOCKS if "edge: notes from a weather" in block]
(COMMAND,) = (block for block in BLOCKS if block.startswith("\npython - <<'END'"))


@pytest.fixture(params=range(2), ids=["ten lines", "topics"])
def step(request: pytest.FixtureRequest) -> int:
    number: int = request.param
    return number


@pytest.fixture
def chunker(step: int) -> ModuleType:
    module = ModuleType("core.chunkers.topics")
    exec(STEPS[step], module.__dict__)
    return module


def test_the_page_has_two_steps_and_what_each_prints() -> None:
    assert len(STEPS) == len(SHOWN) == 2


def test_it_keeps_the_contract(chunker: ModuleType) -> None:
    contract.test_spans_keep_their_promises(chunker=chunker)
    contract.test_no_text_no_spans(chunker)
    for size, overlap in chunker.USUAL:
        chunkers.check(Chunking(size=size, overlap=overlap))


def test_it_prints_what_the_page_says(
    chunker: ModuleType, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setitem(sys.modules, chunker.__name__, chunker)
    monkeypatch.setattr(chunkers, "topics", chunker, raising=False)
    program = COMMAND.removeprefix("\npython - <<'END'\n").removesuffix("END\n")
    with redirect_stdout(StringIO()) as printed:
        exec(program, {})
    assert printed.getvalue().split() == SHOWN[step].split()
