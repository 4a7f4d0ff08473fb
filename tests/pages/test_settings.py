"""Settings under Streamlit's own test harness."""

import socket
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from streamlit.testing.v1 import AppTest

from core.generators import causal_lm
from core.lab import Lab, job_of
from core.models import Endpoints, registry, servers
from core.settings import Endpoint
from core.storage.backups import KIND
from core.types import Model
from pages.ui.settings import inventory
from tests.pages.conftest import texts
from tests.support.labs import asked
from tests.support.openai_server import KEY
from tests.support.servers import hub_of

HUB = Model(
    name="Qwen2.5-0.5B-Instruct",
    family="generator",
    source="hub",
    available=False,
    reason="not downloaded",
    megabytes=1_000,
    parameters="494 million",
)


@pytest.fixture
def opened(app: AppTest) -> AppTest:
    app.run()
    return app.switch_page("pages/settings.py").run()


def settled(app: AppTest, lab: Lab, kind: str) -> str:
    """Let a job come to its end; all that the page says then."""
    job = lab.jobs.get(kind)
    assert job
    job.join()
    app.run()
    assert not app.exception
    return texts(app)


def test_smoke(opened: AppTest, lab: Lab) -> None:
    assert not opened.exception
    said = texts(opened)
    assert "Works offline: **yes**" in said
    for name in ("hashing", "word\\-overlap", "echo"):
        assert f"**{name}**" in said
    for name in ("Database", "Original files", "Vectors", "Models", "Backups", "Together"):
        assert f"**{name}**" in said
    assert "in memory" not in said
    assert lab.models.in_memory() == frozenset()


def test_of_a_gguf_file_its_quantisation_context_and_missing_template_are_said() -> None:
    file = Model(
        name="tiny",
        family="generator",
        source="cached",
        available=True,
        reason="",
        folder="/models/tiny.gguf",
        megabytes=398,
        parameters="494 million",
        device="cpu",
        precision="float32",
        quantisation="Q4_K_M",
        context=32_768,
        chat_template=False,
    )
    assert inventory.about(file).replace("\\", "") == (
        "494 million parameters · 398 MB · Q4_K_M · reads 32,768 tokens · no chat template"
        " · a GGUF file · float32 on the processor"
    )


def test_story_test_a_model(opened: AppTest, lab: Lab) -> None:
    opened.button(key="settings.generator.echo.test").click().run()
    (echo,) = (model for model in lab.models.all() if model.family == "generator")
    said = settled(opened, lab, job_of(echo))
    assert "It works: it answered in" in said.replace("\\", "")
    assert "“What is the capital of France\\?”" in said
    assert "in memory" in said


def test_story_back_up_reset_and_put_back(opened: AppTest, lab: Lab) -> None:
    comparison = asked(lab)
    opened.button(key="settings.backup").click().run()
    said = settled(opened, lab, KIND)
    (backup,) = lab.storage.backups()
    assert "2 papers and 1 comparison of 20" in said

    assert opened.button(key="settings.reset").disabled
    opened.checkbox(key="settings.reset.sure.0").check().run()
    opened.button(key="settings.reset").click().run()
    assert "Everything is taken away" in settled(opened, lab, KIND)
    assert lab.papers.all() == []

    key = f"settings.{backup.name}.restore"
    assert opened.button(key=key).disabled  # a tick counts once
    opened.checkbox(key=f"{key}.sure.1").check().run()
    opened.button(key=key).click().run()
    assert "is put back" in settled(opened, lab, KIND)
    assert len(lab.papers.all()) == 2
    assert lab.comparisons.comparison(comparison.id) == comparison

    opened.button(key=f"settings.{backup.name}.remove").click().run()
    assert lab.storage.backups() == ()


def test_rebuilding(opened: AppTest, lab: Lab) -> None:
    asked(lab)
    opened.button(key="settings.rebuild").click().run()
    assert "come back at the next search" in settled(opened, lab, KIND)
    assert not (lab.settings.data / "vectors").exists()


