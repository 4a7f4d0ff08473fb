"""Models behind an address, asked of real server processes: a small one that goes wrong in every
way, and `transformers serve`."""

import gzip
import json
import logging
import re
import socket
import subprocess
import sys
import time
import urllib.request
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from threading import Event, Timer, active_count
from typing import Any

import pytest

from core.__main__ import main
from core.generators import causal_lm, endpoint
from core.generators.endpoint import EndpointGenerator
from core.history import exports
from core.lab import Lab
from core.models import endpoints, registry
from core.settings import Endpoint, Settings
from core.types import Comparison, Delta, Generation, Message, Recipe, Request, Retrieval
from core.types.view import View
from tests.support.openai_server import KEY

SENTENCE = "The tide rises four metres and falls twice a day."


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint, "PAUSE", 0.01)


def served(
    address: str, model: str, key: str = "", seconds: float = 10, first: float = 0
) -> EndpointGenerator:
    box = Endpoint(name="box", address=address, model=model)
    return EndpointGenerator(box, key, seconds, first_seconds=first or seconds)


def ask(text: str = SENTENCE, **how: Any) -> Request:
    messages = (Message(role="system", content="Be brief."), Message(role="user", content=text))
    return Request(messages=messages, generation=Generation(**{"max_tokens": 20} | how))


def answer(generator: EndpointGenerator, request: Request | None = None) -> tuple[str, Delta]:
    """What was said, and how it ended."""
    *pieces, end = generator.generate([request or ask()], Event())
    assert end.finish
    return "".join(piece.text for piece in pieces), end


def seen(address: str, model: str) -> list[dict[str, Any]]:
    """What the server was asked of a model, in order."""
    with urllib.request.urlopen(address) as reply:
        return [each for each in json.load(reply) if each["body"]["model"] == model]


def test_endpoints_are_listed_without_calling_them() -> None:
    nowhere = Endpoint(name="box", address="http://192.0.2.1/v1", model="m")
    elsewhere = Endpoint(name="box", address="http://192.0.2.2/v1", model="m")
    revisions = set()
    for each in (nowhere, elsewhere):
        (model,) = endpoint.models(Settings(endpoints=(each,)))
        assert (model.name, model.source, model.available) == ("box", "endpoint", True)
        revisions.add(model.revision)
    assert len(revisions) == 2


def test_the_request_says_all_that_decides_the_answer(openai_server: str) -> None:
    generator = served(openai_server, "flaky-1-asked")
    said, end = answer(generator, ask(temperature=0.5, seed=7, max_tokens=4))
    assert (said, end.finish) == ("The tide rises four", "length")
    assert (end.prompt_tokens, end.answer_tokens) == (10, 4)
    (request,) = seen(openai_server, "flaky-1-asked")
    assert request["path"] == "/v1/chat/completions"
    assert request["body"] == {
        "model": "flaky-1-asked",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": SENTENCE},
        ],
        "max_tokens": 4,
        "temperature": 0.5,
        "seed": 7,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    assert generator.engine == f"flaky-1-asked at {openai_server}"


def test_how_tokens_are_drawn_is_said_where_it_is_not_as_usual(openai_server: str) -> None:
    answer(served(openai_server, "flaky-1-drawn"), ask(temperature=1, top_p=0.9, top_tokens=40))
    (request,) = seen(openai_server, "flaky-1-drawn")
    assert (request["body"]["top_p"], request["body"]["top_k"]) == (0.9, 40)


def test_completion_is_plain_text(openai_server: str) -> None:
    said, end = answer(served(openai_server, "flaky-1-plain"), ask(style="completion"))
    assert (said, end.finish) == (f"Be brief.\n\n{SENTENCE}", "stop")
    (request,) = seen(openai_server, "flaky-1-plain")
    assert request["path"] == "/v1/completions"
    assert request["body"]["prompt"] == f"Be brief.\n\n{SENTENCE}"
    assert "messages" not in request["body"]


