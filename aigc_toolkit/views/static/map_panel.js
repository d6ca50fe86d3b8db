// Comes in: the view, and which attention of a comparison to draw. Goes out: one head as a map that can be zoomed into as far
// as single cells. Holds what is seen, asks for what is missing; the drawing is done by map_canvas.js.

import { choice, element } from "./elements.js";
import { extentOf } from "./attention_state.js";
import { headBase } from "./head_base.js";
import { legend } from "./legend.js";
import { mapCanvas } from "./map_canvas.js";
import { followGestures } from "./map_gestures.js";
import { mapOverview } from "./map_overview.js";
import { rulerNames } from "./map_rulers.js";
import { mapTiles } from "./map_tiles.js";
import { mapTools } from "./map_tools.js";
import { isWholeWindow, panned, showing, windowOf, zoomed, zoomOf } from "./map_window.js";
import { pointedAt, tokenOfCell } from "./pointed.js";
import { oncePerFrame } from "./svg.js";

const SETTLED = 70; // milliseconds without a movement before tiles are asked for and the state is told
const OF_A_HEAD = ["of", "kind", "layer", "head", "skip_first"];
const STEP = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

/** A panel; `of` holds it to one attention of a comparison, whatever the state says. */
export function mapPanel(view, { of = null } = {}) {
  const { text, store, hover } = view;
  const stateOf = (state) => (of === null ? state : { ...state, of });
  const color = view.color;
  const stage = element("div", { class: "aigc-map", tabindex: 0, role: "application", "aria-label": `${text.map}. ${text.mapHelp}` });
  const tools = mapTools(text, { closer: () => byKey(1.6), further: () => byKey(1 / 1.6), whole: () => seeWhole() });
  const curves = element("div");
  const colors = legend(text);
  const node = element("section", { class: "aigc-map-panel" }, [
    stage,
    element("div", { class: "aigc-scale" }, [colors.node, curves]),
  ]);
  const overview = mapOverview((middle) => goTo(middle));
  let [part, extent, canvas, seen, room, size] = [null, null, null, null, null, [0, 0]];
  let [head, tiles, look, numAsked, timer, top] = [null, null, null, 0, null, null];

  const drawing = oncePerFrame(() => {
    if (!room) return;
    canvas.drawBase({ window: seen, head, look, tiles });
    drawPointed();
    if (isWholeWindow(seen, extent)) overview.hide();
    else overview.draw({ canvas: head && canvas.whole(head, look), region: head, window: seen, extent, color });
  });
  const pointing = oncePerFrame(() => drawPointed());
  const drawPointed = () => {
    if (!room) return;
    const state = store.get();
    canvas.drawOver(seen, cellShown(state), state.cell);
  };
  /** The cross-hair: on the pointed cell, else on the row or column of what is followed and its largest weight. */
  const cellShown = (state) => {
    const { cell, top: strongest } = hover.get();
    if (cell) return { query: cell[0], key: cell[1] };
    const { reading, query, key } = pointedAt(part, state, hover.get());
    return reading === "column" ? { query: strongest ?? null, key } : { query, key: strongest ?? null };
  };

  const build = (state) => {
    part = view.part(stateOf(state));
    extent = extentOf(part);
    canvas = mapCanvas(text, { names: rulerNames(part), extent, hasSink: part.sinks, color });
    stage.replaceChildren(canvas.base, canvas.over, tools.node, overview.node);
    seen = windowOf(state.zoom, extent);
    fit();
  };
  const newLook = (state) => {
    const isSigned = stateOf(state).of === "difference";
    const { sequential, diverging } = view.colors();
    const sees = { causal: part.causal, window: part.sees?.[state.layer]?.window ?? null };
    look = { most: head?.most ?? null, curve: state.curve, scale: isSigned ? diverging : sequential, isSigned, sees, firstKey: state.skip_first ? 1 : 0 };
    colors.update(look);
    tiles?.repaint(look);
  };
  const load = async (state) => {
    const mine = (numAsked += 1);
    stage.toggleAttribute("data-stale", true);
    tiles?.close();
    tiles = null;
    try {
      const next = await headBase(view, part, stateOf(state));
      if (mine !== numAsked) return;
      head = next;
      newLook(store.get());
      if (!head.isWhole) tiles = mapTiles(view.source, stateOf(state), look, { onArrive: drawing.ask, onFail: (error) => fail(error) });
      stage.toggleAttribute("data-stale", false);
      settle();
      drawing.ask();
    } catch (error) {
      if (mine === numAsked) fail(error);
    }
  };
  const again = () => load(store.get());
  const fail = (error) => view.say(text.failed(error.message), again);

  const settle = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (room) tiles?.ask(canvas.tilesFor(seen, head, look));
      if (top !== null) store.set({ zoom: zoomOf(seen, extent) });
      top = null;
    }, SETTLED);
  };
  /** A window that the reader, not the state, asked for. */
  const see = (next) => {
    seen = next;
    top = seen;
    const closest = seen.bottom - seen.top <= Math.min(6, extent.numRows);
    tools.update({ isWhole: isWholeWindow(seen, extent), isClosest: closest });
    stage.toggleAttribute("data-zoomed", !isWholeWindow(seen, extent));
    drawing.ask();
    settle();
  };
  const zoomAt = (factor, [x, y]) => {
    const at = canvas.frame(seen);
    see(zoomed(seen, factor, [at.rowAt(y), at.columnAt(x)], extent));
  };
  const seeWhole = () => see(windowOf(null, extent));
  const goTo = ([row, column]) =>
    see(panned(seen, [row - (seen.top + seen.bottom) / 2, column - (seen.left + seen.right) / 2], extent));
  const byKey = (factor) => {
    const { query, key } = cellShown(store.get());
    const middle = [(seen.top + seen.bottom) / 2, (seen.left + seen.right) / 2];
    const isSeen = query !== null && key !== null && key < extent.numColumns;
    see(zoomed(seen, factor, isSeen ? [query + 0.5, key + 0.5] : middle, extent));
  };

  const cellAt = ([x, y]) => {
    const at = canvas.frame(seen);
    const isSink = part.sinks && x >= at.sinkLeft && x < at.sinkLeft + at.sinkWidth;
    const inside = x >= at.left && x < at.left + at.plotWidth && y >= at.top && y < at.top + at.plotHeight;
    const isRow = y >= at.top && y < at.top + at.plotHeight;
    if (!inside && !(isSink && isRow)) return null;
    const query = Math.min(extent.numRows - 1, Math.floor(at.rowAt(y)));
    return [query, isSink ? extent.numColumns : Math.min(extent.numColumns - 1, Math.floor(at.columnAt(x)))];
  };
  const pin = (cell) => {
    const state = store.get();
    const isPinned = state.cell && state.cell[0] === cell[0] && state.cell[1] === cell[1];
    const token = tokenOfCell(part, state.reading, cell);
    store.set({ cell: isPinned ? null : cell, token });
    view.clicked(token);
  };
  followGestures(stage, {
    point: (xy) => room && hover.set({ cell: xy && cellAt(xy), token: null }),
    pick: (xy) => room && cellAt(xy) && pin(cellAt(xy)),
    drag: (dx, dy) => {
      const at = canvas.frame(seen);
      if (!isWholeWindow(seen, extent)) see(panned(seen, [-dy / at.down, -dx / at.across], extent));
    },
    zoom: zoomAt,
    settle,
    canZoom: (factor) => (factor < 1 ? !isWholeWindow(seen, extent) : canvas.frame(seen).down < 48),
  });
  stage.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target !== stage) return;
    const step = STEP[event.key];
    const act = { "+": () => byKey(1.6), "=": () => byKey(1.6), "-": () => byKey(1 / 1.6), _: () => byKey(1 / 1.6), 0: seeWhole };
    if (step && event.shiftKey) see(panned(seen, step.map((n, i) => n * (i ? seen.right - seen.left : seen.bottom - seen.top) * 0.2), extent));
    else if (step) moveCell(step);
    else if (act[event.key]) act[event.key]();
    else if (event.key === "Enter" || event.key === " ") pinShown();
    else if (event.key === "Escape") store.set({ cell: null });
    else return;
    event.preventDefault();
  });
  const moveCell = ([down, across]) => {
    const { query, key } = cellShown(store.get());
    const held = (i, last) => Math.min(last, Math.max(0, i));
    const cell = [held((query ?? 0) + down, extent.numRows - 1), held((key ?? 0) + across, extent.numColumns - (part.sinks ? 0 : 1))];
    if (cell[1] < extent.numColumns) see(showing(seen, cell, extent));
    hover.set({ cell, token: null });
  };
  const pinShown = () => {
    const { query, key } = cellShown(store.get());
    if (query !== null && key !== null) pin([query, key]);
  };
  stage.addEventListener("blur", () => hover.set({ cell: null }));

  const fit = () => {
    const legendRow = node.lastChild.offsetHeight || 36;
    room = canvas?.resize([size[0], size[1] - legendRow - 8]) ?? null;
    if (!room) return;
    stage.style.height = `${room.height}px`;
    stage.style.width = `${Math.max(room.width, Math.min(size[0], 280))}px`;
    overview.node.style.left = `${room.left + room.plotWidth - 92}px`;
    overview.node.style.top = `${room.top + 6}px`;
    drawing.ask();
  };
  const resize = (width, height) => {
    size = [width, height];
    fit();
  };
  const update = (state, changed) => {
    if (state.panel !== "map") return;
    const is = (...names) => !part || !changed || names.some((name) => changed.has(name));
    if (is("of", "kind") || part !== view.part(stateOf(state))) {
      head = null;
      build(state);
    }
    if (is("zoom") && top === null) {
      seen = windowOf(state.zoom, extent);
      tools.update({ isWhole: isWholeWindow(seen, extent), isClosest: false });
      stage.toggleAttribute("data-zoomed", !isWholeWindow(seen, extent));
      settle();
    }
    if (is("curve", "colors") || !look) newLook(state);
    if (is("curve") || !curves.firstChild) {
      curves.replaceChildren(choice(text.scale, text.curves, state.curve, (curve) => store.set({ curve })));
    }
    if (is(...OF_A_HEAD, "panel") && (!head || is(...OF_A_HEAD))) load(state);
    drawing.ask();
  };
  const stopHover = hover.subscribe(() => part && pointing.ask());
  const close = () => {
    stopHover();
    drawing.stop();
    pointing.stop();
    clearTimeout(timer);
    tiles?.close();
    numAsked += 1;
  };
  return { node, update, resize, close };
}
