// Comes in: an anywidget-like `model` whose "value" is the payload of aigc_toolkit.views.AttentionView.
// Goes out: text, heads and map of one attention, linked to each other. Deliberately does not know which home it has.

import { choice, check, element } from "./elements.js";
import { gradient, readScale, scaleName } from "./color_scale.js";
import { followTheme } from "./theme.js";
import { headGrid } from "./head_grid.js";
import { heatMap } from "./heat_map.js";
import { share, tiny } from "./numbers.js";
import { tokenRow } from "./token_row.js";
import { labelText } from "./token_text.js";
import { weightList } from "./weight_list.js";
import { base64Bytes, openSource } from "./weights_source.js";
import { words } from "./texts.js";

const WAIT_BEFORE_NOTE = 1000; // milliseconds

function headLine(payload, text) {
  const facts = [element("span", { text: text.facts(payload.tokens.length, payload.num_layers, payload.num_heads) })];
  const line = element("div", { class: "aigc-head" }, [
    element("div", { class: "aigc-facts" }, [element("h3", { class: "aigc-name", text: payload.model_name }), ...facts]),
  ]);
  if (!payload.verify) return line;
  const { max_error: error, layer, tolerance, passed } = payload.verify;
  const proof = element("p", { class: "aigc-note", "data-role": "proof" }, [
    `${text.proof} `,
    element("b", { class: "aigc-mono", text: tiny(error) }),
    ` (${text.layer} ${layer})${passed ? "" : `, ${text.proofFailed(tiny(tolerance))}`}`,
  ]);
  line.append(proof);
  return line;
}

function legend(text) {
  const bar = element("i");
  const top = element("span");
  const node = element("div", { class: "aigc-legend" }, [text.weight, element("span", { text: "0" }), bar, top]);
  const update = (scale, most, curve) => {
    bar.style.backgroundImage = gradient(scale);
    top.textContent = share(most);
    node.title = curve === "root" ? text.root : text.linear;
  };
  return { node, update };
}

function readOut(tokens, text) {
  const values = [element("dd"), element("dd"), element("dd")];
  const names = [
    [text.query, element("span", { text: text.queryMeaning })],
    [text.key, element("span", { text: text.keyMeaning })],
    [text.weight],
  ];
  const pairs = names.map((name, i) => element("div", {}, [element("dt", {}, name), values[i]]));
  const node = element("dl", { class: "aigc-readout", "aria-live": "polite" }, pairs);
  const named = (position) => (position === null ? "—" : `${labelText(tokens[position], { spaces: true })}  ${position}`);
  const update = ({ query, key }, weight) => {
    values[0].textContent = named(query);
    values[1].textContent = named(key);
    values[2].textContent = weight;
  };
  return { node, update };
}

function largest(weights, numTokens, skipFirst) {
  let most = 0;
  for (let i = 0; i < weights.length; i += 1) {
    if (weights[i] > most && !(skipFirst && i % numTokens === 0)) most = weights[i];
  }
  return most;
}

/** What one token looks at (its row), or what looks at it (its column). */
function lineOf(weights, numTokens, reading, position) {
  if (reading === "row") return weights.subarray(position * numTokens, (position + 1) * numTokens);
  return Float32Array.from({ length: numTokens }, (_, query) => weights[query * numTokens + position]);
}

