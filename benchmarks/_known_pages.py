"""Documents whose text is known, typeset as people's papers are: by hand as TeX and office programs
write them, by Typst, and by a browser's print. Made when asked for; nothing of them is kept.

Typst and Chromium are left out where they are not installed.
"""

import shutil
from collections.abc import Iterator
from html import escape
from importlib.util import find_spec

from benchmarks import _known_texts as texts
from benchmarks._known_by_hand import BY_HAND, columns_by_row, narrow, one_column, scan
from benchmarks._known_by_typst import BY_TYPST, chinese, chinese_face, table
from benchmarks._known_texts import Known
from benchmarks._typesetting import SYLLABLE

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
BROWSER = bool(CHROMIUM and find_spec("playwright"))
Printed = tuple[str, str, tuple[str, ...]]  # name, HTML, flows
TYPST = bool(find_spec("typst"))


def all_pages() -> Iterator[Known]:
    for make in (*BY_HAND, *(BY_TYPST if TYPST else ())):
        yield make()
    if BROWSER:
        yield from by_browser()


def scans() -> Iterator[Known]:
    made = [one_column(), narrow(), columns_by_row()]
    if TYPST:
        made += [table(), *([chinese()] if chinese_face() else [])]
    for known in made:
        yield from (scan(known, dpi) for dpi in (300, 150))


def left_out() -> Iterator[str]:
    if not TYPST:
        yield f"Typst is not installed: {len(BY_TYPST)} documents and two scans are left out."
    elif not chinese_face():
        yield "There is no Chinese typeface: a scan is left out."
    if not BROWSER:
        yield f"There is no Chromium or no playwright: {len(PRINTED)} documents are left out."


def printed_article() -> Printed:
    """Its bullets are drawn, no letters."""
    first, second = texts.english(13, 15)
    points = [point for _, *points in texts.SLIDES for point in points]
    html = (
        f"<h1>Notes of a keeper</h1><p>{escape(first)}</p><h2>Why a tide clock?</h2><ul>"
        + "".join(f"<li>{point}</li>" for point in points)
        + f"</ul><p style='text-align: justify'>{escape(second)}</p>"
    )
    said = "\n".join(["Notes of a keeper", first, "Why a tide clock?", *points, second])
    return "a web page with a list, printed", html, (said,)


def printed_table() -> Printed:
    before, *columns = texts.english(15, 18)
    cells = ("".join(f"<td>{cell}</td>" for cell in row) for row in texts.TABLE)
    rows = "".join(f"<tr>{row}</tr>" for row in cells)
    below = "".join(f"<p>{each}</p>" for each in columns)
    html = f"<p>{before}</p><table border=1>{rows}</table><div style='columns: 2'>{below}</div>"
    flows = (before, *map(" ".join, texts.TABLE), "\n".join(columns))
    return "a web page with a table and columns", html, flows


def printed_arabic() -> Printed:
    """Each letter is a span that says what it is, drawn from left to right."""
    html = "".join(f"<p>{paragraph}</p>" for paragraph in texts.ARABIC.splitlines())
    return "Arabic, printed", f"<div dir=rtl lang=ar>{html}</div>", (texts.ARABIC,)


def printed_german() -> Printed:
    """The browser has a hyphen of its own."""
    hyphened = SYLLABLE.sub("&shy;", texts.GERMAN)
    html = "".join(f"<p style='width: 150px'>{each}</p>" for each in hyphened.splitlines())
    return "German hyphenated, printed", html, (texts.GERMAN,)


PRINTED = (printed_article, printed_table, printed_arabic, printed_german)
STYLE = "<style>@page { margin: 0.6in } body { font: 11pt serif }</style>"


def by_browser() -> Iterator[Known]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for make in PRINTED:
            name, html, flows = make()
            page = browser.new_page()
            page.set_content(f"<meta charset=utf-8>{STYLE}{html}")
            yield Known(name, page.pdf(width="5.83in", height="8.26in"), flows)
        browser.close()
