// Comes in: named losses and the frame of a chart. Goes out: a thin dashed line across it for each, its name and number at the
// right end, moved apart where they would stand on each other. Knows nothing of what the losses are of.

import { decimals } from "./numbers.js";
import { shortened } from "./token_text.js";

const [GAP, LEAD] = [14, 10]; // pixels between names, and from the end of a line to its name
const LONGEST = 18;

const wordsOf = ({ name, loss }) => `${shortened(name, LONGEST)} ${decimals(loss)}`;

/** Places near the wanted ones, at least `GAP` from each other, within [low, high] where that has the room. */
export function apart(wanted, low, high) {
  const order = wanted.map((_, i) => i).sort((a, b) => wanted[a] - wanted[b]);
  const places = wanted.slice();
  let free = low;
  for (const i of order) free = (places[i] = Math.max(places[i], free)) + GAP;
  let last = high;
  for (const i of order.reverse()) last = (places[i] = Math.min(places[i], last)) - GAP;
  return places;
}

/** Pixels to keep free at the right end for the names. */
export function rulersWidth(context, rulers) {
  return Math.max(...rulers.map((ruler) => context.measureText(wordsOf(ruler)).width)) + LEAD + 4;
}

export function drawRulers(context, frame, rulers, color) {
  const { left, wide, top, tall } = frame;
  const lines = rulers.map(({ loss }) => Math.round(frame.y(loss)) + 0.5);
  const names = apart(lines, top + GAP / 2, top + tall - GAP / 2);
  context.textAlign = "left";
  context.textBaseline = "middle";
  context.lineWidth = 1;
  context.strokeStyle = context.fillStyle = color.muted;
  rulers.forEach((ruler, i) => {
    context.globalAlpha = 0.55;
    context.setLineDash([4, 4]);
    context.beginPath();
    context.moveTo(left, lines[i]);
    context.lineTo(left + wide, lines[i]);
    context.stroke();
    context.setLineDash([]);
    context.beginPath();
    context.moveTo(left + wide, lines[i]);
    context.lineTo(left + wide + LEAD - 2, names[i]);
    context.stroke();
    context.globalAlpha = 1;
    context.fillText(wordsOf(ruler), left + wide + LEAD, names[i]);
  });
}