/** One attention drawn into `root`; returns a function that takes it down. */
function show(payload, model, root) {
  const text = words(payload.language);
  const { tokens } = payload;
  const source = openSource(model, payload);
  const state = {
    layer: payload.num_layers - 1, head: 0, selected: tokens.length - 1, hovered: null, cell: null,
    reading: "row", curve: "root", skipFirst: false, weights: null, most: 0, scale: readScale(root),
  };
  const bytes = base64Bytes(payload.tiles);
  const side = payload.tile_size;
  const pictures = (layer, head) => bytes.subarray((layer * payload.num_heads + head) * side * side).subarray(0, side * side);

  const change = (changes) => {
    Object.assign(state, changes);
    drawAll();
  };
  const point = (changes) => {
    Object.assign(state, changes);
    drawPointed();
  };
  const select = (position) => {
    point({ selected: position, hovered: null });
    model.send({ type: "token_click", position });
  };
  const row = tokenRow(payload.prose, text, { onHover: (hovered) => point({ hovered, cell: null }), onSelect: select });
  const list = weightList(tokens, text);
  const heads = { numLayers: payload.num_layers, numHeads: payload.num_heads, side, pictures, causal: payload.causal };
  const grid = headGrid(heads, text, (layer, head) => load(layer, head));
  const map = heatMap(tokens, text, {
    onPoint: (cell) => point({ cell }),
    onPick: ({ query, key }) => select(state.reading === "row" ? query : key),
  });
  const readout = readOut(tokens, text);
  const colors = legend(text);
  const title = element("h3", { class: "aigc-title" });
  const note = element("p", { class: "aigc-note", role: "status", hidden: true });

  const drawPointed = () => {
    const { cell, weights, skipFirst, reading } = state;
    const n = tokens.length;
    const focus = state.hovered ?? (cell ? (reading === "row" ? cell.query : cell.key) : state.selected);
    const isLeftOut = skipFirst && reading === "column" && focus === 0;
    const line = weights && !isLeftOut ? lineOf(weights, n, reading, focus) : null;
    const skipsFirst = skipFirst && reading === "row";
    row.update({ ...state, weights: line, hovered: focus === state.selected ? null : focus, skipFirst: skipsFirst });
    const other = list.update({ weights: line, focus, reading, skipFirst: skipsFirst, causal: payload.causal });
    const at = cell ?? (reading === "row" ? { query: focus, key: other } : { query: other, key: focus });
    map.point(at);
    readout.update(at, weightAt(at));
  };
  const weightAt = ({ query, key }) => {
    if (!state.weights || query === null || key === null) return "—";
    if (payload.causal && key > query) return text.masked;
    return state.skipFirst && key === 0 ? text.leftOut : share(state.weights[query * tokens.length + key]);
  };
  const drawAll = () => {
    state.most = state.weights ? largest(state.weights, tokens.length, state.skipFirst) : 0;
    grid.update({ ...state, skipFirst: state.skipFirst && side === tokens.length });
    title.textContent = text.headName(state.layer, state.head);
    colors.update(state.scale, state.weights ? state.most : null, state.curve);
    map.draw({ ...state, causal: payload.causal });
    drawPointed();
  };
  const say = (message, retry) => {
    note.hidden = !message;
    note.replaceChildren(message ?? "");
    if (!retry) return;
    const button = element("button", { type: "button", text: text.retry });
    button.addEventListener("click", () => load(state.layer, state.head));
    note.append(" ", button);
  };
  const load = async (layer, head) => {
    change({ layer, head, weights: null });
    const isCurrent = () => state.layer === layer && state.head === head;
    const timer = setTimeout(() => isCurrent() && say(source.waitsForPython ? text.busy : text.loading), WAIT_BEFORE_NOTE);
    try {
      const weights = await source.head(layer, head);
      if (isCurrent()) {
        say(null);
        change({ weights });
      }
    } catch (error) {
      if (isCurrent()) say(text.failed(error.message), true);
    } finally {
      clearTimeout(timer);
    }
  };

  const prose = element("section", {}, [
    element("div", { class: "aigc-bar" }, [
      element("h3", { class: "aigc-title", text: text.text }),
      choice(text.reading, [["row", text.looksAt], ["column", text.lookedAtBy]], state.reading, (reading) => point({ reading })),
    ]),
    row.node,
    list.note,
  ]);
  const headsTitle = element("h3", { class: "aigc-title", text: text.heads, title: text.headsNote });
  const headsBar = element("div", { class: "aigc-bar" }, [headsTitle]);
  const lower = element("div", { class: "aigc-lower" }, [element("section", {}, [headsBar, grid.node]), list.node]);
  const left = element("div", { class: "aigc-left" }, [prose, lower]);
  const curves = [["linear", text.linear], ["root", text.root]];
  const right = element("div", { class: "aigc-right" }, [
    element("div", { class: "aigc-bar" }, [title, check(text.leaveOutFirst, (skipFirst) => change({ skipFirst }))]),
    map.node,
    note,
    readout.node,
    element("div", { class: "aigc-scale" }, [colors.node, choice(text.scale, curves, state.curve, (curve) => change({ curve }))]),
  ]);
  const columns = element("div", { class: "aigc-columns" }, [left, right]);
  root.lang = text.tag === "zh" ? "zh-CN" : "en";
  root.replaceChildren(headLine(payload, text), columns);

  const fit = () => {
    if (scaleName(root) !== state.scale.name) change({ scale: readScale(root) }); // some hosts attach the view later
    const isWide = left.offsetTop === right.offsetTop;
    map.resize(right.clientWidth, Math.min(720, Math.max(320, window.innerHeight - 208)));
    const besideMap = right.offsetHeight - prose.offsetHeight - 52;
    grid.resize(isWide ? left.clientWidth - 244 : left.clientWidth, isWide ? Math.max(200, besideMap) : 640);
  };
  const sizes = new ResizeObserver(fit);
  sizes.observe(root);
  fit();
  const stopTheme = followTheme(root, () => change({ scale: readScale(root) }));
  change({ scale: readScale(root) });
  fit();
  load(state.layer, state.head);
  return () => {
    sizes.disconnect();
    stopTheme();
    source.close();
  };
}

function render({ model, el }) {
  const root = element("div", { class: "aigc" });
  el.append(root);
  let close = () => {};
  const redraw = () => {
    close();
    const payload = model.get("value");
    const text = words(payload?.language ?? null);
    close = () => {};
    if (payload?.tokens?.length) close = show(payload, model, root);
    else root.replaceChildren(element("p", { class: "aigc-note", text: text.noAttention }));
  };
  model.on("change:value", redraw);
  redraw();
  return () => {
    model.off("change:value", redraw);
    close();
  };
}

export default { render };