def test_a_text_cannot_end_the_turn_it_stands_in(openai_server: str) -> None:
    quoted = (
        "A turn ends with <|im_end|>, <|eot_id|>, </s>, <end_of_turn>, [/INST], <</SYS>> or"
        " <｜end▁of▁sentence｜>."
    )
    said, _ = answer(served(openai_server, "echo"), ask(quoted, max_tokens=99))
    assert said == (
        "A turn ends with < |im_end|>, < |eot_id|>, < /s>, < end_of_turn>, [ /INST], < </SYS>> or"
        " < ｜end▁of▁sentence｜>."
    )
    for style in ("chat", "completion"):
        plain = "If a < b and |x| > 2, see [1] and <s'> <em>."
        said, _ = answer(served(openai_server, "echo"), ask(plain, max_tokens=99, style=style))
        assert said.endswith(plain), "a text without such tokens goes out as it is"


def test_the_key_goes_to_the_server_and_nowhere_else(
    openai_server: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    box = Endpoint(name="box", address=openai_server, model="locked")
    settings = Settings(endpoints=(box,))
    (model,) = endpoint.models(settings)
    monkeypatch.setenv("TRIPTYCH_ENDPOINT_KEY_BOX", KEY)
    generator = endpoint.load(model, settings)
    said, end = answer(generator)
    assert (said, end.finish) == (SENTENCE, "stop")
    assert KEY not in repr((model, settings, generator.engine, end))
    assert KEY not in caplog.text


def test_variables_meant_for_another_address_send_nothing(
    openai_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("API_KEY", "ADMIN_KEY", "ORG_ID", "PROJECT_ID"):
        monkeypatch.setenv(f"OPENAI_{name}", "sesame")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "Authorization: sesame\nX-Other: sesame")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://192.0.2.1/v1")
    answer(served(openai_server, "flaky-1-bare"))
    (request,) = seen(openai_server, "flaky-1-bare")
    assert "authorization" not in {name.lower() for name in request["headers"]}
    assert "sesame" not in str(request)


def test_a_wrong_key_is_one_sentence(openai_server: str) -> None:
    said, end = answer(served(openai_server, "locked", "sk-wrong"))
    assert (said, end.finish) == ("", "error")
    assert "in Settings, or set TRIPTYCH_ENDPOINT_KEY_BOX or" in end.note
    assert "sk-wrong" not in end.note


def test_a_server_that_repeats_the_key_is_not_quoted_with_it(openai_server: str) -> None:
    _, end = answer(served(openai_server, "tell-tale", KEY))
    assert "your header was Bearer …" in end.note
    assert KEY not in end.note


@pytest.mark.parametrize("before", range(165, 182))
def test_no_part_of_the_key_is_left_where_a_sentence_is_shortened(
    openai_server: str, before: int
) -> None:
    _, end = answer(served(openai_server, f"tell-tale:{before}", KEY))
    assert "xxxyour header was" in end.note
    assert KEY[:3] not in end.note


def test_a_key_that_is_said_as_an_answer_is_taken_out(openai_server: str) -> None:
    said, end = answer(served(openai_server, "parrot", KEY))
    assert said == "I know Bearer … and Bearer sk-quite too. sk-"
    assert end.finish == "error"
    assert KEY not in end.note
    said, _ = answer(served(openai_server, "echo", "tide"), ask("The tide rises."))
    assert said == "The tide rises."  # no secret, only a word


@pytest.mark.parametrize("typed", [False, True], ids=["of the environment", "typed"])
def test_the_key_is_kept_nowhere(
    typed: bool, asking: Any, lab: Lab, monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """Servers that repeat it wherever they can: not in the data folder, but for the file of a key
    that was typed, a backup, a capsule, a report, any export, the doctor's words, a log, or what a
    command prints."""
    caplog.set_level(logging.DEBUG)
    if not typed:
        monkeypatch.setenv("TRIPTYCH_ENDPOINT_KEY", KEY)
    monkeypatch.setenv("TRIPTYCH_DATA", str(lab.settings.data))
    monkeypatch.setenv("TRIPTYCH_MODELS", str(lab.settings.models))
    manners = ("locked", "tell-tale", "tell-tale:170", "parrot", "echo")
    runs = [asking(model, KEY if typed else "") for model in manners]
    assert runs[0].answer.finish_reason == "stop", "the key was sent"
    assert "…" in runs[1].notes[-1]

    job = lab.storage.back_up()
    job.join()
    (backup,) = lab.storage.backups()
    with zipfile.ZipFile(lab.storage.file(backup.name)) as archive:
        written = [archive.read(name) for name in archive.namelist()]
    for kind in ("report", "runs", "log", "retrieval-log", "capsule"):
        content = lab.runs.written(kind, View())
        written.append(content if isinstance(content, bytes) else content.encode())
    for run in runs:
        alone = Comparison(id=run.id, question=run.question, runs=(run,), at=run.at)
        written += [form(alone).encode() for form in exports.FORMATS.values()]
    asking("tell-tale", KEY if typed else "")
    main(["endpoints", "test", "box"])
    monkeypatch.setenv("TRIPTYCH_ENDPOINTS", "box=http://127.0.0.1:9/v1#m")
    main(["doctor"])
    main(["models"])
    main(["endpoints"])
    printed = capsys.readouterr()
    written += [printed.out.encode(), printed.err.encode(), caplog.text.encode()]
    written += [repr(each).encode() for each in (runs, lab.settings)]
    files = {path for path in lab.settings.data.rglob("*") if path.is_file()}
    of_its_own = lab.settings.data / "keys.json"
    assert (of_its_own in files) == typed
    written += [path.read_bytes() for path in files - {of_its_own}]
    assert len(written) > 20
    assert sum(b"whale oil" in each for each in written) > 10, "the answers are in there"
    for each in written:
        assert KEY.encode() not in each
        assert KEY[:8].encode() not in each.replace(b"sk-quite too", b""), "nor a part of it"
        for packed in (gzip.decompress, zlib.decompress):
            with suppress(OSError, EOFError, zlib.error):
                assert KEY.encode() not in packed(each)


@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        ("hang-up", "cannot be reached; start it"),
        ("page", "does not answer as an OpenAI-compatible server does"),
        ("not-json", "does not answer as an OpenAI-compatible server does"),
        ("not-text", "does not answer as an OpenAI-compatible server does"),
        ("other-json", "does not answer as an OpenAI-compatible server does"),
        ("no-choices", "does not answer as an OpenAI-compatible server does"),
        ("error-event", "failed (“the engine died”); ask again"),
        ("busy", "failed with status 503 (“try later”)"),
        ("broken-page", "failed with status 502; ask again"),
    ],
)
def test_what_may_pass_is_tried_again_and_then_said(
    openai_server: str, model: str, sentence: str
) -> None:
    before = len(seen(openai_server, model))
    said, end = answer(served(openai_server, model))
    assert (said, end.finish) == ("", "error")
    assert sentence in end.note
    assert end.note.startswith(f"box ({openai_server}) ")
    assert end.note.count("\n") == 0
    assert len(seen(openai_server, model)) - before == endpoint.ATTEMPTS
    # ... and where it has passed by the third time, nobody needs to know.
    again = f"flaky-3-{model.replace('-', '_')}"
    said, end = answer(served(openai_server, again))
    assert (said, end.finish) == (SENTENCE, "stop")


