"""What a class looks at: the answers as A, B, C, and after the reveal their names and the votes.

One component for the wall, the teacher's page and the phones, with all text set as text.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Literal

import streamlit as st

from core import labels
from core.classroom import rules
from core.types import Round, Run, Tally

Look = Literal["wall", "page", "phone"]

HTML = '<div class="board"></div>'

CSS = """
:host { display: block; }
.board {
  --answer: 1.14rem;
  --unit: 1px;
  font-family: var(--st-font);
  font-variant-numeric: tabular-nums;
  color: var(--st-text-color);
  display: flex;
  flex-direction: column;
  gap: 1rem;
}
.board.wall {
  position: fixed;
  inset: 0;
  z-index: 10;
  /* On a larger wall everything is larger: it is seen from as far away. */
  --unit: max(1px, min(100vw / 1280, 100vh / 720));
  padding: calc(26 * var(--unit)) calc(44 * var(--unit)) calc(20 * var(--unit));
  gap: calc(18 * var(--unit));
  font-size: calc(24 * var(--unit));
  background: var(--st-background-color);
  overflow: hidden;
}
.head {
  display: flex;
  gap: calc(36 * var(--unit));
  align-items: flex-start;
  justify-content: space-between;
}
.title {
  font-family: "Source Serif", Georgia, serif;
  font-weight: 600;
  font-size: calc(42 * var(--unit));
  line-height: 1.15;
  overflow-wrap: anywhere;
  display: -webkit-box;
  -webkit-box-orient: vertical;
  -webkit-line-clamp: 3;
  overflow: hidden;
}
.asked {
  font-size: calc(27 * var(--unit));
  margin-top: calc(10 * var(--unit));
  color: var(--st-gray-color);
}
.join {
  display: flex;
  gap: calc(16 * var(--unit));
  align-items: center;
  flex: none;
  text-align: right;
}
.join .where { font-size: calc(22 * var(--unit)); color: var(--st-gray-color); }
.join .code {
  font-size: calc(54 * var(--unit));
  font-weight: 700;
  letter-spacing: 0.09em;
  line-height: 1.1;
}
.join img {
  width: calc(128 * var(--unit));
  height: calc(128 * var(--unit));
  image-rendering: pixelated;
  border-radius: 4px;
}
.lobby .join { margin: auto; gap: calc(72 * var(--unit)); text-align: left; }
.lobby .foot {
  justify-content: center;
  text-align: center;
  padding-bottom: calc(16 * var(--unit));
}
.lobby .foot .now { font-weight: 400; }
.ended { justify-content: center; text-align: center; }
.ended .head { justify-content: center; }
.ended .asked { font-size: calc(36 * var(--unit)); }
.page .join {
  text-align: left;
  flex-direction: row-reverse;
  justify-content: flex-end;
  gap: calc(22 * var(--unit));
}
.lobby .join img { width: calc(380 * var(--unit)); height: calc(380 * var(--unit)); }
.lobby .join .code { font-size: calc(132 * var(--unit)); }
.lobby .join .where { font-size: calc(30 * var(--unit)); line-height: 1.5; }
.panels {
  display: grid;
  grid-auto-flow: column;
  grid-auto-columns: minmax(0, 1fr);
  gap: calc(30 * var(--unit));
}
.phone .panels { grid-auto-flow: row; gap: calc(14 * var(--unit)); }
.wall .panels { flex: 1; min-height: 0; }
.panel {
  border-top: calc(6 * var(--unit)) solid var(--hair);
  padding-top: 10px;
  min-height: 0;
  display: flex;
  flex-direction: column;
  gap: 8px;
  --hair: light-dark(#c9c4b8, #4a5058);
  --mark: var(--hair);
}
.no_context { --mark: light-dark(#52606d, #a7b1bc); }
.retrieved { --mark: light-dark(#1d5fbf, #7fb2ff); }
.reranked { --mark: light-dark(#b9500b, #ffa565); }
.given { --mark: light-dark(#8a6500, #f2d26b); }
.panel.named { border-top-color: var(--mark); }
.name { display: flex; align-items: baseline; gap: 0.6em; flex-wrap: wrap; }
.letter { font-weight: 750; font-size: 1.45em; line-height: 1; }
.wall .letter { font-size: calc(44 * var(--unit)); }
.named .called { color: var(--mark); font-weight: 650; }
.mine { font-size: 0.9em; color: var(--st-gray-color); }
.count { margin-left: auto; color: var(--st-gray-color); }
.text {
  font-family: "Source Serif", Georgia, serif;
  font-size: var(--answer);
  line-height: 1.42;
  white-space: pre-wrap;
  overflow-wrap: anywhere;
}
.wall .text { overflow: hidden; display: -webkit-box; -webkit-box-orient: vertical; }
.votes { display: grid; gap: 4px; }
.bar { height: 0.8em; background: color-mix(in srgb, var(--mark) 18%, transparent); }
.bar div { height: 100%; background: var(--mark); }
.line { display: flex; justify-content: space-between; gap: 0.6em; font-size: 0.95em; }
.line b { font-weight: 700; }
.said { color: var(--st-gray-color); font-size: 0.9em; }
.wall .said { font-size: calc(22 * var(--unit)); }
.foot {
  display: flex;
  justify-content: space-between;
  gap: calc(24 * var(--unit));
  align-items: baseline;
}
.wall .foot { font-size: calc(26 * var(--unit)); }
.foot .now { font-weight: 650; }
.foot .note { color: var(--st-gray-color); }
@media (max-height: 620px) { .wall .title { -webkit-line-clamp: 2; } }
"""

JS = """
export default function ({ parentElement, data }) {
  const board = parentElement.querySelector(".board");
  const said = JSON.stringify(data);
  if (parentElement.triptych === said) return;
  parentElement.triptych = said;
  const make = (className, text, name = "div") => {
    const node = document.createElement(name);
    node.className = className;
    if (text !== undefined) node.textContent = text;
    return node;
  };
  const box = (className, ...inside) => {
    const node = make(className);
    node.append(...inside.filter(Boolean));
    return node;
  };
  const panels = data.panels.map((panel) => {
    const named = panel.name ? " named " + panel.arm : "";
    const name = box(
      "name",
      make("letter", panel.letter, "span"),
      panel.name ? make("called", panel.name, "span") : null,
      panel.mine ? make("mine", panel.mine, "span") : null,
      panel.count ? make("count", panel.count, "span") : null,
    );
    const votes = panel.votes.map((vote) => {
      const line = box("line", make("", vote.said, "b"), make("", vote.asked, "span"));
      const inner = make("");
      inner.style.width = 100 * vote.share + "%";
      return box("vote", line, box("bar", inner));
    });
    const text = make("text", panel.text);
    return box(
      "panel" + named,
      name,
      votes.length ? box("votes", ...votes) : null,
      panel.said ? make("said", panel.said) : null,
      panel.text ? text : null,
    );
  });
  const join = data.join && box(
    "join",
    box("", make("where", data.join.where), make("code", data.join.code),
      make("where", data.join.said)),
    Object.assign(make("", undefined, "img"), { src: data.join.qr, alt: data.join.address }),
  );
  const title = data.title && box("", make("title", data.title), make("asked", data.asked));
  const head = title ? box("head", title, join) : join;
  const wall = data.look === "wall";
  const state = wall && !title ? " lobby" : wall && !panels.length ? " ended" : "";
  board.className = "board " + data.look + state;
  const foot = data.now || data.note
    ? box("foot", make("now", data.now), make("note", data.note))
    : null;
  const below = panels.length ? box("panels", ...panels) : null;
  const order = data.look === "page" ? [head, foot, below] : [head, below, foot];
  board.replaceChildren(...order.filter(Boolean));
  if (!wall) return;
  // The largest type in which all of every answer is seen; if there is none, as many whole lines
  // as there is room for, and an ellipsis says that there are more.
  const fit = () => {
    const texts = [...board.querySelectorAll(".panel .text")];
    const room = (text) =>
      text.parentElement.getBoundingClientRect().bottom - text.getBoundingClientRect().top;
    texts.forEach((text) => (text.style.webkitLineClamp = ""));
    for (const size of [38, 33, 28, 24]) {
      board.style.setProperty("--answer", `calc(${size} * var(--unit))`);
      if (texts.every((text) => text.scrollHeight <= room(text) + 1)) return;
    }
    texts.forEach((text) => {
      const line = parseFloat(getComputedStyle(text).lineHeight);
      text.style.webkitLineClamp = Math.max(1, Math.floor(room(text) / line));
    });
  };
  fit();
  // This runs again for every change, and a second watcher would stay beside the first.
  parentElement.triptychWatch?.disconnect();
  parentElement.triptychWatch = new ResizeObserver(fit);
  parentElement.triptychWatch.observe(board);
  return () => parentElement.triptychWatch.disconnect();
}
"""

_component = st.components.v2.component("triptych_class_board", html=HTML, css=CSS, js=JS)


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
