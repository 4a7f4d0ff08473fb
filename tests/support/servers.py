"""A fresh server over a data folder, as `make run` starts it, and a small hub. Needs no browser."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from core.settings import ROOT

START_SECONDS = 60


@dataclass(frozen=True)
class Running:
    """A server's address and its process."""

    address: str
    pid: int


@contextmanager
def running(data: Path, *, program: str = "streamlit", **environment: str) -> Iterator[Running]:
    """Start it, wait until it answers, end it. `environment` is set besides the data folder."""
    port = free_port()
    log = (data / "server.log").open("w")
    server = subprocess.Popen(
        [
            *(sys.executable, "-m", program, "run", "app.py"),
            *(f"--server.port={port}", "--logger.enableRich=false"),
        ],
        cwd=ROOT,
        env=os.environ
        | {"TRIPTYCH_DATA": str(data), "TRIPTYCH_MODELS": str(ROOT / "data/models")}
        | environment,
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + START_SECONDS
        while not healthy(address):
            assert server.poll() is None, (data / "server.log").read_text()
            assert time.monotonic() < deadline, "the server did not come up"
            time.sleep(0.1)
        yield Running(address=address, pid=server.pid)
    finally:
        server.terminate()
        server.wait(20)
        log.close()


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def healthy(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/_stcore/health", timeout=1) as reply:
            return bool(reply.status == 200)
    except OSError:
        return False


@contextmanager
def hub_of(repositories: Path) -> Iterator[str]:
    """The address of tests/support/hub_server.py over a folder, in a process of its own."""
    command = [sys.executable, "-m", "tests.support.hub_server", str(repositories)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout
            yield f"http://127.0.0.1:{server.stdout.readline().strip()}"
        finally:
            server.kill()
