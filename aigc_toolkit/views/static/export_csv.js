// Comes in: rows of text and numbers. Goes out: a table in CSV (RFC 4180), with the digits that Python's export writes.

/** Seven decimals, ties upwards: float16 times ten million is exact in double precision. */
export function exactly(value) {
  const scaled = Math.floor(Math.abs(value) * 1e7 + 0.5);
  return `${value < 0 && scaled ? "-" : ""}${Math.floor(scaled / 1e7)}.${String(scaled % 1e7).padStart(7, "0")}`;
}

export function table(rows) {
  const cell = (value) => (/[",\n\r]/.test(value) ? `"${String(value).replaceAll('"', '""')}"` : value);
  return rows.map((row) => `${row.map(cell).join(",")}\n`).join("");
}
