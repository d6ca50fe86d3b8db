// Comes in: a scale, the largest number on it and the curve. Goes out: a bar of its colours with true numbers under it.
// Knows nothing of where the numbers come from.

import { element } from "./elements.js";
import { gradient, weightAt } from "./color_scale.js";
import { shown } from "./numbers.js";

/** 0.5, 0.084, 2.4e−4: two digits that count. */
function short(value) {
  return shown(value, (x) => {
    if (x === 0) return "0";
    return (Math.abs(x) < 0.001 ? x.toExponential(1).replace(".0e", "e") : String(Number(x.toPrecision(2)))).replace("-", "−");
  });
}

/** {node, update({scale, most, curve, isSigned})} */
export function legend(text) {
  const bar = element("i");
  const marks = Array.from({ length: 3 }, () => element("span"));
  const name = element("span", { class: "aigc-legend-name" });
  const node = element("div", { class: "aigc-legend" }, [name, element("div", { class: "aigc-legend-bar" }, [bar, ...marks])]);
  const update = ({ scale, most, curve, isSigned }) => {
    bar.style.backgroundImage = gradient(scale);
    name.textContent = isSigned ? text.weightDifference : text.weight;
    const at = (t) => (isSigned ? (t === 0.5 ? 0 : (2 * t - 1) * most) : weightAt(t, most, curve));
    marks.forEach((mark, i) => {
      const value = most === null ? null : at(i / 2);
      mark.textContent = (isSigned && value > 0 ? "+" : curve === "log" && i === 0 && !isSigned ? "≤ " : "") + short(value);
    });
    node.title = text.curveNotes[curve];
  };
  return { node, update };
}
