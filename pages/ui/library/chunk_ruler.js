// All texts are set through textContent. Pointing at a bar shows its chunk; a click, or the
// keyboard, keeps it there.
export default function ({ parentElement, data }) {
  const rulers = parentElement.querySelector(".rulers");
  const chosen = parentElement.querySelector(".chosen");
  const state = (parentElement.triptych ??= { kept: null });
  const make = (tag, name, text) => {
    const made = document.createElement(tag);
    if (name) made.className = name;
    if (text) made.textContent = text;
    return made;
  };
  const show = (setting, chunk, bar) => {
    rulers.querySelector(".chosen-bar")?.classList.remove("chosen-bar");
    bar.classList.add("chosen-bar");
    rulers.querySelector(".read")?.remove();
    if (chunk.read) bar.parentElement.append(place(make("div", "read"), chunk.read));
    chosen.style.setProperty("--cut", setting.colour);
    const text = make("div", "text");
    for (const piece of chunk.pieces) {
      const gold = piece.kinds.includes("gold");
      const node = make(gold ? "mark" : "span", piece.kinds.join(" "), piece.text);
      if (piece.label) node.dataset.label = piece.label;
      text.append(node);
    }
    chosen.replaceChildren(make("div", "facts", `${setting.name}: ${chunk.facts}`), text);
    const end = text.querySelector(".unseen");
    const matched = text.querySelector(".matched");
    if (end ?? matched) text.scrollTop = (end ?? matched).offsetTop - text.clientHeight / 2;
  };
  rulers.replaceChildren();
  const place = (node, at) => {
    node.style.left = `${100 * at.left}%`;
    node.style.width = `${100 * at.width}%`;
    return node;
  };
  if (data.gold.length) {
    const name = make("div", "name");
    name.append(make("span", "gold-word", "gold"), make("span", "", data.places));
    const places = make("div", "places");
    for (const each of data.gold) {
      const passage = place(make("i"), each);
      passage.title = each.question;
      places.append(passage);
    }
    rulers.append(name, places);
  }
  let first = null;
  let kept = null;
  data.settings.forEach((setting, row) => {
    const name = make("div", "name");
    name.style.setProperty("--cut", setting.colour);
    name.append(make("b", "", setting.name), make("span", "", ` · ${setting.summary}`));
    const lane = make("div", "lane");
    lane.style.setProperty("--cut", setting.colour);
    lane.append(...data.gold.map((each) => place(make("div", "through"), each)));
    for (const chunk of setting.chunks) {
      const bar = make("button", `bar ${chunk.number % 2 ? "upper" : "lower"}`, chunk.number);
      bar.type = "button";
      bar.style.left = `${100 * chunk.left}%`;
      bar.style.width = `${100 * chunk.width}%`;
      bar.setAttribute("aria-label", `${setting.name}, ${chunk.facts}`);
      if (chunk.hidden > 0) {
        const hatch = make("i");
        hatch.style.width = `${100 * chunk.hidden}%`;
        bar.append(hatch);
      }
      const key = `${row}:${chunk.number}`;
      bar.onpointerenter = () => show(setting, chunk, bar);
      bar.onfocus = bar.onclick = () => { state.kept = key; show(setting, chunk, bar); };
      if (state.kept === key) kept = () => show(setting, chunk, bar);
      if (!first || (chunk.unseen && !first.cut)) {
        first = { cut: Boolean(chunk.unseen), show: () => show(setting, chunk, bar) };
      }
      lane.append(bar);
    }
    rulers.append(name, lane);
  });
  const rest = () => (kept ?? first?.show ?? (() => chosen.replaceChildren()))();
  rest();
}
