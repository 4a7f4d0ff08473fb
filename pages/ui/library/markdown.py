r"""Markdown as people write it -> Markdown that Streamlit renders safely, and its parts.

Formulas in `\( \)` and `\[ \]` become those in `$` and `$$`, the only ones Streamlit knows; a `$`
that is money, or that belongs to a formula nobody closed, stays a `$`. Code stays as it is.
Nothing is fetched and nothing of Streamlit's own markup works: images become text, links that do
not lead to the web too, `:red[...]`, `:material/...:` and emoji short codes stay letters. HTML is
shown as text by Streamlit itself. Knows nothing of papers and draws nothing.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

from core.chunkers import headings

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

ENDLESS = 4  # times as long as a part should be
LONGEST_PART = 12_000  # characters: what a browser renders at once without a pause

ITEM = re.compile(rf"[ \t>]*{headings.ITEM}")
# What may stand before a formula that has its line for itself: quote marks and list items.
LEAD = re.compile(rf"([ \t>]*{headings.ITEM}*)(.*)", re.DOTALL)
DISPLAY = re.compile(
    r"(?s)(?:\$\$(?P<dollars>.*?)\$\$|\\\[(?P<brackets>.*?)\\\])(?P<end>[.,;:]?)\s*"
)
INDENTED = re.compile(r" {4}|\t")
SIGN = re.compile(r"\\.|`+|\$+|!\[|\]\((?!<?(?:https?://|mailto:))|:+", re.DOTALL)
DEFINITION = re.compile(r"^( {0,3})\[(?!\^)(?=[^\]\n]+\]:(?![ \t]*<?https?://))", re.MULTILINE)
# After a colon: a directive (`:red[`, `:name{`, `::name`) is told by the parser, an emoji or icon
# (`:smile:`, `:material/home:`) later, in the text, where only another character breaks it up.
DIRECTIVE = re.compile(r"[A-Za-z][\w-]*[\[{]")
SHORT_CODE = re.compile(r"[\w+-]+:|material[/_]")
NOTHING = "\u2060"  # a character without width
# Streamlit draws Mermaid diagrams, and these can load images. A letter of the name may be written
# as an entity or behind a backslash.
DIAGRAM = re.compile(r"((?:`{3}|~{3})[ \t]*)(?=mermaid|[^\s`]*[&\\])", re.IGNORECASE)
LONGEST_INLINE = 2_000  # characters of a formula

CLOSING = {
    "$": re.compile(r"(?<![\s\\$])\$(?![\d$])"),
    "$$": re.compile(r"(?<!\$)\$\$(?!\$)"),
    r"\(": re.compile(r"(?<!\\)\\\)"),
    r"\[": re.compile(r"(?<!\\)\\\]"),
}
LONGEST_FORMULA = 100  # lines
TEX = re.compile(r"[\\^_={}<>|]")
PROSE = re.compile(r"(^|\s)[^\W\d_]{2,}(\s|$)")
CITATION = re.compile(r"[\d\s,;–-]*")
# Converters to Markdown escape the underscores of inline formulas, `d\_{model}` and `x\_1`. A
# longer word behind it, as in `step\_num`, is a name that is meant to have one.
ESCAPED_UNDERSCORE = re.compile(r"\\_(?=\{|\\|\w{1,2}(?!\w))")
ENTITIES = {"&lt;": "<", "&gt;": ">", "&amp;": "&"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """`text[start:end]` of a document; `title` is its first heading, without markup, or empty."""

    title: str
    start: int
    end: int


def rendered(text: str) -> str:
    """The Markdown to give to st.markdown for the Markdown `text` of a paper or a card."""
    done = DIAGRAM.sub(r"\1text ", "".join(_blocks(text)))
    # What is code or a formula here may be none to another reader: one in a row of a table, or in
    # a fence that ends with the list around it. No image stands where the sign of one is broken.
    return done.replace("![", f"!{NOTHING}[") if _shows_images(done) else done


def _shows_images(markdown: str) -> bool:
    """Whether a strict reader finds an image in it."""
    if "![" not in markdown.replace(r"!\[", ""):
        return False
    inlines = _reader().parse(markdown)
    return any(child.type == "image" for each in inlines for child in each.children or ())


@cache
def _reader() -> "MarkdownIt":
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark").enable(["table", "strikethrough"])


def parts(text: str, most: int = LONGEST_PART) -> list[Part]:
    """The document in parts of at most `most` characters, more only where a single block is longer.

    They begin at headings, or where a section is too long at blank lines, and within code only
    where it is endless. Nothing is lost: each part begins where the one before ends.
    """
    found = []
    start = heading = blank = 0  # where this part begins, and the latest places to end it
    for at, is_heading in [*_breaks(text), (len(text), True)]:
        if at - start > most and max(heading, blank) > start:
            end = heading if heading > start else blank
            found.append(_part(text, start, end))
            start = end
        if is_heading:
            heading = at
        else:
            blank = at
    if start < len(text):
        found.append(_part(text, start, len(text)))
    return [piece for part in found for piece in _pieces(part, most)]


def _pieces(part: Part, most: int) -> Iterator[Part]:
    """A part as it is, but for one that is endless: no browser shows a megabyte in one block."""
    step = most if part.end - part.start > ENDLESS * most else part.end - part.start
    for start in range(part.start, part.end, step):
        yield replace(part, start=start, end=min(part.end, start + step))


def _breaks(text: str) -> Iterator[tuple[int, bool]]:
    """Where a part may begin: at a heading (True) or behind a blank line."""
    after_blank = False
    for start, line, fenced in headings.lines(text):
        if not fenced and headings.HEADING.match(line):
            yield start, True
        elif after_blank and line.strip():
            yield start, False
        after_blank = not fenced and not line.strip()


def _part(text: str, start: int, end: int) -> Part:
    first, last = next(headings.headings(text[start:end]), (0, 0))
    title = re.sub(r"[#*_`]+", "", ITEM.sub("", text[start + first : start + last].strip()))
    return Part(title=" ".join(title.split()), start=start, end=end)


def _blocks(text: str) -> Iterator[str]:
    """The text block by block: code, formulas on lines of their own, and paragraphs."""
    lines = [(line, fenced) for _, line, fenced in headings.lines(text)]
    paragraph = ""
    listed = blank = False  # a list is open; the line before was blank
    at = 0
    while at < len(lines):
        line, fenced = lines[at]
        starts_item = bool(ITEM.match(line))
        code = not fenced and not paragraph and not listed and INDENTED.match(line) and line.strip()
        display = None if fenced or code else _display(lines, at)
        if fenced or code or display or starts_item or not line.strip() or line[0] in "#|":
            yield _inline(paragraph)
            paragraph = ""
        if display:
            formula, taken = display
            yield formula
            at += taken
            continue
        if fenced or code or not line.strip():
            yield line
        else:
            listed = starts_item or (listed and (not blank or line[0] in " \t"))
            paragraph += line
        blank = not line.strip()
        at += 1
    yield _inline(paragraph)


def _display(lines: list[tuple[str, bool]], at: int) -> tuple[str, int] | None:
    """The formula that has its lines for itself, beginning with line `at`, and how many lines it
    takes; None if there is none."""
    begin = LEAD.match(lines[at][0])
    assert begin
    lead, rest = begin.groups()
    if not rest.startswith(("$$", r"\[")):
        return None
    taken = 1
    while not (found := DISPLAY.fullmatch(rest)):
        more = lines[at + taken][0] if at + taken < len(lines) else ""
        if not more.strip() or taken == LONGEST_FORMULA:
            return None
        rest += more
        taken += 1
    content = found["dollars"] if found["brackets"] is None else found["brackets"]
    tex = _tex("\n".join(line.strip(" \t>") for line in content.splitlines()))
    if not _whole(tex) or CITATION.fullmatch(content) or "$" in tex:
        return None
    following = re.sub(r"[^\s>]", " ", lead)
    body = "".join(f"{following}{line}\n" for line in [*(tex + found["end"]).splitlines(), "$$"])
    return f"{lead}$$\n{body}", taken


def _inline(paragraph: str) -> str:
    """A paragraph, a heading, a list item or a row of a table."""
    text = DEFINITION.sub(r"\1\\[", paragraph)
    done: list[str] = []
    at = 0
    unclosed: set[str] = set()  # runs of ` that nothing closes any more
    while sign := SIGN.search(text, at):
        done.append(text[at : sign.start()])
        piece, at = _replaced(text, sign, unclosed)
        done.append(piece)
    return "".join(done) + text[at:]


def _replaced(text: str, sign: re.Match[str], unclosed: set[str]) -> tuple[str, int]:
    """What is written instead of the sign, or of all that begins with it, and where that ends."""
    start, end = sign.span()
    match sign[0][0]:
        case "`":
            if sign[0] not in unclosed:
                if behind := re.compile(rf"(?<!`){sign[0]}(?!`)").search(text, end):
                    return text[start : behind.end()], behind.end()
                unclosed.add(sign[0])
            return sign[0], end
        case "!":
            return r"!\[", end
        case "]":
            return r"\](", end
        case ":":
            return _colons(sign[0], text[end : end + 60]), end
    closing = CLOSING.get(sign[0])
    until = closing.search(text, end, end + LONGEST_INLINE) if closing else None
    if until:
        content = text[end : until.start()]
        if _meant(sign[0], content):
            dollars = "$$" if sign[0] in ("$$", r"\[") or "$" in content else "$"
            return f"{dollars}{_tex(content)}{dollars}", until.end()
    return (sign[0] if sign[0][0] == "\\" else sign[0].replace("$", r"\$")), end


def _colons(colons: str, behind: str) -> str:
    if DIRECTIVE.match(behind) or (len(colons) > 1 and behind[:1].isalpha()):
        return r"\:" * len(colons)
    return colons + NOTHING if SHORT_CODE.match(behind) else colons


def _meant(opening: str, content: str) -> bool:
    """Whether what stands between two signs is a formula, and not what lies between two sums of
    money, a citation in escaped brackets or a formula that is broken."""
    if opening == "$" and content[:1].isspace():
        return False
    if opening == r"\[" and CITATION.fullmatch(content):
        return False
    if not TEX.search(content) and PROSE.search(content) and " " in content.strip():
        return False
    return _whole(_tex(content))


def _tex(content: str) -> str:
    """TeX as it was before it went through a converter to Markdown."""
    plain = re.sub("&(lt|gt|amp);", lambda entity: ENTITIES[entity[0]], content.strip())
    return ESCAPED_UNDERSCORE.sub("_", plain)


def _whole(tex: str) -> bool:
    r"""Whether its braces, its \left and \right, and its environments are closed."""
    depth = 0
    for brace in re.findall(r"\\.|[{}]", tex, re.DOTALL):
        depth += {"{": 1, "}": -1}.get(brace, 0)
        if depth < 0:
            return False
    pairs = ((r"\\left(?![a-zA-Z])", r"\\right(?![a-zA-Z])"), (r"\\begin\{", r"\\end\{"))
    paired = all(len(re.findall(a, tex)) == len(re.findall(b, tex)) for a, b in pairs)
    return bool(tex) and depth == 0 and paired and "`" not in tex and "\n\n" not in tex
