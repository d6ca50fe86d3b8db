// Comes in: named numbers between 0 and 1. Goes out: a table of bars, which is picture and table at once.

import { element } from "./elements.js";
import { share } from "./numbers.js";

/** One row; `kind` is "chosen", "rest" or nothing, `most` the number a full bar stands for, `onChoose` makes it a button. */
export function bar(name, value, { kind, most = 1, onChoose } = {}) {
  const line = element("i");
  line.style.width = `${most > 0 ? Math.min(100, (100 * value) / most) : 0}%`;
  const label = onChoose ? element("button", { type: "button", class: "aigc-bar-choice", text: name }) : name;
  if (onChoose) label.addEventListener("click", onChoose);
  const cells = [element("th", { scope: "row" }, [label]), element("td", {}, [line]), element("td", { text: share(value) })];
  return element("tr", kind ? { [`data-${kind}`]: true } : {}, cells);
}

/** {node, update(rows, label)} */
export function barTable() {
  const body = element("tbody");
  const node = element("table", { class: "aigc-bars" }, [body]);
  const update = (rows, label) => {
    body.replaceChildren(...rows);
    node.setAttribute("aria-label", label);
  };
  return { node, update };
}