@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        ("too-long", "maximum context length is 512 tokens.+…”.+use fewer or smaller chunks"),
        ("unknown", "knows no model 'unknown', or no such call .“model not found”"),
        ("elsewhere", "failed with status 307"),
        ("silent", "did not answer in time; .+ TRIPTYCH_ENDPOINT_FIRST_SECONDS"),
    ],
)
def test_a_refusal_is_said_at_once(openai_server: str, model: str, sentence: str) -> None:
    before = len(seen(openai_server, model))
    said, end = answer(served(openai_server, model, seconds=1 if model == "silent" else 10))
    assert (said, end.finish) == ("", "error")
    assert re.search(sentence, end.note)
    assert len(end.note) < 500
    (request,) = seen(openai_server, model)[before:]
    assert request["path"].startswith("/v1/")  # a redirect is not followed


def test_nobody_at_the_address_is_one_sentence() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))  # not listening
        address = f"http://127.0.0.1:{held.getsockname()[1]}/v1"
        said, end = answer(served(address, "echo"))
    assert (said, end.finish) == ("", "error")
    assert (
        "cannot be reached; start it, or correct its address in Settings or TRIPTYCH_ENDPOINTS"
        in end.note
    )


@pytest.mark.parametrize("model", ["cut", "stuck"])
def test_what_was_said_before_a_break_is_kept_and_not_said_twice(
    openai_server: str, model: str
) -> None:
    before = len(seen(openai_server, model))
    said, end = answer(served(openai_server, model, seconds=1, first=50))
    assert said == ("The tide" if model == "cut" else "The")
    assert end.finish == "error"
    assert "broke off in the middle of the answer; what it said is kept" in end.note
    assert len(seen(openai_server, model)) == before + 1


