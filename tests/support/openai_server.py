"""A small OpenAI-compatible server in a process of its own: `python -m` this module.

Its models are its manners: "echo" says the last message again, the others go wrong in one way
each. Prints its port, then serves until it is killed. GET /v1/models lists two of them, GET /seen
tells what it was asked, GET /held/NAME how many the gate of that name holds now and held at most,
GET /open/NAME opens it.
"""

import json
import re
import sys
import time
from collections import Counter, defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Condition, Semaphore
from typing import Any

KEY = "sk-quite-secret"
WORD = re.compile(r"\s*\S+")
PAGE = "<!doctype html><html><body>Welcome to the router</body></html>"

places: dict[str, Semaphore] = {}
gates: dict[str, "Gate"] = defaultdict(lambda: Gate())
seen: list[dict[str, Any]] = []
asked: Counter[str] = Counter()


class Gate:
    """Holds all who come until it is opened, and counts them."""

    def __init__(self) -> None:
        self.changed = Condition()
        self.held = self.most = self.passed = 0
        self.open = False

    def __enter__(self) -> None:
        with self.changed:
            self.held += 1
            self.most = max(self.most, self.held)
            self.changed.wait_for(lambda: self.open)

    def __exit__(self, *_: object) -> None:
        with self.changed:
            self.held -= 1


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.0"  # the end of the connection is the end of the answer

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        if self.path == "/v1/models":
            self.reply(200, json.dumps({"data": [{"id": name} for name in ("echo", "locked")]}))
            return
        *_, verb, name = self.path.split("/")
        gate = gates[name]
        if verb == "open":
            with gate.changed:
                gate.open = True
                gate.changed.notify_all()
        held = {"held": gate.held, "most": gate.most}
        self.reply(200, json.dumps(held if verb in ("open", "held") else seen))

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        model = body["model"]
        asked[model] += 1
        seen.append({"path": self.path, "headers": dict(self.headers), "body": body})
        # flaky-3-busy is busy until it is asked for the third time, and says the echo then.
        if flaky := re.fullmatch(r"flaky-(\d)-(\w+)(-.*)?", model):
            model = "echo" if asked[model] >= int(flaky[1]) else flaky[2]
        manner = model.partition(":")[0].replace("-", "_")
        getattr(self, f"do_{manner}")(body)

    def do_echo(
        self, body: dict[str, Any], most: int | None = None, *, begun: bool = False
    ) -> None:
        said = body["prompt"] if "prompt" in body else body["messages"][-1]["content"]
        words = WORD.findall(said)
        spoken = words[: min(body["max_tokens"], most or len(words))]
        if not begun:
            self.begin()
        for word in spoken:
            self.say(body, word)
        if most is None:
            self.say(body, "", "stop" if len(spoken) == len(words) else "length")
            usage = {"prompt_tokens": len(words), "completion_tokens": len(spoken)}
            self.event({"choices": [], "usage": usage | {"total_tokens": 0}})
            self.wfile.write(b"data: [DONE]\n\n")

    def do_gated(self, body: dict[str, Any]) -> None:
        with gates[body["model"].partition(":")[2]]:
            self.do_echo(body)

    def do_slow(self, body: dict[str, Any]) -> None:
        """Says so many words, each so many seconds after the one before, and serves so many at
        once: "slow:32:0.02:8"."""
        _, words, seconds, most = body["model"].split(":")
        with places.setdefault(body["model"], Semaphore(int(most))):
            self.begin()
            for _ in range(int(words)):
                time.sleep(float(seconds))
                self.say(body, "word ")
            self.say(body, "", "stop")

    def do_says(self, body: dict[str, Any]) -> None:
        self.begin()
        self.say(body, body["model"].partition(":")[2])
        self.say(body, "", "stop")

    def do_late(self, body: dict[str, Any]) -> None:
        """Reads the prompt for longer than it may be silent between two words."""
        self.begin()
        self.wfile.flush()
        time.sleep(1.5)
        self.do_echo(body, begun=True)

    def do_thinks(self, body: dict[str, Any]) -> None:
        """ "thinks:reasoning:Aye." says this in that field before the answer."""
        _, field, thought = body["model"].split(":")
        self.begin()
        for word in WORD.findall(thought):
            self.event({"choices": [{"index": 0, "delta": {field: word, "content": None}}]})
        if body["max_tokens"] > len(thought.split()):
            self.do_echo(body, begun=True)
        else:
            self.say(body, "", "length")

    def do_tagged(self, body: dict[str, Any]) -> None:
        """Thinks in its answer, in pieces that cut the marks."""
        self.begin()
        for piece in ("<th", "ink>\nIs it ", "four?\n</thi", "nk>\n\nIt ", "is four."):
            self.say(body, piece)
        self.say(body, "", "stop")

    def do_cut(self, body: dict[str, Any]) -> None:
        self.do_echo(body, most=2)

    def do_silent(self, _body: dict[str, Any]) -> None:
        time.sleep(60)

    def do_stuck(self, body: dict[str, Any]) -> None:
        self.do_echo(body, most=1)
        time.sleep(60)

    def do_endless(self, body: dict[str, Any]) -> None:
        """Says one word after the other, until nobody listens any more."""
        self.begin()
        while True:
            self.say(body, "on ")
            time.sleep(0.1)

    def do_hang_up(self, _body: dict[str, Any]) -> None:
        pass

    def do_page(self, _body: dict[str, Any]) -> None:
        self.reply(200, PAGE, "text/html")

    def do_not_json(self, _body: dict[str, Any]) -> None:
        self.begin()
        self.wfile.write(b'data: {"choices": [{"delta": {"content": "He\n\n')

    def do_not_text(self, _body: dict[str, Any]) -> None:
        self.begin()
        self.wfile.write(b"data: \xff\xfe\x00\n\n")

    def do_other_json(self, _body: dict[str, Any]) -> None:
        self.begin()
        events: list[Any] = [
            [1, 2],
            "hello",
            7,
            {"choices": 3},
            {"choices": [5]},
            {"choices": [{}]},
        ]
        for event in events:
            self.event(event)

    def do_no_choices(self, _body: dict[str, Any]) -> None:
        self.begin()
        self.event({"choices": []})
        self.wfile.write(b"data: [DONE]\n\n")

    def do_no_counts(self, body: dict[str, Any]) -> None:
        self.begin()
        self.say(body, "Word.")
        self.say(body, "", "stop")

    def do_filter(self, body: dict[str, Any]) -> None:
        self.begin()
        self.say(body, "I ")
        self.say(body, "", "content_filter")

    def do_other_end(self, body: dict[str, Any]) -> None:
        self.begin()
        self.say(body, "Word.", "abort")

    def do_error_event(self, _body: dict[str, Any]) -> None:
        self.begin()
        self.event({"error": {"message": "the engine\ndied"}})

    def do_busy(self, _body: dict[str, Any]) -> None:
        self.reply(503, json.dumps({"error": {"message": "try later"}}))

    def do_broken_page(self, _body: dict[str, Any]) -> None:
        self.reply(502, PAGE, "text/html")

    def do_too_long(self, _body: dict[str, Any]) -> None:
        said = "This model's maximum context length is 512 tokens. " + "Really. " * 100
        self.reply(400, json.dumps({"error": {"message": said}}))

    def do_unknown(self, _body: dict[str, Any]) -> None:
        self.reply(404, json.dumps({"error": "model not found"}))

    def do_locked(self, body: dict[str, Any]) -> None:
        if self.headers["authorization"] == f"Bearer {KEY}":
            self.do_echo(body)
        else:
            self.reply(401, json.dumps({"error": {"message": "wrong key"}}))

    def do_tell_tale(self, body: dict[str, Any]) -> None:
        said = f"your header was {self.headers['authorization']}"
        # As far into a sentence that is shortened as its length in the model's name says.
        said = "x" * int(body["model"].partition(":")[2] or 0) + said
        self.reply(400, json.dumps({"error": {"message": said}}))

    def do_parrot(self, body: dict[str, Any]) -> None:
        """Says the key as its answer, in pieces, and breaks off with it."""
        self.begin()
        for letter in f"I know {self.headers['authorization']} and Bearer sk-quite too. sk-":
            self.say(body, letter)
        self.event({"error": {"message": f"no credit for {self.headers['authorization']}"}})

    def do_elsewhere(self, _body: dict[str, Any]) -> None:
        self.send_response(307)
        self.send_header("location", "/v2/chat/completions")
        self.end_headers()

    def begin(self) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.end_headers()

    def say(self, body: dict[str, Any], text: str, finish: str | None = None) -> None:
        said: dict[str, Any] = {"text": text} if "prompt" in body else {"delta": {"content": text}}
        self.event({"choices": [{"index": 0, "finish_reason": finish} | said]})

    def event(self, value: Any) -> None:
        self.wfile.write(f"data: {json.dumps(value)}\n\n".encode())
        self.wfile.flush()

    def reply(self, status: int, text: str, kind: str = "application/json") -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.end_headers()
        self.wfile.write(text.encode())


class Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        pass  # those who asked may hang up


if __name__ == "__main__":
    server = Server(("127.0.0.1", 0), Handler)
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()
