// Comes in: a run's record. Goes out: a table of its numbers behind a fold, made only when it is opened: the picture for
// those who read numbers or hear them. Evenly spread steps where there are many.

import { element } from "./elements.js";
import { decimals, shown } from "./numbers.js";
import { lastBefore } from "./training_record.js";

const MOST_ROWS = 200;

export function numbersTable(text) {
  const names = [text.step, text.loss, text.validation, text.learningRate, text.gradientNorm, text.perSecond];
  const head = element("tr", {}, names.map((name) => element("th", { scope: "col", text: name })));
  const body = element("tbody");
  const every = element("span", { class: "aigc-note" });
  const table = element("table", { class: "aigc-table" }, [element("thead", {}, [head]), body]);
  const scroll = element("div", { class: "aigc-table-scroll", tabindex: 0, role: "region", "aria-label": text.table }, [table]);
  const node = element("details", { class: "aigc-fold" }, [element("summary", { text: text.table }), every, scroll]);
  let record = null;

  const row = (i) => {
    const { step, loss, learning_rate: rate, gradient_norm: norm, tokens_per_second: speed } = record.columns;
    const measured = lastBefore(record.validation, step[i]);
    const validation = measured?.[0] === step[i] ? measured[1] : null;
    const numbers = [decimals(loss[i], 4), decimals(validation, 4), shown(rate[i], (x) => String(Number(x.toPrecision(4)))),
      decimals(norm[i], 3), shown(speed[i], (x) => Math.round(x).toLocaleString("en"))];
    return element("tr", {}, [element("th", { scope: "row", text: String(step[i]) }), ...numbers.map((words) => element("td", { text: words }))]);
  };
  const draw = () => {
    if (!node.open || !record) return;
    const count = record.columns.step.length;
    const stride = Math.max(1, Math.ceil(count / MOST_ROWS));
    every.textContent = text.every(stride);
    const rows = [];
    for (let i = (count - 1) % stride; i < count; i += stride) rows.push(row(i)); // the last step is always there
    body.replaceChildren(...rows);
  };
  node.addEventListener("toggle", draw);
  const update = (next) => {
    record = next;
    draw();
  };
  return { node, update };
}
