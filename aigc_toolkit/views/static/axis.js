// Comes in: a range of numbers. Goes out: where its round marks stand, how they are written, and the way from a number to
// its place between 0 and 1. Knows no canvas.

/** Round numbers (1, 2 or 5 times a power of ten) within [low, high], about `count` of them. */
function ticks(low, high, count) {
  const span = high - low;
  if (!(span > 0)) return [low];
  const power = 10 ** Math.floor(Math.log10(span / count));
  const size = power * ([1, 2, 5, 10].find((times) => span / (power * times) <= count) ?? 10);
  const first = Math.ceil(low / size - 1e-9);
  const last = Math.floor(high / size + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * size).toPrecision(12)));
}

/** Powers of ten in [low, high], and their twofold and fivefold where few powers fit. */
function logTicks(low, high) {
  const times = Math.log10(high / low) < 2.5 ? [1, 2, 5] : [1];
  const found = [];
  for (let power = Math.floor(Math.log10(low)); 10 ** power <= high; power += 1) {
    for (const factor of times) {
      const mark = Number((factor * 10 ** power).toPrecision(12));
      if (mark >= low && mark <= high) found.push(mark);
    }
  }
  return found;
}

/** {place(x) in 0..1, at(t) back to x, marks(count)} for x in [low, high], "linear", "log", or "log from 0": of x + 1. */
export function axis(low, high, curve = "linear") {
  if (curve === "log from 0") {
    const to = Math.log1p(Math.max(high, 1));
    const powers = logTicks(1, Math.max(high, 1)).filter((mark) => /^10*$/.test(String(mark)));
    return { place: (x) => Math.log1p(x) / to, at: (t) => Math.expm1(t * to), marks: () => [0, ...powers] };
  }
  if (curve === "log") {
    const [from, to] = [Math.log(low), Math.max(Math.log(high), Math.log(low) + 1e-9)];
    return { place: (x) => (Math.log(x) - from) / (to - from), at: (t) => Math.exp(from + t * (to - from)), marks: () => logTicks(low, high) };
  }
  const span = high > low ? high - low : 1;
  return { place: (x) => (x - low) / span, at: (t) => low + t * span, marks: (count) => ticks(low, high, count) };
}

/** A mark's number in few characters: 0.002, 1.5, 20,000, 1.2M. */
export function written(value) {
  const size = Math.abs(value);
  if (size >= 1e6) return `${Number((value / 1e6).toPrecision(3))}M`;
  if (size >= 1e4) return `${Number((value / 1e3).toPrecision(3))}k`;
  if (size !== 0 && size < 1e-3) return value.toExponential(0).replace("-", "−");
  return String(Number(value.toPrecision(4))).replace("-", "−");
}
