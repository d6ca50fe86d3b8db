// Comes in: the losses of a run. Goes out: their chart with rulers and a cursor at a snapshot; dragging through it goes to the nearest
// snapshot. Knows nothing of what else a snapshot shows.

import { element } from "./elements.js";
import { decimals } from "./numbers.js";
import { lineChart } from "./training_chart.js";
import { nearest } from "./training_record.js";
import { labelText } from "./token_text.js";

/** {node, update(at), redraw()}; `onGo(at)` */
export function lossChart(text, { steps, training }, height, onGo) {
  if (!training.steps.length) {
    const title = element("h3", { class: "aigc-title", text: text.loss });
    return { node: element("section", {}, [title, element("p", { class: "aigc-note", text: text.noLosses })]), update() {}, redraw() {} };
  }
  const chart = lineChart({ name: text.loss, note: text.nats, height, labels: true }, () => {});
  const [all, losses] = [[0, ...training.steps], [null, ...training.losses]]; // before training there is no loss yet, but a snapshot
  const rulers = training.rulers.map(({ name, loss }) => ({ name: labelText(name), loss }));
  chart.update({ steps: all, values: losses, points: training.validation, rulers, marks: training.marks.map(({ step }) => step), curve: "log from 0" });
  chart.box.title = text.lossHelp;
  const go = (event) => {
    const under = event.buttons ? chart.under(event) : null;
    if (under) onGo(nearest(steps, all[under.index]));
  };
  chart.box.addEventListener("pointerdown", go);
  chart.box.addEventListener("pointermove", go);
  const update = (at) => {
    const index = nearest(all, steps[at]);
    const mark = training.marks.findLast(({ step }) => step <= steps[at]);
    chart.point(index, `${decimals(losses[index], 3)} ${mark ? `▼ ${labelText(mark.text)}` : ""}`);
  };
  return { node: chart.node, update, redraw: chart.redraw };
}
