// Comes in: what a generation view shows. Goes out: buttons that save it: the numbers of its tokens as a table, the shaded
// text as a drawing. The same table as aigc_toolkit/views/export.py.

import { exactly, table } from "./export_csv.js";
import { FONTS, pngBlob, svgText } from "./export_drawing.js";
import { TYPES, exportButtons, themeColors } from "./export_buttons.js";
import { STRONGEST_SHADE } from "./generated_text.js";
import { labelText, proseText } from "./token_text.js";

const [WIDTH, MARGIN, PITCH, SIZE] = [720, 24, 28, 14]; // pixels
const COLUMNS = ["position", "id", "token", "logprob", "rank", "entropy"];

const known = (value) => (value === undefined ? "" : exactly(value)); // a server may not say it

function storyTable({ steps }) {
  const rows = steps.map(({ position, id, text, logprob, rank, entropy }) => [position, id, text, known(logprob), rank ?? "", known(entropy)]);
  return table([COLUMNS, ...rows]);
}

/** Prompt and tokens as prose on lines of the drawing's width. */
function storyDrawing({ prompt, groups, model_name: model, scale }, text, { ink, muted }) {
  const context = document.createElement("canvas").getContext("2d");
  context.font = `${SIZE}px ${FONTS}`;
  const widthOf = (words) => context.measureText(words).width;
  const items = [
    { type: "text", x: MARGIN, y: 26, text: labelText(model), size: SIZE, color: ink },
    { type: "text", x: MARGIN, y: 48, text: text.exportStory, size: 12, color: muted },
  ];
  let [x, y] = [MARGIN, 76];
  const put = (part, probability) => {
    if (x + widthOf(part) > WIDTH - MARGIN && x > MARGIN) {
      [x, y] = [MARGIN, y + PITCH];
      part = part.trimStart();
    }
    const word = part.trim();
    const blank = widthOf(part.slice(0, part.length - part.trimStart().length));
    const wide = widthOf(word);
    if (word && probability !== null) {
      items.push({ type: "rect", x: x + blank, y: y - 11, width: wide, height: 21, color: scale.css(STRONGEST_SHADE * probability) });
      items.push({ type: "rect", x: x + blank, y: y + 10, width: wide * probability, height: 2, color: scale.css(0.72) });
    }
    if (word) items.push({ type: "text", x: x + blank, y, text: word, size: SIZE, color: probability === null ? muted : ink });
    x += widthOf(part);
  };
  const write = (words, probability) => {
    proseText(words).split("\n").forEach((part, line) => {
      if (line) [x, y] = [MARGIN, y + PITCH];
      put(part, probability);
    });
  };
  for (const word of prompt.split(/(?= )/)) write(word, null);
  for (const { text: words, probability } of groups) write(words, probability);
  return { width: WIDTH, height: y + PITCH + MARGIN, items };
}

/** {node}; `shown()` gives {prompt, steps, groups, model_name, scale}. */
export function storyButtons({ text, root, shown, say }) {
  const drawing = () => {
    const colors = themeColors(root);
    return { ...storyDrawing(shown(), text, colors), ground: colors.ground };
  };
  const make = {
    svg: async () => new Blob([svgText(drawing())], { type: TYPES.svg }),
    png: async () => pngBlob(drawing()),
    csv: async () => new Blob([storyTable(shown())], { type: TYPES.csv }),
  };
  return exportButtons(text, () => "generation", make, { say, announce: say });
}
