"""Cells of a CSV that a spreadsheet opens without running anything in them. Pure.

What a spreadsheet would take for a formula gets an apostrophe before it, and loses it when it is
read back.
"""

import re

# As OWASP lists them, with the wide forms that some take for the same, and white space before.
FORMULA = re.compile(r"'*(?:[\t\r\n]|\s*[=+\-@\uff1d\uff0b\uff0d\uff20])")


def escape_formula(text: str) -> str:
    """The text as a cell; `unescape_formula` gives it back."""
    return f"'{text}" if FORMULA.match(text) else text


def unescape_formula(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and FORMULA.match(cell) else cell
