"""HTML of other programs' cards -> Markdown. Pure; knows no card."""

import re
from html.parser import HTMLParser

INSIDE = r"[^\[]*+(?:\[(?!/?(?:\$|latex\]))[^\[]*+)*+"  # no such sign
FORMULA = re.compile(rf"\[(?P<sign>\$\$?|latex)\](?P<inside>{INSIDE})\[/(?P=sign)\]", re.IGNORECASE)
ABOVE = str.maketrans("0123456789+-−=()ni", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿⁱ")
BELOW = str.maketrans("0123456789+-−=()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎")
ORDINALS = ("st", "nd", "rd", "th", "er", "re", "e", "o", "a")


def to_markdown(text: str) -> str:
    """HTML as Markdown: code, tables, lists, emphasis, formulas, raised and lowered figures and
    readings beside their signs; of what is not text, a word."""
    reader = _Html()
    reader.feed(_tame(text))
    reader.close()
    text = FORMULA.sub(_formula, "".join(reader.parts))
    lines = [line.rstrip() for line in text.replace("\xa0", " ").split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _formula(found: re.Match[str]) -> str:
    """A formula between the signs of older Ankis, on one line between dollars."""
    inside = " ".join(found["inside"].split())
    if "$" in inside or inside.startswith(("\\begin", "\\[", "\\(")) or not inside:
        return inside  # it brings its own
    return f"$${inside}$$" if found["sign"] == "$$" else f"${inside}$"


def _around(mark: str, inside: str) -> str:
    """What stands in an element, with its blanks outside of the marks."""
    text = inside.strip()
    if not text:
        return inside
    match mark:
        case "^" if text in ORDINALS:
            marked = text
        case "^" | "_":
            table = ABOVE if mark == "^" else BELOW
            known = all(ord(letter) in table for letter in text)
            marked = text.translate(table) if known else f"{mark}{{{text}}}"
        case _:
            marked = f"{mark}{text}{mark}"
    start = inside.index(text)
    return f"{inside[:start]}{marked}{inside[start + len(text) :]}"


DEEPEST = 20  # lists in lists that are indented
OPEN = re.compile(r"<(?=[!?]|[^<>]*(?:<|\Z))")  # begins no tag that ends before the next begins


def _tame(text: str) -> str:
    """HTML without comments, and with nothing in it that the parser takes ages over or gives up
    at: declarations and tags that nobody closed are text."""
    parts: list[str] = []
    for piece in text.split("<!--"):
        _, closed, behind = piece.partition("-->")
        parts.append(behind if parts and closed else piece)
    return OPEN.sub("&lt;", "".join(parts))


class _Html(HTMLParser):
    """Collects the Markdown of what it is fed."""

    AROUND = {  # noqa: RUF012 - a constant
        "b": "**", "strong": "**", "i": "*", "em": "*", "sup": "^", "sub": "_",
    }  # fmt: skip
    BLOCKS = frozenset(
        ["div", "p", "ul", "ol", "table", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "hr"]
    )
    SILENT = frozenset(("script", "style", "head", "rp"))

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.open: dict[str, int] = {}  # the marks of open elements, and the part each begins at
        self.silent = 0
        self.code = False  # within pre
        self.lists: list[int] = []  # of each open list the next number; -1 for bullets
        self.cells = 0  # in the row of a table; its first row is the header
        self.rows = 0
        self.tables = 0  # open ones; between their cells white space is none

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        match tag:
            case "br":
                self.parts.append("\n")
            case "pre":
                self.code = True
                self.parts.append("\n```\n")
            case "code" if not self.code:
                self.parts.append("`")
            case "code":
                kind = dict(attributes).get("class") or ""
                if kind.startswith("language-") and self.parts[-1:] == ["\n```\n"]:
                    self.parts[-1] = f"\n```{kind.removeprefix('language-').split()[0]}\n"
            case "ul" | "ol":
                self.lists.append(1 if tag == "ol" else -1)
            case "li":
                number = self.lists[-1] if self.lists else -1
                mark = "-" if number < 0 else f"{number}."
                if number > 0:
                    self.lists[-1] += 1
                self.parts.append(f"\n{'   ' * min(len(self.lists) - 1, DEEPEST)}{mark} ")
            case "table":
                self.tables += 1
                self.rows = 0
                self.parts.append("\n\n")
            case "tr":
                self.cells = 0
                self.parts.append("\n")
            case "td" | "th":
                self.cells += 1
                self.tables -= 1
                self.parts.append("| ")
            case "img":
                name = dict(attributes).get("src") or ""
                self.parts.append(f"[image {name}]")
            case _ if tag in self.SILENT:
                self.silent += 1
            case "rt":
                self.parts.append("(")
            case _ if tag in self.AROUND and not self.code:
                self.open.setdefault(self.AROUND[tag], len(self.parts))
            case _ if tag in self.BLOCKS:
                self.parts.append("\n\n" if tag != "div" else "\n")

    def handle_endtag(self, tag: str) -> None:
        match tag:
            case "pre":
                self.code = False
                end = "" if "".join(self.parts[-1:]).endswith("\n") else "\n"
                self.parts.append(f"{end}```\n")
            case "code" if not self.code:
                self.parts.append("`")
            case "ul" | "ol":
                del self.lists[-1:]
                self.parts.append("\n")
            case "td" | "th":
                self.tables += 1
                self.parts.append(" ")
            case "table":
                self.tables = 0
                self.parts.append("\n\n")
            case "tr":
                self.rows += 1
                self.parts.append("|")
                if self.rows == 1:
                    self.parts.append("\n" + "| --- " * self.cells + "|")
            case _ if tag in self.SILENT:
                self.silent = max(0, self.silent - 1)
            case "rt":
                self.parts.append(")")
            case _ if tag in self.AROUND:
                self._mark(self.AROUND[tag])
            case _ if tag in self.BLOCKS:
                self.parts.append("\n\n" if tag != "div" else "\n")

    def _mark(self, mark: str) -> None:
        """Put the marks around all that came since they were opened; others that were opened
        within end with them."""
        start = self.open.pop(mark, len(self.parts))
        if start < len(self.parts):
            for inner in [each for each, at in self.open.items() if at > start]:
                self._mark(inner)
            self.parts[start:] = [_around(mark, "".join(self.parts[start:]))]

    def handle_data(self, data: str) -> None:
        if not self.silent and (self.tables <= 0 or data.strip()):
            self.parts.append(data if self.code else re.sub(r"[ \t\n]+", " ", data))
