"""What a model wrote before its answer, where it stands in one text with it. Pure."""

import re

# Some templates open the thought themselves, so that only its end is in the text; the mark stands
# on a line of its own then, which keeps apart an answer that speaks of such marks.
ENDS = re.compile(
    r"\s*<think>(?P<opened>.*?)</think>|(?P<unopened>.*?)\n[ \t]*</think>[ \t]*\n", re.DOTALL
)
OPENS = "<think>"


def parted(text: str, *, whole: bool = True) -> tuple[str, str]:
    """The thought and the answer. A thought that has not ended has no answer behind it. A text that
    is not `whole` is still coming: what may become an opening mark is held back."""
    begins = text.lstrip()
    if begins.startswith(OPENS):
        if ended := ENDS.match(text):
            return ended["opened"].strip(), text[ended.end() :].lstrip()
        return begins.removeprefix(OPENS).strip(), ""
    if not whole and OPENS.startswith(begins):
        return "", ""
    if "</think>" in text and OPENS not in text and (ended := ENDS.match(text)):
        return ended["unopened"].strip(), text[ended.end() :].lstrip()
    return "", text
