// Comes in: the view. Goes out: its map, or of two attentions both, next to each other where there is room. Maps of the same
// tokens share zoom and cross-hair; maps of two texts have their own. Draws no map itself.

import { headsOf } from "./attention_state.js";
import { element } from "./elements.js";
import { mapPanel } from "./map_panel.js";
import { share } from "./numbers.js";
import { createStore } from "./store.js";

const ROOM_FOR_TWO = 480; // pixels
const OWN = ["of", "zoom", "cell", "token"];

/** The view of one of two texts: what is pointed at and zoomed into in one means nothing in the other. */
function apart(view, of) {
  const store = createStore({ ...view.store.get(), of, zoom: null, cell: null, token: null });
  const hover = createStore({ token: null, cell: null, top: null });
  const follow = (state, changed) => {
    const names = [...changed].filter((name) => !OWN.includes(name));
    store.set(Object.fromEntries(names.map((name) => [name, state[name]])));
  };
  return { ...view, store, hover, follow, part: (state = store.get()) => view.part({ ...state, of }) };
}

/** One map with the name of its attention: {node, update, resize, close}. */
function named(view, of, name) {
  const own = view.payload.same_tokens ? view : apart(view, of);
  const map = mapPanel(own, { of });
  const pointed = element("span", { class: "aigc-mono" });
  const title = element("h4", { class: "aigc-compare-name" }, [element("b", { text: "AB"[of] }), ` ${name} `, pointed]);
  const missing = element("p", { class: "aigc-note", hidden: true });
  const node = element("div", { class: "aigc-compare-one" }, [title, missing, map.node]);
  let [numAsked, stop] = [0, () => {}];
  if (own !== view) stop = own.store.subscribe((state, changed) => map.update(state, changed));
  /** The weight of the pointed or pinned cell stands beside the name: the same cell in both, where tokens are the same. */
  const weigh = async () => {
    const mine = (numAsked += 1);
    const state = own.store.get();
    const cell = own.hover.get().cell ?? state.cell;
    const { kind, layer, head } = state;
    const name = { of, kind, layer, head };
    const isSeen = cell && !map.node.hidden;
    const row = isSeen ? await own.source.rows({ ...name, first: cell[0], end: cell[0] + 1 }).catch(() => null) : null;
    if (mine === numAsked) pointed.textContent = row ? share(row[cell[1]]) : "";
  };
  const stopHover = own.hover.subscribe((_, changed) => changed.has("cell") && weigh());
  const update = (state, changed) => {
    const part = view.part({ ...state, of });
    const isThere = state.layer < part.num_layers && state.head < headsOf(part, state.layer);
    missing.textContent = isThere ? "" : view.text.noSuchHead(view.text.headName(state.layer, state.head));
    missing.hidden = isThere;
    map.node.hidden = !isThere;
    if (!isThere) return;
    if (own !== view && changed) own.follow(state, changed);
    else map.update(own === view ? state : own.store.get(), changed);
    weigh();
  };
  const close = () => {
    stop();
    stopHover();
    numAsked += 1;
    map.close();
  };
  return { node, update, resize: (width, height) => map.resize(width, height - title.offsetHeight), close };
}

export function mapsPanel(view) {
  const { attentions } = view.payload;
  const node = element("div", { class: "aigc-maps" });
  let [shown, isBoth, size] = [[], null, [0, 0]];

  const build = (state) => {
    for (const map of shown) map.close();
    isBoth = attentions.length > 1 && state.map === "side by side";
    view.root.toggleAttribute("data-beside", isBoth);
    shown = isBoth ? attentions.map(({ model_name: name }, of) => named(view, of, name)) : [mapPanel(view)];
    node.replaceChildren(...shown.map((map) => map.node));
    fit();
  };
  const fit = () => {
    const [width, height] = size;
    const areBeside = isBoth && width >= ROOM_FOR_TWO;
    node.toggleAttribute("data-beside", areBeside);
    for (const map of shown) map.resize(areBeside ? (width - 24) / 2 : width, isBoth && !areBeside ? height * 0.8 : height);
  };
  const update = (state, changed) => {
    if (state.panel !== "map") return;
    const isNew = isBoth === null || (attentions.length > 1 && isBoth !== (state.map === "side by side"));
    if (isNew) build(state);
    for (const map of shown) map.update(state, isNew ? undefined : changed);
    if (isNew) fit();
  };
  const resize = (width, height) => {
    size = [width, height];
    fit();
  };
  const close = () => {
    for (const map of shown) map.close();
  };
  return { node, update, resize, close };
}
