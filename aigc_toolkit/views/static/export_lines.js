// Comes in: the view. Goes out: the links its lines show, as a table and as a drawing of two columns. The same rules and
// measures as aigc_toolkit/views/export_links.py and export_drawing.py.

import { exactly, table } from "./export_csv.js";
import { LARGE, LONGEST, NORMAL } from "./export_map.js";
import { edgesOf, groupAt, linksByMass } from "./links.js";
import { lineValues } from "./line_values.js";
import { readingIn } from "./readings.js";
import { labelText, shortened } from "./token_text.js";

const [WIDTH, LEFT, RIGHT, TOP, PITCH] = [640, 220, 420, 64, 20]; // pixels
const [SHORT, MOST_ROWS] = [40, 64]; // groups

/** {links: [[query group, key group, weight]], queries, keys}: groups are {first, text}. */
async function shownLinks({ store, source, part: partAt }) {
  const state = store.get();
  const part = partAt(state);
  const keyTokens = part.key_tokens ?? part.tokens;
  const reading = readingIn(part, state);
  const queryEdges = edgesOf(part, "query", state.grouping);
  const inText = edgesOf(part, "key", state.grouping);
  const keyEdges = part.sinks ? [...inText, keyTokens.length] : inText;
  const textsOf = (tokens, edges) => edges.slice(0, -1).map((first, i) => ({ first, text: tokens.slice(first, edges[i + 1]).join("") }));
  const [own, most] = [reading === "column" ? keyEdges : queryEdges, Math.max(queryEdges.length, keyEdges.length) - 1];
  const chosen = state.token !== null ? [groupAt(own, state.token)] : most <= SHORT ? Array.from(own.slice(0, -1).keys()) : [];
  const { of, kind, layer, head, grouping, mass, skip_first: skipFirst } = state;
  const links = [];
  for (const group of chosen) {
    const values = await lineValues({ source, part }, { of, kind, layer, head, reading, grouping, group, skipFirst });
    if (!values) continue;
    for (const { index, weight } of linksByMass(values, mass).links) {
      links.push(reading === "column" ? [index, group, weight] : [group, index, weight]);
    }
  }
  return { links, queries: textsOf(part.tokens, queryEdges), keys: textsOf(keyTokens, keyEdges) };
}

export async function linesTable(view) {
  const { links, queries, keys } = await shownLinks(view);
  const rows = links.map(([query, key, weight]) => [queries[query].first, queries[query].text, keys[key].first, keys[key].text, exactly(weight)]);
  return table([["query", "query_token", "key", "key_token", "weight"], ...rows]);
}

/** {width, height, items}; `colors` are {ink, muted} of the theme. */
export async function linesDrawing(view, colors) {
  const { store, text } = view;
  const { of, kind, layer, head, mass } = store.get();
  const found = await shownLinks(view);
  const { sequential, diverging } = view.colors();
  const sides = [[found.queries, LEFT, "end"], [found.keys, RIGHT, "start"]].map(([groups, x, anchor], side) => {
    const linked = new Set(found.links.map((link) => link[side]));
    const shown = groups.length <= MOST_ROWS ? Array.from(groups.keys()) : Array.from(linked).sort((a, b) => a - b);
    return { groups, x, anchor, linked, shown, y: new Map(shown.map((group, i) => [group, TOP + 20 + i * PITCH])) };
  });
  const most = found.links.reduce((sum, [, , weight]) => Math.max(sum, Math.abs(weight)), 0) || 1;
  const items = found.links.toReversed().map(([query, key, weight]) => {
    const share = Math.abs(weight) / most;
    const color = of === "difference" ? diverging.css(weight > 0 ? 0.83 : 0.17) : sequential.css(0.7);
    const ends = { x0: LEFT + 6, y0: sides[0].y.get(query), x1: RIGHT - 6, y1: sides[1].y.get(key) };
    return { type: "line", ...ends, color, width: 0.75 + 5 * share, opacity: 0.25 + 0.75 * share };
  });
  sides.forEach(({ groups, x, anchor, linked, shown, y }, side) => {
    for (const group of shown) {
      const name = shortened(labelText(groups[group].text), LONGEST);
      const words = side === 0 ? `${name}  ${groups[group].first}` : `${groups[group].first}  ${name}`;
      items.push({ type: "text", x, y: y.get(group), text: words, size: NORMAL, color: linked.has(group) ? colors.ink : colors.muted, anchor });
    }
  });
  const model = of === "difference" ? text.exportDifference : labelText(view.payload.attentions[of].model_name);
  items.push(
    { type: "text", x: 12, y: 22, text: text.exportTitle({ model, kind, layer: view.part().layer_numbers?.[layer] ?? layer, head }), size: LARGE, color: colors.ink },
    { type: "text", x: 12, y: 42, text: text.exportLines(Math.round(100 * mass)), size: NORMAL, color: colors.muted },
  );
  return { width: WIDTH, height: TOP + 40 + PITCH * Math.max(...sides.map(({ shown }) => shown.length)), items };
}
