// Comes in: the size of a map. Goes out: which part of it is seen, as the reader moves it or the state asks for it. Tells at
// once that it moved, and what the state should keep once it has come to rest. Knows no pixels.

import { isWholeWindow, panned, showing, windowOf, zoomed, zoomOf } from "./map_window.js";

const SETTLED = 70; // milliseconds without a movement
const CLOSEST = 6; // rows

/** `onMove()` after every change, `onSettle(zoom)` at rest; zoom is undefined where the state asked for the part itself. */
export function mapSeen(extent, { onMove, onSettle }) {
  let [seen, isReaders, timer] = [windowOf(null, extent), false, null];
  const settle = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      const zoom = isReaders ? zoomOf(seen, extent) : undefined;
      isReaders = false;
      onSettle(zoom);
    }, SETTLED);
  };
  const move = (next, byReader) => {
    [seen, isReaders] = [next, byReader || isReaders];
    onMove();
    settle();
  };
  const see = (next) => move(next, true);
  const middle = () => [(seen.top + seen.bottom) / 2, (seen.left + seen.right) / 2];
  return {
    window: () => seen,
    isWhole: () => isWholeWindow(seen, extent),
    isClosest: () => seen.bottom - seen.top <= Math.min(CLOSEST, extent.numRows),
    settle,
    /** What the state asks for, unless the reader is just moving. */
    follow: (zoom) => !isReaders && move(windowOf(zoom, extent), false),
    whole: () => see(windowOf(null, extent)),
    zoom: (factor, at) => see(zoomed(seen, factor, at ?? middle(), extent)),
    pan: (by) => see(panned(seen, by, extent)),
    panShares: ([down, across]) => see(panned(seen, [down * (seen.bottom - seen.top), across * (seen.right - seen.left)], extent)),
    goTo: ([row, column]) => see(panned(seen, [row - middle()[0], column - middle()[1]], extent)),
    show: (cell) => see(showing(seen, cell, extent)),
    close: () => clearTimeout(timer),
  };
}
