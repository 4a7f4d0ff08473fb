"""The rank flow: a slope chart from the rank before reranking to the rank after it."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from core import labels
from core.types import Evidence, Hit

HTML = '<div class="flow"></div>'

CSS = """
:host { display: block; }
.flow {
  position: relative;
  display: grid;
  grid-template: auto auto / 1.6rem minmax(90px, 0.9fr) minmax(0, 1.5fr);
  font-family: var(--st-font);
  font-size: 0.86rem;
  font-variant-numeric: tabular-nums;
  color: var(--st-text-color);
}
.head { color: var(--st-gray-color); font-size: 0.8rem; padding-bottom: 0.35rem; }
.head.left { grid-column: 1 / 3; }
.before { text-align: right; padding-right: 0.3rem; }
.before, .after { height: var(--row); line-height: var(--row); white-space: nowrap; }
.before, .other { color: var(--st-gray-color); }
svg { display: block; width: 100%; overflow: visible; }
path { fill: none; vector-effect: non-scaling-stroke; stroke: currentColor; }
.line { color: light-dark(#bdb9af, #555c64); stroke-width: 1.5px; }
.line.fell { color: light-dark(#1d5fbf, #7fb2ff); stroke-width: 2.5px; }
.line.used { color: light-dark(#b9500b, #ffa565); stroke-width: 4px; }
.line.off { color: var(--st-gray-color); stroke-width: 2px; stroke-dasharray: 5 4; }
.line.near { stroke-width: 6px; }
.line.gold { color: light-dark(#f0c93a, #8a6d12); stroke-width: 11px; }
.after {
  font: inherit;
  color: inherit;
  display: flex;
  width: 100%;
  gap: 0.45rem;
  padding: 0 0 0 0.35rem;
  border: 0;
  background: none;
  text-align: left;
  cursor: pointer;
}
.after:hover .label, .after:focus-visible .label { text-decoration: underline; }
.after .rank { min-width: 1.3rem; text-align: right; }
.after .moved { min-width: 3.7rem; }
.after .label { overflow: hidden; text-overflow: ellipsis; }
.after.used { font-weight: 650; }
.after.used .rank, .after.used .moved { color: light-dark(#b9500b, #ffa565); }
.after.fell .rank, .after.fell .moved { color: light-dark(#1d5fbf, #7fb2ff); font-weight: 650; }
.after.off .label { text-decoration: line-through; }
.gold-word { flex: none; align-self: center; line-height: 1.35; }
.cut { /* from the top of the second row, below the words that may need two lines */
  position: absolute;
  grid-area: 2 / 1 / 3 / 4;
  left: 0;
  right: 0;
  border-top: 1.5px dashed currentColor;
  pointer-events: none;
}
@media (prefers-reduced-motion: no-preference) {
  .fresh svg { animation: draw 0.9s ease-out; }
  @keyframes draw { from { clip-path: inset(-4px 100% -4px 0); } }
}
"""

# Lines are drawn in a box of 100 by the number of rows and stretched; strokes do not scale.
# They are drawn once: another run of the page leaves what stands.
JS = """
const SVG = "http://www.w3.org/2000/svg";
export default function ({ parentElement, data, setTriggerValue }) {
  const flow = parentElement.querySelector(".flow");
  const said = JSON.stringify(data);
  if (parentElement.triptych === said) return;
  parentElement.triptych = said;
  const count = data.rows.length;
  const row = count > 24 ? 18 : 24;
  flow.style.setProperty("--row", row + "px");
  flow.classList.add("fresh");
  const make = (name, className, text = "") => {
    const node = document.createElement(name);
    node.className = className;
    node.textContent = text;
    return node;
  };
  const before = make("div", "");
  const after = make("div", "");
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 0 100 ${count}`);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("aria-hidden", "true");
  svg.style.height = row * count + "px";
  for (let rank = 1; rank <= count; rank++) before.append(make("div", "before", rank));
  const drawn = data.rows.map((hit, index) => {
    const from = hit.before - 0.5, to = index + 0.5;
    const line = document.createElementNS(SVG, "path");
    line.setAttribute("class", "line " + hit.kind);
    line.setAttribute("d", `M 0 ${from} C 45 ${from} 55 ${to} 100 ${to}`);
    const label = make("button", "after " + hit.kind);
    label.type = "button";
    label.title = hit.gold ? `${hit.gold}: ${hit.said}` : hit.said;
    label.append(
      make("span", "rank", index + 1),
      make("span", "moved", hit.moved),
      ...(hit.gold ? [make("span", "gold-word", hit.counts ? "gold" : hit.gold)] : []),
      make("span", "label", hit.label),
    );
    label.onclick = () => setTriggerValue("opened", index);
    label.onmouseenter = () => line.classList.add("near");
    label.onmouseleave = () => line.classList.remove("near");
    after.append(label);
    if (!hit.counts) return [line];
    const under = line.cloneNode();
    under.setAttribute("class", "line gold");
    return [under, line];
  }).flat();
  const order = { gold: -1, other: 0, fell: 1, off: 2, used: 3 };
  svg.append(...drawn.sort((a, b) => order[a.classList[1]] - order[b.classList[1]]));
  const left = make("div", "head left", data.from);
  const right = make("div", "head", data.to);
  flow.replaceChildren(left, right, before, svg, after);
  const cut = make("div", "cut");
  cut.style.top = row * data.top + "px";
  flow.append(cut);
}
"""

_component = st.components.v2.component("triptych_rank_flow", html=HTML, css=CSS, js=JS)


def rank_flow(
    key: str,
    found: Evidence,
    top_k: int,
    found_by: str,
    gold: Sequence[tuple[str, bool]] = (),
) -> Hit | None:
    """Draw the flow of reranked candidates, in their final order; returns one just clicked.

    One above the cut that is not among the hits was switched off or left out. `found_by` says what
    put them in order before: "by similarity". `gold` says for each candidate what it holds of the
    question's gold, empty for nothing, and whether that counts as found; it is empty where there is
    none to show.
    """
    candidates = found.candidates
    rows = [
        _row(hit, found.hits, top_k) | {"gold": said, "counts": counts}
        for hit, (said, counts) in zip(
            candidates, gold or [("", False)] * len(candidates), strict=True
        )
    ]
    data = {
        "rows": rows,
        "top": top_k,
        "from": found_by,
        "to": f"after reranking · the first {top_k} are used",
    }
    clicked = _component(key=key, data=data, on_opened_change=_nothing).opened
    return None if clicked is None else candidates[int(clicked)]


def _row(hit: Hit, hits: Sequence[Hit], top_k: int) -> dict[str, Any]:
    assert hit.rank_before is not None
    if hit in hits:
        kind = "used"
    elif hit.rank <= top_k:
        kind = "off"
    else:
        kind = "fell" if hit.rank_before <= top_k else "other"
    return {
        "before": hit.rank_before,
        "kind": kind,
        "moved": labels.movement(hit) if hit.rank != hit.rank_before else "",
        "label": f"{labels.pages_of(hit)} · {hit.title}",
        "said": " ".join(hit.chunk.text.split())[:400],
    }


def _nothing() -> None:
    """A trigger reaches Python only where a callback is named."""
