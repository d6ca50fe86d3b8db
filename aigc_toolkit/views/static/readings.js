// Comes in: the kind of attention and a reading. Goes out: which readings there are, by name, and on which side of the
// map the chosen token stands. "predict" is the row of the token before: the one the model predicted this token from.

/** [[value, words], …] for a part; only where text is written from left to right can a row have predicted a token. */
export function readingsOf(part, kind, text) {
  const predicts = part.causal || kind === "cross";
  return [["row", text.looksAt], ...(predicts ? [["predict", text.predictedFrom]] : []), ["column", text.lookedAtBy]];
}

/** The reading that can be shown: "predict" falls back to "row" where nothing is predicted. */
export function readingIn(part, { kind, reading }) {
  return reading === "predict" && !part.causal && kind !== "cross" ? "row" : reading;
}

/** The query whose row is read for a token, null where there is none: nothing predicted the first token. */
export function queryOf(reading, token) {
  if (token === null || reading === "column") return null;
  if (reading === "row") return token;
  return token > 0 ? token - 1 : null;
}
