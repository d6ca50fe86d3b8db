// Comes in: the groups of tokens on both sides and the links to draw. Goes out: two columns of them, queries left and keys
// right, joined by lines; each column scrolls by itself and holds only the rows in sight. Fetches nothing.

import { columnList, ROW } from "./column_list.js";
import { element } from "./elements.js";
import { lineLook, strokeOf } from "./line_look.js";
import { decimals, share } from "./numbers.js";
import { oncePerFrame, shape } from "./svg.js";

const MOST_LINES = 1500; // drawn at once, the strongest

const signed = (value) => `${value < 0 ? "" : "+"}${decimals(value, 3)}`;

/** {node, build(axes), draw(look), resize(height)}; calls back with a group's index, or null on leaving. */
export function columnLines(text, { onHover, onSelect }) {
  const lines = shape("svg", { class: "aigc-fan", "aria-hidden": "true" });
  const middle = element("div", { class: "aigc-fan-box" }, [lines]);
  const node = element("div", { class: "aigc-lines-columns" });
  const redraw = oncePerFrame(() => drawLines());
  let built = null;
  let look = null;
  let height = 320;

  const build = ({ query, key, isCross, focusSide, reading }) => {
    const looking = reading === "predict" ? text.predictedColumn : isCross ? text.targetColumn : text.queryColumn;
    const names = { query: looking, key: isCross ? text.sourceColumn : text.keyColumn };
    const lists = {};
    for (const axis of [query, key]) {
      const isFocused = axis.side === focusSide;
      const handlers = { onScroll: redraw.ask, ...(isFocused ? { onHover, onSelect } : {}) };
      lists[axis.side] = columnList(axis, { name: names[axis.side], isFocused, handlers, text });
    }
    built = { lists, focused: lists[focusSide], others: lists[focusSide === "query" ? "key" : "query"], focusSide };
    node.replaceChildren(lists.query.node, middle, lists.key.node);
    resize(height + ROW);
  };

  const resize = (room) => {
    height = room - ROW;
    if (!built) return;
    for (const list of Object.values(built.lists)) list.resize(height);
    middle.style.height = `${Math.max(...Object.values(built.lists).map((list) => list.height()))}px`;
    redraw.ask();
  };

  const draw = (next) => {
    const isNewLine = next.mayMove && (look?.rows[0]?.focus !== next.rows[0]?.focus || look?.rows !== next.rows);
    look = next;
    const { focused, others } = built;
    focused.mark({ pinned: look.pinned, focus: look.focus });
    const values = new Map();
    if (look.focus !== null) {
      for (const { index, weight } of look.rows[0]?.links ?? []) {
        const { ground, ink } = lineLook(look.scales, look.state, weight, look.most);
        values.set(index, { ground, ink, words: look.state.of === "difference" ? signed(weight) : share(weight) });
      }
    }
    others.values(values);
    const strongest = look.focus === null ? null : look.rows[0]?.links[0];
    if (isNewLine && strongest && !others.isInSight(strongest.index)) others.reveal(strongest.index);
    redraw.ask();
    return 0;
  };

  const drawLines = () => {
    if (!look || !built || !middle.clientWidth) return;
    const { focused, others, focusSide } = built;
    const width = middle.clientWidth;
    const ends = focusSide === "query" ? [0, width] : [width, 0];
    const all = [];
    for (const { focus, links } of look.rows) for (const link of links) all.push({ focus, ...link });
    all.sort((a, b) => Math.abs(a.weight) - Math.abs(b.weight)); // the strongest on top
    const paths = all.slice(-MOST_LINES).map(({ focus, index, weight }) => {
      const [y0, y1] = [focused.y(focus), others.y(index)];
      const bend = (ends[1] - ends[0]) * 0.45;
      const d = `M${ends[0]} ${y0}C${ends[0] + bend} ${y0} ${ends[1] - bend} ${y1} ${ends[1]} ${y1}`;
      const stroke = strokeOf(lineLook(look.scales, look.state, weight, look.most), look);
      return shape("path", { d, "data-from": focus, "data-to": index, ...stroke });
    });
    lines.replaceChildren(...paths);
    others.countBeyond(look.focus === null ? [] : (look.rows[0]?.links ?? []));
  };

  const reveal = (index) => built?.focused.reveal(index);
  const focusOn = () => {}; // a column keeps the keyboard focus itself, whichever row is chosen
  return { node, build, draw, resize, reveal, focusOn };
}
