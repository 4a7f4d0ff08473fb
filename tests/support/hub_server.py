"""A small hub in a process of its own: `python -m tests.support.hub_server FOLDER`.

FOLDER holds repositories as owner/name/files. Prints its port. A repository's file "manners" says
what goes wrong: "cut" breaks each file off after half of what is missing, "whole" knows no ranges,
"lie" says other checksums, "busy", "gone" and "nonsense" speak for themselves; "gated" lists what
it does not give, and says so, "locked" does not say so. What it does not have, the hub calls
forbidden (401), as to all without an account. Files "licence" and "architecture" name these, the
latter of GGUF files. GET /seen lists what was asked for, with the bytes sent.
"""

import hashlib
import json
import re
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote

COMMIT = "0123456789abcdef0123456789abcdef01234567"
ROOT = Path(sys.argv[-1])

seen: list[tuple[str, int]] = []


class Handler(BaseHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/seen":
            self.reply(json.dumps(seen).encode())
        elif found := re.fullmatch("/api/models/(.+)", path):
            self.listing(ROOT / found[1])
        elif found := re.fullmatch(f"/(.+)/resolve/{COMMIT}/(.+)", path):
            self.file(ROOT / found[1], found[2])
        else:
            self.send_error(404)

    def listing(self, repository: Path) -> None:
        manners = self.manners(repository)
        if manners in ("gone", "busy") or not repository.is_dir():
            self.send_error({"gone": 404, "busy": 503}.get(manners, 401))
            return
        if manners == "nonsense":
            self.reply(b"<html>")
            return
        siblings = []
        for file in sorted(path for path in repository.rglob("*") if path.is_file()):
            body = file.read_bytes() + (b"!" if manners == "lie" else b"")
            facts: dict[str, Any] = {
                "rfilename": str(file.relative_to(repository)),
                "size": file.stat().st_size,
                "blobId": hashlib.sha1(b"blob %d\0" % len(body) + body).hexdigest(),
            }
            if file.suffix in (".safetensors", ".gguf"):
                facts["lfs"] = {"sha256": hashlib.sha256(body).hexdigest()}
            siblings.append(facts)
        siblings.append({"rfilename": "../evil.json", "size": 1, "blobId": ""})
        licence, architecture = repository / "licence", repository / "architecture"
        told = {
            "id": str(repository.relative_to(ROOT)),
            "sha": COMMIT,
            "siblings": siblings,
            "gated": "manual" if manners == "gated" else False,
            "cardData": {"license": licence.read_text()} if licence.exists() else None,
            "gguf": {"architecture": architecture.read_text()} if architecture.exists() else None,
        }
        self.reply(json.dumps(told).encode())

    def file(self, repository: Path, name: str) -> None:
        manners = self.manners(repository)
        if manners in ("gated", "locked"):
            self.send_error(403)
            return
        body = (repository / unquote(name)).read_bytes()
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("range", ""))
        start = int(asked[1]) if asked and manners != "whole" else 0
        rest = body[start:]
        self.send_response(206 if start else 200)
        self.send_header("content-length", str(len(rest)))
        self.end_headers()
        sent = rest[: (len(rest) + 1) // 2] if manners == "cut" and len(rest) > 100 else rest
        seen.append((name, len(sent)))
        self.wfile.write(sent)

    def manners(self, repository: Path) -> str:
        file = repository / "manners"
        return file.read_text() if file.exists() else ""

    def reply(self, body: bytes) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()
