// Comes in: a prompt, then groups of generated tokens as they arrive. Goes out: prose; each group shaded by its
// probability and underlined in proportion to it. Appending touches only what is new.

import { element, roving } from "./elements.js";
import { proseText } from "./token_text.js";
import { neighbour, proseToken } from "./token_row.js";

/** Share of the scale a certain token takes: prose has to stay readable on it. */
export const STRONGEST_SHADE = 0.27;

const shownRank = (rank) => (rank > 999 ? "1k+" : String(rank));

export function generatedText(text, { onHover, onSelect }) {
  const prompt = element("span", { class: "aigc-prompt" });
  const tokens = element("span", { role: "listbox", "aria-label": text.generation });
  const node = element("div", { class: "aigc-prose aigc-story" }, [prompt, tokens]);
  let items = [];
  let groups = [];
  let selected = null;

  const shade = (item, group, scale) => {
    const width = `${(100 * group.probability).toFixed(1)}%`;
    const { style } = item.lastChild;
    style.backgroundColor = scale.css(STRONGEST_SHADE * group.probability);
    style.backgroundImage = `linear-gradient(${scale.css(0.72)}, ${scale.css(0.72)})`;
    style.backgroundSize = `${width} 2px`;
  };
  const append = (added, scale) => {
    const fresh = added.map((group, i) => {
      const item = proseToken(group.text === "" ? "∎" : group.text, {
        class: "aigc-step",
        tabindex: groups.length === 0 && i === 0 ? 0 : -1,
        "data-index": groups.length + i,
        "aria-label": group.text.trim() === "" ? text.noText : false,
        "data-rank": group.open.rank > 1 ? shownRank(group.open.rank) : false,
      });
      shade(item, group, scale);
      return item;
    });
    const wasAtEnd = node.scrollHeight - node.scrollTop - node.clientHeight < 24;
    const isFirst = groups.length === 0;
    tokens.append(...fresh);
    items = items.concat(fresh);
    groups = groups.concat(added);
    if (wasAtEnd && !isFirst) node.scrollTop = node.scrollHeight;
  };
  const select = (at) => {
    if (at === null) return;
    if (selected !== null) items[selected].setAttribute("aria-selected", "false");
    for (const item of selected === null ? items.slice(0, 1) : [items[selected]]) item.tabIndex = -1;
    selected = at;
    items[at].setAttribute("aria-selected", "true");
    items[at].tabIndex = 0;
  };
  /** Scrolls to a token that is out of sight. */
  const show = (at) => {
    const item = items[at];
    const [box, token] = [node.getBoundingClientRect(), item.getBoundingClientRect()];
    if (token.bottom > box.bottom) node.scrollTop += token.bottom - box.bottom + 8;
    if (token.top < box.top) node.scrollTop -= box.top - token.top + 8;
  };
  const start = (words) => {
    prompt.textContent = proseText(words);
    tokens.replaceChildren();
    [items, groups, selected] = [[], [], null];
  };
  const repaint = (scale) => items.forEach((item, i) => shade(item, groups[i], scale));

  const at = (event) => event.target.closest?.(".aigc-step")?.dataset.index;
  node.addEventListener("pointerover", (event) => {
    if (event.pointerType !== "touch" && at(event) !== undefined) onHover(Number(at(event)));
  });
  node.addEventListener("pointerleave", () => onHover(null));
  node.addEventListener("keydown", (event) => event.key === "Escape" && document.activeElement.blur());
  tokens.addEventListener("click", (event) => at(event) !== undefined && onSelect(Number(at(event))));
  tokens.addEventListener("focusin", (event) => at(event) !== undefined && onSelect(Number(at(event))));
  roving(tokens, () => items, neighbour, onSelect);
  return { node, start, append, select, show, repaint };
}
