// Comes in: what the model wrote after some steps. Goes out: one of them as prose, chosen with a slider; the newest while
// nobody has chosen another.

import { element } from "./elements.js";
import { proseText } from "./token_text.js";

export function sampleList(text) {
  const slider = element("input", { type: "range", min: 0, step: 1, "aria-label": text.sampleSlider });
  const place = element("span", { class: "aigc-note" });
  const bar = element("div", { class: "aigc-sample-bar" }, [slider, place]);
  const prose = element("p", { class: "aigc-prose aigc-sample", tabindex: 0, role: "region", "aria-label": text.samples });
  const empty = element("p", { class: "aigc-note", text: text.noSamples });
  const title = element("h3", { class: "aigc-title", text: text.samples });
  const node = element("section", {}, [element("div", { class: "aigc-bar" }, [title, bar]), prose, empty]);
  let samples = [];
  let chosen = null;

  const draw = () => {
    const at = chosen ?? samples.length - 1;
    [bar.hidden, prose.hidden, empty.hidden] = [!samples.length, !samples.length, samples.length > 0];
    if (!samples.length) return;
    const [step, words] = samples[at];
    slider.max = samples.length - 1;
    slider.value = at;
    slider.disabled = samples.length === 1;
    place.textContent = text.sampleAt(step, at + 1, samples.length);
    slider.setAttribute("aria-valuetext", place.textContent);
    if (prose.textContent !== proseText(words)) prose.textContent = proseText(words);
  };
  slider.addEventListener("input", () => {
    chosen = Number(slider.value) === samples.length - 1 ? null : Number(slider.value);
    draw();
  });
  const update = (next) => {
    samples = next;
    if (chosen !== null && chosen >= samples.length) chosen = null;
    draw();
  };
  return { node, update };
}
