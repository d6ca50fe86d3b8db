// Comes in: a tag name, attributes, children. Goes out: a DOM element.
// Text reaches the page through textContent only; this file never parses markup.

export function element(tag, attributes = {}, children = []) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "text") node.textContent = value;
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

let numNames = 0;

/** A row of radio buttons drawn as words; `options` is [[value, words], ...]. */
export function choice(label, options, chosen, onChoose) {
  const name = `aigc-choice-${(numNames += 1)}`;
  const labels = options.map(([value, words]) => {
    const input = element("input", { type: "radio", name, value });
    input.checked = value === chosen;
    input.addEventListener("change", () => onChoose(value));
    return element("label", {}, [input, element("span", { text: words })]);
  });
  return element("fieldset", { class: "aigc-choice", "aria-label": label, role: "radiogroup" }, labels);
}

/** A check box with its words. */
export function check(words, onChange) {
  const input = element("input", { type: "checkbox" });
  input.addEventListener("change", () => onChange(input.checked));
  return element("label", { class: "aigc-check" }, [input, element("span", { text: words })]);
}

/** One tab stop for many items: arrow keys move, `move(key, index)` says where to (or null). */
export function roving(container, items, move, onArrive) {
  container.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const list = items();
    const from = list.indexOf(document.activeElement);
    const to = from < 0 ? null : move(event.key, from, list);
    if (to === null || to < 0 || to >= list.length) return;
    event.preventDefault();
    for (const item of [list[from], list[to]]) item.tabIndex = item === list[to] ? 0 : -1;
    list[to].focus();
    onArrive(to);
  });
}
