"""The chunker and the rewriting of CONTRIBUTING.md, as a newcomer would copy them from the page:
they keep their contracts, and the chunker prints what the page says."""

import sys
from contextlib import redirect_stdout
from io import StringIO
from types import ModuleType

import pytest

from core import chunkers, rewritings
from core.settings import ROOT
from core.types import Chunking
from tests.contracts import test_chunkers as contract

PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
BLOCKS = PAGE.split("```")[1::2]
PYTHON = [block.removeprefix("python\n") for block in BLOCKS if block.startswith("python\n")]
STEPS = [block for block in PYTHON if "def spans(" in block]
(REWRITING,) = (block for block in PYTHON if "def takes(" in block)
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


def test_the_rewriting_is_found_and_keeps_its_contract(monkeypatch: pytest.MonkeyPatch) -> None:
    word = ModuleType("core.rewritings.word")
    exec(REWRITING, word.__dict__)
    monkeypatch.setattr(rewritings, "modules", lambda _package: {"word": word})
    assert rewritings.queries("word", "When was the lamp lit?", "Lamps, mostly.") == ("Lamps,",)
    assert rewritings.queries("word", "When was the lamp lit?", " ") == ()
    (message,) = rewritings.messages("word", "When was the lamp lit?")
    assert message.content.endswith("Question: When was the lamp lit?")
