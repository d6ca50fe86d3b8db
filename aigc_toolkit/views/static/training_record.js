// Comes in: portions of a run, {start, columns: {step, loss, …}, validation: [[step, loss]], samples: [[step, text]]}.
// Goes out: one record of the same form that holds all of them. Knows nothing of drawing.

export const COLUMNS = ["step", "loss", "learning_rate", "gradient_norm", "tokens_per_second", "seconds"];

export function emptyRecord() {
  return { columns: Object.fromEntries(COLUMNS.map((name) => [name, []])), validation: [], samples: [] };
}

/** Adds `portion` to `record` in place; false where steps before it are missing. Steps that come again replace the old. */
export function addPortion(record, { start, columns, validation, samples }) {
  const { step } = record.columns;
  if (start > step.length) return false;
  const isKept = start < step.length ? ([at]) => at < step[start] : () => true;
  for (const name of ["validation", "samples"]) record[name] = record[name].filter(isKept);
  record.validation.push(...validation);
  record.samples.push(...samples);
  for (const name of COLUMNS) {
    record.columns[name].length = start;
    for (const value of columns[name]) record.columns[name].push(value);
  }
  return true;
}

/** The last entry of [[step, what]] that is not later than `step`, or null. */
export function lastBefore(entries, step) {
  let found = null;
  for (const entry of entries) if (entry[0] <= step) found = entry;
  return found;
}

/** The index of the step nearest to `wanted`; steps ascend. */
export function nearest(steps, wanted) {
  let [low, high] = [0, steps.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (steps[middle] < wanted) low = middle + 1;
    else high = middle;
  }
  return low > 0 && wanted - steps[low - 1] < steps[low] - wanted ? low - 1 : low;
}
