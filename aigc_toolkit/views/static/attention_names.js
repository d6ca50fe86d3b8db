// Comes in: the attentions of a payload. Goes out: a short name for each that tells them apart: the model's, or, where one model read
// several texts, the words from where the texts part.

const LONGEST = 28; // characters

const proseOf = ({ kinds, parts }) => parts[kinds[0]].prose;

/** One name for each attention. */
export function namesOf(attentions) {
  const names = attentions.map(({ model_name: name }) => name);
  if (new Set(names).size > 1 || attentions.length < 2) return names;
  const texts = attentions.map(proseOf);
  const part = texts[0].findIndex((piece, at) => texts.some((text) => text[at] !== piece));
  if (part < 0 && texts.every((text) => text.length === texts[0].length)) return names;
  const first = part < 0 ? texts[0].length : part;
  return texts.map((text) => {
    const words = text.slice(first).join("").replace(/\s+/g, " ").trim();
    const shown = [...words];
    return `${first ? "… " : ""}${shown.length > LONGEST ? `${shown.slice(0, LONGEST).join("")} …` : words}`.trim() || "…";
  });
}
