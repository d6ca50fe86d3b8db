// Comes in: measured numbers. Goes out: their short written form; a long dash where there is none.

export function shown(value, write) {
  return value === null || value === undefined || Number.isNaN(value) ? "—" : write(value);
}

/** A weight or probability: three decimals, a power of ten when smaller, plain 0 only for exactly 0. */
export function share(value) {
  return shown(value, (x) => (x === 0 ? "0" : x < 0.0005 ? x.toExponential(1).replace("-", "−") : x.toFixed(3)));
}

export function decimals(value, digits = 2) {
  return shown(value, (x) => x.toFixed(digits).replace("-", "−"));
}

export function tiny(value) {
  return shown(value, (x) => (x === 0 ? "0" : x.toExponential(1).replace("-", "−")));
}
