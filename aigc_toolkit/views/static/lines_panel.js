// Comes in: the view. Goes out: what one token, word, sentence or turn is linked to, as arcs over the text or as two
// columns with lines: the fewest links that hold the chosen share of its weight. Knows how to ask, not how to draw.

import { choice, element } from "./elements.js";
import { lineAxis } from "./line_axis.js";
import { columnLines } from "./line_columns.js";
import { textLines } from "./line_text.js";
import { lineValues } from "./line_values.js";
import { linesTable } from "./lines_table.js";
import { linksByMass } from "./links.js";
import { massSlider } from "./mass_slider.js";
import { readingIn } from "./readings.js";
import { oncePerFrame } from "./svg.js";

const SHORT = 40; // groups up to which all links are drawn while nothing is chosen
const REBUILD = ["of", "kind", "reading", "grouping", "lines"];

export function linesPanel(view) {
  const { text, store, hover } = view;
  const handlers = { onHover: (index) => pointAt(index), onSelect: (index, how) => pin(index, how) };
  const drawings = { text: textLines(text, handlers), columns: columnLines(text, handlers) };
  const groupings = element("div", { class: "aigc-groupings" });
  const ways = [["text", text.asText], ["columns", text.asColumns]];
  const kinds = choice(text.drawing, ways, store.get().lines, (lines) => store.set({ lines }));
  const slider = massSlider(text, (mass) => store.set({ mass }));
  const stage = element("div", { class: "aigc-lines-stage" });
  const caption = element("p", { class: "aigc-note aigc-lines-caption", role: "status" });
  const table = linesTable(text);
  const bar = element("div", { class: "aigc-bar" }, [kinds, groupings, slider.node]);
  const node = element("section", { class: "aigc-lines" }, [bar, stage, caption, table.node]);
  const redraw = oncePerFrame(() => draw());
  let [axes, drawing, room, numAsked, shown, isByKey] = [null, null, [0, 0], 0, null, false];

  const sides = (state) => (readingIn(view.part(state), state) === "column" ? ["key", "query"] : ["query", "key"]);
  const positionOf = (index) => axes[axes.focusSide].position(index);
  const pointAt = (index) => {
    if (index !== null && index >= axes[axes.focusSide].size) return;
    hover.set({ token: index === null ? null : positionOf(index) });
  };
  /** Choosing the chosen one again lets go of it; arrow keys only move it. */
  const pin = (index, { isKeyboard = false } = {}) => {
    if (index >= axes[axes.focusSide].size) return;
    const isSame = axes[axes.focusSide].at(store.get().token) === index;
    isByKey = isKeyboard;
    store.set({ token: isSame && !isKeyboard ? null : positionOf(index) });
  };
  node.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && store.get().token !== null) store.set({ token: null });
  });

  const build = (state) => {
    const part = view.part(state);
    const [focusSide] = sides(state);
    axes = { focusSide, isCross: state.kind === "cross", reading: readingIn(part, state) };
    for (const side of ["query", "key"]) axes[side] = lineAxis(part, side, state.grouping, text);
    drawing = drawings[state.lines];
    stage.replaceChildren(drawing.node);
    drawing.build(axes);
    kinds.querySelector(`input[value="${state.lines}"]`).checked = true;
    const isOffered = (name) => name === state.grouping || name === "tokens" || part.groups[name].length > 2;
    const options = ["tokens", "words", "sentences", "turns"].filter(isOffered).map((name) => [name, text.groupings[name]]);
    const grouping = choice(text.grouping, options, state.grouping, (by) => store.set({ grouping: by }));
    groupings.replaceChildren(...(options.length > 1 ? [grouping] : []));
    slider.update(state.mass);
    fit();
  };

  /** What is looked at now: the pointed group, else the pinned one, else all of a short text, else none. */
  const asked = (state) => {
    const [own, other] = [axes[axes.focusSide], axes[axes.focusSide === "query" ? "key" : "query"]];
    const pinned = own.at(state.token);
    const focus = own.at(hover.get().token) ?? pinned;
    const isFaint = focus === null && own.size <= SHORT && other.size <= SHORT;
    const groups = focus !== null ? [focus] : isFaint ? Array.from({ length: own.size }, (_, i) => i) : [];
    return { pinned, focus, isFaint, groups };
  };

  const load = async (state) => {
    const [part, mine] = [view.part(state), (numAsked += 1)];
    const { groups, ...target } = asked(state);
    const reading = readingIn(part, state);
    const { of, kind, layer, head, grouping, mass } = state;
    const line = { of, kind, layer, head, reading, grouping, skipFirst: state.skip_first };
    try {
      const values = await Promise.all(groups.map((group) => lineValues({ source: view.source, part }, { ...line, group })));
      if (mine !== numAsked) return;
      const rows = values.flatMap((row, at) => (row ? [{ focus: groups[at], ...linksByMass(row, mass) }] : []));
      const most = rows.reduce((found, row) => Math.max(found, row.most), 0);
      const isNew = !shown || shown.state.token !== state.token || shown.axes !== axes || shown.focus === null;
      shown = { ...target, state, axes, reading, rows, most, mayMove: isNew };
      redraw.ask();
    } catch (error) {
      if (mine === numAsked) view.say(text.failed(error.message), () => load(store.get()));
    }
  };

  const draw = () => {
    if (!node.clientWidth || !shown || shown.axes !== axes) return;
    const numHidden = drawing.draw({ ...shown, scales: view.colors() });
    if (shown.mayMove && shown.pinned !== null) drawing.reveal(shown.pinned);
    const isCurrent = shown.state.token === store.get().token; // else another key came meanwhile
    if (isByKey && isCurrent && shown.pinned !== null) drawing.focusOn(shown.pinned);
    if (isCurrent) isByKey = false;
    caption.textContent = captionOf(shown, numHidden);
    table.update(shown, axes);
    shown.mayMove = false;
  };
  const captionOf = ({ focus, isFaint, rows, reading, state }, numHidden) => {
    if (focus === null) return isFaint ? text.allLinks(Math.round(100 * state.mass)) : text.pointAtToken;
    const name = `“${axes[axes.focusSide].label(focus)}”`;
    if (!rows.length) return reading === "predict" ? text.nothingPredicted(name) : text.leftOutLine;
    const [{ links, held }] = rows;
    const what = state.of === "difference" ? text.changed(name) : text.readingOf[reading](name);
    const said = links.length ? text.linksHold(links.length, Math.round(100 * held), what) : text.noLinks(name);
    return numHidden ? `${said} ${text.outOfSight(numHidden)}` : said;
  };

  const fit = () => {
    const [width, height] = room;
    if (!width || !drawing) return;
    const left = Math.max(160, height - bar.offsetHeight - caption.offsetHeight - table.node.offsetHeight - 20);
    stage.style.maxHeight = `${left}px`;
    drawing.resize(left);
  };
  const resize = (width, height) => {
    room = [width, height];
    fit();
    redraw.ask();
  };
  const update = (state, changed) => {
    if (state.panel !== "lines") return;
    if (!axes || REBUILD.some((name) => changed?.has(name))) build(state);
    slider.update(state.mass);
    load(state);
  };
  const stopHover = hover.subscribe((_, changed) => changed.has("token") && axes && load(store.get()));
  const close = () => {
    stopHover();
    redraw.stop();
    numAsked += 1;
  };
  return { node, update, resize, close };
}
