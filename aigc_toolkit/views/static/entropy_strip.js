// Comes in: the entropy (nats) of every group of tokens, and which one is pointed at. Goes out: a strip of bars, the
// largest of each pixel when there are more groups than pixels. Redraws at most once per frame.

import { element } from "./elements.js";

const LOWEST_TOP = 2; // nats: the strip's height means at least this much, so that a calm text looks calm

export function entropyStrip(text, { onHover, onSelect }) {
  const canvas = element("canvas", { "aria-hidden": "true" });
  const box = element("div", { class: "aigc-strip" }, [canvas]);
  const caption = element("p", { class: "aigc-note" });
  const node = element("div", {}, [caption, box]);
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
    const most = top();
    const thick = Math.max(1, step() - (step() > 3 ? 1 : 0));
    entropies.forEach((value, i) => {
      const tall = Math.max(1, (value / most) * (height - 2));
      context.fillStyle = style.getPropertyValue(i === pointed ? "--aigc-accent" : "--aigc-scale-3");
      context.fillRect(i * step(), height - tall, thick, tall);
    });
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

  const start = () => {
    [entropies, pointed] = [[], null];
    ask();
  };
  const append = (values) => {
    entropies = entropies.concat(values);
    ask();
  };
  const point = (index) => {
    pointed = index;
    ask();
  };
  return { node, start, append, point, redraw: ask };
}