def test_an_upload_is_checked(opened: AppTest, lab: Lab) -> None:
    lab.storage.back_up().join()
    (backup,) = lab.storage.backups()
    body = lab.storage.open(backup.name).read()
    lab.storage.remove(backup.name)
    uploader = opened.file_uploader(key="settings.upload.0")
    uploader.set_value(("note.zip", b"a note", "application/zip")).run()
    assert "no whole zip" in opened.error[0].value
    uploader = opened.file_uploader(key="settings.upload.0")
    uploader.set_value(("../odd.zip", body, "application/zip")).run()
    assert not opened.exception
    (taken,) = lab.storage.backups()
    assert taken.name.startswith("uploaded-")
    assert lab.storage.open(taken.name).read() == body


def test_a_model_of_the_hub_names_its_size_and_waits_for_the_click(
    opened: AppTest, lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lab.models, "all", lambda: [HUB])
    lab.settings.models.mkdir(parents=True)
    object.__setattr__(lab.settings, "hub", "http://127.0.0.1:9")  # nobody is there
    opened.run()
    button = opened.button(key=f"settings.generator.{HUB.name}.download")
    assert button.label == "Download 1.00 GB"
    assert lab.jobs.get(job_of(HUB)) is None
    assert "missing an embedder, a reranker and a generator" in texts(opened)
    button.click().run()
    assert "The hub cannot be reached" in settled(opened, lab, job_of(HUB))
    assert list(lab.settings.models.glob("*.part")) == []

    part = lab.settings.models / f".{HUB.name}-0123456789ab.part"
    part.mkdir()
    with (part / "model.safetensors").open("wb") as file:
        file.truncate(400_000_000)  # takes no room
    opened.run()
    button = opened.button(key=f"settings.generator.{HUB.name}.download")
    assert button.label == "Go on, 600 MB to come"


