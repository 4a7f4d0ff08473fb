"""Models brought from a hub: a small one on this machine, in a process of its own."""

import json
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from core.__main__ import main
from core.errors import BadInput, Damaged, OutOfSpace, TriptychError
from core.lab import Lab, job_of
from core.models import downloads, weights
from core.models.downloads import Downloaded
from core.rerankers import cross_encoder
from core.settings import ROOT, Settings
from tests.support import tiny_models
from tests.support.hub_server import COMMIT

NAME = "ms-marco-MiniLM-L-6-v2"


def known() -> weights.Known:
    found = weights.known(NAME)
    assert found
    return found


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_models.cross_encoder(tmp_path_factory.mktemp("tiny") / "model")


@pytest.fixture
def repository(tmp_path: Path, tiny: Path) -> Path:
    """The hub's copy of the model, with other formats beside it."""
    folder = shutil.copytree(tiny, tmp_path / "hub" / "cross-encoder" / NAME)
    (folder / "pytorch_model.bin").write_bytes(b"x" * 1000)
    (folder / "onnx").mkdir()
    (folder / "onnx" / "config.json").write_text("{}")
    (folder / "README.md").write_text("read me")
    return folder


@pytest.fixture
def hub(tmp_path: Path, repository: Path) -> Iterator[str]:
    command = [sys.executable, "-m", "tests.support.hub_server", str(tmp_path / "hub")]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        yield f"http://127.0.0.1:{server.stdout.readline().strip()}"
        server.kill()


@pytest.fixture
def settings(tmp_path: Path, hub: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setattr(downloads, "BLOCK", 10_000)
    return Settings(
        data=tmp_path / "data",
        models=tmp_path / "models",
        hub=hub,
        hub_cache=tmp_path / "cache",
        device="cpu",
    )


def sent(hub: str) -> int:
    """The bytes of files that the hub sent."""
    with urllib.request.urlopen(f"{hub}/seen") as reply:
        return sum(size for _, size in json.load(reply))


def size(settings: Settings) -> int:
    folder = settings.models / NAME
    files = (path for path in folder.rglob("*") if path.is_file())
    return sum(path.stat().st_size for path in files if path.name != weights.ORIGIN)


def test_a_downloaded_model_is_whole_and_runs(settings: Settings, tiny: Path) -> None:
    lab = Lab(settings)
    steps = list(lab.models.download(NAME))
    shares = [step.share or 0 for step in steps]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0, 1)
    assert steps[-1].sentence.startswith(f"Downloading {NAME}: ")
    there = {path.name for path in (settings.models / NAME).iterdir()}
    assert there == {path.name for path in tiny.iterdir()} | {weights.ORIGIN}
    model = lab.models.find("reranker", NAME)
    assert (model.source, model.revision) == ("cached", f"{COMMIT[:12]}/float32")
    assert 0 < next(cross_encoder.load(model, settings).score("Why?", ["Because."])) < 1
    with pytest.raises(BadInput, match="is here already"):
        lab.models.download(NAME)


def test_what_came_before_a_break_is_not_fetched_again(
    settings: Settings, repository: Path, hub: str
) -> None:
    (repository / "manners").write_text("cut")
    for _ in range(3):
        with pytest.raises(TriptychError, match="broke off; what came so far is kept"):
            list(downloads.download(known(), settings))
    assert not (settings.models / NAME).exists()
    (repository / "manners").unlink()
    first, *_, last = downloads.download(known(), settings)
    assert 0 < first.done < first.total
    assert last == Downloaded(done=size(settings), total=size(settings))
    assert sent(hub) == size(settings)


def test_one_who_walks_away_can_come_back(settings: Settings, hub: str) -> None:
    steps = downloads.download(known(), settings)
    for step in steps:
        if step.done > step.total / 2:
            break
    steps.close()  # type: ignore[attr-defined]
    assert not (settings.models / NAME).exists()
    assert downloads.came(known(), settings) >= step.total / 2
    first = next(iter(downloads.download(known(), settings)))
    assert first.done >= step.total / 2


def test_a_hub_without_ranges_starts_a_file_anew(settings: Settings, repository: Path) -> None:
    (repository / "manners").write_text("cut")
    with pytest.raises(TriptychError):
        list(downloads.download(known(), settings))
    (repository / "manners").write_text("whole")
    *_, last = downloads.download(known(), settings)
    assert last.done == last.total == size(settings)


