// Comes in: the text of a token, from anybody. Goes out: text in which nothing is invisible or reorders its
// neighbours: controls, bidi marks and lone surrogates are written out. Knows nothing of colour or layout.

const CONTROLS = "\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f\\u00ad";
const MARKS = "\\u061c\\u200b\\u200e\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff\\ufff9-\\ufffb"; // bidi, zero width, separators
const INVISIBLE = new RegExp(`[${CONTROLS}${MARKS}]|\\p{Surrogate}`, "gu");

function escape(character) {
  const code = character.codePointAt(0);
  if (code < 0x20) return String.fromCodePoint(0x2400 + code); // U+2400.. SYMBOL FOR NULL ..
  if (code === 0x7f) return "\u2421";
  return `\\u${code.toString(16).padStart(4, "0")}`;
}

/** For prose: newlines and tabs stay what they are. */
export function proseText(text) {
  return text.replace(/\r\n/g, "\n").replace(INVISIBLE, escape);
}

/** For axis labels and panels: one line, a newline is a sign, only spaces or nothing is still seen. */
export function labelText(text, { spaces = false } = {}) {
  const line = text.replace(/\r?\n/g, "⏎").replace(/\t/g, "⇥").replace(INVISIBLE, escape);
  if (line === "") return "∅";
  if (line.trim() === "" || spaces) return line.replace(/^ +| +$/g, (run) => "␣".repeat(run.length));
  return line.trim();
}

/** [leading blanks, the rest]; a token of blanks only is all "rest", so that it can be seen and pointed at. */
export function blanksAndWord(text) {
  const blanks = /^[ \t]*/.exec(text)[0];
  return blanks.length === text.length ? ["", text] : [blanks, text.slice(blanks.length)];
}

/** At most `length` characters, the last one an ellipsis if any were dropped. */
export function shortened(text, length) {
  if (text.length <= length) return text;
  const characters = Array.from(text.slice(0, 2 * length));
  return characters.length <= length ? text : `${characters.slice(0, length - 1).join("")}…`;
}
