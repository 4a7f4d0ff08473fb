"""Models brought from a hub: a small one on this machine, in a process of its own."""

import json
import shutil
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from core.__main__ import main
from core.errors import BadInput, Damaged, OutOfSpace, TriptychError
from core.lab import Lab, job_of
from core.models import downloads, hub, weights
from core.models.downloads import Downloaded
from core.rerankers import cross_encoder
from core.settings import Settings
from core.types import Offer
from tests.support import tiny_models
from tests.support.commands import ran
from tests.support.hub_server import COMMIT
from tests.support.servers import hub_of

NAME = "ms-marco-MiniLM-L-6-v2"


def offered(settings: Settings, wanted: str = NAME, file: str = "") -> Offer:
    return hub.pick(hub.look_up(wanted, settings), file)


def bring(settings: Settings) -> Iterator[Downloaded]:
    yield from downloads.download(offered(settings), settings)


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
def address(tmp_path: Path, repository: Path) -> Iterator[str]:
    with hub_of(tmp_path / "hub") as there:
        yield there


@pytest.fixture
def settings(tmp_path: Path, address: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setattr(downloads, "BLOCK", 10_000)
    return Settings(
        data=tmp_path / "data",
        models=tmp_path / "models",
        hub=address,
        hub_cache=tmp_path / "cache",
        device="cpu",
    )


def sent(address: str) -> int:
    """The bytes of weights that the hub sent."""
    with urllib.request.urlopen(f"{address}/seen") as reply:
        seen = json.load(reply)
    return sum(size for name, size in seen if name.endswith((".safetensors", ".gguf")))


def size(settings: Settings, file: str = "") -> int:
    folder = settings.models / NAME
    files = (path for path in folder.rglob(file or "*") if path.is_file())
    return sum(path.stat().st_size for path in files if path.name != weights.ORIGIN)


def test_a_downloaded_model_is_whole_and_runs(settings: Settings, tiny: Path) -> None:
    lab = Lab(settings)
    (offer,) = lab.models.look_up(NAME)
    steps = list(lab.models.download(offer))
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
        lab.models.download(offer)


def test_what_came_before_a_break_is_not_fetched_again(
    settings: Settings, repository: Path, address: str
) -> None:
    offer = offered(settings)
    (repository / "manners").write_text("cut")
    for _ in range(3):
        with pytest.raises(TriptychError, match="broke off; what came so far is kept"):
            list(downloads.download(offer, settings))
    assert not (settings.models / NAME).exists()
    (repository / "manners").unlink()
    first, *_, last = downloads.download(offer, settings)
    assert 0 < first.done < first.total
    assert last == Downloaded(done=size(settings), total=size(settings))
    assert sent(address) == size(settings, "model.safetensors")


def test_one_who_walks_away_can_come_back(settings: Settings, address: str) -> None:
    steps = bring(settings)
    for step in steps:
        if step.done > step.total / 2:
            break
    steps.close()  # type: ignore[attr-defined]
    assert not (settings.models / NAME).exists()
    assert downloads.came(NAME, settings) >= step.total / 2
    first = next(iter(bring(settings)))
    assert first.done >= step.total / 2


def test_a_hub_without_ranges_starts_a_file_anew(settings: Settings, repository: Path) -> None:
    offer = offered(settings)
    (repository / "manners").write_text("cut")
    with pytest.raises(TriptychError, match="broke off; what came"):
        list(downloads.download(offer, settings))
    (repository / "manners").write_text("whole")
    *_, last = bring(settings)
    assert last.done == last.total == size(settings)


def test_a_file_that_grew_too_long_is_fetched_anew(settings: Settings) -> None:
    steps = bring(settings)
    next(iter(steps))
    (part,) = settings.models.glob("*.part")
    (part / "model.safetensors").write_bytes(b"x" * 10_000_000)
    steps.close()  # type: ignore[attr-defined]
    *_, last = bring(settings)
    assert last.done == last.total == size(settings)
    assert not list(settings.models.glob("*.part"))


def test_two_downloads_of_a_model_do_not_mix(settings: Settings) -> None:
    first = bring(settings)
    next(iter(first))
    with pytest.raises(BadInput, match="is being downloaded already"):
        next(iter(bring(settings)))
    list(first)
    with pytest.raises(BadInput, match="is there already; remove it"):
        next(iter(bring(settings)))


@pytest.mark.parametrize(
    ("manners", "sentence"),
    [
        ("busy", r"does not give .+ \(status 503\)"),
        ("nonsense", "cannot be read; check HF_ENDPOINT"),
    ],
)
def test_a_hub_that_does_not_give_it_is_a_sentence(
    settings: Settings, repository: Path, manners: str, sentence: str
) -> None:
    (repository / "manners").write_text(manners)
    with pytest.raises(TriptychError, match=sentence):
        list(bring(settings))
    assert not (settings.models / NAME).exists()


def test_other_bytes_than_the_hub_says_are_refused(settings: Settings, repository: Path) -> None:
    (repository / "manners").write_text("lie")
    with pytest.raises(Damaged, match=r"config\.json of .+ came damaged and was removed"):
        list(bring(settings))


def test_nobody_there_is_a_sentence(tmp_path: Path) -> None:
    nowhere = Settings(models=tmp_path, hub="http://127.0.0.1:9")
    with pytest.raises(TriptychError, match=r"cannot be reached .+; check the network"):
        list(bring(nowhere))


def test_a_full_disk_is_said_before_anything_is_fetched(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    usage: Any = type("Usage", (), {"free": 10})
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage)
    with pytest.raises(OutOfSpace, match=r"MB more in .+TRIPTYCH_MODELS"):
        list(bring(settings))
    assert sent(address) == 0


def test_a_disk_that_fills_up_on_the_way_is_said(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full on this system")
    offer = offered(settings)
    address = hub.address_of(offer, offer.files[0], settings.hub)
    with pytest.raises(OutOfSpace, match="what came so far is kept"):
        list(downloads._fetch(address, Path("/dev/full"), offer.files[0], NAME))


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


# any repository


REPOSITORY = "Somebody/Small-Chat"


@pytest.fixture
def chat(tmp_path: Path) -> Path:
    """A chat model's repository, with three GGUF files beside it."""
    folder = tiny_models.qwen2(tmp_path / "hub" / REPOSITORY)
    (folder / "licence").write_text("apache-2.0")
    (folder / "consolidated.safetensors").write_bytes(b"x" * 99)
    (folder / "Q8").mkdir()
    for name, size in {"chat-q4.gguf": 400, "Q8/chat-q8.gguf": 800, "mmproj-f16.gguf": 9}.items():
        (folder / name).write_bytes(b"G" * size)
    (folder / "chat-f16-00001-of-00002.gguf").write_bytes(b"G")
    return folder


def test_a_repository_says_what_would_come_before_any_of_it_does(
    settings: Settings, chat: Path, address: str
) -> None:
    for wanted in (REPOSITORY, f"  {address}/{REPOSITORY}/ "):
        offers = hub.look_up(wanted, settings)
        assert [(each.name, each.family, each.licence) for each in offers] == [
            (REPOSITORY, "generator", "apache-2.0"),
            ("chat-q4", "generator", "apache-2.0"),
            ("chat-q8", "generator", "apache-2.0"),
        ]
    tensors, q4, _ = offers
    assert {each.path for each in tensors.files} == {
        *("config.json", "generation_config.json", "model.safetensors"),
        *("tokenizer.json", "tokenizer_config.json", "chat_template.jinja"),
    }
    assert tensors.bytes == sum((chat / each.path).stat().st_size for each in tensors.files)
    assert (q4.bytes, q4.gguf, q4.commit) == (400, "chat-q4.gguf", COMMIT)
    assert sent(address) == 0
    assert not settings.models.exists()


def test_a_repository_becomes_a_model_of_its_whole_name(settings: Settings, chat: Path) -> None:
    lab = Lab(settings)
    (offer, *_) = lab.models.look_up(REPOSITORY)
    list(lab.models.download(offer))
    model = lab.models.find("generator", REPOSITORY)
    assert model.folder == str(settings.models / "Somebody--Small-Chat")
    assert model.revision == f"{COMMIT[:12]}/float32"
    assert lab.models.default("generator") == REPOSITORY
    with pytest.raises(BadInput, match="is here already"):
        lab.models.download(offer)


def test_one_gguf_file_is_brought_alone_and_goes_on_after_a_break(
    settings: Settings, chat: Path, address: str
) -> None:
    offer = offered(settings, REPOSITORY, "chat-q8.gguf")
    assert offer == offered(settings, REPOSITORY, "Q8/chat-q8.gguf")
    (chat / "manners").write_text("cut")
    with pytest.raises(TriptychError, match="broke off"):
        list(downloads.download(offer, settings))
    (left,) = downloads.unfinished(settings)
    assert (left.repository, left.file, left.bytes) == (REPOSITORY, "Q8/chat-q8.gguf", 400)
    (chat / "manners").unlink()
    assert [step.done for step in downloads.download(offer, settings)] == [400, 800]
    assert sent(address) == 800
    there = settings.models / "chat-q8"
    assert sorted(path.name for path in there.iterdir()) == ["chat-q8.gguf", weights.ORIGIN]
    origin = json.loads((there / weights.ORIGIN).read_text())
    assert origin == {"repository": REPOSITORY, "commit": COMMIT, "file": "Q8/chat-q8.gguf"}
    assert downloads.unfinished(settings) == ()


def test_one_of_several_gguf_files_is_to_be_named(settings: Settings, chat: Path) -> None:
    with pytest.raises(BadInput, match=r"no GGUF file called 'x.gguf'; it holds: chat-q4.gguf"):
        offered(settings, REPOSITORY, "x.gguf")
    (chat / "model.safetensors").unlink()
    with pytest.raises(BadInput, match=r"several .+ --file: chat-q4.gguf \(0 MB\), Q8/chat-q8"):
        offered(settings, REPOSITORY)
    (chat / "Q8" / "chat-q8.gguf").unlink()
    assert offered(settings, REPOSITORY).name == "chat-q4"


def test_gguf_files_of_an_architecture_that_is_not_read_are_refused(
    settings: Settings, chat: Path
) -> None:
    (chat / "architecture").write_text("qwen2")
    assert len(hub.look_up(REPOSITORY, settings)) == 3
    (chat / "architecture").write_text("mamba")
    assert [each.name for each in hub.look_up(REPOSITORY, settings)] == [REPOSITORY]
    _pickles(chat)
    with pytest.raises(BadInput, match=r"architecture 'mamba' is not read here; serve it"):
        hub.look_up(REPOSITORY, settings)


def _code(folder: Path) -> None:
    _config(folder, auto_map={"AutoModelForCausalLM": "modeling.Evil"})


def _config(folder: Path, **changed: Any) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | changed))


