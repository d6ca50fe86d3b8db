// Comes in: one head's picture (`base`), tiles of it when it is long, a look and a window. Goes out: the map on two canvases:
// cells and rulers below, what is pointed at above. Draws bitmaps that are kept; a frame of panning computes no weight.

import { element } from "./elements.js";
import { isWholeWindow } from "./map_window.js";
import { mapFrame, mapRoom, NAMED_CELL, prepared } from "./map_frame.js";
import { drawPointed, drawSinkName, drawWindowEdge } from "./map_marks.js";
import { painted, shrunk } from "./map_picture.js";
import { mapRulers } from "./map_rulers.js";
import { binCells, tilesIn } from "./map_tiles.js";

/** {base, over, resize(size), drawBase({...}), drawOver(pointed, pinned), frame(window)} */
export function mapCanvas(text, { names, extent, hasSink, color }) {
  const base = element("canvas", { "aria-hidden": "true" });
  const over = element("canvas", { "aria-hidden": "true" });
  const rulers = mapRulers(names);
  const ratio = () => window.devicePixelRatio || 1;
  let room = null;
  let pictures = null; // of {head, look}: the whole, its shrunk copy, the sink

  const resize = (size) => {
    room = size[0] > 0 ? mapRoom(size, extent, { hasSink, ratio: ratio() }) : null;
    pictures = null;
    return room;
  };
  const frame = (seen) => mapFrame(room, seen);
  const picturesOf = (head, look) => {
    if (pictures?.head === head && pictures.look === look) return pictures;
    const most = [Math.floor(room.plotHeight * ratio()), Math.floor(room.plotWidth * ratio())];
    const small = shrunk(head, ...most);
    const whole = painted(head, look);
    const sinkRegion = head.sink && { rows: head.rows, columns: [0, 1], height: head.sink.length, width: 1, weights: head.sink };
    const open = { causal: false, window: null };
    const sink = sinkRegion && painted(shrunk(sinkRegion, most[0], 1), { ...look, sees: open, firstKey: 0 });
    pictures = { head, look, whole, fitted: small === head ? whole : painted(small, look), sink };
    return pictures;
  };

  const drawPicture = (context, at, { rows, columns }, canvas) => {
    const [x, y] = [at.x(columns[0]), at.y(rows[0])];
    context.drawImage(canvas, x, y, at.x(columns[1]) - x, at.y(rows[1]) - y);
  };
  const drawGrid = (context, at) => {
    if (Math.min(at.across, at.down) < NAMED_CELL) return;
    const { top, bottom, left, right } = at.window;
    context.fillStyle = color("--aigc-ground");
    for (let row = Math.ceil(top); row < bottom; row += 1) context.fillRect(at.left, at.y(row) - 0.5, at.plotWidth, 1);
    for (let column = Math.ceil(left); column < right; column += 1) context.fillRect(at.x(column) - 0.5, at.top, 1, at.plotHeight);
  };
  const drawSink = (context, at, head, sink) => {
    const [first, end] = head.rows;
    context.save();
    context.beginPath();
    context.rect(at.sinkLeft, at.top, at.sinkWidth, at.plotHeight);
    context.clip();
    context.drawImage(sink, at.sinkLeft, at.y(first), at.sinkWidth, at.y(end) - at.y(first));
    context.restore();
    drawSinkName(context, at, text.sinkName, color);
  };

  /** Tiles that should be there for this window: none while the whole picture is fine enough. */
  const tilesFor = (seen, head, look) => {
    if (!head || head.isWhole || isWholeWindow(seen, extent)) return [];
    const at = frame(seen);
    const cells = binCells(1 / (Math.min(at.across, at.down) * ratio()));
    const ofBase = (head.rows[1] - head.rows[0]) / head.height;
    return ofBase <= cells ? [] : tilesIn(seen, cells, extent, look);
  };
  const drawBase = ({ window: seen, head, look, tiles }) => {
    const at = frame(seen);
    const context = prepared(base, room.width, room.height, ratio());
    context.imageSmoothingEnabled = false;
    if (head) {
      const { whole, fitted, sink } = picturesOf(head, look);
      context.save();
      context.beginPath();
      context.rect(at.left, at.top, at.plotWidth, at.plotHeight);
      context.clip();
      drawPicture(context, at, head, isWholeWindow(seen, extent) ? fitted : whole);
      for (const { name } of tilesFor(seen, head, look)) {
        const tile = tiles?.get(name);
        if (!tile) continue;
        const [x, y] = [at.x(tile.columns[0]), at.y(tile.rows[0])];
        context.clearRect(x, y, at.x(tile.columns[1]) - x, at.y(tile.rows[1]) - y);
        drawPicture(context, at, tile, tile.canvas);
      }
      drawGrid(context, at);
      context.restore();
      if (sink) drawSink(context, at, head, sink);
    }
    if (look.sees.window !== null) drawWindowEdge(context, at, look.sees, text.windowOf(look.sees.window), color);
    rulers.draw(context, at, color);
  };
  const drawOver = (seen, { query, key }, pinned) => {
    const at = frame(seen);
    const context = prepared(over, room.width, room.height, ratio());
    const isIn = (position, [first, end]) => position !== null && position + 1 > first && position < end;
    drawPointed(context, at, { query, key }, pinned, { color, numColumns: extent.numColumns });
    const one = { color, ink: "--aigc-accent", ground: true };
    if (isIn(query, [seen.top, seen.bottom])) rulers.drawOne(context, "query", at, query, one);
    if (key !== null && key < extent.numColumns && isIn(key, [seen.left, seen.right])) rulers.drawOne(context, "key", at, key, one);
  };
  const whole = (head, look) => picturesOf(head, look).whole;
  return { base, over, resize, frame, tilesFor, drawBase, drawOver, whole };
}
