// Comes in: items {type: "rect" | "line" | "text" | "picture", …} in pixels. Goes out: an SVG file's text with text as text,
// or a canvas at twice the size, from the same items. Knows nothing of what is drawn.

const SCALE = 2;
export const FONTS = "Helvetica, Arial, 'Noto Sans', 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', sans-serif";

/** Pixels {width, height, bytes: RGBA} as a canvas of that size. */
function canvasOf({ width, height, bytes }) {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [width, height];
  canvas.getContext("2d").putImageData(new ImageData(bytes, width, height), 0, 0);
  return canvas;
}

const SHAPES = {
  rect: ({ x, y, width, height, color }) => ["rect", { x, y, width, height, fill: color, "shape-rendering": "crispEdges" }],
  line: ({ x0, y0, x1, y1, color, width = 1, opacity = 1 }) =>
    ["line", { x1: x0, y1: y0, x2: x1, y2: y1, stroke: color, "stroke-width": width, "stroke-opacity": opacity }],
  text: ({ x, y, size, color, anchor = "start", upright }) => ["text", {
    x, y, "font-size": size, fill: color, "text-anchor": anchor, "dominant-baseline": "central", "xml:space": "preserve",
    ...(upright ? { transform: `rotate(-90 ${x} ${y})` } : {}),
  }],
  picture: ({ x, y, width, height, pixels }) => ["image", {
    x, y, width, height, preserveAspectRatio: "none", style: "image-rendering: pixelated", href: canvasOf(pixels).toDataURL("image/png"),
  }],
};

const escaped = (text) => String(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
const short = (value) => (typeof value === "number" ? Number(value.toFixed(2)) : escaped(value));

export function svgText({ width, height, items, ground }) {
  const size = `width="${short(width)}" height="${short(height)}" viewBox="0 0 ${short(width)} ${short(height)}"`;
  const shapes = items.map((item) => {
    const [tag, attributes] = SHAPES[item.type](item);
    const written = Object.entries(attributes).map(([name, value]) => ` ${name}="${short(value)}"`).join("");
    return item.type === "text" ? `<text${written}>${escaped(item.text)}</text>` : `<${tag}${written}/>`;
  });
  const head = `<svg xmlns="http://www.w3.org/2000/svg" ${size} font-family="${FONTS}">`;
  return [head, `<rect width="100%" height="100%" fill="${ground}"/>`, ...shapes, "</svg>\n"].join("\n");
}

const PAINT = {
  rect: (context, { x, y, width, height, color }) => {
    const edge = (value) => Math.round(value * SCALE) / SCALE; // cells meet without a seam
    context.fillStyle = color;
    context.fillRect(edge(x), edge(y), edge(x + width) - edge(x), edge(y + height) - edge(y));
  },
  line: (context, { x0, y0, x1, y1, color, width = 1, opacity = 1 }) => {
    context.globalAlpha = opacity;
    context.strokeStyle = color;
    context.lineWidth = width;
    context.beginPath();
    context.moveTo(x0, y0);
    context.lineTo(x1, y1);
    context.stroke();
    context.globalAlpha = 1;
  },
  text: (context, { x, y, text, size, color, anchor = "start", upright }) => {
    context.save();
    context.translate(x, y);
    if (upright) context.rotate(-Math.PI / 2);
    context.fillStyle = color;
    context.font = `${size}px ${FONTS}`;
    context.textBaseline = "middle";
    context.textAlign = { start: "left", middle: "center", end: "right" }[anchor];
    context.fillText(text, 0, 0);
    context.restore();
  },
  picture: (context, { x, y, width, height, pixels }) => {
    context.imageSmoothingEnabled = false;
    context.drawImage(canvasOf(pixels), x, y, width, height);
  },
};

/** The drawing as a Blob of a PNG. */
export function pngBlob({ width, height, items, ground }) {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [Math.round(width * SCALE), Math.round(height * SCALE)];
  const context = canvas.getContext("2d");
  context.scale(SCALE, SCALE);
  context.fillStyle = ground;
  context.fillRect(0, 0, width, height);
  for (const item of items) PAINT[item.type](context, item);
  return new Promise((done) => canvas.toBlob(done, "image/png"));
}
