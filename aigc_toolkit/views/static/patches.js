// Comes in: the view of a vision model. Goes out: the picture with its grid of patches, in place of prose: the chosen or
// pointed patch looks at the others, which are shaded by weight over the picture. Other tokens stand beside it.

import { place } from "./color_scale.js";
import { element, roving } from "./elements.js";
import { lineValues } from "./line_values.js";
import { labelText } from "./token_text.js";
import { readingIn } from "./readings.js";
import { oncePerFrame } from "./svg.js";

/** Where an arrow key leads on the grid; the tokens before it are a row above it. */
function neighbourIn({ rows, columns, first }) {
  const last = first + rows * columns - 1;
  return (key, from) => {
    const along = { ArrowRight: from + 1, ArrowLeft: from - 1, Home: 0, End: last }[key];
    if (along !== undefined) return along;
    if (key === "ArrowDown") return from < first ? first : from + columns;
    if (key === "ArrowUp") return from >= first + columns ? from - columns : from >= first && first > 0 ? 0 : null;
    return null;
  };
}

/** {node, update(state), resize(width, height), close}; null where the part has no picture. */
export function patches(view) {
  const { text, store, hover } = view;
  const part = view.part();
  if (!part.picture) return null;
  const { url, rows, columns, first } = part.picture;
  const redraw = oncePerFrame(() => load());
  const patchName = (at) => text.patchName(Math.floor(at / columns) + 1, (at % columns) + 1);
  const items = part.tokens.map((token, position) => {
    const isPatch = position >= first && position < first + rows * columns;
    const name = isPatch ? patchName(position - first) : labelText(token);
    const attributes = { role: "option", tabindex: -1, "aria-selected": "false", "data-position": position, title: name };
    const shown = isPatch ? { class: "aigc-patch", "aria-label": name } : { class: "aigc-patch-word aigc-mono", text: name };
    return element("span", { ...attributes, ...shown });
  });
  const picture = element("img", { src: url, alt: "", draggable: "false" });
  const grid = element("div", { class: "aigc-patch-grid", role: "presentation" }, items.slice(first, first + rows * columns));
  const beside = element("div", { class: "aigc-patch-words", role: "presentation" }, items.slice(0, first));
  const frame = element("div", { class: "aigc-patch-frame", role: "presentation" }, [picture, grid]);
  const board = element("div", { class: "aigc-patch-board", role: "listbox", "aria-label": text.tokens }, [beside, frame]);
  const node = element("div", { class: "aigc-patches" }, [board, element("p", { class: "aigc-note", text: text.pictureNote })]);
  grid.style.gridTemplate = `repeat(${rows}, 1fr) / repeat(${columns}, 1fr)`;

  const positionOf = (event) => {
    const item = event.target.closest?.("[data-position]");
    return item ? Number(item.dataset.position) : null;
  };
  board.addEventListener("pointerover", (event) => event.pointerType !== "touch" && hover.set({ token: positionOf(event) }));
  board.addEventListener("pointerleave", () => hover.set({ token: null }));
  const pin = (position) => store.set({ token: position });
  board.addEventListener("click", (event) => {
    const position = positionOf(event);
    if (position !== null) pin(position === store.get().token ? null : position);
  });
  roving(board, () => items, neighbourIn(part.picture), pin);

  let numAsked = 0;
  const load = async () => {
    const [state, mine] = [store.get(), (numAsked += 1)];
    const focus = hover.get().token ?? state.token;
    const name = { of: state.of, kind: state.kind, layer: state.layer, head: state.head };
    const line = { reading: readingIn(part, state), grouping: "tokens", group: focus, skipFirst: state.skip_first };
    try {
      const values = focus === null ? null : await lineValues({ source: view.source, part }, { ...name, ...line });
      if (mine === numAsked) shade(values, focus, state);
    } catch (error) {
      if (mine === numAsked) view.say(text.failed(error.message), load);
    }
  };
  /** The stronger a weight, the more its colour covers the picture; without a weight the picture is dimmed. */
  const shade = (values, focus, state) => {
    const { sequential, diverging } = view.colors();
    const most = values ? values.reduce((found, value) => Math.max(found, Math.abs(value)), 0) : 0;
    const isSigned = state.of === "difference";
    frame.toggleAttribute("data-dimmed", Boolean(values));
    items.forEach((item, position) => {
      const share = values ? place(Math.abs(values[position]), most, state.curve) : 0;
      const scale = isSigned ? diverging : sequential;
      const at = isSigned ? 0.5 + (Math.sign(values?.[position] ?? 0) * share) / 2 : share;
      item.style.setProperty("--aigc-shade", values ? scale.css(at) : "transparent");
      item.style.color = values ? scale.ink(at) : "";
      item.style.setProperty("--aigc-cover", values ? String(0.25 + 0.6 * share) : "0");
      item.setAttribute("aria-selected", String(position === state.token));
      item.toggleAttribute("data-hovered", position === focus && focus !== state.token);
      item.tabIndex = position === (state.token ?? 0) ? 0 : -1;
    });
  };
  const resize = (width, height) => {
    if (!width) return;
    const wanted = Math.min(width, Math.max(160, height)) * Math.min(1, columns / rows);
    frame.style.width = `${Math.round(Math.min(wanted, width))}px`;
    frame.style.aspectRatio = `${columns} / ${rows}`;
  };
  const stopHover = hover.subscribe((_, changed) => changed.has("token") && redraw.ask());
  const close = () => {
    stopHover();
    redraw.stop();
    numAsked += 1;
  };
  return { node, update: redraw.ask, resize, close };
}
