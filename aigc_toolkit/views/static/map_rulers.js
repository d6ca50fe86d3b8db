// Comes in: the frame of a map and the names of its tokens. Goes out: rulers on a canvas. Every name stands exactly at its
// token; where not every token has room, those named stand at round positions, with a tick and the position. Draws no cell.

import { labelText, shortened } from "./token_text.js";

const FONT_PIXELS = 11; // the small size of type, tightened to sit one per row
const APART = 20; // pixels between names when not every token is named
const CLOSE = 15; // pixels between two names that would touch
const STEPS = [1, 2, 5];

/** Tokens from one named to the next: 1, 2, 5, 10, 20 … */
function stepFor(pixelsPerCell, isNamed) {
  if (isNamed) return 1;
  for (let power = 1; ; power *= 10) {
    const step = STEPS.find((times) => times * power * pixelsPerCell >= APART);
    if (step) return step * power;
  }
}

/** Positions named on one axis, all of which are in sight. */
function namedPositions([first, end], count, pixelsPerCell, isNamed) {
  const step = stepFor(pixelsPerCell, isNamed);
  const found = [];
  for (let i = Math.ceil((first - 0.5) / step) * step; i + 0.5 <= end && i < count; i += step) if (i + 0.5 >= first) found.push(i);
  return found;
}

/** names: {query: [...], key: [...]}, already fit to be seen. Returns {draw(context, frame, color), drawOne(…), labelOf(…)} */
export function mapRulers(names) {
  const fits = new Map();
  const fitted = (context, label, room) => {
    const name = `${room} ${label}`;
    if (!fits.has(name)) {
      let text = shortened(label, 24);
      for (let n = 23; n > 1 && context.measureText(text).width > room; n -= 1) text = shortened(label, n);
      if (fits.size > 4000) fits.clear();
      fits.set(name, text);
    }
    return fits.get(name);
  };
  const font = (context, color) => {
    context.font = `${FONT_PIXELS}px ${color("--aigc-mono")}`;
    context.textBaseline = "middle";
  };
  const place = (context, axis, frame, position) => {
    if (axis === "query") context.translate(frame.left - 6, frame.y(position + 0.5));
    else {
      context.translate(frame.x(position + 0.5), frame.top - 6);
      context.rotate(-Math.PI / 2);
    }
    context.textAlign = axis === "query" ? "right" : "left";
  };
  const labelOf = (axis, position, isNamed) => (isNamed ? names[axis][position] : `${names[axis][position]} ${position}`);

  /** Positions that have a name on an axis, and the pixels of a cell there. */
  const named = (axis, { window, across, down, isNamed }) => {
    const [range, cell] = axis === "query" ? [[window.top, window.bottom], down] : [[window.left, window.right], across];
    return { positions: namedPositions(range, names[axis].length, cell, isNamed[axis]), cell };
  };

  /** A ground over the name of one token. */
  const cover = (context, axis, frame, position, color) => {
    context.save();
    place(context, axis, frame, position);
    context.fillStyle = color("--aigc-ground");
    if (axis === "query") context.fillRect(6 - frame.left, -8, frame.left - 6, 16);
    else context.fillRect(0, -8, frame.top - 6, 16);
    context.restore();
  };

  /** One token's name, over a ground of its own where it may cover others: a name it would touch goes whole. */
  const drawOne = (context, axis, frame, position, { color, ink, ground }) => {
    font(context, color);
    const room = (axis === "query" ? frame.left : frame.top) - 10;
    const [name, number] = [names[axis][position], frame.isNamed[axis] ? "" : ` ${position}`];
    const text = fitted(context, name, room - context.measureText(number).width) + number;
    if (ground) {
      const { positions, cell } = named(axis, frame);
      const touched = frame.isNamed[axis] ? [] : positions.filter((other) => Math.abs(other - position) * cell < CLOSE);
      for (const each of [position, ...touched]) cover(context, axis, frame, each, color);
    }
    context.save();
    place(context, axis, frame, position);
    context.fillStyle = color(ink);
    context.fillText(text, 0, 0);
    context.restore();
  };

  const draw = (context, frame, color) => {
    for (const axis of ["query", "key"]) {
      for (const position of named(axis, frame).positions) {
        drawOne(context, axis, frame, position, { color, ink: "--aigc-muted" });
        if (frame.isNamed[axis]) continue;
        context.fillStyle = color("--aigc-muted");
        if (axis === "query") context.fillRect(frame.left - 4, frame.y(position + 0.5) - 0.5, 4, 1);
        else context.fillRect(frame.x(position + 0.5) - 0.5, frame.top - 4, 1, 4);
      }
    }
  };
  return { draw, drawOne, labelOf };
}

/** Names for the rulers of a part: one line each, nothing invisible in them. */
export function rulerNames(part) {
  const query = part.tokens.map((token) => labelText(token));
  return { query, key: part.key_tokens ? part.key_tokens.map((token) => labelText(token)) : query };
}
