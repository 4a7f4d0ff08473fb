"""Values of core.types to JSON and back. Knows no file and no database."""

from functools import cache
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from core.errors import BadInput, Damaged

T = TypeVar("T")


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def to_json(value: object) -> str:
    """One line of JSON with the fields' own names. Errors: BadInput for half a character."""
    kind: Any = type(value)
    try:
        return _adapter(kind).dump_json(value).decode()
    except PydanticSerializationError as error:
        raise BadInput(
            "A text with half a character in it cannot be kept; mend it and try again.", str(error)
        ) from error


def plain(value: object) -> Any:
    """Dicts, lists, strings and numbers only."""
    kind: Any = type(value)
    return _adapter(kind).dump_python(value, mode="json")


def from_json(kind: type[T], text: str | bytes) -> T:
    """The value that `to_json` wrote. Errors: Damaged if the text is not one."""
    try:
        hashable: Any = kind
        return _adapter(hashable).validate_json(text)
    except ValidationError as error:
        raise Damaged(f"This is not a stored {kind.__name__}.", str(error)) from error
