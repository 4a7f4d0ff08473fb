"""The tokens of the fake backends: words and punctuation, lower case, no special ones."""

from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace


def tokenizer() -> Tokenizer:
    made = Tokenizer(WordLevel({"[UNK]": 0}, unk_token="[UNK]"))
    made.pre_tokenizer = Whitespace()
    return made


def words(by: Tokenizer, text: str, most: int) -> list[str]:
    """The first `most` words of a text."""
    offsets = by.encode(text).offsets[:most]
    return [text[start:end].lower() for start, end in offsets]
