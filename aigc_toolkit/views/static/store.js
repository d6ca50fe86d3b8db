// Comes in: the first values. Goes out: a small store: get(), set(changes), subscribe(listener). Listeners get the state
// and the names that changed, once per set. Setting what is already there tells nobody. `mend` makes a state whole before
// it is kept. Knows nothing of what is stored.

function isSame(a, b) {
  return Object.is(a, b) || (Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((item, i) => item === b[i]));
}

/** {get() -> state, set(changes), subscribe(fn(state, Set of changed names)) -> unsubscribe} */
export function createStore(initial, mend = (state) => state) {
  let state = mend({ ...initial });
  const listeners = new Set();
  const set = (changes) => {
    const next = mend({ ...state, ...changes });
    const changed = new Set(Object.keys(next).filter((name) => !isSame(state[name], next[name])));
    if (!changed.size) return;
    state = next;
    for (const listener of [...listeners]) listener(state, changed);
  };
  const subscribe = (listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
  return { get: () => state, set, subscribe };
}
