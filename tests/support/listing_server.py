"""Small servers that answer GET alone, each path as told, and remember what was asked."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import MappingProxyType
from typing import Any

OLLAMA = {
    "/v1/models": {
        "object": "list",
        "data": [
            {"id": "qwen2.5:0.5b", "object": "model", "owned_by": "library"},
            {"id": "all-minilm:latest", "object": "model", "owned_by": "library"},
        ],
    },
    "/api/tags": {
        "models": [
            {
                "name": "qwen2.5:0.5b",
                "size": 397_821_319,
                "details": {
                    "family": "qwen2",
                    "parameter_size": "494.03M",
                    "quantization_level": "Q4_K_M",
                },
            },
            {
                "name": "all-minilm:latest",
                "size": 45_960_996,
                "details": {
                    "family": "bert",
                    "parameter_size": "23M",
                    "quantization_level": "F16",
                },
            },
        ]
    },
}
LLAMA_CPP = {
    "/v1/models": {
        "object": "list",
        "data": [
            {
                "id": "/models/gemma-3-1b-it-Q4_K_M.gguf",
                "owned_by": "llamacpp",
                "meta": {"n_params": 999_885_952, "size": 799_525_120, "n_ctx_train": 32_768},
            }
        ],
    }
}
VLLM = {
    "/v1/models": {
        "object": "list",
        "data": [
            {"id": "Qwen/Qwen2.5-3B-Instruct", "owned_by": "vllm", "max_model_len": 32_768},
            {"id": "BAAI/bge-reranker-v2-m3", "owned_by": "vllm", "max_model_len": 8_192},
        ],
    }
}
TEI = {
    "/info": {
        "model_id": "BAAI/bge-reranker-base",
        "model_type": {"reranker": {"id2label": {"0": "LABEL_0"}, "label2id": {"LABEL_0": 0}}},
        "max_input_length": 512,
    }
}


@dataclass(kw_only=True)
class ListingServer:
    """`asked`: path and headers of each request, in order."""

    port: int
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"


@contextmanager
def listing(
    replies: dict[str, Any], *, status: int = 200, headers: Mapping[str, str] = MappingProxyType({})
) -> Iterator[ListingServer]:
    """A server with these replies, bytes as they are and all else as JSON; 404 for other paths."""
    here = ListingServer(port=0)

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            pass

        def do_GET(self) -> None:
            here.asked.append((self.path, {k.lower(): v for k, v in self.headers.items()}))
            body = replies.get(self.path)
            self.send_response(status if body is not None else 404)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body if isinstance(body, bytes) else json.dumps(body).encode())

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    here.port = server.server_port
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield here
    finally:
        server.shutdown()
        server.server_close()
