// Comes in: a weight among others and the scales. Goes out: how its line looks: width, opacity and colour all grow with
// it. In a difference, what was lost is dashed and carries a minus: colour is never the only cue.

import { place } from "./color_scale.js";

const THINNEST = 0.75;
const THICKEST = 5;

/** {color, ground, ink, width, opacity, dash, sign} of `weight`, where `most` is the largest size shown. */
export function lineLook({ sequential, diverging }, { of, curve }, weight, most) {
  const share = place(Math.abs(weight), most, curve);
  const isSigned = of === "difference";
  const at = isSigned ? 0.5 + (Math.sign(weight) * (0.3 + 0.7 * share)) / 2 : 0.4 + 0.6 * share;
  const shade = isSigned ? 0.5 + (Math.sign(weight) * share) / 2 : share;
  const scale = isSigned ? diverging : sequential;
  const width = THINNEST + (THICKEST - THINNEST) * share;
  return {
    color: scale.css(at),
    ground: scale.css(shade),
    ink: scale.ink(shade),
    width,
    opacity: 0.3 + 0.7 * share,
    dash: isSigned && weight < 0 ? `${width + 3} ${2 * width + 3}` : null, // round ends take a width of each gap
    sign: isSigned ? (weight < 0 ? "−" : "+") : "",
  };
}

/** The attributes of its stroke; among all links of a text each is drawn faintly. */
export function strokeOf({ color, width, opacity, dash }, { isFaint }) {
  const [thinner, fainter] = isFaint ? [0.5, 0.65] : [1, 1];
  return { stroke: color, "stroke-dasharray": dash, "stroke-width": width * thinner, "stroke-opacity": opacity * fainter };
}

/** A line from [x, y] to [x, y] as the path of an arc above one line of text, or a calm S between two lines.

    An arc climbs at most `room` pixels, the higher the further it reaches, as a share of `width`. */
export function arc(from, to, { room, width, isSameLine }) {
  const [x0, y0] = from;
  const [x1, y1] = to;
  const round = (value) => Math.round(10 * value) / 10;
  if (isSameLine) {
    const reach = Math.sqrt(Math.min(1, (1.6 * Math.abs(x1 - x0)) / width));
    const rise = (room * (0.2 + 0.8 * reach) * 4) / 3; // a cubic climbs to three quarters of its handles
    return `M${round(x0)} ${round(y0)}C${round(x0)} ${round(y0 - rise)} ${round(x1)} ${round(y1 - rise)} ${round(x1)} ${round(y1)}`;
  }
  const bend = Math.max(16, Math.abs(y1 - y0) / 2) * Math.sign(y1 - y0);
  return `M${round(x0)} ${round(y0)}C${round(x0)} ${round(y0 + bend)} ${round(x1)} ${round(y1 - bend)} ${round(x1)} ${round(y1)}`;
}
