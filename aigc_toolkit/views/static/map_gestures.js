// Comes in: a canvas. Goes out: what people do on it, in its own pixels: point, pick, drag, wheel, pinch, double click.
// Knows nothing of cells. A scroll of the page that began elsewhere goes on: it does not turn into a zoom.

const MOVED = 4; // pixels from which a press is a drag
const WHEEL_STEP = 0.0022; // of the logarithm of the zoom, per pixel of the wheel
const SAME_SCROLL = 400; // milliseconds between the wheel events of one scroll
const LINE_PIXELS = 16;

let scrolledElsewhere = -Infinity; // when the page was last scrolled, not the map zoomed
let refused = 0; // the direction of the last wheel event on a map that was left to the page, 0 when it was not on a map
let isListening = false;

function noteScrolls() {
  if (isListening) return;
  isListening = true;
  const note = (event) => {
    if (event.target.closest?.(".aigc-map")) return;
    [scrolledElsewhere, refused] = [event.timeStamp, 0];
  };
  window.addEventListener("wheel", note, { passive: true, capture: true });
}

/** `act` is {point(xy|null), pick(xy), drag(dx, dy, xy), zoom(factor, xy), canZoom(factor)}. */
export function followGestures(node, act) {
  noteScrolls();
  const pointers = new Map();
  let [start, distance] = [null, 0];
  const at = ({ clientX, clientY }) => {
    const box = node.getBoundingClientRect();
    return [clientX - box.left, clientY - box.top];
  };
  const spread = () => {
    const [[x0, y0], [x1, y1]] = pointers.values();
    return { distance: Math.max(1, Math.hypot(x1 - x0, y1 - y0)), middle: [(x0 + x1) / 2, (y0 + y1) / 2] };
  };
  const down = (event) => {
    if (event.button > 0) return;
    pointers.set(event.pointerId, at(event));
    if (pointers.size === 1) start = { at: at(event), moved: false };
    if (pointers.size === 2) [start, distance] = [null, spread().distance];
  };
  const move = (event) => {
    const last = pointers.get(event.pointerId);
    if (!last) {
      if (event.pointerType !== "touch") act.point(at(event));
      return;
    }
    const here = at(event);
    pointers.set(event.pointerId, here);
    if (pointers.size === 2) {
      const now = spread();
      act.zoom(now.distance / distance, now.middle);
      distance = now.distance;
      return;
    }
    if (!start) return;
    if (!start.moved && Math.hypot(here[0] - start.at[0], here[1] - start.at[1]) > MOVED) {
      start.moved = true;
      node.setPointerCapture(event.pointerId);
    }
    if (start.moved) act.drag(here[0] - last[0], here[1] - last[1], here);
    else act.point(here);
  };
  const up = (event) => {
    if (!pointers.delete(event.pointerId)) return;
    if (start && !start.moved && event.type === "pointerup") act.pick(at(event));
    if (!pointers.size) start = null;
  };
  const wheel = (event) => {
    const pixels = event.deltaY * (event.deltaMode === 1 ? LINE_PIXELS : event.deltaMode === 2 ? 240 : 1);
    const isPinch = event.ctrlKey || event.metaKey;
    const factor = Math.exp(-pixels * WHEEL_STEP * (event.ctrlKey && Math.abs(pixels) < 50 ? 5 : 1));
    const isNew = event.timeStamp - scrolledElsewhere >= SAME_SCROLL || Math.sign(pixels) === -refused;
    if (!isPinch && !(isNew && act.canZoom(factor))) {
      [scrolledElsewhere, refused] = [event.timeStamp, refused || !isNew ? refused : Math.sign(pixels)];
      return;
    }
    [scrolledElsewhere, refused] = [-Infinity, 0];
    event.preventDefault();
    act.zoom(factor, at(event));
  };
  const leave = () => !pointers.size && act.point(null);
  const twice = (event) => act.zoom(event.shiftKey ? 0.5 : 2, at(event));
  const listened = { pointerdown: down, pointermove: move, pointerup: up, pointercancel: up, pointerleave: leave, dblclick: twice };
  for (const [name, listener] of Object.entries(listened)) node.addEventListener(name, listener);
  node.addEventListener("wheel", wheel, { passive: false });
}
