// Comes in: how to make each kind of file. Goes out: buttons that save what is on the screen, and say so. Nothing leaves the
// reader's machine.

import { element } from "./elements.js";

export const TYPES = { svg: "image/svg+xml", png: "image/png", csv: "text/csv;charset=utf-8" };

/** Hands a Blob to the reader as a file. */
function saveFile(name, blob) {
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
