// Texts of one prompt under several strategies. Comes in: `words` by language and props.value {rows: [{name, text,
// tokens, stop, numbers: {mean_logprob, mean_entropy, distinct_1, distinct_2, distinct_3, repetition} or null}]}, or null.
// Goes out: a table of the numbers and the texts side by side. Text only: what a model wrote is never markup.

const COLUMNS = ["mean_logprob", "mean_entropy", "distinct_1", "distinct_2", "distinct_3", "repetition"];

function table(rows) {
  const made = node("table", "aigc-strategy-table");
  const head = node("tr", "");
  head.append(node("th", "", text.strategy), node("th", "", text.tokens));
  for (const column of COLUMNS) {
    const cell = node("th", "", text.columns[column]);
    cell.title = text.meanings[column];
    head.append(cell);
  }
  for (const cell of head.children) cell.scope = "col";
  const body = rows.map((row) => {
    const line = node("tr", "");
    const name = node("th", "", text.names[row.name] ?? row.name);
    name.scope = "row";
    const cells = COLUMNS.map((column) => node("td", "", decimals(row.numbers?.[column])));
    line.append(name, node("td", "", String(row.tokens)), ...cells);
    return line;
  });
  const [top, bottom] = [document.createElement("thead"), document.createElement("tbody")];
  top.append(head);
  bottom.append(...body);
  made.append(top, bottom);
  return made;
}

function written(row) {
  const made = node("article", "aigc-strategy");
  const stop = row.stop === null ? text.writing : (text.stops[row.stop] ?? row.stop);
  made.append(node("h4", "", text.names[row.name] ?? row.name), node("p", "", row.text.trimStart()), node("small", "", stop));
  return made;
}

const meanings = () => {
  const list = node("dl", "aigc-strategy-meanings");
  for (const column of COLUMNS) list.append(node("dt", "", text.columns[column]), node("dd", "", text.meanings[column]));
  return list;
};

const draw = () => {
  const { rows } = props.value || { rows: [] };
  if (!rows.length) return element.replaceChildren(node("p", "aigc-chat-note", text.empty));
  const texts = node("div", "aigc-strategies");
  texts.append(...rows.map(written));
  const scroll = node("div", "aigc-strategy-scroll");
  scroll.tabIndex = 0;
  scroll.setAttribute("role", "region");
  scroll.setAttribute("aria-label", text.title);
  scroll.append(table(rows));
  return element.replaceChildren(texts, scroll, meanings());
};
watch("value", draw);
draw();
