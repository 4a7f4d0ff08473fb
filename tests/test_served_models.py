"""Embedders and rerankers behind an address, asked of a real server process that goes wrong in
every way, and what a lab makes of them."""

import json
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.embedders import endpoint as embedders
from core.errors import BadInput, TriptychError
from core.lab import Lab
from core.models import calls, endpoints
from core.rerankers import endpoint as rerankers
from core.settings import Endpoint, Settings
from core.tasks import result_of
from core.types import Chunking, Retrieval
from tests.support.commands import ran
from tests.support.embedding_server import KEY
from tests.support.labs import QUESTION, RECIPE, everything
from tests.support.questions import FACTS, town

TEXTS = [f"The lamp number {n} of Varn" for n in range(40)]
DOWN = "http://127.0.0.1:9"  # nobody listens there


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "PAUSE", 0.01)


def settings(data: Path, *known: Endpoint) -> Settings:
    return Settings(data=data, models=data / "models", endpoints=known, endpoint_seconds=10)


def box(address: str, model: str = "hashing", family: Any = "embedder", **fields: Any) -> Endpoint:
    return Endpoint(name=f"box-{family}", address=address, model=model, family=family, **fields)


def embedder(data: Path, each: Endpoint) -> embedders.EndpointEmbedder:
    (model,) = embedders.models(settings(data, each))
    return embedders.load(model, settings(data, each))


def reranker(data: Path, each: Endpoint) -> rerankers.EndpointReranker:
    (model,) = rerankers.models(settings(data, each))
    return rerankers.load(model, settings(data, each))


def asked(server: str, model: str) -> list[dict[str, Any]]:
    """What the server was asked of a model, in the order in which it came."""
    with urllib.request.urlopen(f"{server}/seen") as reply:
        return [each for each in json.load(reply) if each["body"].get("model") == model]


def embedded(server: str, model: str) -> list[str]:
    """The texts that the server embedded, without the probe."""
    texts = [text for each in asked(server, model) for text in each["body"].get("input", ())]
    return [text for text in texts if text != embedders.PROBE]


@pytest.fixture
def turned(embedding_server: str) -> Iterator[Any]:
    """Loads another model under a name, or the first one again."""
    names = []

    def turn(model: str) -> None:
        names.append(model)
        urllib.request.urlopen(f"{embedding_server}/turn/{model}").close()

    yield turn
    for name in {each for each in names if names.count(each) % 2}:
        turn(name)


def test_a_batch_is_parted_into_calls_and_put_together_in_order(
    embedding_server: str, tmp_path: Path
) -> None:
    served = embedder(tmp_path, box(f"{embedding_server}/v1", "slow", requests=2))
    before = len(asked(embedding_server, "slow"))
    vectors = served.embed(TEXTS)
    assert np.array_equal(vectors[:5], np.vstack([served.embed([text]) for text in TEXTS[:5]]))
    together = asked(embedding_server, "slow")[before : before + 2]
    assert sorted(len(each["body"]["input"]) for each in together) == [20, 21]  # and the probe
    with urllib.request.urlopen(f"{embedding_server}/most") as reply:
        assert json.load(reply)["slow"] == 2


def test_a_call_is_never_too_large_for_a_server(embedding_server: str, tmp_path: Path) -> None:
    served = embedder(tmp_path, box(f"{embedding_server}/v1", "large", requests=1))
    served.embed(TEXTS)
    sizes = [len(each["body"]["input"]) for each in asked(embedding_server, "large")]
    assert sizes == [1, 32, 9]


def test_pairs_are_parted_into_calls_and_scored_in_order(
    embedding_server: str, tmp_path: Path
) -> None:
    served = reranker(tmp_path, box(f"{embedding_server}/v1", "reranking", "reranker", requests=4))
    scores = list(served.score("lamp number 7", TEXTS))
    assert scores == [next(served.score("lamp number 7", [text])) for text in TEXTS]
    assert scores.index(max(scores)) == 7
    sizes = [len(each["body"]["documents"]) for each in asked(embedding_server, "reranking")]
    assert sorted(sizes[1:3]) == [8, 32]


