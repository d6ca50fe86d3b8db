// Comes in: one head's small picture as bytes. Goes out: the picture on a canvas. Knows nothing of layers.

/** `bytes` are 255 * sqrt(weight), or around 128 for a difference; `look` is {scale, isSigned, causal, skipsFirst}. */
export function paintHead(canvas, bytes, side, { scale, isSigned, causal, skipsFirst }) {
  if (canvas.width !== side) canvas.width = canvas.height = side;
  const image = new ImageData(side, side);
  for (let i = 0; i < bytes.length; i += 1) {
    const isEmpty = (skipsFirst && i % side === 0) || (causal && i % side > Math.floor(i / side));
    const level = isSigned ? Math.min(255, Math.round(127.5 + ((bytes[i] - 128) * 127.5) / 127)) : bytes[i];
    image.data.set(scale.bytes.subarray(3 * level, 3 * level + 3), 4 * i);
    image.data[4 * i + 3] = isEmpty ? 0 : 255;
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
}
