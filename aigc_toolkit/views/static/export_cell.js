// Comes in: the view with a pinned cell. Goes out: the numbers of its arithmetic as a table.

import { table } from "./export_csv.js";

export async function cellTable({ store, source }) {
  const { of, kind, layer, head, cell } = store.get();
  const numbers = await source.cell({ of, kind, layer, head, query: cell[0], key: cell[1] });
  const rows = Object.entries(numbers).flatMap(([name, value]) =>
    Array.isArray(value) ? value.map((entry, i) => [`${name} ${i}`, entry]) : [[name, value ?? ""]],
  );
  return table([["name", "value"], ...rows]);
}