def test_keys_of_endpoints_are_never_shown(
    app: AppTest, lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIPTYCH_ENDPOINT_KEY_QWEN", "sesame-open")
    monkeypatch.setenv("TRIPTYCH_ENDPOINT_KEY_ODD", "ses ame")
    qwen = Endpoint(name="qwen", address="http://127.0.0.1:9/v1", model="![x](y)")
    endpoints = (qwen, replace(qwen, name="odd"), replace(qwen, name="free"))
    faults = ("Entry 4 of TRIPTYCH_ENDPOINTS is left out.",)
    settings = replace(lab.settings, endpoints=endpoints, endpoint_faults=faults)
    monkeypatch.setattr(lab, "endpoints", Endpoints(settings))
    app.run()
    app.switch_page("pages/settings.py").run()
    assert not app.exception
    said = texts(app)
    assert "its key is set in the environment" in said
    assert "without a key" in said
    assert "Entry 4 of TRIPTYCH\\_ENDPOINTS is left out" in said
    assert "holds spaces" in said
    assert "sesame" not in said and "ses ame" not in said
    assert "![x](y) at http://127.0.0.1:9/v1" in [text.value for text in app.text]


@pytest.fixture
def served(lab: Lab, monkeypatch: pytest.MonkeyPatch, openai_server: str) -> str:
    """The address of a server, at the one port that is looked at, and the core's generators."""
    monkeypatch.setitem(registry.PACKAGES, "generator", "core.generators")
    monkeypatch.setattr(servers, "PORTS", {urlsplit(openai_server).port: "vLLM"})
    return openai_server


def field(app: AppTest, name: str) -> Any:
    return app.text_input(key=f"settings.endpoint.{name}")


def test_story_an_endpoint_is_found_added_tested_changed_and_removed(
    app: AppTest, lab: Lab, served: str
) -> None:
    app.run()
    app.switch_page("pages/settings.py").run()
    assert served not in texts(app).replace("\\", ""), "nobody is asked before the click"
    app.button(key="settings.look").click().run()
    assert f"at {served}" in [text.value for text in app.text]

    app.button(key=f"settings.served.{urlsplit(served).port}.1").click().run()  # the locked one
    assert field(app, "address").value == served
    assert (field(app, "model").value, field(app, "name").value) == ("locked", "locked")
    field(app, "key").set_value(KEY)
    app.number_input(key="settings.endpoint.requests").set_value(64)
    app.number_input(key="settings.endpoint.dollars_in").set_value(0.15)
    app.button(key="settings.endpoint.keep").click().run()
    assert "needs both prices" in texts(app)
    app.number_input(key="settings.endpoint.dollars_out").set_value(0.6)
    app.button(key="settings.endpoint.keep").click().run()
    assert not app.exception
    assert "settings.endpoint.key" not in app.session_state, "what was typed went with the form"
    assert KEY not in str(app.main) + str(app.query_params)
    said = texts(app).replace("\\", "")
    assert "answers · 64 requests at once · $0.15 in and $0.60 out a million tokens" in said
    assert "its key is set" in said
    assert "here as locked" in said

    app.button(key="settings.locked.test").click().run()
    said = settled(app, lab, "generator locked").replace("\\", "")
    assert "It works: one token in" in said

    app.button(key="settings.locked.change").click().run()
    assert field(app, "name").disabled
    assert field(app, "key").value == ""
    assert KEY not in str(app.main) + str(app.query_params)
    app.number_input(key="settings.endpoint.requests").set_value(2)
    app.button(key="settings.endpoint.keep").click().run()
    (shown,) = lab.endpoints.all()
    assert (shown.endpoint.requests, shown.key) == (2, "its key is set")

    app.button(key="settings.locked.remove").click().run()
    assert lab.endpoints.all() == []
    assert not app.exception


def test_story_an_address_is_typed_and_its_models_are_listed(
    app: AppTest, lab: Lab, served: str
) -> None:
    app.run()
    app.switch_page("pages/settings.py").run()
    app.button(key="settings.endpoint.add").click().run()
    field(app, "address").set_value("http://127.0.0.1:9/v1").run()
    app.button(key="settings.endpoint.list").click().run()
    assert "cannot be reached" in texts(app)
    field(app, "address").set_value(served).run()
    app.button(key="settings.endpoint.list").click().run()
    app.pills(key="settings.endpoint.listed_name").set_value("echo").run()
    assert (field(app, "model").value, field(app, "name").value) == ("echo", "echo")
    app.button(key="settings.endpoint.keep").click().run()
    assert not app.exception
    assert [each.endpoint.name for each in lab.endpoints.all()] == ["echo"]
    app.button(key="settings.endpoint.add").click().run()
    app.button(key="settings.endpoint.cancel").click().run()
    assert [each.key for each in app.text_input] == ["settings.hub.id"]


def test_nothing_that_answers_is_said_with_what_was_asked(
    opened: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        monkeypatch.setattr(servers, "PORTS", {nobody.getsockname()[1]: "Ollama"})
        opened.button(key="settings.look").click().run()
    assert "No server answers on this machine" in texts(opened)


def test_a_key_that_goes_over_the_network_as_it_is_is_told(opened: AppTest, lab: Lab) -> None:
    box = Endpoint(name="box", address="http://192.0.2.1/v1", model="m")
    lab.endpoints.add(box, "sesame-open")
    opened.run()
    assert "Its key goes over the network as it is" in texts(opened)
    lab.endpoints.add(replace(box, address="https://192.0.2.1/v1"), "sesame-open")
    opened.run()
    assert "Its key goes over the network as it is" not in texts(opened)


def test_what_is_known_of_a_model() -> None:
    assert inventory.about(HUB) == "494 million parameters · 1.00 GB · on the hub"
    here = replace(HUB, source="cached", available=True, device="cuda", precision="4bit")
    assert inventory.about(here) == (
        "494 million parameters · 1.00 GB · on this disk · 4 bits on the GPU"
    )
    assert inventory.about(
        Model(name="a", family="generator", source="endpoint", available=True, reason="")
    ) == ("at an endpoint")


def test_a_model_that_cannot_be_used_says_why(
    opened: AppTest, lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = replace(HUB, source="cached", reason="its weights are not whole; download it again.")
    monkeypatch.setattr(lab.models, "all", lambda: [broken])
    opened.run()
    assert "its weights are not whole" in texts(opened)
    assert not [each for each in opened.button if each.label == "Test"]


@pytest.mark.models
def test_story_a_model_that_is_chosen_is_used_everywhere(
    app: AppTest, lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(registry.PACKAGES, "generator", "core.generators")
    lab.endpoints.add(Endpoint(name="box", address="http://192.0.2.1/v1", model="m"))
    app.run()
    assert app.session_state["compare.generator"] == "box"
    said = texts(app.switch_page("pages/settings.py").run())
    assert "Unless you choose, it is the largest chat model that lies here" in said
    assert "**box** :gray-badge[used for answers]" in said
    app.button(key=f"settings.generator.{causal_lm.NAME}.use").click().run()
    assert not app.exception
    said = texts(app).replace("\\", "")
    assert f"You chose **{causal_lm.NAME}**. Unless you choose" in said
    assert f"**{causal_lm.NAME}** :gray-badge[used for answers]" in said
    assert lab.models.default("generator") == causal_lm.NAME
    app.switch_page("pages/compare.py").run()
    assert app.session_state["compare.generator"] == causal_lm.NAME

    lab.models.choose("generator", "box")
    lab.endpoints.remove("box")
    said = texts(app.switch_page("pages/settings.py").run()).replace("\\", "")
    instead = f"It cannot be used now; **{causal_lm.NAME}** is used meanwhile."
    assert f"You chose **box**. {instead}" in said
    app.button(key="settings.generator.rule").click().run()
    assert "You chose" not in texts(app)


def test_story_any_model_of_the_hub(opened: AppTest, lab: Lab, tmp_path: Path) -> None:
    repository = tmp_path / "hub" / "Some" / "Chat-GGUF"
    repository.mkdir(parents=True)
    for name, size in {"chat-q4.gguf": 1_200_000, "chat-q8.gguf": 2_000_000}.items():
        with (repository / name).open("wb") as file:
            file.truncate(size)
    (repository / "licence").write_text("![x](y)")
    with hub_of(tmp_path / "hub") as address:
        object.__setattr__(lab.settings, "hub", address)
        opened.text_input(key="settings.hub.id").set_value("Some/Other")
        opened.button(key="settings.hub.look").click().run()
        assert "The hub has no public model called Some/Other" in texts(opened)
        opened.text_input(key="settings.hub.id").set_value("Some/Chat-GGUF")
        opened.button(key="settings.hub.look").click().run()
        assert not opened.exception
        assert opened.selectbox(key="settings.hub.which").options == [
            "chat-q4.gguf, 1.2 MB",
            "chat-q8.gguf, 2 MB",
        ]
        opened.selectbox(key="settings.hub.which").select_index(1).run()
        assert r"licence \!\[x\]\(y\)" in texts(opened)
        assert not lab.settings.models.exists()
        button = opened.button(key="settings.hub.download")
        assert button.label == "Download 2 MB"
        (repository / "manners").write_text("cut")
        button.click().run()
        assert "broke off" in settled(opened, lab, "generator chat-q8")
        (repository / "manners").unlink()
        assert opened.button(key="settings.hub.download").label == "Go on, 1 MB to come"
        opened.session_state["settings.hub.found"] = None
        opened.run()
        assert "chat\\-q8\\.gguf\\: 1 MB came before it was broken off" in texts(opened)
        opened.button(key="settings.unfinished.0").click().run()
        opened.button(key="settings.hub.download").click().run()
        assert "chat\\-q8 is here" in settled(opened, lab, "generator chat-q8")
    assert (lab.settings.models / "chat-q8" / "chat-q8.gguf").stat().st_size == 2_000_000
