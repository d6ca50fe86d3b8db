// Comes in: a head that fills rows. Goes out: rows, or a region in near-equal bins, each the value of largest magnitude in it.
// Works in slices of some milliseconds and lets the browser draw between them, so that a long text never freezes the page.

const SLICE = 12; // milliseconds

/** Lets the browser do what waits; sooner than a timer would. */
function breath() {
  return new Promise((resolve) => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => {
      channel.port1.close();
      resolve();
    };
    channel.port2.postMessage(null);
  });
}

/** Calls step(i) for first .. end, with breaths; stops with an error when `isClosed()`. */
async function inSlices(first, end, step, isClosed) {
  let began = performance.now();
  for (let i = first; i < end; i += 1) {
    step(i);
    if (performance.now() - began < SLICE) continue;
    await breath();
    if (isClosed()) throw new Error("closed");
    began = performance.now();
  }
}

/** Weights of the queries first .. end, Float32Array (end - first) x numColumns. */
export async function rowsOf(head, { first, end, numColumns }, isClosed) {
  const weights = new Float32Array((end - first) * numColumns);
  const step = (row) => head.fill(row, 0, numColumns, weights.subarray((row - first) * numColumns, (row - first + 1) * numColumns));
  await inSlices(first, end, step, isClosed);
  return weights;
}

/** For each of `count` positions the near-equal bin it is in: edge i of the bins is floor(i * count / numBins). */
function binOf(count, numBins) {
  const bins = new Uint16Array(count);
  for (let bin = 0; bin < numBins; bin += 1) {
    bins.fill(bin, Math.floor((bin * count) / numBins), Math.floor(((bin + 1) * count) / numBins));
  }
  return bins;
}

/** A region's bins, Float32Array of at most size x size. */
export async function regionOf(head, { rows, columns, size }, isClosed) {
  const [numRows, numColumns] = [rows[1] - rows[0], columns[1] - columns[0]];
  const [height, width] = [Math.min(numRows, size), Math.min(numColumns, size)];
  const [rowBins, columnBins] = [binOf(numRows, height), binOf(numColumns, width)];
  const cells = new Float32Array(height * width);
  const line = new Float32Array(numColumns);
  const step = (row) => {
    head.fill(row, columns[0], columns[1], line);
    const at = rowBins[row - rows[0]] * width;
    for (let k = 0; k < numColumns; k += 1) {
      const value = line[k];
      if (value === 0) continue;
      const cell = at + columnBins[k];
      const known = cells[cell];
      if (value > 0 ? value >= -known && value > known : -value > (known < 0 ? -known : known)) cells[cell] = value;
    }
  };
  await inSlices(rows[0], rows[1], step, isClosed);
  return cells;
}
