// Lines are drawn in a box of 100 by the number of rows and stretched; strokes do not scale.
// They are drawn once: another run of the page leaves what stands.
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
