// Comes in: a part of the payload, a side ("query" or "key") and a grouping. Goes out: the groups of tokens on that
// side by index, with what they are called. A learned sink is one more group at the end of the keys.

import { edgesOf, groupAt } from "./links.js";
import { labelText, proseText, shortened } from "./token_text.js";

const LONGEST_LABEL = 26;

export function lineAxis(part, side, grouping, text) {
  const edges = edgesOf(part, side, grouping);
  const isQuery = side === "query";
  const tokens = isQuery ? part.tokens : (part.key_tokens ?? part.tokens);
  const prose = isQuery ? part.prose : (part.key_prose ?? part.key_tokens ?? part.prose);
  const inText = edges.length - 1;
  const hasSink = !isQuery && part.sinks;
  const size = inText + (hasSink ? 1 : 0);
  const isSink = (index) => index === inText;
  const joined = (index) => prose.slice(edges[index], edges[index + 1]).join("");
  const name = (index) => {
    if (isSink(index)) return text.sinkName;
    return edges[index + 1] - edges[index] === 1 ? labelText(tokens[edges[index]]) : labelText(joined(index).slice(0, 200));
  };
  return {
    side,
    edges,
    size,
    isSink,
    position: (index) => edges[index],
    /** The group of a token position, null for one that this side does not have. */
    at: (position) => {
      if (position === null || position === undefined || position < 0) return null;
      if (position >= edges[inText]) return hasSink && position === edges[inText] ? inText : null;
      return groupAt(edges, position);
    },
    label: (index) => shortened(name(index), LONGEST_LABEL),
    prose: (index) => (isSink(index) ? text.sinkName : proseText(joined(index))),
    place: (index) => {
      if (isSink(index)) return "";
      const [first, last] = [edges[index], edges[index + 1] - 1];
      return first === last ? String(first) : `${first}–${last}`;
    },
  };
}
