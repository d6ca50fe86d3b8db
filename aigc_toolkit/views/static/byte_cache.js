// Comes in: names and functions that promise an answer. Goes out: the answers, each asked for once and kept until others
// were used more recently and the budget is full. Failures are not kept.

const OVERHEAD = 64; // bytes counted for an answer that is not an array

/** {get(name, ask) -> Promise, clear()}; `budget` is in bytes. */
export function byteCache(budget) {
  const kept = new Map(); // least recently used first
  let total = 0;
  const drop = (name) => {
    total -= kept.get(name)?.bytes ?? 0;
    kept.delete(name);
  };
  const settle = (name, entry, answer) => {
    if (kept.get(name) !== entry) return;
    entry.bytes = (answer?.byteLength ?? answer?.weights?.byteLength ?? answer?.bytes?.byteLength ?? 0) + OVERHEAD;
    total += entry.bytes;
    for (const oldest of kept.keys()) {
      if (total <= budget || oldest === name) break;
      drop(oldest);
    }
  };
  const get = (name, ask) => {
    let entry = kept.get(name);
    if (entry) {
      kept.delete(name);
    } else {
      entry = { promise: ask(), bytes: 0 };
      const made = entry;
      made.promise.then(
        (answer) => settle(name, made, answer),
        () => kept.get(name) === made && drop(name),
      );
    }
    kept.set(name, entry);
    return entry.promise;
  };
  const clear = () => {
    kept.clear();
    total = 0;
  };
  return { get, clear };
}
