// Comes in: named numbers between 0 and 1, or differences of such. Goes out: a table of bars, picture and table at once.

import { element } from "./elements.js";
import { share } from "./numbers.js";

/** One row; `kind` is "chosen", "rest" or nothing. `most` is the number a full bar stands for. Differences keep their sign.

    With `press`, {label, onPress}, the name is a button. */
export function bar(name, value, { kind, most = 1, isSigned = false, press = null } = {}) {
  const size = Math.abs(value);
  const sign = !isSigned || value === 0 ? "" : value < 0 ? "−" : "+";
  const line = element("i", { "data-sign": sign || null });
  line.style.width = `${most > 0 ? Math.min(100, (100 * size) / most) : 0}%`;
  const button = press && element("button", { type: "button", class: "aigc-press", text: name, "aria-label": press.label });
  button?.addEventListener("click", press.onPress);
  const cells = [button ? element("th", { scope: "row" }, [button]) : element("th", { scope: "row", text: name }), element("td", {}, [line]), element("td", { text: sign + share(size) })];
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
