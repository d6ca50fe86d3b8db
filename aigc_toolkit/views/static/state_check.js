// Comes in: a payload and a state from a stranger: a link, another version, another text. Goes out: a whole state that this
// payload can show: what is not allowed there stays as the payload's own state has it. The rules are those of state.py.

const CHOICES = {
  reading: ["row", "column", "predict"],
  panel: ["map", "lines", "cell"],
  curve: ["linear", "root", "log"],
  skip_first: [false, true],
  grouping: ["tokens", "words", "sentences", "turns"],
  lines: ["text", "columns"],
  map: ["one", "side by side"],
};

const isPosition = (value, count) => Number.isInteger(value) && value >= 0 && value < count;
const isRange = (first, end, count) => Number.isInteger(first) && Number.isInteger(end) && first >= 0 && first < end && end <= count;

function allowedOf(payload) {
  if (payload.attentions.length === 1) return [0];
  return payload.same_tokens ? [0, 1, "difference"] : [0, 1];
}

function sizesOf(payload, of, kind) {
  const shown = of === "difference" ? payload.attentions : [payload.attentions[of]];
  const parts = shown.map((attention) => attention.parts[kind]);
  return {
    layers: Math.min(...parts.map((part) => part.num_layers)),
    heads: Math.min(...parts.map((part) => part.num_heads)),
    rows: parts[0].tokens.length,
    columns: (parts[0].key_tokens ?? parts[0].tokens).length,
  };
}

/** The payload's state with what is allowed of `candidate`. */
export function checkedState(payload, candidate) {
  const state = { ...payload.state };
  if (!candidate || typeof candidate !== "object") return state;
  const take = (name, isAllowed) => {
    if (name in candidate && isAllowed(candidate[name])) state[name] = candidate[name];
  };
  take("of", (of) => allowedOf(payload).includes(of));
  take("kind", (kind) => payload.attentions[0].kinds.includes(kind));
  for (const [name, allowed] of Object.entries(CHOICES)) take(name, (value) => allowed.includes(value));
  const sizes = sizesOf(payload, state.of, state.kind);
  const numTokens = state.reading === "column" ? sizes.columns : sizes.rows;
  for (const [name, count] of [["layer", sizes.layers], ["head", sizes.heads], ["token", numTokens]]) {
    take(name, (value) => isPosition(value, count) || (name === "token" && value === null));
    if (state[name] !== null) state[name] = Math.min(state[name], count - 1);
  }
  const isZoom = (zoom) =>
    zoom === null ||
    (Array.isArray(zoom) && zoom.length === 4 && isRange(zoom[0], zoom[1], sizes.rows) && isRange(zoom[2], zoom[3], sizes.columns));
  const isCell = (cell) =>
    cell === null || (Array.isArray(cell) && cell.length === 2 && isPosition(cell[0], sizes.rows) && isPosition(cell[1], sizes.columns));
  for (const [name, isAllowed] of [["zoom", isZoom], ["cell", isCell]]) {
    take(name, isAllowed);
    if (!isAllowed(state[name])) state[name] = null;
  }
  take("mass", (mass) => typeof mass === "number" && mass >= 0 && mass <= 1);
  take("least", (least) => least === null || Number.isFinite(least));
  take("measure", (measure) => typeof measure === "string" && /^[a-z_]+$/.test(measure)); // the heads know which exist
  return state;
}
