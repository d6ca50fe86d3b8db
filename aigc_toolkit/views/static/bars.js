// Comes in: named numbers between 0 and 1. Goes out: a table of bars, which is picture and table at once.

import { element } from "./elements.js";
import { share } from "./numbers.js";

/** One row; `kind` is "chosen", "rest" or nothing. `most` is the number a full bar stands for. */
export function bar(name, value, { kind, most = 1 } = {}) {
  const line = element("i");
  line.style.width = `${most > 0 ? Math.min(100, (100 * value) / most) : 0}%`;
  const cells = [element("th", { scope: "row", text: name }), element("td", {}, [line]), element("td", { text: share(value) })];
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