def test_the_request_says_what_these_servers_read(embedding_server: str, tmp_path: Path) -> None:
    embedder(tmp_path, box(f"{embedding_server}/v1", "asked")).embed(["one"])
    reranker(tmp_path, box(f"{embedding_server}/v2", "asked-2", "reranker"))
    *_, request = asked(embedding_server, "asked")
    assert (request["path"], request["body"]) == (
        "/v1/embeddings",
        {"model": "asked", "input": ["one", embedders.PROBE], "encoding_format": "float"},
    )
    (request,) = asked(embedding_server, "asked-2")
    assert (request["path"], request["body"]) == (
        "/v2/rerank",
        {
            "model": "asked-2",
            "query": rerankers.QUESTION,
            "documents": list(rerankers.PROBES),
        },
    )


def test_logits_are_squashed_and_keep_their_order(embedding_server: str, tmp_path: Path) -> None:
    plain = reranker(tmp_path, box(f"{embedding_server}/v1", family="reranker"))
    logits = reranker(tmp_path, box(f"{embedding_server}/logits/v1", family="reranker"))
    texts = ["the lamp", "the tide", "bread"]
    shares = list(plain.score("the lamp", texts))
    assert shares == [1, 0.5, 0]
    assert list(logits.score("the lamp", texts)) == pytest.approx([0.99753, 0.5, 0.00247], abs=1e-5)


def test_vectors_of_any_length_become_unit_vectors(embedding_server: str, tmp_path: Path) -> None:
    usual = embedder(tmp_path, box(f"{embedding_server}/v1")).embed(TEXTS)
    long = embedder(tmp_path, box(f"{embedding_server}/v1", "long")).embed(TEXTS)
    assert np.abs(usual - long).max() < 1e-6


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("too-few", r"gave 0 answers for 1 texts"),
        ("words", "gave something else than numbers"),
        ("not-a-number", "gave numbers that are not finite"),
        ("empty", "gave something else than numbers"),
        ("zeros", "gave a vector of zeros, which is like nothing"),
        ("page", "does not answer as an OpenAI-compatible server does"),
        ("unknown", "knows no model 'unknown', or no such call"),
        ("busy", "failed with status 503 (“try later”)"),
        ("flaky-4-busy", "failed with status 503"),
        ("too-long", "use fewer or smaller chunks."),
        ("hang-up", "cannot be reached"),
        ("elsewhere", "failed with status 307"),
        ("locked", "refuses the key; type one that it knows in Settings"),
    ],
)
def test_what_is_no_vector_is_said_in_a_sentence(
    embedding_server: str, tmp_path: Path, model: str, said: str
) -> None:
    with pytest.raises(TriptychError) as raised:
        embedder(tmp_path, box(f"{embedding_server}/v1", model))
    assert raised.value.sentence.startswith(f"box-embedder ({embedding_server}/v1) ")
    assert said in raised.value.sentence
    assert not (tmp_path / "served").exists(), "nothing is kept of it"


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("too-few", "gave 1 answers for 2 texts"),
        ("same-index", "answers something else than it was asked"),
        ("words", "gave something else than numbers"),
        ("not-a-number", "gave numbers that are not finite"),
        ("page", "does not answer"),
        ("unknown", "asked the first way, it knows no model 'unknown'"),
        ("busy", "failed with status 503"),
        ("locked", "refuses the key"),
    ],
)
def test_what_is_no_score_is_said_in_a_sentence(
    embedding_server: str, tmp_path: Path, model: str, said: str
) -> None:
    with pytest.raises(TriptychError) as raised:
        reranker(tmp_path, box(f"{embedding_server}/v1", model, "reranker"))
    assert raised.value.sentence.startswith(f"box-reranker ({embedding_server}/v1) ")
    assert said in raised.value.sentence


def test_a_server_that_is_none_cannot_be_reached(tmp_path: Path) -> None:
    with pytest.raises(TriptychError, match="cannot be reached; start it"):
        embedder(tmp_path, box(f"{DOWN}/v1"))
    with pytest.raises(TriptychError, match="cannot be reached; start it"):
        reranker(tmp_path, box(DOWN, family="reranker"))


def test_a_passing_fault_is_tried_again(embedding_server: str, tmp_path: Path) -> None:
    assert embedder(tmp_path, box(f"{embedding_server}/v1", "flaky-3-busy")).dimensions == 64


