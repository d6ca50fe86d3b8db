// Comes in: the picture of the whole map and the window that is seen. Goes out: a small map in the corner with that window on
// it, shown while somebody looks closer; press or drag to go elsewhere. Fetches nothing.

import { element } from "./elements.js";
import { prepared } from "./map_frame.js";

const SIDE = 84;

/** {node, draw({canvas, region, window, extent, color}), hide()}; calls onGo([row, column]) with where the middle should be. */
export function mapOverview(onGo) {
  const canvas = element("canvas", { "aria-hidden": "true" });
  const node = element("div", { class: "aigc-overview", hidden: true }, [canvas]);
  let size = [1, 1];
  let extent = null;
  const go = (event) => {
    const box = canvas.getBoundingClientRect();
    onGo([((event.clientY - box.top) / size[1]) * extent.numRows, ((event.clientX - box.left) / size[0]) * extent.numColumns]);
  };
  node.addEventListener("pointerdown", (event) => {
    event.stopPropagation();
    node.setPointerCapture(event.pointerId);
    go(event);
  });
  node.addEventListener("pointermove", (event) => {
    event.stopPropagation();
    if (event.buttons) go(event);
  });
  for (const name of ["pointerup", "dblclick"]) node.addEventListener(name, (event) => event.stopPropagation());

  const draw = ({ canvas: picture, region, window: seen, extent: whole, color }) => {
    node.hidden = false;
    extent = whole;
    const longest = Math.max(whole.numRows, whole.numColumns);
    size = [Math.max(24, (SIDE * whole.numColumns) / longest), Math.max(24, (SIDE * whole.numRows) / longest)];
    const context = prepared(canvas, size[0], size[1], window.devicePixelRatio || 1);
    const [x, y] = [size[0] / whole.numColumns, size[1] / whole.numRows];
    if (picture) context.drawImage(picture, region.columns[0] * x, region.rows[0] * y, (region.columns[1] - region.columns[0]) * x, (region.rows[1] - region.rows[0]) * y);
    context.strokeStyle = color("--aigc-accent");
    context.lineWidth = 1.5;
    const [wide, tall] = [Math.max(4, (seen.right - seen.left) * x), Math.max(4, (seen.bottom - seen.top) * y)];
    context.strokeRect(Math.min(size[0] - wide - 1, seen.left * x + 0.75), Math.min(size[1] - tall - 1, seen.top * y + 0.75), wide - 0.5, tall - 0.5);
  };
  const hide = () => {
    node.hidden = true;
  };
  return { node, draw, hide };
}
