// Comes in: a tag name and attributes. Goes out: an SVG element. Text reaches it through textContent only.

/** `attributes.text` becomes its text content. */
export function shape(tag, attributes = {}, children = []) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "text") node.textContent = value;
    else if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

/** At most one call of `draw` per frame, however often it is asked for; `stop` forgets one that waits. */
export function oncePerFrame(draw) {
  let frame = null;
  const ask = () => {
    frame ??= requestAnimationFrame(() => {
      frame = null;
      draw();
    });
  };
  const stop = () => {
    if (frame !== null) cancelAnimationFrame(frame);
    frame = null;
  };
  return { ask, stop };
}
