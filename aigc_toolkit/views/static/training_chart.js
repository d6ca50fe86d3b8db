// Comes in: steps and one number for each, points, horizontal rulers, marked steps, a family of other lines. Goes out: a line
// chart on a canvas whose heading reads the pointed step. Draws at most once per frame. Knows nothing of training.

import { axis, written } from "./axis.js";
import { element } from "./elements.js";
import { pooled } from "./pooled.js";
import { nearest } from "./training_record.js";
import { drawRulers, rulersWidth } from "./training_rulers.js";

const LEFT = 44; // pixels for the numbers of the upright axis
const TOP = 6;
const RIGHT = 8;
const LABELS = 20; // pixels for the numbers of the step axis

function colors(node) {
  const style = getComputedStyle(node);
  const color = (name) => style.getPropertyValue(`--aigc-${name}`).trim();
  return { ink: color("ink"), muted: color("muted"), line: color("line"), accent: color("accent"), ground: color("ground"),
    band: color("scale-1"), curve: color("scale-3"), font: `12px ${color("sans")}` };
}

/** The frame a chart is drawn in: pixels from steps and numbers, and its marks. */
function frameOf({ steps, values, points, rulers, family = [], curve, fromZero }, width, height, { bottom, right }) {
  const [first, last] = [steps[0], steps[steps.length - 1]];
  const across = axis(curve === "log" ? Math.max(1, first) : first, last, curve);
  let [low, high] = [Infinity, -Infinity];
  const take = (y) => {
    if (y === null || !Number.isFinite(y)) return;
    if (y < low) low = y;
    if (y > high) high = y;
  };
  for (const line of [values, ...family]) line.forEach(take);
  points.forEach(([, y]) => take(y));
  rulers.forEach(({ loss }) => take(loss));
  if (!(high >= low)) [low, high] = [0, 1];
  if (fromZero) low = Math.min(0, low);
  const room = high > low ? 0.05 * (high - low) : Math.abs(high) * 0.1 || 1;
  const up = axis(fromZero && low === 0 ? 0 : low - room, high + room);
  const [wide, tall] = [width - LEFT - right, height - TOP - bottom];
  return {
    across, up, wide, tall, left: LEFT, top: TOP, right,
    x: (step) => LEFT + across.place(step) * wide,
    y: (value) => TOP + (1 - up.place(value)) * tall,
  };
}

function drawAxes(context, frame, color, labels) {
  context.font = color.font;
  context.textBaseline = "middle";
  context.textAlign = "right";
  for (const mark of frame.up.marks(Math.max(3, Math.floor(frame.tall / 40)))) {
    const y = Math.round(frame.y(mark)) + 0.5;
    context.fillStyle = color.line;
    context.fillRect(LEFT, y - 0.5, frame.wide, 1);
    context.fillStyle = color.muted;
    context.fillText(written(mark), LEFT - 8, y);
  }
  if (!labels) return;
  context.textAlign = "center";
  let free = -Infinity;
  for (const mark of frame.across.marks(Math.max(2, Math.floor(frame.wide / 80)))) {
    const half = context.measureText(written(mark)).width / 2;
    const x = Math.min(Math.max(frame.x(mark), LEFT + half), LEFT + frame.wide + frame.right - half);
    if (x - half < free) continue;
    context.fillText(written(mark), x, TOP + frame.tall + LABELS / 2 + 2);
    free = x + half + 8;
  }
}

/** The numbers as a line; where steps share pixels, their mean as a line in the band from least to most. */
function drawLine(context, frame, { steps, values, dots = false }, color) {
  const pixels = steps.map((step) => frame.x(step) - LEFT);
  context.lineWidth = 1.5;
  context.lineJoin = "round";
  context.strokeStyle = color.curve;
  const isPooled = steps.length > frame.wide;
  const { low, high, mean } = isPooled ? pooled(pixels, values, Math.max(1, Math.ceil(frame.wide))) : {};
  if (isPooled) {
    context.fillStyle = color.band;
    mean.forEach((value, x) => {
      if (!Number.isNaN(value)) context.fillRect(LEFT + x, frame.y(high[x]), 1, Math.max(1, frame.y(low[x]) - frame.y(high[x])));
    });
  }
  const [xs, ys] = isPooled ? [Array.from(mean, (_, x) => x + 0.5), Array.from(mean)] : [pixels, values];
  context.beginPath();
  let isOpen = false;
  xs.forEach((x, i) => {
    const isGap = ys[i] === null || Number.isNaN(ys[i]);
    if (isGap) {
      isOpen = isOpen && isPooled; // an empty pixel is bridged, a number that is not there is a gap
      return;
    }
    if (isOpen) context.lineTo(LEFT + x, frame.y(ys[i]));
    else context.moveTo(LEFT + x, frame.y(ys[i]));
    isOpen = true;
  });
  context.stroke();
  context.fillStyle = color.curve;
  if (dots) steps.forEach((step, i) => values[i] !== null && context.fillRect(frame.x(step) - 2, frame.y(values[i]) - 2, 4, 4));
  if (steps.length === 1 && values[0] !== null) context.fillRect(frame.x(steps[0]) - 2, frame.y(values[0]) - 2, 4, 4);
}

