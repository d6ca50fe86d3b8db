// Comes in: the frame of a map, what is pointed at, how far queries see. Goes out: what stands over the picture: the
// cross-hair, the pinned cell, the edge of the window with its length. Draws no cell and no ruler.

const FONT_PIXELS = 11;

function clipped(context, { left, top, plotWidth, plotHeight }, draw, bleed = 0) {
  context.save();
  context.beginPath();
  context.rect(left - bleed, top - bleed, plotWidth + 2 * bleed, plotHeight + 2 * bleed);
  context.clip();
  draw();
  context.restore();
}

/** The band of one token: as wide as its cells, 3 px at least so that it can be seen. */
function band(start, end) {
  const thick = Math.max(3, end - start);
  return [(start + end - thick) / 2, thick];
}

/** Where a key stands: its column, or the column of a learned sink. */
function columnBand(frame, key, numColumns) {
  if (key >= numColumns) return [frame.sinkLeft, frame.sinkWidth];
  return band(frame.x(key), frame.x(key + 1));
}

function drawBands(context, frame, { query, key }, { color, numColumns }) {
  context.strokeStyle = color("--aigc-accent");
  context.lineWidth = 1;
  context.globalAlpha = 0.6;
  const [row, column] = [query === null ? null : band(frame.y(query), frame.y(query + 1)), key === null ? null : columnBand(frame, key, numColumns)];
  if (row) context.strokeRect(frame.left - 0.5, row[0] - 0.5, frame.plotWidth + 1, row[1] + 1);
  if (column) context.strokeRect(column[0] - 0.5, frame.top - 0.5, column[1] + 1, frame.plotHeight + 1);
  context.globalAlpha = 1;
  context.lineWidth = 2;
  if (row && column) context.strokeRect(column[0] - 1, row[0] - 1, column[1] + 2, row[1] + 2);
}

function drawPin(context, frame, [query, key], { color, numColumns }) {
  const [[y, tall], [x, wide]] = [band(frame.y(query), frame.y(query + 1)), columnBand(frame, key, numColumns)];
  const reach = Math.max(4, 9 - Math.min(tall, wide) / 2);
  context.strokeStyle = color("--aigc-accent");
  context.lineWidth = 2;
  context.strokeRect(x - 1, y - 1, wide + 2, tall + 2);
  context.beginPath();
  for (const [cx, cy, dx, dy] of [[x, y, -1, -1], [x + wide, y, 1, -1], [x, y + tall, -1, 1], [x + wide, y + tall, 1, 1]]) {
    context.moveTo(cx + dx, cy + dy);
    context.lineTo(cx + dx * reach, cy + dy * reach);
  }
  context.stroke();
}

/** {query, key} pointed at and the pinned [query, key]; clipped to what is seen. */
export function drawPointed(context, frame, pointed, pinned, look) {
  const bleed = frame.sinkLeft === null ? 2 : frame.sinkLeft + frame.sinkWidth - frame.left - frame.plotWidth + 2;
  clipped(context, frame, () => {
    if (pinned) drawPin(context, frame, pinned, look);
    drawBands(context, frame, pointed, look);
  }, bleed);
}

/** The edge of a layer's window: left of it no query sees, and how many tokens that is. */
export function drawWindowEdge(context, frame, { window, causal }, words, color) {
  const { top, bottom } = frame.window;
  const isStepped = frame.across >= 4;
  const [first, last] = [Math.floor(top), Math.ceil(bottom)];
  const edges = causal ? [(query) => query - window + 1] : [(query) => query - window + 1, (query) => query + window];
  clipped(context, frame, () => {
    context.strokeStyle = color("--aigc-muted");
    context.lineWidth = 1;
    for (const columnOf of edges) {
      context.beginPath();
      context.moveTo(frame.x(columnOf(first)), frame.y(first));
      for (let query = first; isStepped && query < last; query += 1) {
        context.lineTo(frame.x(columnOf(query)), frame.y(query));
        context.lineTo(frame.x(columnOf(query)), frame.y(query + 1));
      }
      if (!isStepped) context.lineTo(frame.x(columnOf(last)), frame.y(last));
      context.stroke();
    }
    drawEdgeWords(context, frame, edges[0], words, color);
  });
}

function drawEdgeWords(context, frame, columnOf, words, color) {
  context.font = `${FONT_PIXELS}px ${color("--aigc-sans")}`;
  context.textBaseline = "bottom";
  const wide = context.measureText(words).width;
  const { top, bottom } = frame.window;
  const query = top + 0.8 * (bottom - top);
  const x = frame.x(columnOf(query)) - wide - 6;
  if (x < frame.left + 2) return;
  context.fillStyle = color("--aigc-ground");
  context.fillRect(x - 3, frame.y(query) - 15, wide + 6, 16);
  context.fillStyle = color("--aigc-muted");
  context.fillText(words, x, frame.y(query));
}

/** The column of a learned sink: what stands above it. */
export function drawSinkName(context, frame, words, color) {
  context.save();
  context.font = `${FONT_PIXELS}px ${color("--aigc-sans")}`;
  context.textBaseline = "middle";
  context.fillStyle = color("--aigc-muted");
  context.translate(frame.sinkLeft + frame.sinkWidth / 2, frame.top - 6);
  context.rotate(-Math.PI / 2);
  context.fillText(words, 0, 0);
  context.restore();
}
