"""What a GGUF file says of itself, from its header alone: facts, tensors, and whether it is whole.

Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md, versions 2 and 3. Walks over the
vocabulary without keeping it, which takes a tenth of a second for 150,000 words. Knows no kind of
model.
"""

import mmap
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import prod
from pathlib import Path
from typing import Any

from core.errors import Damaged

MAGIC = b"GGUF"
VERSIONS = (2, 3)
STRING, ARRAY = 8, 9
NUMBERS = {
    0: "B",
    1: "b",
    2: "H",
    3: "h",
    4: "I",
    5: "i",
    6: "f",
    7: "?",
    10: "Q",
    11: "q",
    12: "d",
}
LONGEST_KEPT = 1024  # numbers of an array: one for each layer, but not one for each word
MOST_AXES = 4
CUT = "it is truncated: its header is not whole; copy or download it again."
# Kinds of numbers that the format knows and its Python package cannot turn into plain ones.
NOT_READ = {"Q8_1", "Q8_K", "I8", "I16", "I32", "I64", "F64", "Q1_0"}


@dataclass(frozen=True, slots=True, kw_only=True)
class GgufTensor:
    shape: tuple[int, ...]  # rows first, as torch has it
    kind: int  # of its numbers: gguf.GGMLQuantizationType
    start: int  # of its first byte in the file
    size: int  # in bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class GgufHeader:
    """`facts` holds an array of texts, or a long one of numbers, as its length."""

    facts: Mapping[str, Any]
    tensors: Mapping[str, GgufTensor]

    @property
    def architecture(self) -> str:
        return str(self.facts.get("general.architecture", ""))

    @property
    def parameters(self) -> int:
        return sum(prod(tensor.shape) for tensor in self.tensors.values())

    def fact(self, name: str, default: Any = None) -> Any:
        """A fact of this architecture: "context_length" of "llama.context_length"."""
        return self.facts.get(f"{self.architecture}.{name}", default)


def header(file: Path) -> GgufHeader:
    """Kept for as long as the file is not changed. Errors: Damaged for a file that is no GGUF, is
    not whole or cannot be read, with a sentence that goes on from the file's name."""
    try:
        facts = file.stat()
        found = _kept(file, facts.st_size, facts.st_mtime_ns)
    except OSError as error:
        raise Damaged(f"it cannot be read ({error.strerror}).", str(file)) from error
    if isinstance(found, str):
        raise Damaged(found, str(file))
    return found


@lru_cache(maxsize=256)
def _kept(file: Path, size: int, _changed: int) -> GgufHeader | str:
    """The header, or what is wrong with it."""
    if not size:
        return "it is empty; copy or download it again."
    with file.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
        if data[:4] != MAGIC[:size]:
            return "it does not begin as a GGUF file does; copy or download it again."
        if size < 8:
            return CUT
        (version,) = struct.unpack_from("<I", data, 4)
        if version not in VERSIONS:
            swapped = version > 0xFFFF
            kind = "for processors of the other byte order" if swapped else f"in version {version}"
            return f"it is a GGUF file {kind}, which is not read here; get a newer one."
        try:
            found = _Reader(data).header()
        except (struct.error, EOFError):
            return CUT
        except (ValueError, OverflowError) as error:
            return f"its header is damaged ({error}); copy or download it again."
    needed = max((each.start + each.size for each in found.tensors.values()), default=0)
    if needed > size:
        return (
            f"it is truncated: {size / 1e6:,.1f} of {needed / 1e6:,.1f} MB are here; copy or"
            " download it again."
        )
    return found


class _Reader:
    """Reads one value after the other. Errors: EOFError and struct.error at the end of the file,
    ValueError for what is no header."""

    def __init__(self, data: mmap.mmap) -> None:
        self._data = data
        self._at = 8

    def header(self) -> GgufHeader:
        tensor_count, fact_count = self._numbers("QQ")
        facts: dict[str, Any] = {}
        for _ in range(fact_count):
            name = self._text()
            if name in facts:
                raise ValueError(f"{name[:60]!r} stands there twice")
            facts[name] = self._value(self._numbers("I")[0])
        found = [self._tensor() for _ in range(tensor_count)]
        tensors = dict(found)
        if len(tensors) != tensor_count:
            raise ValueError("a tensor stands there twice")
        alignment = facts.get("general.alignment", 32)
        if not isinstance(alignment, int) or alignment < 1:
            raise ValueError("its alignment is none")
        first = -(-self._at // alignment) * alignment
        return GgufHeader(
            facts=facts,
            tensors={
                name: GgufTensor(
                    shape=shape, kind=kind, start=first + start, size=_size(shape, kind)
                )
                for name, (shape, kind, start) in tensors.items()
            },
        )

    def _numbers(self, layout: str) -> tuple[Any, ...]:
        found = struct.unpack_from(f"<{layout}", self._data, self._at)
        self._at += struct.calcsize(f"<{layout}")
        return found

    def _skip(self, length: int) -> None:
        if length > len(self._data) - self._at:
            raise EOFError
        self._at += length

    def _text(self) -> str:
        (length,) = self._numbers("Q")
        start = self._at
        self._skip(length)
        try:
            return self._data[start : self._at].decode("utf-8")
        except UnicodeDecodeError:
            raise ValueError("a text in it is none") from None

    def _value(self, kind: int) -> Any:
        if kind == STRING:
            return self._text()
        if kind != ARRAY:
            return self._numbers(_layout(kind))[0]
        kind, count = self._numbers("IQ")
        if kind == STRING:
            for _ in range(count):
                self._skip(self._numbers("Q")[0])
            return count
        layout = _layout(kind)
        if count <= LONGEST_KEPT:
            return self._numbers(f"{count}{layout}")
        self._skip(count * struct.calcsize(f"<{layout}"))
        return count

    def _tensor(self) -> tuple[str, tuple[tuple[int, ...], int, int]]:
        name = self._text()
        (axes,) = self._numbers("I")
        if not 1 <= axes <= MOST_AXES:
            raise ValueError(f"a tensor has {axes} axes")
        *shape, kind, start = self._numbers(f"{axes}QIQ")
        return name, (tuple(reversed(shape)), kind, start)


def _layout(kind: int) -> str:
    if kind not in NUMBERS:
        raise ValueError(f"a value is of the unknown kind {kind}")
    return NUMBERS[kind]


def _size(shape: tuple[int, ...], kind: int) -> int:
    from gguf import GGML_QUANT_SIZES, GGMLQuantizationType

    try:
        numbers, size = GGML_QUANT_SIZES[GGMLQuantizationType(kind)]
    except (ValueError, KeyError):
        raise ValueError(f"its numbers are of the kind {kind}, which is not known here") from None
    if shape[-1] % numbers:
        raise ValueError("a tensor's rows do not fit its kind of numbers")
    return prod(shape) // numbers * size


def quantisation(found: GgufHeader) -> str:
    """How its numbers are kept, as such files are named: "Q4_K_M"."""
    from gguf import GGMLQuantizationType, LlamaFileType

    try:
        return LlamaFileType(found.facts["general.file_type"]).name.removeprefix("MOSTLY_")
    except (KeyError, ValueError):  # then as most of them are
        kinds: dict[int, int] = {}
        for tensor in found.tensors.values():
            kinds[tensor.kind] = kinds.get(tensor.kind, 0) + prod(tensor.shape)
        most = max(kinds, key=lambda kind: kinds[kind], default=0)
        return GGMLQuantizationType(most).name
