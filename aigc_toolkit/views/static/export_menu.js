// Comes in: how to make each kind of file. Goes out: three buttons that save what is on the screen, and say so. Nothing
// leaves the reader's machine.

import { cellTable } from "./export_cell.js";
import { pngBlob, svgText } from "./export_drawing.js";
import { linesDrawing, linesTable } from "./export_lines.js";
import { mapDrawing, mapTable } from "./export_map.js";
import { element } from "./elements.js";

export const TYPES = { svg: "image/svg+xml", png: "image/png", csv: "text/csv;charset=utf-8" };

/** Hands a Blob to the reader as a file. */
export function saveFile(name, blob) {
  const link = element("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** The theme's colours that drawings are made in. */
export function themeColors(root) {
  const style = getComputedStyle(root);
  const color = (name) => style.getPropertyValue(`--aigc-${name}`).trim();
  return { ink: color("ink"), muted: color("muted"), line: color("line"), ground: color("ground") };
}

/** {node}; `make` is {svg, png, csv}: functions that give a Promise of a Blob. `say` shows a problem, or null for none. */
export function exportButtons(text, name, make, { say, announce }) {
  const buttons = Object.entries(make).map(([format, blob]) => {
    const button = element("button", { type: "button", class: "aigc-export", text: format.toUpperCase(), title: text.exportNames[format] });
    button.setAttribute("aria-label", `${text.exportAs} ${text.exportNames[format]}`);
    button.addEventListener("click", async () => {
      button.disabled = true;
      try {
        const file = `${name()}.${format}`;
        saveFile(file, await blob());
        say(null);
        announce(text.exported(file));
      } catch (error) {
        say(text.exportFailed(error.message));
      } finally {
        button.disabled = false;
        button.focus();
      }
    });
    return button;
  });
  return { node: element("div", { class: "aigc-exports" }, [element("span", { text: text.exportAs }), ...buttons]) };
}

/** The buttons of the attention view: the map, or the lines, or the numbers of the pinned cell. */
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
