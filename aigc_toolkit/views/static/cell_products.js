// Comes in: a query and a key vector. Goes out: the products that add up to their dot, as signed bars, one per dimension,
// the largest named. Knows nothing of what the dot becomes.

import { element } from "./elements.js";
import { decimals } from "./numbers.js";
import { shape } from "./svg.js";

const HEIGHT = 56; // pixels
const NUM_NAMED = 3;

export function cellProducts(text) {
  const chart = shape("svg", { class: "aigc-products", role: "img", preserveAspectRatio: "none" });
  const words = element("p", { class: "aigc-note aigc-mono" });
  const node = element("div", { class: "aigc-products-box" }, [chart, words]);

  const update = (cell, { diverging }) => {
    node.hidden = !cell;
    if (!cell) return;
    const products = cell.query.map((value, i) => value * cell.key[i]);
    const most = products.reduce((found, value) => Math.max(found, Math.abs(value)), 0) || 1;
    const order = Array.from(products.keys()).sort((a, b) => Math.abs(products[b]) - Math.abs(products[a]));
    const named = order.slice(0, NUM_NAMED);
    chart.setAttribute("viewBox", `0 0 ${products.length} ${HEIGHT}`);
    const bars = products.map((value, i) => {
      const length = Math.max(0.5, (Math.abs(value) / most) * (HEIGHT / 2 - 1));
      const isNamed = named.includes(i);
      const at = 0.5 + (Math.sign(value) * (isNamed ? 0.9 : 0.5)) / 2;
      const box = { x: i + 0.12, width: 0.76, y: value > 0 ? HEIGHT / 2 - length : HEIGHT / 2, height: length };
      return shape("rect", { ...box, fill: diverging.css(at) }, [
        shape("title", { text: `${text.dimension(i)}: ${decimals(value, 3)}` }),
      ]);
    });
    const axis = shape("line", { x1: 0, x2: products.length, y1: HEIGHT / 2, y2: HEIGHT / 2, class: "aigc-axis" });
    chart.replaceChildren(axis, ...bars);
    const list = named.map((i) => `${text.dimension(i)} ${products[i] < 0 ? "" : "+"}${decimals(products[i], 2)}`).join(", ");
    words.textContent = `${text.largestProducts} ${list}`;
    chart.setAttribute("aria-label", `${text.products(products.length)} ${list}`);
  };
  return { node, update };
}
