"""Endpoints that a person adds: found on this machine, kept with their keys, damaged, told."""

import json
import logging
import os
import socket
import stat
from dataclasses import replace
from pathlib import Path
from threading import Barrier, Thread

import pytest

from core.__main__ import main
from core.errors import BadInput, Damaged, TriptychError
from core.lab import Lab
from core.models import Endpoints, endpoints, registry, servers
from core.settings import Endpoint, Settings
from tests.support.listing_server import LLAMA_CPP, OLLAMA, TEI, VLLM, listing
from tests.support.openai_server import KEY

BOX = Endpoint(name="box", address="http://127.0.0.1:9/v1", model="m")


@pytest.fixture
def settings(tmp_path: Path, fakes: None) -> Settings:
    (tmp_path / "data").mkdir()
    return Settings(data=tmp_path / "data", models=tmp_path / "models")


# Kept


def test_an_endpoint_is_kept_changed_and_removed(settings: Settings) -> None:
    here = Endpoints(settings)
    priced = replace(BOX, requests=64, dollars_in=0.15, dollars_out=0.6)
    here.add(BOX, KEY)
    here.add(replace(BOX, name="other"))
    here.add(priced)
    assert {each.endpoint: (each.added, each.key) for each in here.all()} == {
        priced: (True, "its key is set"),
        replace(BOX, name="other"): (True, "without a key"),
    }
    assert here.prices() == {"box": priced}
    assert endpoints.key(settings, priced) == KEY, "an empty key leaves the one that is there"
    here.remove("box")
    assert [each.endpoint.name for each in here.all()] == ["other"]
    assert not (settings.data / "keys.json").exists()
    with pytest.raises(BadInput, match="No endpoint called 'box' was added here"):
        here.remove("box")


def test_a_key_goes_to_no_address_but_the_one_it_was_typed_for(settings: Settings) -> None:
    endpoints.add(settings, BOX, KEY)
    elsewhere = replace(BOX, address="http://192.0.2.1/v1")
    named = replace(settings, endpoints=(elsewhere,))
    assert endpoints.known(named) == (elsewhere,)
    assert endpoints.key(named, elsewhere) == ""
    endpoints.add(settings, elsewhere)
    assert endpoints.key(settings, endpoints.find(settings, "box")) == ""
    endpoints.add(settings, BOX)
    assert endpoints.key(settings, BOX) == "", "it was forgotten with its address"


def test_the_file_of_the_keys_is_its_owner_s_alone(settings: Settings) -> None:
    before = os.umask(0)
    try:
        endpoints.add(settings, BOX, KEY)
    finally:
        os.umask(before)
    file = settings.data / "keys.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert Endpoints(settings).faults() == []
    file.chmod(0o640)
    (fault,) = Endpoints(settings).faults()
    assert "Others on this machine can read the keys" in fault
    assert f"chmod 600 {file}" in fault


def test_a_disk_without_modes_keeps_no_key(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        endpoints, "_for_the_owner", lambda path, flags: os.open(path, flags, 0o644)
    )
    with pytest.raises(TriptychError, match="keeps no file for its owner alone"):
        endpoints.add(settings, BOX, KEY)
    assert [path.name for path in settings.data.iterdir()] == ["locks"]
    endpoints.add(settings, BOX)
    assert endpoints.known(settings) == (BOX,)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("BOX", "There is 'box' already"),
        ("named", "TRIPTYCH_ENDPOINTS names 'named' already"),
        ("echo", "'echo' is the name of another generator here"),
        ("hashing", "'hashing' is the name of another embedder here"),
        ("a b", "letters, digits"),
    ],
)
def test_a_name_belongs_to_one_model(settings: Settings, name: str, sentence: str) -> None:
    here = Endpoints(replace(settings, endpoints=(replace(BOX, name="named"),)))
    here.add(BOX)
    with pytest.raises(BadInput, match=sentence):
        here.add(replace(BOX, name=name))


@pytest.mark.parametrize("key", ["open sesame", "sesame\nsesame", "sésame", "s" * 5_000])
def test_what_can_be_no_key_is_kept_nowhere(settings: Settings, key: str) -> None:
    with pytest.raises(BadInput, match="The key holds spaces") as caught:
        Endpoints(settings).add(BOX, key)
    assert key[:8] not in caught.value.sentence + caught.value.detail
    assert list(settings.data.iterdir()) == []


