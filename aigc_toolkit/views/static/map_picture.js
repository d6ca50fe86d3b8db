// Comes in: a region of weights, pooled or not. Goes out: a small canvas with one pixel per bin, cells no query may see left
// empty. Knows colours and masks, but nothing of where on the screen it goes.

import { element } from "./elements.js";
import { index, place } from "./color_scale.js";

const edge = ([first, end], i, bins) => first + Math.floor((i * (end - first)) / bins);

/** Bins [from, to) of a row of bins in which anything may be seen. `sees` is {causal, window}. */
function visible({ columns, width }, [firstRow, lastRow], { causal, window }) {
  const from = window === null ? -Infinity : firstRow - window + 1;
  const to = causal ? lastRow : window === null ? Infinity : lastRow + window - 1;
  let [low, high] = [0, width];
  while (low < high && edge(columns, low + 1, width) <= from) low += 1;
  while (high > low && edge(columns, high - 1, width) > to) high -= 1;
  return [low, high];
}

/** 256 colours as pixels of an ImageData. */
function palette(scale) {
  const pixels = new Uint8ClampedArray(4 * 256).fill(255);
  for (let i = 0; i < 256; i += 1) pixels.set(scale.bytes.subarray(3 * i, 3 * i + 3), 4 * i);
  return new Uint32Array(pixels.buffer);
}

/** `look` is {most, curve, scale, isSigned, sees, firstKey}. */
export function painted(region, look) {
  const { rows, height, width, weights, columns } = region;
  const image = new ImageData(width, height);
  const pixels = new Uint32Array(image.data.buffer);
  const colors = palette(look.scale);
  const level = look.isSigned
    ? (weight) => 0.5 + (Math.sign(weight) * place(Math.abs(weight), look.most, look.curve)) / 2
    : (weight) => place(weight, look.most, look.curve);
  let skipped = 0;
  while (skipped < width && edge(columns, skipped + 1, width) <= look.firstKey) skipped += 1;
  for (let row = 0; row < height; row += 1) {
    const [from, to] = visible(region, [edge(rows, row, height), edge(rows, row + 1, height) - 1], look.sees);
    for (let column = Math.max(from, skipped); column < to; column += 1) {
      const at = row * width + column;
      pixels[at] = colors[index(level(weights[at]))];
    }
  }
  const canvas = element("canvas", { width, height });
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas;
}

/** The region in fewer bins: of each, the value of largest size. What a picture smaller than a head may show without hiding a peak. */
export function shrunk(region, maxHeight, maxWidth) {
  const [height, width] = [Math.min(region.height, maxHeight), Math.min(region.width, maxWidth)];
  if (height === region.height && width === region.width) return region;
  const weights = new Float32Array(height * width);
  const target = Int32Array.from({ length: region.width }, (_, i) => Math.min(width - 1, Math.floor(((i + 0.5) * width) / region.width)));
  for (let row = 0; row < region.height; row += 1) {
    const into = Math.min(height - 1, Math.floor(((row + 0.5) * height) / region.height)) * width;
    for (let column = 0; column < region.width; column += 1) {
      const weight = region.weights[row * region.width + column];
      const at = into + target[column];
      if (Math.abs(weight) > Math.abs(weights[at])) weights[at] = weight;
    }
  }
  return { ...region, height, width, weights };
}

/** Whether a query of these rows may see any of these columns. */
export function mayBeSeen([top, bottom], [left, right], { causal, window }) {
  if (causal && left > bottom - 1) return false;
  if (window === null) return true;
  return right - 1 > top - window && (causal || left < bottom - 1 + window);
}