def test_a_file_that_grew_too_long_is_fetched_anew(settings: Settings) -> None:
    steps = downloads.download(known(), settings)
    next(iter(steps))
    (part,) = settings.models.glob("*.part")
    (part / "model.safetensors").write_bytes(b"x" * 10_000_000)
    steps.close()  # type: ignore[attr-defined]
    *_, last = downloads.download(known(), settings)
    assert last.done == last.total == size(settings)
    assert not list(settings.models.glob("*.part"))


def test_two_downloads_of_a_model_do_not_mix(settings: Settings) -> None:
    first = downloads.download(known(), settings)
    next(iter(first))
    with pytest.raises(BadInput, match="is being downloaded already"):
        next(iter(downloads.download(known(), settings)))
    list(first)
    with pytest.raises(BadInput, match="is there already; remove it"):
        next(iter(downloads.download(known(), settings)))


@pytest.mark.parametrize(
    ("manners", "sentence"),
    [
        ("gone", r"does not give .+ \(status 404\)"),
        ("nonsense", "cannot be read; check HF_ENDPOINT"),
    ],
)
def test_a_hub_that_does_not_give_it_is_a_sentence(
    settings: Settings, repository: Path, manners: str, sentence: str
) -> None:
    (repository / "manners").write_text(manners)
    with pytest.raises(TriptychError, match=sentence):
        list(downloads.download(known(), settings))
    assert not (settings.models / NAME).exists()


def test_other_bytes_than_the_hub_says_are_refused(settings: Settings, repository: Path) -> None:
    (repository / "manners").write_text("lie")
    with pytest.raises(Damaged, match=r"config\.json of .+ came damaged and was removed"):
        list(downloads.download(known(), settings))


def test_nobody_there_is_a_sentence(tmp_path: Path) -> None:
    nowhere = Settings(models=tmp_path, hub="http://127.0.0.1:9")
    with pytest.raises(TriptychError, match=r"cannot be reached .+; check the network"):
        list(downloads.download(known(), nowhere))


def test_a_full_disk_is_said_before_anything_is_fetched(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, hub: str
) -> None:
    usage: Any = type("Usage", (), {"free": 10})
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage)
    with pytest.raises(OutOfSpace, match=r"MB more in .+TRIPTYCH_MODELS"):
        list(downloads.download(known(), settings))
    assert sent(hub) == 0


def test_a_disk_that_fills_up_on_the_way_is_said(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full on this system")
    _, (file, *_) = downloads._listing(known(), settings.hub)
    address = f"{settings.hub}/{known().repository}/resolve/{COMMIT}/{file.path}"
    with pytest.raises(OutOfSpace, match="what came so far is kept"):
        list(downloads._fetch(address, Path("/dev/full"), file, NAME))


def test_only_known_models_are_asked_for(settings: Settings, hub: str) -> None:
    with pytest.raises(BadInput, match="'somebody/else' cannot be downloaded"):
        Lab(settings).models.download("somebody/else")
    assert sent(hub) == 0


def test_the_command_line_downloads(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TRIPTYCH_DATA", str(settings.data))
    monkeypatch.setenv("TRIPTYCH_MODELS", str(settings.models))
    monkeypatch.setenv("HF_HUB_CACHE", str(settings.hub_cache))
    monkeypatch.setenv("HF_ENDPOINT", settings.hub)
    assert main(["download", NAME]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out) == {"name": NAME, "status": "downloaded"}
    assert f"Downloading {NAME}: " in err
    assert main(["download", "sage"]) == 2


def test_in_the_background_stopped_and_gone_on(
    settings: Settings, hub: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    come, go = Event(), Event()
    download = downloads.download

    def slow(known: weights.Known, settings: Settings) -> Iterator[Downloaded]:
        for step in download(known, settings):
            yield step
            if step.done > step.total / 2:
                come.set()
                assert go.wait(10)

    monkeypatch.setattr(downloads, "download", slow)
    lab = Lab(settings)
    (model,) = (each for each in lab.models.all() if each.name == NAME)
    job = lab.download(model)
    assert come.wait(10)
    assert lab.jobs.get(job_of(model)) is job  # as another browser sees it
    with pytest.raises(BadInput, match=f"The download of {NAME} is under way"):
        lab.download(model)
    job.stop()
    go.set()
    job.join()
    assert job.outcome and job.outcome.sentence == "Stopped."
    assert 0 < downloads.came(known(), settings) <= sent(hub)
    job = lab.download(model)
    job.join()
    assert job.outcome and job.outcome.sentence == f"{NAME} is here."
    assert lab.models.find("reranker", NAME).available
