// Comes in: an element that carries the custom properties --aigc-scale-0 .. 5 and --aigc-diverging-0 .. 6. Goes out:
// scales of 256 colours, joined in OKLab (Ottosson 2020, https://bottosson.github.io/posts/oklab/) so that equal steps
// look equal, and the curve (linear, square root, logarithm) between a number and its place on the scale.

const NUM_STOPS = { scale: 6, diverging: 7 };
const DECADES = 4; // of the logarithmic curve: its lower end is the largest weight over 10,000
const linear = (byte) => (byte <= 10.31475 ? byte / 3294.6 : ((byte / 255 + 0.055) / 1.055) ** 2.4);
const encoded = (value) => {
  const x = Math.min(1, Math.max(0, value));
  return Math.round(255 * (x <= 0.0031308 ? 12.92 * x : 1.055 * x ** (1 / 2.4) - 0.055));
};

function toOklab(hex) {
  const [r, g, b] = [1, 3, 5].map((at) => linear(parseInt(hex.slice(at, at + 2), 16)));
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

function fromOklab([lightness, a, b]) {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    encoded(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    encoded(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    encoded(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
  ];
}

/** The stops as written in the style sheet: "" while the element is not on the page or the sheet not yet there. */
export function scaleName(root, kind = "scale") {
  const style = getComputedStyle(root);
  return Array.from({ length: NUM_STOPS[kind] }, (_, i) => style.getPropertyValue(`--aigc-${kind}-${i}`).trim()).join(" ").trim();
}

/** {name, bytes: 256 x RGB, css(t), ink(t)} for t in 0..1; `ink` is black or white, whichever reads better on it.

    Of kind "diverging", 0.5 is the neutral middle, 1 the most positive, 0 the most negative. */
export function readScale(root, kind = "scale") {
  const name = scaleName(root, kind);
  const stops = (name || "#ffffff ".repeat(NUM_STOPS[kind]).trim()).split(" ").map(toOklab);
  const bytes = new Uint8Array(256 * 3);
  for (let i = 0; i < 256; i += 1) {
    const place = (i / 255) * (stops.length - 1);
    const low = Math.min(stops.length - 2, Math.floor(place));
    bytes.set(fromOklab(stops[low].map((from, c) => from + (stops[low + 1][c] - from) * (place - low))), 3 * i);
  }
  const rgb = (t) => bytes.subarray(3 * index(t), 3 * index(t) + 3);
  return {
    name,
    bytes,
    css: (t) => `rgb(${rgb(t).join(" ")})`,
    ink: (t) => {
      const [r, g, b] = Array.from(rgb(t), linear);
      return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.179 ? "#000" : "#fff"; // equal contrast with both at 0.179
    },
  };
}

export function index(t) {
  return Math.round(255 * Math.min(1, Math.max(0, t)));
}

/** Where `weight` stands between 0 and `most`, on the curve "linear", "root" or "log". */
export function place(weight, most, curve) {
  const share = most > 0 ? Math.min(1, weight / most) : 0;
  if (curve === "root") return Math.sqrt(share);
  return curve === "log" ? Math.max(0, 1 + Math.log10(share) / DECADES) : share;
}

/** The weight that stands at `t`: the other way round. */
export function weightAt(t, most, curve) {
  if (curve === "root") return most * t * t;
  return curve === "log" ? most * 10 ** (DECADES * (t - 1)) : most * t;
}

export function gradient(scale, upTo = 1) {
  const stops = Array.from({ length: 17 }, (_, i) => scale.css((upTo * i) / 16));
  return `linear-gradient(to right, ${stops.join(", ")})`;
}