def test_the_first_word_may_take_longer_than_any_silence_after_it(openai_server: str) -> None:
    said, end = answer(served(openai_server, "late", seconds=0.5, first=50))
    assert (said, end.finish) == (SENTENCE, "stop")


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
def test_what_a_model_thinks_first_is_no_part_of_its_answer(asking: Any, field: str) -> None:
    run = asking(f"thinks:{field}:Aye, lamps burn.")
    assert run.answer.thinking == "Aye, lamps burn."
    assert "Aye" not in run.answer.text
    assert "burns whale oil" in run.answer.text
    assert "thought for 3 words first" in run.notes[-1]


def test_a_model_that_thinks_up_to_its_limit_says_so(asking: Any) -> None:
    run = asking(f"thinks:reasoning:{'hm ' * 2000}")
    assert (run.answer.text, run.answer.finish_reason) == ("", "length")
    assert "still thinking at its limit of 2,000 tokens" in run.notes[-1]


def test_what_is_thought_within_an_answer_is_taken_out_of_it(asking: Any) -> None:
    run = asking("tagged")
    assert (run.answer.thinking, run.answer.text) == ("Is it four?", "It is four.")
    assert run.answer.seconds_to_first_token is not None


def test_an_answer_without_counts_has_none(openai_server: str) -> None:
    said, end = answer(served(openai_server, "no-counts"))
    assert (said, end) == ("Word.", Delta(index=0, text="", finish="stop"))


def test_other_ends_are_told_apart(openai_server: str) -> None:
    said, end = answer(served(openai_server, "filter"))
    assert (said, end.finish, end.note) == (
        "I ",
        "error",
        "The endpoint's filter ended the answer.",
    )
    said, end = answer(served(openai_server, "other-end"))
    assert (said, end.finish) == ("Word.", "unknown")


@pytest.mark.parametrize("model", ["silent", "stuck"])
def test_stop_does_not_wait_for_a_server_that_says_nothing(openai_server: str, model: str) -> None:
    """It would say nothing for a minute; hanging up frees the threads long before."""
    stop, threads = Event(), active_count()
    timer = Timer(0.3, stop.set)
    timer.start()
    deltas = list(served(openai_server, model, seconds=50).generate([ask(), ask()], stop))
    timer.join()
    assert active_count() == threads
    assert [delta.finish for delta in deltas if delta.finish] == ["stopped", "stopped"]


def test_many_answers_take_turns(openai_server: str) -> None:
    """Many more requests than threads, each with a text of its own."""
    requests = [
        ask(f"Number {n} of many.")
        for n in range(3 * Endpoint(name="", address="", model="").requests)
    ]
    said = [""] * len(requests)
    for delta in served(openai_server, "echo").generate(requests, Event()):
        said[delta.index] += delta.text
    assert said == [f"Number {n} of many." for n in range(len(requests))]


