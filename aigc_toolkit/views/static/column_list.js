// Comes in: the groups of tokens on one side. Goes out: a column of them that scrolls and holds only the rows in sight,
// with a weight beside each that is linked. Knows where a row stands, not what it is linked to.

import { element } from "./elements.js";
import { share } from "./numbers.js";

export const ROW = 24; // pixels

const held = (value, low, high) => Math.min(high, Math.max(low, value));

/** {node, resize, height, mark, values, y, isInSight, reveal, countBeyond}; handlers: onScroll, onHover, onSelect. */
export function columnList(axis, { name, isFocused, handlers, text }) {
  const id = `aigc-column-${Math.random().toString(36).slice(2)}`;
  const spacer = element("div", { class: "aigc-column-rows", role: "presentation" });
  const role = isFocused ? "listbox" : "group";
  const scroller = element("div", { class: "aigc-column-scroll", tabindex: 0, role, "aria-label": name }, [spacer]);
  const [above, below] = ["above", "below"].map((place) =>
    element("button", { type: "button", class: "aigc-beyond", "data-place": place, hidden: true }),
  );
  const title = element("h4", { class: "aigc-muted", text: name });
  const node = element("div", { class: "aigc-column", "data-side": axis.side }, [title, above, scroller, below]);
  const rows = new Map();
  let [height, pinned, focus, linked] = [ROW, null, null, new Map()];
  spacer.style.height = `${axis.size * ROW}px`;

  const row = (index) => {
    const label = element("span", { class: "aigc-column-label", text: axis.label(index) });
    const place = element("span", { class: "aigc-column-place", text: axis.place(index) });
    const value = element("span", { class: "aigc-column-value" });
    const made = element("div", { class: "aigc-column-row", id: `${id}-${index}`, "data-index": index }, [label, place, value]);
    if (isFocused) {
      for (const [key, words] of Object.entries({ role: "option", "aria-setsize": axis.size, "aria-posinset": index + 1 })) {
        made.setAttribute(key, words);
      }
    }
    if (axis.isSink(index)) made.classList.add("aigc-sink");
    made.style.top = `${index * ROW}px`;
    return made;
  };
  const dress = (index, made) => {
    const link = linked.get(index);
    made.style.backgroundColor = link?.ground ?? "";
    made.style.color = link?.ink ?? "";
    made.lastChild.textContent = link?.words ?? "";
    if (isFocused) made.setAttribute("aria-selected", String(index === pinned));
    made.toggleAttribute("data-focus", index === focus);
  };
  const show = () => {
    const first = held(Math.floor(scroller.scrollTop / ROW) - 4, 0, axis.size);
    const end = held(Math.ceil((scroller.scrollTop + height) / ROW) + 4, 0, axis.size);
    for (const [index, made] of rows) {
      if (index < first || index >= end) {
        made.remove();
        rows.delete(index);
      }
    }
    for (let index = first; index < end; index += 1) {
      if (!rows.has(index)) {
        rows.set(index, row(index));
        spacer.append(rows.get(index));
      }
      dress(index, rows.get(index));
    }
    if (isFocused && rows.has(pinned)) scroller.setAttribute("aria-activedescendant", `${id}-${pinned}`);
    else scroller.removeAttribute("aria-activedescendant");
  };
  scroller.addEventListener("scroll", () => {
    show();
    handlers.onScroll();
  });

  const indexOf = (event) => {
    const made = event.target.closest?.(".aigc-column-row");
    return made ? Number(made.dataset.index) : null;
  };
  if (isFocused) {
    spacer.addEventListener("pointerover", (event) => event.pointerType !== "touch" && handlers.onHover(indexOf(event)));
    spacer.addEventListener("pointerleave", () => handlers.onHover(null));
    spacer.addEventListener("click", (event) => indexOf(event) !== null && handlers.onSelect(indexOf(event)));
    scroller.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const page = Math.max(1, Math.floor(height / ROW) - 1);
      const from = pinned ?? focus ?? -1;
      const to = {
        ArrowDown: from + 1, ArrowUp: from - 1, PageDown: from + page, PageUp: from - page, Home: 0, End: axis.size - 1,
      }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      pinned = held(to, 0, axis.size - 1); // the next key may come before the next drawing
      reveal(pinned);
      handlers.onSelect(pinned, { isKeyboard: true });
    });
  }

  const y = (index) => held((index + 0.5) * ROW - scroller.scrollTop, -ROW / 2, height + ROW / 2);
  const isInSight = (index) => (index + 1) * ROW > scroller.scrollTop && index * ROW < scroller.scrollTop + height;
  const reveal = (index) => {
    if (index * ROW < scroller.scrollTop || (index + 1) * ROW > scroller.scrollTop + height) {
      scroller.scrollTop = (index + 0.5) * ROW - height / 2;
    }
    show();
  };
  /** Says how many links lead to rows above and below what is in sight, and goes there when asked. */
  const countBeyond = (links) => {
    const isAbove = ({ index }) => (index + 0.5) * ROW < scroller.scrollTop;
    const beyond = links.filter(({ index }) => !isInSight(index));
    const sides = [[above, beyond.filter(isAbove)], [below, beyond.filter((link) => !isAbove(link))]];
    for (const [button, found] of sides) {
      button.hidden = !found.length;
      const sum = found.reduce((total, { weight }) => total + Math.abs(weight), 0);
      const arrow = button === above ? "↑" : "↓";
      button.textContent = `${arrow} ${found.length} · ${share(sum)}`;
      const where = button === above ? text.above : text.below;
      button.setAttribute("aria-label", `${where}: ${text.numLinks(found.length)}, ${share(sum)}`);
      button.onclick = () => found.length && reveal(found[0].index);
    }
  };
  const resize = (room) => {
    const isWhole = axis.size * ROW <= room; // else the last line says what lies below
    height = isWhole ? axis.size * ROW : Math.max(3, Math.floor(room / ROW) - 1) * ROW;
    scroller.style.height = `${height}px`;
    show();
  };
  const mark = (next) => {
    ({ pinned, focus } = next);
    show();
  };
  const values = (next) => {
    linked = next;
    show();
  };
  return { node, resize, height: () => height, mark, values, y, isInSight, reveal, countBeyond };
}
