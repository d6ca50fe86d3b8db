// Comes in: a position. Goes out: a box in which to type what should stand there instead, and `onChoose({position, text})`.
// A leading space is typed as it is: it belongs to the token.

import { element } from "./elements.js";

export function typedToken(text, onChoose) {
  const box = element("input", { type: "text", "aria-label": text.typedToken, maxlength: 200, autocomplete: "off" });
  const send = element("button", { type: "submit", text: text.goOnFromHere });
  const node = element("form", { class: "aigc-typed", hidden: true }, [box, send]);
  let position = null;
  node.addEventListener("submit", (event) => {
    event.preventDefault();
    if (box.value !== "") onChoose({ position, text: box.value });
  });
  const at = (next) => {
    if (next !== position) box.value = "";
    position = next;
  };
  const isTyping = () => box.value !== "" || node.contains(document.activeElement);
  return { node, at, isTyping };
}
