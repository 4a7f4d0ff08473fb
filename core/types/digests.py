"""Digests of values: what keys and names are made of. Pure."""

import hashlib
import json


def digest(value: object) -> str:
    """Sixteen hex digits of the sha256 of `value` as canonical JSON."""
    return digest_of(canonical(value))


def canonical(value: object) -> str:
    """The value as JSON that is always the same."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def digest_of(text: str) -> str:
    """Sixteen hex digits of a text's sha256."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