def test_a_silence_is_waited_for_once(embedding_server: str) -> None:
    line = calls.Calls(box(f"{embedding_server}/v1", "silent"), "", 0.2)
    with pytest.raises(TriptychError, match="did not answer in time"):
        line.ask("/embeddings", {"model": "silent", "input": ["one"]}, calls.numbers)
    line.hang_up()
    assert len(asked(embedding_server, "silent")) == 1


def test_one_model_has_vectors_of_one_length(embedding_server: str, tmp_path: Path) -> None:
    served = embedder(tmp_path, box(f"{embedding_server}/v1", "uneven"))
    with pytest.raises(TriptychError, match="gave vectors of 64 and 128 numbers for one model"):
        served.embed(["even", "odd"])


def test_the_key_goes_to_the_server_and_into_no_file(
    embedding_server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIPTYCH_ENDPOINT_KEY_BOX_EMBEDDER", KEY)
    monkeypatch.setenv("TRIPTYCH_ENDPOINT_KEY_BOX_RERANKER", KEY)
    monkeypatch.setenv("OPENAI_API_KEY", "sesame")
    assert len(embedder(tmp_path, box(f"{embedding_server}/v1", "locked")).embed(["one"])) == 1
    served = reranker(tmp_path, box(f"{embedding_server}/v1", "locked", "reranker"))
    assert list(served.score("one", ["one"])) == [1]
    assert "sesame" not in str(asked(embedding_server, "locked"))
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert len(files) == 2
    assert not any(KEY.encode() in file.read_bytes() for file in files)
    with pytest.raises(TriptychError) as raised:
        reranker(tmp_path, box(f"{embedding_server}/v1", "tell-tale", "reranker"))
    assert KEY not in repr((raised.value.sentence, raised.value.detail))


def test_a_new_key_is_used_at_once(
    embedding_server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIPTYCH_ENDPOINT_KEY", KEY)
    served = embedder(tmp_path, box(f"{embedding_server}/v1", "locked"))
    monkeypatch.setenv("TRIPTYCH_ENDPOINT_KEY", "an-old-key")
    with pytest.raises(TriptychError, match="refuses the key"):
        served.embed(["one"])
    monkeypatch.setenv("TRIPTYCH_ENDPOINT_KEY", KEY)
    served.embed(["one"])


def revision(data: Path, each: Endpoint) -> str:
    module: Any = embedders if each.family == "embedder" else rerankers
    (model,) = module.models(settings(data, each))
    return str(model.revision)


def test_a_model_is_the_same_after_a_start(embedding_server: str, tmp_path: Path) -> None:
    each = box(f"{embedding_server}/v1")
    before = revision(tmp_path, each)
    embedder(tmp_path, each)
    embedder(tmp_path, each)
    assert revision(tmp_path, each) == before
    other = replace(each, model="other")
    assert revision(tmp_path, other) != before
    assert revision(tmp_path, replace(each, address=f"{embedding_server}/v2")) != before


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("changing", r"a text's vector and the one kept of it are -?0\.\d+ alike"),
        ("shrinking", "its vectors have 32 numbers instead of 64"),
    ],
)
def test_other_vectors_are_noticed_at_the_next_start(
    embedding_server: str, tmp_path: Path, turned: Any, model: str, said: str
) -> None:
    each = box(f"{embedding_server}/v1", model)
    embedder(tmp_path, each)
    first = revision(tmp_path, each)
    turned(model)
    with pytest.raises(TriptychError, match=said):
        embedder(tmp_path, each)
    second = revision(tmp_path, each)
    assert second != first
    embedder(tmp_path, each)
    assert revision(tmp_path, each) == second
    turned(model)
    with pytest.raises(TriptychError, match="is not what it was"):
        embedder(tmp_path, each)
    assert revision(tmp_path, each) == first, "what was kept then is valid again"


def test_other_vectors_are_noticed_while_it_is_used(
    embedding_server: str, tmp_path: Path, turned: Any
) -> None:
    each = box(f"{embedding_server}/v1", "swapped")
    served = embedder(tmp_path, each)
    first = revision(tmp_path, each)
    turned("swapped")
    with pytest.raises(TriptychError, match="is not what it was"):
        served.embed(["one"])
    assert revision(tmp_path, each) != first