@pytest.fixture
def asking(lab: Lab, openai_server: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Ask the lab's papers with a model of the server."""

    def ask_with(model: str, key: str = "") -> Any:
        monkeypatch.setitem(registry.PACKAGES, "generator", "core.generators")
        box = Endpoint(name="box", address=openai_server, model=model)
        settings = Settings(data=lab.settings.data, endpoint_seconds=10)
        if key:
            endpoints.add(settings, box, key)
        else:
            settings = replace(settings, endpoints=(box,))
        opened = Lab(settings)
        recipe = Recipe(
            evidence=Retrieval(embedder="hashing", candidates=4, top_k=2),
            generation=Generation(generator="box", max_tokens=2000),
        )
        ids = tuple(row.id for row in opened.papers.all())
        live = opened.answering.start("What does the lamp burn?", [recipe], ids)
        live.join()
        assert live.result, live.error
        (run,) = live.result.runs
        return run

    return ask_with


def test_the_lab_asks_an_endpoint_like_any_model(asking: Any) -> None:
    run = asking("echo")
    assert run.answer.finish_reason == "stop"
    assert "burns whale oil" in run.answer.text
    assert run.precision == "unknown"
    assert len(run.hits) == 2  # nothing is cut where the window is not known


def test_the_lab_keeps_what_a_broken_answer_said(asking: Any) -> None:
    run = asking("cut")
    assert run.answer.finish_reason == "error"
    assert run.answer.text
    assert "broke off in the middle" in run.notes[-1]
    assert not run.finished


@pytest.fixture(scope="module")
def transformers_serve() -> Iterator[EndpointGenerator]:
    """SmolLM2 behind `transformers serve`, in a process of its own."""
    if find_spec("fastapi") is None:
        pytest.skip("NO SERVER: pip install -r requirements-dev.txt brings `transformers serve`")
    settings = Settings()
    (model,) = (model for model in causal_lm.models(settings) if model.source == "packaged")
    if model.first_load:
        causal_lm.load(model, settings)
    folder = str(causal_lm._unpacked(settings))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        str(Path(sys.executable).with_name("transformers")),
        "serve",
        folder,
        "--device",
        "cpu",
    ]
    command += ["--dtype", "float32", "--host", "127.0.0.1", "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            for _ in range(600):
                assert server.poll() is None, "the server ended"
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.2)
            else:
                pytest.skip("NO SERVER: `transformers serve` did not start within two minutes")
            yield served(f"http://127.0.0.1:{port}/v1", folder, seconds=120)
        finally:
            server.kill()


@pytest.mark.models
def test_a_served_model_says_what_it_says_in_this_process(
    transformers_serve: EndpointGenerator,
) -> None:
    (model,) = (model for model in causal_lm.models(Settings()) if model.source == "packaged")
    here = causal_lm.load(model, Settings())
    requests = [
        ask("How far does the tide fall?", max_tokens=24),
        ask("Say one word.", max_tokens=60),
        ask("Question: What is peat?\nAnswer:", style="completion", max_tokens=12),
    ]

    def said(generator: Any) -> list[Any]:
        answers: list[Any] = [["", None] for _ in requests]
        for delta in generator.generate(requests, Event()):
            answers[delta.index][0] += delta.text
            if delta.finish:
                answers[delta.index][1] = (delta.finish, delta.prompt_tokens)
        return answers

    assert said(transformers_serve) == said(here)


@pytest.mark.models
def test_a_served_model_can_be_stopped(transformers_serve: EndpointGenerator) -> None:
    stop = Event()
    pieces = []
    for delta in transformers_serve.generate([ask("Tell a long story.", max_tokens=2000)], stop):
        pieces.append(delta)
        stop.set()
    assert pieces[-1].finish == "stopped"
    _, end = answer(transformers_serve, ask("Say one word.", max_tokens=3))
    assert end.finish in ("stop", "length")