def test_nothing_that_several_add_at_once_is_lost(settings: Settings) -> None:
    barrier = Barrier(8)

    def add(number: int) -> None:
        barrier.wait()
        endpoints.add(settings, replace(BOX, name=f"box-{number}"), f"{KEY}-{number}")

    threads = [Thread(target=add, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {each.name for each in endpoints.known(settings)} == {f"box-{n}" for n in range(8)}
    for number in range(8):
        each = endpoints.find(settings, f"box-{number}")
        assert endpoints.key(settings, each) == f"{KEY}-{number}"


# Damaged


@pytest.mark.parametrize("text", ["", "{", '{"a": 1}', "\x00\xff", "[" * 100])
def test_a_damaged_list_hides_no_other_model_and_is_not_written_over(lab: Lab, text: str) -> None:
    file = lab.settings.data / "endpoints.json"
    file.write_text(text)
    names = {model.name for model in Lab(lab.settings).models.all()}
    assert {"echo", "hashing", "word-overlap"} <= names
    (check,) = [each for each in lab.doctor() if each.check == "endpoints"]
    assert not check.ok
    assert f"{file} cannot be read (it is damaged)" in check.sentence
    for change in (lambda: lab.endpoints.add(BOX), lambda: lab.endpoints.remove("box")):
        with pytest.raises(Damaged, match="Nothing was changed"):
            change()
    assert file.read_text() == text


def test_a_wrong_entry_hides_no_other_one(settings: Settings) -> None:
    endpoints.add(settings, BOX)
    file = settings.data / "endpoints.json"
    (good,) = json.loads(file.read_text())
    wrong = [
        good | {"name": "a", "address": "http://me:sesame@box/v1"},
        good | {"name": "b", "family": "painter"},
        good | {"name": "c", "requests": 1000},
        "box",
        good,
    ]
    file.write_text(json.dumps([*wrong, good | {"name": "d"}]))
    assert [each.name for each in endpoints.known(settings)] == ["box", "d"]
    said = Endpoints(settings).faults()
    assert [each.split(" of ")[0] for each in said] == [f"Endpoint {n}" for n in (1, 2, 3, 4)]
    assert "sesame" not in str(said)
    with pytest.raises(Damaged, match="Nothing was changed"):
        endpoints.add(settings, replace(BOX, name="e"))


def test_damaged_keys_are_said_without_what_is_in_them(lab: Lab) -> None:
    lab.endpoints.add(BOX, KEY)
    file = lab.settings.data / "keys.json"
    damaged = file.read_text()[:-1]
    file.write_text(damaged)
    again = Lab(lab.settings)
    (shown,) = again.endpoints.all()
    (check,) = [each for each in again.doctor() if each.check == "endpoints"]
    assert "keys.json cannot be read (it is damaged)" in check.sentence
    assert shown.key == check.sentence
    with pytest.raises(Damaged) as caught:
        endpoints.key(lab.settings, BOX)
    assert KEY not in check.sentence + repr(caught.value) + caught.value.detail
    with pytest.raises(Damaged):
        lab.endpoints.remove("box")
    assert file.read_text() == damaged


def test_what_a_kill_left_of_the_keys_is_taken_away(lab: Lab) -> None:
    left = lab.settings.data / "keys.json.part"
    left.write_text(KEY)
    Lab(lab.settings)
    assert not left.exists()


# Found


def test_servers_of_this_machine_are_found_with_what_they_say(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with (
        listing(OLLAMA) as ollama, listing(VLLM) as vllm, listing(LLAMA_CPP) as llama,
        listing(TEI) as tei, listing({}) as other, socket.socket() as nobody,
    ):  # fmt: skip
        nobody.bind(("127.0.0.1", 0))
        ports = {each.port: "Usual" for each in (ollama, vllm, llama, tei, other)}
        monkeypatch.setattr(servers, "PORTS", ports | {nobody.getsockname()[1]: "Usual"})
        found = {each.address.removesuffix("/v1"): each for each in servers.look()}
        of_ollama, of_vllm, of_llama, of_tei, of_other = (
            found[f"http://127.0.0.1:{port}"] for port in ports
        )
    assert len(found) == 5
    assert [(m.name, m.family, m.about) for m in of_ollama.models] == [
        ("qwen2.5:0.5b", "generator", "0.40 GB, 494.03M, Q4_K_M"),
        ("all-minilm:latest", "embedder", "0.05 GB, 23M, F16"),
    ]
    assert [(m.name, m.family, m.about) for m in of_vllm.models] == [
        ("Qwen/Qwen2.5-3B-Instruct", "generator", "window of 32,768 tokens"),
        ("BAAI/bge-reranker-v2-m3", "reranker", "window of 8,192 tokens"),
    ]
    (gemma,) = of_llama.models
    assert gemma.about == "1.0 billion parameters, 0.80 GB, window of 32,768 tokens"
    assert servers.short_name(gemma.name) == "gemma-3-1b-it-Q4_K_M"
    (reranker,) = of_tei.models
    assert (reranker.name, reranker.family) == ("BAAI/bge-reranker-base", "reranker")
    assert of_other.name == "Usual or another server"
    names = [each.name for each in (of_ollama, of_vllm, of_llama, of_tei)]
    assert names == ["Ollama", "vLLM", "llama.cpp", "text-embeddings-inference"]
    assert (of_other.models, of_other.fault) == ((), "it lists no models (status 404)")
    assert all("authorization" not in headers for _, headers in vllm.asked)


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"<html>", "its answer is no JSON"),
        (b"[" * 100_000, "its answer is no JSON"),
        ({"data": 3}, "its answer is no list of models"),
        ([1], "its answer is no list of models"),
        (b"[" + b" " * servers.LARGEST_REPLY, "its answer is too long"),
    ],
)
def test_what_is_no_list_of_models_is_said(body: object, sentence: str) -> None:
    refused = pytest.raises(TriptychError, match=f"lists no models .{sentence}")
    with listing({"/v1/models": body}) as server, refused:
        servers.served(server.address, "")


