// Comes in: what the buttons do. Goes out: closer, further and whole for the map, and a question mark that opens the list of
// keys. Knows nothing of the map.

import { element } from "./elements.js";

function button(sign, name, onPress) {
  const node = element("button", { type: "button", class: "aigc-tool", "aria-label": name, title: name, text: sign });
  node.addEventListener("click", onPress);
  return node;
}

/** A question mark; what it opens closes with Escape, or when the focus goes elsewhere. */
function helpButton(text, lines) {
  const rows = lines.flatMap(([keys, what]) => [element("dt", { text: keys }), element("dd", { text: what })]);
  const list = element("dl", { class: "aigc-keys", hidden: true }, rows);
  const open = button("?", text.keys, () => show(list.hidden));
  const node = element("div", { class: "aigc-help" }, [open, list]);
  const show = (isOpen) => {
    list.hidden = !isOpen;
    open.setAttribute("aria-expanded", String(isOpen));
  };
  node.addEventListener("keydown", (event) => event.key === "Escape" && show(false));
  node.addEventListener("focusout", (event) => !node.contains(event.relatedTarget) && show(false));
  show(false);
  return node;
}

/** {node, update({isWhole, isClosest})} */
export function mapTools(text, { closer, further, whole }) {
  const buttons = [button("+", `${text.closer} (+)`, closer), button("−", `${text.further} (−)`, further), button("⤢", `${text.wholeMap} (0)`, whole)];
  const node = element("div", { class: "aigc-tools", role: "group", "aria-label": text.zoom }, [...buttons, helpButton(text, text.mapKeys)]);
  for (const name of ["pointerdown", "pointermove", "dblclick"]) node.addEventListener(name, (event) => event.stopPropagation()); // not the map's
  const update = ({ isWhole, isClosest }) => {
    buttons[0].disabled = isClosest;
    buttons[1].disabled = buttons[2].disabled = isWhole;
  };
  return { node, update };
}