function drawPoints(context, frame, points, color) {
  context.strokeStyle = color.accent;
  context.lineWidth = 1;
  context.beginPath();
  points.forEach(([step, y], i) => context[i ? "lineTo" : "moveTo"](frame.x(step), frame.y(y)));
  context.stroke();
  for (const [step, y] of points) {
    context.beginPath();
    context.arc(frame.x(step), frame.y(y), points.length > 60 ? 1.5 : 3, 0, 2 * Math.PI);
    context.fillStyle = color.ground;
    context.fill();
    context.lineWidth = 1.5;
    context.stroke();
  }
}

/** Lines that only give the main one its company. */
function drawFamily(context, frame, { steps, family }, color) {
  context.strokeStyle = color.muted;
  context.lineWidth = 1;
  context.globalAlpha = 0.35;
  for (const values of family) {
    context.beginPath();
    values.forEach((value, i) => value !== null && context.lineTo(frame.x(steps[i]), frame.y(value)));
    context.stroke();
  }
  context.globalAlpha = 1;
}

function drawMarks(context, frame, steps, color) {
  context.fillStyle = color.accent;
  for (const step of steps) {
    const x = frame.x(step);
    context.beginPath();
    context.moveTo(x - 5, TOP - 4);
    context.lineTo(x + 5, TOP - 4);
    context.lineTo(x, TOP + 5);
    context.fill();
    context.globalAlpha = 0.4;
    context.fillRect(x - 0.5, TOP, 1, frame.tall);
    context.globalAlpha = 1;
  }
}

/** {node, box, update(data), point(index or null, words), under(event), redraw()}; `onHover` is called with the index of a step, or null. */
export function lineChart({ name, note, height, labels = false }, onHover) {
  const value = element("b");
  const canvas = element("canvas", { "aria-hidden": "true" });
  const box = element("div", { class: "aigc-chart" }, [canvas]);
  box.style.height = `${height}px`;
  const heading = element("p", { class: "aigc-chart-head" }, [element("span", { class: "aigc-title", text: name }), value, element("span", { text: note })]);
  const node = element("div", {}, [heading, box]);
  let [data, frame, pointed, asked] = [null, null, null, null];

  const draw = () => {
    asked = null;
    const [width, tall, ratio] = [box.clientWidth, box.clientHeight, window.devicePixelRatio || 1];
    if (!width || !data?.steps.length) return;
    [canvas.width, canvas.height] = [width * ratio, tall * ratio];
    const context = canvas.getContext("2d");
    context.scale(ratio, ratio);
    const color = colors(box);
    context.font = color.font;
    const right = data.rulers.length ? rulersWidth(context, data.rulers) : RIGHT;
    frame = frameOf(data, width, tall, { bottom: labels ? LABELS : 4, right });
    drawAxes(context, frame, color, labels);
    drawRulers(context, frame, data.rulers, color);
    drawFamily(context, frame, { family: [], ...data }, color);
    drawLine(context, frame, data, color);
    drawPoints(context, frame, data.points, color);
    drawMarks(context, frame, data.marks, color);
    if (pointed === null) return;
    const [step, y] = [data.steps[pointed], data.values[pointed]];
    context.fillStyle = color.ink;
    context.fillRect(Math.round(frame.x(step)) - 0.5, TOP, 1, frame.tall);
    if (y !== null) context.fillRect(frame.x(step) - 2.5, frame.y(y) - 2.5, 5, 5);
  };
  const redraw = () => {
    asked ??= requestAnimationFrame(draw);
  };
  const at = (event) => {
    if (!frame) return null;
    const share = (event.clientX - box.getBoundingClientRect().left - LEFT) / frame.wide;
    return nearest(data.steps, frame.across.at(Math.min(1, Math.max(0, share))));
  };
  box.addEventListener("pointermove", (event) => onHover(at(event)));
  box.addEventListener("pointerdown", (event) => onHover(at(event)));
  box.addEventListener("pointerleave", () => onHover(null));
  const update = (next) => {
    data = next;
    redraw();
  };
  const point = (index, words) => {
    pointed = index;
    value.textContent = words;
    redraw();
  };
  /** What a pointer is on: {index of the step, value}; null before the first drawing. */
  const under = (event) => frame && { index: at(event), value: frame.up.at(1 - (event.clientY - box.getBoundingClientRect().top - TOP) / frame.tall) };
  return { node, box, update, point, under, redraw };
}