def _pickles(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")


def _manners(manners: str) -> Callable[[Path], object]:
    return lambda folder: (folder / "manners").write_text(manners)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (_code, f"{REPOSITORY} cannot be used here: it needs program code of its own"),
        (_pickles, r"can run program code when it is read \(pickle\)"),
        (lambda folder: (folder / "tokenizer.json").unlink(), "no tokenizer.json; choose another"),
        (lambda folder: (folder / "model.safetensors").unlink(), "holds no weights of a model"),
        (
            lambda folder: _config(folder, architectures=["Qwen2ForTokenClassification"]),
            "it is a Qwen2ForTokenClassification, which is not run here",
        ),
        (lambda folder: (folder / "config.json").unlink(), "no config.json.+; choose another"),
        (_manners("gated"), f"{REPOSITORY} is given only to accounts that its owner let in"),
        (_manners("locked"), f"{REPOSITORY} is given only to accounts that its owner let in"),
        (_manners("gone"), f"no public model called {REPOSITORY}; check how it is written"),
        (shutil.rmtree, f"no public model called {REPOSITORY}; check how it is written"),
    ],
)
def test_what_cannot_be_used_is_refused_in_a_sentence(
    settings: Settings, tmp_path: Path, change: Callable[[Path], object], sentence: str
) -> None:
    change(tiny_models.qwen2(tmp_path / "hub" / REPOSITORY))
    with pytest.raises(BadInput, match=sentence):
        hub.look_up(REPOSITORY, settings)


