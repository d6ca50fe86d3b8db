// Comes in: the attention view. Goes out: buttons that save its map, its lines, or the numbers of its pinned cell.

import { TYPES, exportButtons, themeColors } from "./export_buttons.js";
import { cellTable } from "./export_cell.js";
import { pngBlob, svgText } from "./export_drawing.js";
import { linesDrawing, linesTable } from "./export_lines.js";
import { mapDrawing, mapTable } from "./export_map.js";

/** {node}; a picture of a pinned cell is the map around it. */
export function exportMenu(view) {
  const { store, text, root } = view;
  const drawing = async () => {
    const colors = themeColors(root);
    const made = await (store.get().panel === "lines" ? linesDrawing : mapDrawing)(view, colors);
    return { ...made, ground: colors.ground };
  };
  const numbers = () => {
    const { panel, cell } = store.get();
    return panel === "lines" ? linesTable(view) : panel === "cell" && cell ? cellTable(view) : mapTable(view);
  };
  const make = {
    svg: async () => new Blob([svgText(await drawing())], { type: TYPES.svg }),
    png: async () => pngBlob(await drawing()),
    csv: async () => new Blob([await numbers()], { type: TYPES.csv }),
  };
  const name = () => {
    const { panel, layer, head } = store.get();
    return `attention-${panel}-layer-${layer}-head-${head}`;
  };
  return exportButtons(text, name, make, view);
}
