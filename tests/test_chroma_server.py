"""An index on a Chroma server, which the installed package brings: shared, filled once, missed."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from core import indexes
from core.errors import BadInput, TriptychError
from core.indexes import VectorStore, search
from core.settings import Settings, from_environment
from tests.contracts.test_indexes import EMBEDDER, chunks_of, exact, generated, vectors_of, wanted

SECONDS = 30


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Its address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    folder = tmp_path_factory.mktemp("chroma")
    chroma = Path(sys.executable).with_name("chroma")
    command = [str(chroma), "run", "--path", str(folder)]
    with subprocess.Popen(
        [*command, "--host", "127.0.0.1", "--port", str(port)], stdout=subprocess.DEVNULL
    ) as process:
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except ConnectionRefusedError:
                time.sleep(0.05)
        yield f"127.0.0.1:{port}"
        process.kill()


def store(folder: Path) -> VectorStore:
    return VectorStore(folder, "hashing", "1", EMBEDDER.dimensions)


def test_two_labs_share_what_is_there(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from chromadb.api.models.Collection import Collection

    added: list[str] = []
    add = Collection.add

    def counted(self: Collection, ids: Sequence[str], **fields: Any) -> None:
        added.extend(ids)
        add(self, ids, **fields)

    monkeypatch.setattr(Collection, "add", counted)
    papers = [chunks_of(f"paper{n}", generated(n, 60)) for n in range(3)]
    (question,) = generated(9, 1)
    settings = Settings(chroma=server)
    for lab, some in (("one", papers[:2]), ("two", papers[1:]), ("three", papers)):
        vectors = store(tmp_path / lab)
        index = indexes.opened("chroma", vectors, settings)
        among = wanted(vectors, some)
        (found,) = search(index, vectors_of(question), among, 20)
        chunks = [chunk for paper in some for chunk in paper]
        assert [(chunks[place], near) for place, near in found] == exact(
            vectors, some, question, 20
        )
        index.close()
    assert len(added) == len(set(added)) == 180


@pytest.mark.parametrize("when", ["from the start", "later"])
def test_a_server_that_does_not_answer_is_named(
    tmp_path: Path, when: str, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    vectors = store(tmp_path)
    among = wanted(vectors, [chunks_of("p", ["red", "blue"])])
    address = "127.0.0.1:9" if when == "from the start" else server
    index = indexes.opened("chroma", vectors, Settings(chroma=address))
    if when == "later":
        assert search(index, vectors_of("red"), among, 1)
        import httpx

        def gone(*_: object, **__: object) -> None:
            raise httpx.ConnectError("refused")

        monkeypatch.setattr(httpx.Client, "request", gone)
    with pytest.raises(TriptychError, match=f"{address}.*does not answer"):
        search(index, vectors_of("red"), among, 1)


@pytest.mark.parametrize("text", ["8000", "host:", "http://host:8000", "host:x", "host:99999"])
def test_an_address_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="TRIPTYCH_CHROMA"):
        from_environment({"TRIPTYCH_CHROMA": text})
