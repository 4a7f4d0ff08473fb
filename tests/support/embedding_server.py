"""A small server of vectors and scores in a process of its own: `python -m` this module.

What follows the port says how it speaks: `/v1` as OpenAI's embeddings and as Jina's and Cohere's
rerankers do, `/v2` as Cohere's does, `/tei` as text-embeddings-inference does, `/logits/v1` as
llama.cpp does, whose scores are logits, and `/bare` as those do that have no version. Its models
are its manners: "hashing" embeds and reranks as the small backends do, the others go wrong in one
way each. Prints its port, then serves until it is killed. GET /seen tells what it was asked; GET
/turn/MODEL loads another model under that name, or the first one again.
"""

import json
import math
import re
import sys
import time
from collections import Counter
from threading import Lock
from typing import Any

from tests.backends.embedders.hashing import HashingEmbedder
from tests.backends.rerankers.word_overlap import WordOverlap
from tests.support import openai_server

KEY = openai_server.KEY
EMBEDDER, RERANKER = HashingEmbedder(), WordOverlap()
AT_ONCE = Lock()

seen: list[dict[str, Any]] = []
asked: Counter[str] = Counter()
turned: set[str] = set()  # models that are others by now
under_way, most = Counter[str](), Counter[str]()  # requests at once, by model


class Handler(openai_server.Handler):
    def do_GET(self) -> None:  # noqa: N802
        if self.path == "/seen":
            self.reply(200, json.dumps(seen))
        elif self.path == "/most":
            self.reply(200, json.dumps(most))
        elif self.path.startswith("/turn/"):
            turned.symmetric_difference_update({self.path.removeprefix("/turn/")})
            self.reply(200, "")
        elif self.path == "/v1/models":
            names = ["hashing", "renamed"]
            told = [
                {"id": name, "created": time.time(), "root": name + "-2" * (name in turned)}
                for name in names
            ]
            self.reply(200, json.dumps({"data": told}))
        elif self.path == "/tei/info":
            sha = "2" if "tei" in turned else "1"
            self.reply(200, json.dumps({"model_id": "hashing", "model_sha": sha}))
        else:
            self.reply(404, "no such page", "text/plain")

    def do_POST(self) -> None:  # noqa: N802
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        model = body.get("model", "tei")
        with AT_ONCE:
            asked[model] += 1
            under_way[model] += 1
            most[model] = max(most[model], under_way[model])
            seen.append({"path": self.path, "headers": dict(self.headers), "body": body})
        if flaky := re.fullmatch(r"flaky-(\d)-(\w+)", model):
            model = "hashing" if asked[model] >= int(flaky[1]) else flaky[2]
        manner = getattr(self, f"do_{model.partition(':')[0].replace('-', '_')}", None)
        if manner:
            manner(body)
        else:
            self.answer(body)
        with AT_ONCE:
            under_way[model] -= 1

    def answer(self, body: dict[str, Any]) -> None:
        speaks, _, call = self.path.rpartition("/")
        match speaks, call:
            case "/v1" | "/tei/v1", "embeddings":
                self.embeddings(embedded(body))
            case "/v1" | "/v2" | "/bare" | "/logits/v1", "rerank":
                if "documents" not in body:
                    self.reply(422, json.dumps({"detail": "documents: field required"}))
                else:
                    self.results(scored(body, "documents"), logits=speaks == "/logits/v1")
            case "/tei", "rerank":
                if set(body) != {"query", "texts", "truncate"}:
                    self.reply(422, json.dumps({"error": "missing field `texts`"}))
                else:
                    scores = scored(body, "texts")
                    best = sorted(range(len(scores)), key=lambda at: -scores[at])
                    found = [{"index": at, "score": scores[at]} for at in best]
                    self.reply(200, json.dumps(found))
            case _:
                self.reply(404, json.dumps({"detail": "Not Found"}))

    def embeddings(self, vectors: list[list[Any]]) -> None:
        """In another order than they were asked for."""
        data = [{"index": at, "embedding": vector} for at, vector in enumerate(vectors)]
        self.reply(200, json.dumps({"object": "list", "data": data[::-1]}))

    def results(self, scores: list[Any], *, logits: bool = False) -> None:
        """Best first, as these servers do."""
        if logits:
            scores = [12 * (score - 0.5) for score in scores]
        best = sorted(range(len(scores)), key=lambda at: -scores[at])
        found = [{"index": at, "relevance_score": scores[at]} for at in best]
        self.reply(200, json.dumps({"results": found}))

    def do_slow(self, body: dict[str, Any]) -> None:
        time.sleep(0.05)
        self.answer(body)

    def do_too_few(self, body: dict[str, Any]) -> None:
        if "input" in body:
            self.embeddings(embedded(body)[1:])
        else:
            self.results(scored(body, "documents")[1:])

    def do_same_index(self, body: dict[str, Any]) -> None:
        if "input" in body:
            data = [{"index": 0, "embedding": vector} for vector in embedded(body)]
            self.reply(200, json.dumps({"data": data}))
        else:
            scores = scored(body, "documents")
            found = [{"index": 0, "relevance_score": score} for score in scores]
            self.reply(200, json.dumps({"results": found}))

    def do_not_a_number(self, body: dict[str, Any]) -> None:
        if "input" in body:
            self.embeddings([[math.nan, *vector[1:]] for vector in embedded(body)])
        else:
            self.results([math.nan for _ in body["documents"]])

    def do_words(self, body: dict[str, Any]) -> None:
        if "input" in body:
            self.embeddings([["much", "and", "little"] for _ in body["input"]])
        else:
            found = [{"index": at, "relevance_score": "much"} for at in range(2)]
            self.reply(200, json.dumps({"results": found}))

    def do_empty(self, body: dict[str, Any]) -> None:
        self.embeddings([[] for _ in body["input"]])

    def do_zeros(self, body: dict[str, Any]) -> None:
        self.embeddings([[0.0] * 8 for _ in body["input"]])

    def do_long(self, body: dict[str, Any]) -> None:
        """Vectors that are none of length 1."""
        self.embeddings([[1e200 * number for number in vector] for vector in embedded(body)])

    def do_uneven(self, body: dict[str, Any]) -> None:
        pairs = zip(embedded(body), body["input"], strict=True)
        self.embeddings([embedding * (1 + ("odd" in text)) for embedding, text in pairs])

    def do_wild(self, body: dict[str, Any]) -> None:
        """Its scores lie outside of 0 to 1 where a text is wild."""
        scores = zip(scored(body, "documents"), body["documents"], strict=True)
        self.results([score + 4 * ("wild" in text) for score, text in scores])

    def do_locked(self, body: dict[str, Any]) -> None:
        if self.headers["authorization"] == f"Bearer {KEY}":
            self.answer(body)
        else:
            self.reply(401, json.dumps({"error": {"message": "wrong key"}}))


def embedded(body: dict[str, Any]) -> list[list[float]]:
    """Another model of that name tells more and fewer from each other, or has fewer numbers."""
    model = body["model"]
    texts = [text[::-1] if model in turned else text for text in body["input"]]
    vectors: list[list[float]] = EMBEDDER.embed(texts).tolist()
    return [vector[:32] for vector in vectors] if model == "shrinking" in turned else vectors


def scored(body: dict[str, Any], texts: str) -> list[float]:
    scores = list(RERANKER.score(body["query"], body[texts]))
    return [1 - score for score in scores] if body.get("model", "tei") in turned else scores


if __name__ == "__main__":
    server = openai_server.Server(("127.0.0.1", 0), Handler)
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()
