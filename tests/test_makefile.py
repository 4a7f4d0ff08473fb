"""What `make` does before there is an environment: which Python it takes, and the hook."""

import shutil
import subprocess
from pathlib import Path

import pytest

from core.settings import ROOT

TOOLS = ("make", "sh", "git", "cp", "cat")
RUNS = "#!/bin/sh\necho Python 3\n"
FAILS = "#!/bin/sh\necho 'command not found' >&2\nexit 127\n"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with what `make` reads, and `bin`, the only folder in which it finds programs."""
    (tmp_path / "bin").mkdir()
    for tool in TOOLS:
        there = shutil.which(tool)
        if not there:
            pytest.skip(f"NOT INSTALLED: {tool}")
        (tmp_path / "bin" / tool).symlink_to(there)
    for name in ("Makefile", "requirements.txt", "requirements-models.txt", ".ci/pre-commit"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def pythons(checkout: Path, **programs: str) -> None:
    for minor, program in programs.items():
        file = checkout / "bin" / f"python3.{minor[1:]}"
        file.write_text(program)
        file.chmod(0o755)


def make(checkout: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", *arguments],
        cwd=checkout,
        env={"PATH": str(checkout / "bin")},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("programs", "taken"),
    [
        ({"m11": RUNS, "m12": RUNS, "m13": RUNS}, "python3.11"),
        ({"m12": RUNS, "m13": RUNS}, "python3.12"),
        ({"m11": FAILS, "m12": FAILS, "m13": RUNS}, "python3.13"),
    ],
)
def test_the_first_python_that_runs_is_taken_and_named(
    checkout: Path, programs: dict[str, str], taken: str
) -> None:
    pythons(checkout, **programs)
    planned = make(checkout, "-n", "install").stdout
    assert f"Python: {taken}" in planned
    assert f"{taken} -m venv .venv" in planned


def test_a_python_that_is_named_is_taken(checkout: Path) -> None:
    pythons(checkout, m11=RUNS)
    assert "mine -m venv .venv" in make(checkout, "-n", "install", "PYTHON=mine").stdout


def test_without_a_python_that_runs_a_sentence_says_what_to_do(checkout: Path) -> None:
    pythons(checkout, m12=FAILS)
    done = make(checkout, "-n", "run")
    assert done.returncode != 0
    assert "Triptych needs Python 3.11, 3.12 or 3.13" in done.stderr
    assert "make PYTHON=" in done.stderr


def test_the_hook_is_put_there_once_and_never_over_another(checkout: Path) -> None:
    subprocess.run(["git", "init", "--quiet"], cwd=checkout, check=True)
    hook = checkout / ".git" / "hooks" / "pre-commit"
    (checkout / ".venv").mkdir()
    (checkout / ".venv" / ".installed").touch()
    assert "make hooks" in make(checkout, "install").stdout
    assert make(checkout, "hooks").returncode == 0
    assert hook.read_text() == (ROOT / ".ci" / "pre-commit").read_text()
    assert "make hooks" not in make(checkout, "install").stdout
    hook.write_text("mine")
    assert make(checkout, "hooks").returncode != 0
    assert hook.read_text() == "mine"
