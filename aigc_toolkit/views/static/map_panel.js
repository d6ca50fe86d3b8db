// Comes in: the view, and which attention of a comparison to draw. Goes out: one head as a map that can be zoomed into as far
// as single cells. Joins what is seen, what is drawn and what people do; each is a module of its own.

import { choice, element } from "./elements.js";
import { extentOf } from "./attention_state.js";
import { legend } from "./legend.js";
import { mapCanvas } from "./map_canvas.js";
import { followGestures } from "./map_gestures.js";
import { mapHead } from "./map_head.js";
import { followKeys } from "./map_keys.js";
import { mapOverview } from "./map_overview.js";
import { rulerNames } from "./map_rulers.js";
import { mapSeen } from "./map_seen.js";
import { mapTools } from "./map_tools.js";
import { pointedAt, tokenOfCell } from "./pointed.js";
import { oncePerFrame } from "./svg.js";

const CLOSEST_CELL = 48; // pixels a cell up to which the wheel zooms
const OVERVIEW = 92; // pixels, with its edge
const ON_THE_WAY = 250; // milliseconds between requests for tiles while the map is moving
const OF_A_HEAD = ["of", "kind", "layer", "head", "skip_first"];

/** The cross-hair: on the pointed cell, else on the row or column of what is followed and its largest weight. */
function crossHair(part, state, hovered) {
  if (hovered.cell) return { query: hovered.cell[0], key: hovered.cell[1] };
  const { reading, query, key } = pointedAt(part, state, hovered);
  return reading === "column" ? { query: hovered.top, key } : { query, key: hovered.top };
}

/** The cell at a place in the frame, [query, key]; a learned sink is the key after the last. */
function cellAt([x, y], at, { numRows, numColumns }) {
  if (y < at.top || y >= at.top + at.plotHeight) return null;
  const query = Math.min(numRows - 1, Math.floor(at.rowAt(y)));
  if (at.sinkLeft !== null && x >= at.sinkLeft && x < at.sinkLeft + at.sinkWidth) return [query, numColumns];
  const isInside = x >= at.left && x < at.left + at.plotWidth;
  return isInside ? [query, Math.min(numColumns - 1, Math.floor(at.columnAt(x)))] : null;
}

/** What a map of one part consists of; another kind or attention gets another. */
function board(view, part, { onMove, onSettle }) {
  const extent = extentOf(part);
  const canvas = mapCanvas(view.text, { names: rulerNames(part), extent, hasSink: part.sinks, color: view.color });
  return { part, extent, canvas, seen: mapSeen(extent, { onMove, onSettle }) };
}

