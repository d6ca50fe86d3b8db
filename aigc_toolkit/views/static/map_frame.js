// Comes in: the room there is, the size of the map and the part of it that is seen. Goes out: where everything stands, in
// CSS pixels: the plot, the rulers, the column of a learned sink; and the way from cells to pixels and back.

const LARGEST_CELL = 44;
const SMALLEST_PLOT = 120;
const SINK_WIDTH = 14;
const SINK_GAP = 6;
export const NAMED_CELL = 12; // pixels a cell from which every token is named

/** How the room is divided; does not change while somebody zooms. */
export function mapRoom([width, height], { numRows, numColumns }, { hasSink, ratio }) {
  const left = width < 420 ? 60 : 88;
  const top = width < 420 ? 56 : 72;
  const right = 2 + (hasSink ? SINK_GAP + SINK_WIDTH : 0);
  const [roomAcross, roomDown] = [Math.max(SMALLEST_PLOT, width - left - right), Math.max(SMALLEST_PLOT, height - top - 2)];
  let [across, down] = [Math.min(LARGEST_CELL, roomAcross / numColumns), Math.min(LARGEST_CELL, roomDown / numRows)];
  const isSquare = numRows === numColumns || Math.min(across, down) >= NAMED_CELL;
  if (isSquare) across = down = Math.min(across, down);
  const snapped = (cell) => (cell >= 2 ? Math.floor(cell * ratio) / ratio : cell);
  const [plotWidth, plotHeight] = [snapped(across) * numColumns, snapped(down) * numRows];
  const sinkLeft = hasSink ? left + plotWidth + SINK_GAP : null;
  return { left, top, plotWidth, plotHeight, sinkLeft, sinkWidth: SINK_WIDTH, width: left + plotWidth + right, height: top + plotHeight + 2 };
}

/** The room with a window in it: pixels per cell, and x and y of the start of a cell. */
export function mapFrame(room, window) {
  const across = room.plotWidth / (window.right - window.left);
  const down = room.plotHeight / (window.bottom - window.top);
  return {
    ...room,
    window,
    across,
    down,
    x: (column) => room.left + (column - window.left) * across,
    y: (row) => room.top + (row - window.top) * down,
    columnAt: (x) => window.left + (x - room.left) / across,
    rowAt: (y) => window.top + (y - room.top) / down,
    isNamed: { query: down >= NAMED_CELL, key: across >= NAMED_CELL },
  };
}

/** A canvas of that size in device pixels, drawn on in CSS pixels. */
export function prepared(canvas, width, height, ratio) {
  const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w;
    canvas.height = h;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
  }
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}
