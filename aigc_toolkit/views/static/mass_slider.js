// Comes in: the share of the weight that drawn links hold. Goes out: a slider from 50 to 100 % with its value beside it.

import { element } from "./elements.js";

export function massSlider(text, onChange) {
  const input = element("input", { type: "range", min: 50, max: 100, step: 1 });
  const value = element("output", { class: "aigc-mono" });
  const node = element("label", { class: "aigc-mass", title: text.massNote }, [element("span", { text: text.mass }), input, value]);
  input.addEventListener("input", () => onChange(Number(input.value) / 100));
  const update = (mass) => {
    const percent = Math.round(100 * mass);
    if (Number(input.value) !== percent) input.value = String(percent);
    value.textContent = `${percent} %`;
    input.setAttribute("aria-valuetext", `${percent} %`);
  };
  return { node, update };
}