/** A panel; `of` holds it to one attention of a comparison, whatever the state says. */
export function mapPanel(view, { of = null } = {}) {
  const { text, store, hover, color } = view;
  const now = (state = store.get()) => (of === null ? state : { ...state, of });
  const stage = element("div", { class: "aigc-map", tabindex: 0, role: "application", "aria-label": `${text.map}. ${text.mapHelp}` });
  const tools = mapTools(text, { closer: () => zoomHere(1.6), further: () => zoomHere(1 / 1.6), whole: () => map.seen.whole() });
  const [curves, colors] = [element("div"), legend(text)];
  const node = element("section", { class: "aigc-map-panel" }, [stage, element("div", { class: "aigc-scale" }, [colors.node, curves])]);
  const overview = mapOverview((middle) => map.seen.goTo(middle));
  const head = mapHead(view, { onChange: () => drawing.ask(), onFail: (error) => fail(error) });
  let [map, room, size, lastAsked] = [null, null, [0, 0], 0];

  const drawing = oncePerFrame(() => {
    if (!room) return;
    const [seen, base, look] = [map.seen.window(), head.base(), head.look()];
    map.canvas.drawBase({ window: seen, head: base, look, tiles: head.tiles() });
    drawPointed();
    if (map.seen.isWhole() || !base) overview.hide();
    else overview.draw({ canvas: map.canvas.whole(base, look), region: base, window: seen, extent: map.extent, color });
  });
  const pointing = oncePerFrame(() => drawPointed());
  const drawPointed = () => room && map.canvas.drawOver(map.seen.window(), pointed(), store.get().cell);
  const pointed = () => crossHair(map.part, store.get(), hover.get());

  const onMove = () => {
    tools.update({ isWhole: map.seen.isWhole(), isClosest: map.seen.isClosest() });
    stage.toggleAttribute("data-zoomed", !map.seen.isWhole());
    if (performance.now() - lastAsked > ON_THE_WAY) askTiles();
    drawing.ask();
  };
  const askTiles = () => {
    lastAsked = performance.now();
    if (room && head.look()) head.tiles()?.ask(map.canvas.tilesFor(map.seen.window(), head.base(), head.look()));
  };
  const onSettle = (zoom) => {
    askTiles();
    if (zoom !== undefined) store.set({ zoom });
  };
  const build = (state) => {
    map?.seen.close();
    head.forget();
    map = board(view, view.part(now(state)), { onMove, onSettle });
    stage.replaceChildren(map.canvas.base, map.canvas.over, tools.node, overview.node);
    fit();
  };
  const restyle = (state) => {
    head.restyle(map.part, now(state));
    colors.update(head.look());
  };
  const load = async (state) => {
    stage.toggleAttribute("data-stale", true);
    try {
      if (!(await head.load(map.part, now(state)))) return;
      restyle(store.get());
      head.openTiles(now(state));
      stage.toggleAttribute("data-stale", false);
      map.seen.settle();
      drawing.ask();
    } catch (error) {
      fail(error);
    }
  };
  const again = () => load(store.get());
  const fail = (error) => view.say(text.failed(error.message), again);

  const zoomHere = (factor) => {
    const { query, key } = pointed();
    const isSeen = query !== null && key !== null && key < map.extent.numColumns;
    map.seen.zoom(factor, isSeen ? [query + 0.5, key + 0.5] : null);
  };
  const frame = () => map.canvas.frame(map.seen.window());
  const point = (xy) => room && hover.set({ cell: xy && cellAt(xy, frame(), map.extent), token: null });
  const pin = (cell) => {
    const state = store.get();
    const isPinned = state.cell && state.cell[0] === cell[0] && state.cell[1] === cell[1];
    const token = tokenOfCell(map.part, state.reading, cell);
    store.set({ cell: isPinned ? null : cell, token });
  };
  const step = ([down, across]) => {
    const { query, key } = pointed();
    const held = (position, last) => Math.min(last, Math.max(0, position));
    const lastKey = map.extent.numColumns - (map.part.sinks ? 0 : 1);
    const cell = [held((query ?? 0) + down, map.extent.numRows - 1), held((key ?? 0) + across, lastKey)];
    if (cell[1] < map.extent.numColumns) map.seen.show(cell);
    hover.set({ cell, token: null });
  };
  followGestures(stage, {
    point,
    pick: (xy) => {
      const cell = room && cellAt(xy, frame(), map.extent);
      if (cell) pin(cell);
    },
    drag: (dx, dy, xy) => (map.seen.isWhole() ? point(xy) : map.seen.pan([-dy / frame().down, -dx / frame().across])),
    zoom: (factor, [x, y]) => map.seen.zoom(factor, [frame().rowAt(y), frame().columnAt(x)]),
    canZoom: (factor) => (factor < 1 ? !map.seen.isWhole() : frame().down < CLOSEST_CELL),
  });
  followKeys(stage, {
    step,
    pan: (shares) => map.seen.panShares(shares),
    zoom: zoomHere,
    whole: () => map.seen.whole(),
    pin: () => {
      const { query, key } = pointed();
      if (query !== null && key !== null) pin([query, key]);
    },
    letGo: () => store.set({ cell: null }),
  });
  stage.addEventListener("blur", () => hover.set({ cell: null }));

  const fit = () => {
    const below = node.lastChild.offsetHeight || 36;
    room = map?.canvas.resize([size[0], size[1] - below - 8]) ?? null;
    if (!room) return;
    stage.style.height = `${room.height}px`;
    stage.style.width = `${room.width}px`;
    overview.node.style.left = `${room.left + room.plotWidth - OVERVIEW}px`;
    overview.node.style.top = `${room.top + 6}px`;
    drawing.ask();
  };
  const resize = (width, height) => {
    size = [width, height];
    fit();
  };
  const update = (state, changed) => {
    if (state.panel !== "map") return;
    const is = (...names) => !changed || names.some((name) => changed.has(name));
    const isNew = map?.part !== view.part(now(state));
    if (isNew) build(state);
    if (isNew || is("zoom")) map.seen.follow(state.zoom);
    if (isNew || is("curve", "colors")) restyle(state);
    if (is("curve") || !curves.firstChild) curves.replaceChildren(choice(text.scale, text.curves, state.curve, (curve) => store.set({ curve })));
    if (isNew || is(...OF_A_HEAD)) load(state);
    drawing.ask();
  };
  const stopHover = hover.subscribe(() => map && pointing.ask());
  const close = () => {
    stopHover();
    drawing.stop();
    pointing.stop();
    map?.seen.close();
    head.close();
  };
  return { node, update, resize, close };
}
