"""Answers that only stand where an answer should be."""

import re

WORDS = (
    r"(?:the |your |an? )?(?:detailed |full |complete |correct )?(?:answer|explanation|response)s?"
    r"(?: text)?(?: goes here| here| with(?: an?)?(?: detailed)? explanations?"
    r"(?: and(?: code)? examples?)?)?"
)
PLACEHOLDER = re.compile(
    rf"[\[(<*_\s]*(?:{WORDS}|to ?do|tbd|tba|n/?a|none|placeholder|fill in|insert .{{0,40}} here"
    r"|see above|\.{2,}|…|\?+|-+|x+)[\])>*_\s.:!]*",
    re.IGNORECASE,
)
TAG = "placeholder"


def is_placeholder(answer: str) -> bool:
    """Whether the text says nothing but that an answer belongs here."""
    return not answer.strip() or PLACEHOLDER.fullmatch(answer.strip()) is not None
