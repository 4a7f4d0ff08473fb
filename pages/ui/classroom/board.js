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
