// Comes in: points (x in pixels, ascending, and y). Goes out: per pixel the smallest, largest and mean y, NaN where there
// is none, so that ten thousand points cost no more to draw than the pixels they fall on.

export function pooled(pixels, values, width) {
  const [low, high, mean] = [0, 0, 0].map(() => new Float64Array(width).fill(NaN));
  const count = new Uint32Array(width);
  for (let i = 0; i < pixels.length; i += 1) {
    const [x, y] = [Math.min(width - 1, Math.max(0, Math.floor(pixels[i]))), values[i]];
    if (y === null || !Number.isFinite(y)) continue;
    if (count[x] === 0) [low[x], high[x], mean[x]] = [y, y, 0];
    if (y < low[x]) low[x] = y;
    if (y > high[x]) high[x] = y;
    mean[x] += y;
    count[x] += 1;
  }
  for (let x = 0; x < width; x += 1) if (count[x]) mean[x] /= count[x];
  return { low, high, mean };
}