def test_odd_names_are_left_out_and_none_is_an_address() -> None:
    odd = ["", " ", "a\nb", "x" * 500, 7, None, {"id": "x"}, KEY, "http://192.0.2.1/v1"]
    with listing({"/v1/models": {"data": [{"id": each} for each in odd] + ["x"]}}) as server:
        (model,) = servers.served(f"{server.address}/", KEY)
        ((path, headers),) = server.asked
    assert model.name == "http://192.0.2.1/v1"
    assert servers.short_name(model.name) == "v1"
    assert (path, headers["authorization"]) == ("/v1/models", f"Bearer {KEY}")


def test_no_redirect_is_followed() -> None:
    with listing({"/v1/models": OLLAMA["/v1/models"]}) as aim:
        to = {"location": f"{aim.address}/models"}
        refused = pytest.raises(TriptychError, match="status 302")
        with listing({"/v1/models": {}}, status=302, headers=to) as server, refused:
            servers.served(server.address, KEY)
        assert aim.asked == []


def test_one_that_dribbles_is_left_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(servers, "ANSWER_SECONDS", 0.2)
    refused = pytest.raises(TriptychError, match="cannot be reached")
    with socket.create_server(("127.0.0.1", 0)) as silent, refused:
        servers.served(f"http://127.0.0.1:{silent.getsockname()[1]}/v1", "")


@pytest.mark.parametrize("address", ["box", "file:///etc/passwd", "http://a:b@box/v1"])
def test_what_is_no_address_is_not_asked(address: str) -> None:
    with pytest.raises(BadInput):
        servers.served(address, "")


# Tested, and used


@pytest.fixture
def opened(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """The lab with the core's generators, endpoints among them."""
    monkeypatch.setitem(registry.PACKAGES, "generator", "core.generators")
    return lab


def said_by_test(lab: Lab, name: str) -> str:
    job = lab.test(lab.models.find("generator", name))
    job.join()
    if job.error:
        return job.error.sentence
    assert job.outcome
    return job.outcome.sentence


def test_a_test_tells_what_an_endpoint_does(opened: Lab, openai_server: str) -> None:
    opened.endpoints.add(replace(BOX, address=openai_server, model="echo"))
    said = said_by_test(opened, "box")
    assert said.startswith("It works: one token in ")
    assert "It streams. It counts tokens; a server may count the one that ends" in said
    assert said.endswith("Asked again with one seed, at temperature 1, it says the same.")
    opened.endpoints.add(replace(BOX, address=openai_server, model="no-counts"))
    said = said_by_test(opened, "box")
    assert "It was not seen to stream" in said
    assert "It counts no tokens: runs will tell neither their tokens nor their cost." in said


def test_a_key_that_is_typed_anew_is_used_at_once(opened: Lab, openai_server: str) -> None:
    locked = replace(BOX, address=openai_server, model="locked")
    opened.endpoints.add(locked, "sk-wrong-and-long")
    assert "refuses the key" in said_by_test(opened, "box")
    opened.endpoints.add(locked, KEY)
    assert "It works" in said_by_test(opened, "box")


def test_a_wrong_name_of_a_model_is_answered_with_the_right_ones(
    opened: Lab, openai_server: str
) -> None:
    opened.endpoints.add(replace(BOX, address=openai_server, model="unknown"))
    assert said_by_test(opened, "box").endswith("Its server lists: echo, locked.")


# On the command line


def test_the_command_line_adds_tests_and_removes(
    opened: Lab, openai_server: str, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("TRIPTYCH_DATA", str(opened.settings.data))

    def run(*arguments: str) -> list[dict[str, object]]:
        assert main(["endpoints", *arguments]) == 0
        return [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    class Typed:
        def isatty(self) -> bool:
            return False

        def readline(self) -> str:
            return f"{KEY}\n"

    monkeypatch.setattr("sys.stdin", Typed())
    run("add", "box", openai_server, "locked", "--requests", "64", "--key")
    (listed,) = run()
    assert (listed["name"], listed["requests"], listed["key"]) == ("box", 64, "its key is set")
    (said,) = run("test", "box")
    assert "It works" in str(said["sentence"])
    with listing(OLLAMA) as ollama:
        monkeypatch.setattr(servers, "PORTS", {ollama.port: "Ollama"})
        (found,) = run("look")
    assert found["address"] == ollama.address
    run("remove", "box")
    assert run() == []
    assert KEY not in caplog.text
    assert main(["endpoints", "remove", "box"]) == 2
    monkeypatch.setenv("TRIPTYCH_ENDPOINTS", "bad,good=http://127.0.0.1:9/v1#m")
    assert main(["endpoints"]) == 0
    printed = capsys.readouterr()
    assert "Entry 1 of TRIPTYCH_ENDPOINTS is left out." in printed.err
    assert json.loads(printed.out)["name"] == "good"
