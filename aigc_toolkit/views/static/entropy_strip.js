// Comes in: groups of tokens with their entropy (nats), and which one is pointed at. Goes out: a strip of bars, the largest
// of each pixel when there are more groups than pixels; a slider for those who use keys. Redraws at most once per frame.

import { element } from "./elements.js";
import { decimals } from "./numbers.js";
import { labelText } from "./token_text.js";

const LOWEST_TOP = 2; // nats: the strip's height means at least this much, so that a calm text looks calm

export function entropyStrip(text, { onHover, onSelect }) {
  const canvas = element("canvas", { "aria-hidden": "true" });
  const box = element("div", { class: "aigc-strip", role: "slider", tabindex: 0, "aria-label": text.entropySlider }, [canvas]);
  const caption = element("p", { class: "aigc-note" });
  const node = element("div", {}, [caption, box]);
  let groups = [];
  let entropies = [];
  let pointed = null;
  let frame = null;
  const top = () => Math.ceil(entropies.reduce((most, value) => Math.max(most, value ?? 0), LOWEST_TOP));
  const step = () => Math.min(18, box.clientWidth / Math.max(1, entropies.length));

  const draw = () => {
    frame = null;
    node.hidden = entropies.length > 0 && entropies.every((value) => value === undefined); // a server does not say them
    const [width, height, ratio] = [box.clientWidth, box.clientHeight, window.devicePixelRatio || 1];
    if (!width) return;
    canvas.width = width * ratio;
    canvas.height = height * ratio;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
    const context = canvas.getContext("2d");
    context.scale(ratio, ratio);
    const style = getComputedStyle(box);
    const [most, wide] = [top(), step()];
    const thick = Math.max(1, wide - (wide > 3 ? 1 : 0));
    const paint = (value, i) => {
      const tall = Math.max(1, (value / most) * (height - 2));
      context.fillRect(i * wide, height - tall, thick, tall);
    };
    context.fillStyle = style.getPropertyValue("--aigc-scale-3");
    entropies.forEach(paint);
    context.fillStyle = style.getPropertyValue("--aigc-accent");
    if (pointed !== null && pointed < entropies.length) paint(entropies[pointed], pointed);
    caption.textContent = text.entropyStrip(most);
  };
  const ask = () => {
    frame ??= requestAnimationFrame(draw);
  };
  const at = (event) => {
    const i = Math.floor((event.clientX - box.getBoundingClientRect().left) / step());
    return i >= 0 && i < entropies.length ? i : null;
  };
  box.addEventListener("pointermove", (event) => onHover(at(event)));
  box.addEventListener("pointerleave", () => onHover(null));
  box.addEventListener("click", (event) => at(event) !== null && onSelect(at(event)));

  box.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !groups.length) return;
    const from = pointed ?? -1;
    const to = { ArrowLeft: from - 1, ArrowRight: from + 1, PageDown: from - 20, PageUp: from + 20, Home: 0, End: groups.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    onSelect(Math.min(groups.length - 1, Math.max(0, to)));
  });

  const start = () => {
    [groups, entropies, pointed] = [[], [], null];
    ask();
  };
  const append = (added) => {
    groups = groups.concat(added);
    entropies = groups.map(({ entropy }) => entropy);
    ask();
    tell();
  };
  const point = (index) => {
    pointed = index;
    ask();
    tell();
  };
  /** What a screen reader says of the slider. */
  const tell = () => {
    const at = pointed ?? 0;
    if (!groups[at]) return;
    const values = { valuemin: 1, valuemax: groups.length, valuenow: at + 1 };
    values.valuetext = text.entropyAt(labelText(groups[at].text), at + 1, groups.length, decimals(groups[at].entropy));
    for (const [name, value] of Object.entries(values)) box.setAttribute(`aria-${name}`, value);
  };
  return { node, start, append, point, redraw: ask };
}
