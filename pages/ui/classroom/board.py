"""What a class looks at: the answers as A, B, C, and after the reveal their names and the votes.

One component for the wall, the teacher's page and the phones, with all text set as text.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import streamlit as st

from core import labels
from core.classroom import rules
from core.types import Round, Run, Tally

Look = Literal["wall", "page", "phone"]

HTML = '<div class="board"></div>'

_component = st.components.v2.component(
    "triptych_class_board",
    html=HTML,
    css=Path(__file__).with_suffix(".css").read_text("utf-8"),
    js=Path(__file__).with_suffix(".js").read_text("utf-8"),
)


def board(
    key: str,
    look: Look,
    panels: Sequence[Mapping[str, Any]] = (),
    *,
    title: str = "",
    asked: str = "",
    join: Mapping[str, str] | None = None,
    now: str = "",
    note: str = "",
) -> None:
    """Draw what there is to see; see `panel` and `invitation`."""
    data = {
        "look": look,
        "panels": list(panels),
        "title": title,
        "asked": asked,
        "join": join,
        "now": now,
        "note": note,
    }
    _component(key=key, data=data)


def panels_of(
    shown: Round,
    runs: Sequence[Run],
    tally: Tally,
    *,
    mine: str = "",
    counted: bool = False,
) -> list[dict[str, Any]]:
    """The panels of a round under their letters. Until the reveal nothing of them tells what they
    are: no name, no colour, no number of a passage. `counted` shows the votes as they come in."""
    return [
        _panel(shown, run, letter, tally, mine=mine == run.id, counted=counted)
        for letter, run in zip(rules.LETTERS, runs, strict=False)
    ]


def in_order(panels: Sequence[dict[str, Any]], shown: Round, runs: Sequence[Run]) -> list[Any]:
    """The panels in the order of these runs, instead of that of their letters."""
    return [panels[shown.run_ids.index(run.id)] for run in runs]


def _panel(
    shown: Round,
    run: Run,
    letter: str,
    tally: Tally,
    *,
    mine: bool,
    counted: bool,
) -> dict[str, Any]:
    text = run.answer.text if run.answer else ""
    panel: dict[str, Any] = {"letter": letter, "name": "", "votes": [], "said": "", "count": ""}
    panel["text"] = text if shown.revealed else rules.blind(text)
    panel["mine"] = "your vote" if mine else ""
    if not shown.revealed:
        if counted:
            panel["count"] = labels.counted(tally.get(shown.asked, {}).get(run.id, 0), "vote")
        return panel
    panel["name"] = labels.panel_name(run.recipe, run.candidates)
    panel["arm"] = run.recipe.arm
    read = run.id in shown.readers
    panel["said"] = "It read the paper." if read else "It read no paper."
    voted = {asked: sum(tally.get(asked, {}).values()) for asked in rules.QUESTIONS}
    for asked, question in rules.QUESTIONS.items():
        if voted[asked] or asked == shown.asked:
            count, total = tally.get(asked, {}).get(run.id, 0), voted[asked]
            said = f"{count} of {labels.counted(total, 'vote')}"
            both = all(voted.values())
            share = count / total if total else 0.0
            panel["votes"].append({"asked": question if both else "", "said": said, "share": share})
    return panel


@lru_cache(maxsize=4)
def invitation(address: str, code: str, said: str) -> dict[str, str]:
    """How to join: the address, the code, and both as a QR code."""
    import segno

    if not address:
        return {"where": "This machine is in no network.", "code": code, "said": said, "qr": ""}
    link = f"{address}/class?code={code}"
    return {
        "where": address.removeprefix("http://"),
        "address": link,
        "code": code,
        "said": said,
        "qr": segno.make(link, micro=False).png_data_uri(scale=8, border=3),
    }