def test_another_model_by_its_own_account_is_noticed(
    embedding_server: str, tmp_path: Path, turned: Any
) -> None:
    each = box(f"{embedding_server}/v1", "renamed", "reranker")
    reranker(tmp_path, each)
    turned("renamed")
    with pytest.raises(TriptychError, match="it says that it serves another model"):
        reranker(tmp_path, each)
    reranker(tmp_path, each)


def test_other_scores_are_noticed_at_the_next_start(
    embedding_server: str, tmp_path: Path, turned: Any
) -> None:
    each = box(f"{embedding_server}/v2", "scoring", "reranker")
    reranker(tmp_path, each)
    turned("scoring")
    with pytest.raises(TriptychError, match=r"a pair that scored 0\.\d+ scores 0\.\d+"):
        reranker(tmp_path, each)


def test_a_late_logit_makes_another_model_of_it(embedding_server: str, tmp_path: Path) -> None:
    each = box(f"{embedding_server}/v1", "wild", "reranker")
    served = reranker(tmp_path, each)
    first = revision(tmp_path, each)
    assert list(served.score("lamp", ["lamp"])) == [1]
    with pytest.raises(TriptychError, match="gave a score outside of 0 to 1"):
        list(served.score("lamp", ["a wild lamp"]))
    assert revision(tmp_path, each) != first
    again = reranker(tmp_path, each)
    assert list(again.score("lamp", ["a wild lamp", "tide"])) == pytest.approx([0.993307, 0.5])


@pytest.fixture
def served_lab(lab: Lab, embedding_server: str) -> Lab:
    """The lab of two notes with an embedder and a reranker at an endpoint, besides the small ones
    in it."""
    models = {"embedder": "lab-vectors", "reranker": "lab-scores"}
    for family, model in models.items():
        endpoints.add(lab.settings, box(f"{embedding_server}/v1", model, family))
    return Lab(lab.settings)


SERVED = replace(
    RECIPE,
    evidence=Retrieval(embedder="box-embedder", candidates=2, top_k=1, reranker="box-reranker"),
    generation=None,
)


def test_what_a_server_finds_is_what_the_same_model_finds_here(served_lab: Lab) -> None:
    run = served_lab.answering.search(QUESTION, SERVED, everything(served_lab))
    here = served_lab.answering.search(QUESTION, RECIPE, everything(served_lab))
    for hit, same in zip(run.candidates, here.candidates, strict=True):
        assert hit.chunk == same.chunk
        assert hit.similarity == pytest.approx(same.similarity, abs=1e-6)
        assert hit.rerank_score == same.rerank_score
        assert (hit.embedder_reads, hit.reranker_reads) == (None, None)
    assert run.notes == (
        "How much of a chunk box-embedder reads cannot be known here: its server does not say.",
        "How much of a chunk box-reranker reads cannot be known here: its server does not say.",
    )


def test_a_text_is_embedded_once_also_after_a_start(served_lab: Lab, embedding_server: str) -> None:
    served_lab.answering.search(QUESTION, SERVED, everything(served_lab))
    texts = embedded(embedding_server, "lab-vectors")
    again = Lab(served_lab.settings)
    again.answering.search(QUESTION, SERVED, everything(again))
    assert embedded(embedding_server, "lab-vectors") == [*texts, QUESTION]


def test_a_search_that_met_another_model_is_not_kept(served_lab: Lab, turned: Any) -> None:
    papers = everything(served_lab)
    reranked = replace(SERVED, generation=RECIPE.generation)
    assert isinstance(reranked.evidence, Retrieval)
    ways = [replace(reranked, evidence=replace(reranked.evidence, reranker=None)), reranked]
    list(served_lab.answering.ask(QUESTION, ways, papers))
    fresh = Lab(served_lab.settings)
    turned("lab-vectors")
    other = "How high does the tide rise?"
    with pytest.raises(TriptychError, match="is not what it was"):
        list(fresh.answering.ask(other, ways, papers))
    comparison = result_of(fresh.answering.ask(other, ways, papers))
    pinned = [dict(run.recipe.revisions)["box-embedder"] for run in comparison.runs]
    assert pinned == [fresh.models.find("embedder", "box-embedder").revision] * 2


