// Comes in: one head's small picture as bytes. Goes out: the picture on a canvas, what no query may see left empty. Knows
// nothing of layers.

import { mayBeSeen } from "./map_picture.js";

/** For each pixel of a picture of `side` x `side` whether anything in it may be seen; the first key left out where asked. */
export function seenPixels(side, { numRows, numColumns }, sees, skipsFirst) {
  const seen = new Uint8Array(side * side);
  const range = (i, count) => [Math.floor((i * count) / side), Math.max(Math.floor((i * count) / side) + 1, Math.floor(((i + 1) * count) / side))];
  for (let row = 0; row < side; row += 1) {
    for (let column = skipsFirst ? 1 : 0; column < side; column += 1) {
      seen[row * side + column] = mayBeSeen(range(row, numRows), range(column, numColumns), sees) ? 1 : 0;
    }
  }
  return seen;
}

/** `bytes` are 255 * sqrt(weight), or around 128 for a difference; `look` is {scale, isSigned}. */
export function paintHead(canvas, bytes, side, seen, { scale, isSigned }) {
  if (canvas.width !== side) canvas.width = canvas.height = side;
  const image = new ImageData(side, side);
  for (let i = 0; i < bytes.length; i += 1) {
    const level = isSigned ? Math.min(255, Math.round(127.5 + ((bytes[i] - 128) * 127.5) / 127)) : bytes[i];
    image.data.set(scale.bytes.subarray(3 * level, 3 * level + 3), 4 * i);
    image.data[4 * i + 3] = seen[i] ? 255 : 0;
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
}
