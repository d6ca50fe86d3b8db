// Comes in: the part of a map that is seen, in cells. Goes out: that part after zooming or panning, always inside the map.
// Pure arithmetic: no pixels, no drawing.

const FEWEST = 6; // cells a side of the closest look

/** {top, bottom, left, right} in cells; edges may lie inside a cell. */
function wholeWindow({ numRows, numColumns }) {
  return { top: 0, bottom: numRows, left: 0, right: numColumns };
}

export function isWholeWindow({ top, bottom, left, right }, { numRows, numColumns }) {
  return top <= 0 && left <= 0 && bottom >= numRows && right >= numColumns;
}

function placed(start, span, count) {
  const size = Math.min(count, Math.max(Math.min(FEWEST, count), span));
  const from = Math.min(count - size, Math.max(0, start));
  return [from, from + size];
}

function within([top, rows], [left, columns], { numRows, numColumns }) {
  const [down, across] = [placed(top, rows, numRows), placed(left, columns, numColumns)];
  return { top: down[0], bottom: down[1], left: across[0], right: across[1] };
}

/** `factor` above 1 looks closer; what lies at [row, column] stays where it is. Both sides change by the same factor. */
export function zoomed({ top, bottom, left, right }, factor, [row, column], extent) {
  const [rows, columns] = [bottom - top, right - left];
  const most = Math.max(1, Math.min(rows / Math.min(FEWEST, extent.numRows), columns / Math.min(FEWEST, extent.numColumns)));
  const by = Math.min(factor, most);
  const from = (start, at) => at - (at - start) / by;
  return within([from(top, row), rows / by], [from(left, column), columns / by], extent);
}

export function panned({ top, bottom, left, right }, [rows, columns], extent) {
  return within([top + rows, bottom - top], [left + columns, right - left], extent);
}

/** The nearest window that holds the cell, so that a cross-hair moved by keys is never out of sight. */
export function showing(window, [row, column], extent) {
  const shift = (start, end, at) => (at < start ? at - start : at + 1 > end ? at + 1 - end : 0);
  return panned(window, [shift(window.top, window.bottom, row), shift(window.left, window.right, column)], extent);
}

/** As the state keeps it: whole cells, or null for the whole map. */
export function zoomOf(window, extent) {
  if (isWholeWindow(window, extent)) return null;
  const { top, bottom, left, right } = window;
  const [row, column] = [Math.round(top), Math.round(left)];
  const end = (start, span, count) => Math.min(count, start + Math.max(1, Math.round(span)));
  return [row, end(row, bottom - top, extent.numRows), column, end(column, right - left, extent.numColumns)];
}

export function windowOf(zoom, extent) {
  return zoom ? { top: zoom[0], bottom: zoom[1], left: zoom[2], right: zoom[3] } : wholeWindow(extent);
}