def test_a_sweep_that_met_another_model_keeps_nothing_of_it(served_lab: Lab, turned: Any) -> None:
    from tests.support.sweeps import PRESET, QUESTIONS, WAIT, planned

    preset = replace(
        PRESET,
        baseline=False,
        embedder=("box-embedder",),
        reranker=("none",),
        answers=None,
    )
    served_lab.answering.search(QUESTION, SERVED, everything(served_lab))
    fresh = Lab(served_lab.settings)
    plan = planned(fresh, preset, QUESTIONS)
    turned("lab-vectors")
    sweep_id = fresh.sweeps.start(plan)
    assert fresh.sweeps.wait(sweep_id, WAIT)
    cells = fresh.sweeps.cells(sweep_id)
    assert {cell.status for cell in cells} == {"failed"}
    assert not any(cell.run_id for cell in cells)
    assert any("has changed since this sweep began" in cell.sentence for cell in cells)


def test_tokens_that_a_server_alone_knows_are_not_counted(served_lab: Lab) -> None:
    papers = everything(served_lab)
    by_tokens = replace(SERVED, chunking=Chunking(chunker="tokens", size=5, overlap=0))
    with pytest.raises(BadInput, match="The tokens of box-embedder cannot be counted here"):
        served_lab.answering.search(QUESTION, by_tokens, papers)
    named = replace(by_tokens, chunking=replace(by_tokens.chunking, tokenizer="hashing"))
    assert served_lab.answering.search(QUESTION, named, papers).hits
    with pytest.raises(BadInput, match="How far box-embedder reads a chunk cannot be known"):
        served_lab.ruler.cut(papers[0], Chunking(), "box-embedder")


EVALUATED = """
chunks = ["60/0", "600/0"]
embedder = ["hashing", "box-embedder"]
reranker = ["none", "box-reranker"]
candidates = 4
top_k = 1
"""


def test_the_command_line_searches_and_evaluates_by_endpoints(
    home: Path,
    tmp_path: Path,
    embedding_server: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (home / "data").mkdir()
    data = Settings(data=home / "data")
    endpoints.add(data, box(f"{embedding_server}/v1", "cli-vectors"))
    endpoints.add(data, box(f"{embedding_server}/v1", "cli-scores", "reranker"))
    town(Lab(data), tmp_path)
    options = "--embedder box-embedder --reranker box-reranker --generator echo --top-k 1"
    status, (run,), _ = ran(capsys, "search", "What of the bell of Varn?", *options.split())
    assert status == 0
    assert "youngest sailor" in run["hits"][0]["chunk"]["text"]
    assert run["hits"][0]["embedder_reads"] is None
    (home / "both.toml").write_text(EVALUATED)
    status, lines, _ = ran(capsys, "evaluate", str(home / "both.toml"))
    assert status == 0
    *outcomes, verdict = lines
    assert [each["n"] for each in outcomes] == [len(FACTS)] * 8
    recalls = {each["setting"]: each["recalls"] for each in outcomes}
    here = {name: found for name, found in recalls.items() if "hashing" in name}
    for name, found in here.items():
        assert recalls[name.replace("hashing", "box-embedder")] == found
    never_seen = {each["setting"]: each["never_seen"] for each in outcomes}
    assert {bool(name in here) for name, share in never_seen.items() if share is None} == {False}
    assert {name for name, share in never_seen.items() if share is not None} == set(here)
    assert verdict["tokens_of"] == "hashing"
    texts = embedded(embedding_server, "cli-vectors")
    chunks = [text for text in texts if not text.startswith("What of")]
    assert len(chunks) == len(set(chunks))
    scored = len(asked(embedding_server, "cli-scores"))
    assert ran(capsys, "evaluate", str(home / "both.toml"))[0] == 0
    assert embedded(embedding_server, "cli-vectors") == texts
    assert len(asked(embedding_server, "cli-scores")) == scored


def test_a_model_at_an_endpoint_is_tried_in_settings(served_lab: Lab) -> None:
    for family, said in (("embedder", "became 64 numbers"), ("reranker", "scored 0.")):
        model = served_lab.models.find(family, f"box-{family}")  # type: ignore[arg-type]
        job = served_lab.test(model)
        assert job.join(10)
        assert job.outcome
        assert said in job.outcome.sentence