def test_an_embedder_with_a_pickled_part_is_refused(settings: Settings, tmp_path: Path) -> None:
    folder = tiny_models.embedder(tmp_path / "hub" / "a" / "b")
    assert offered(settings, "a/b").family == "embedder"
    (folder / "2_Dense").mkdir()
    (folder / "2_Dense" / "pytorch_model.bin").write_bytes(b"x")
    with pytest.raises(BadInput, match="not in safetensors"):
        offered(settings, "a/b")


@pytest.mark.parametrize(
    "wanted",
    ["", "qwen", "a/b/c", "a/..", "../a", "a--b/c", "http://192.0.2.1/a/b", "a/b?x=1", "a/b#c"],
)
def test_only_ids_of_the_hub_are_asked_for(tmp_path: Path, wanted: str) -> None:
    with pytest.raises(BadInput, match="is no model of the hub; write ORG/NAME"):
        hub.look_up(wanted, Settings(models=tmp_path, hub="http://127.0.0.1:9"))


def test_the_command_line_looks_a_repository_up_and_brings_a_file(
    settings: Settings,
    chat: Path,
    address: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("TRIPTYCH_DATA", str(settings.data))
    monkeypatch.setenv("TRIPTYCH_MODELS", str(settings.models))
    monkeypatch.setenv("HF_HUB_CACHE", str(settings.hub_cache))
    monkeypatch.setenv("HF_ENDPOINT", settings.hub)
    status, lines, _ = ran(capsys, "download", REPOSITORY, "--dry-run")
    assert status == 0
    assert [line["name"] for line in lines] == [REPOSITORY, "chat-q4", "chat-q8"]
    assert lines[1]["bytes"] == 400
    assert sent(address) == 0
    status, lines, said = ran(capsys, "download", REPOSITORY, "--file", "chat-q4.gguf")
    assert (status, lines) == (0, [{"name": "chat-q4", "status": "downloaded"}])
    assert "chat-q4: answers · licence apache-2.0 · 1 file, 0 MB · commit 0123456" in said
    assert (settings.models / "chat-q4" / "chat-q4.gguf").stat().st_size == 400
    assert ran(capsys, "download", REPOSITORY, "--file", "none.gguf")[0] == 2


def test_in_the_background_stopped_and_gone_on(
    settings: Settings, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    come, go = Event(), Event()
    download = downloads.download

    def slow(offer: Offer, settings: Settings) -> Iterator[Downloaded]:
        for step in download(offer, settings):
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
    assert downloads.came(NAME, settings) > 0
    job = lab.download(model)
    job.join()
    assert job.outcome and job.outcome.sentence == f"{NAME} is here."
    assert lab.models.find("reranker", NAME).available
