// Comes in: the first values. Goes out: a small store: get(), set(changes), subscribe(listener). Listeners get the state
// and the names that changed, once per set. Setting what is already there tells nobody. Knows nothing of what is stored.

function isSame(a, b) {
  return Object.is(a, b) || (Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((item, i) => item === b[i]));
}

/** {get() -> state, set(changes), subscribe(fn(state, Set of changed names)) -> unsubscribe} */
export function createStore(initial) {
  let state = { ...initial };
  const listeners = new Set();
  const set = (changes) => {
    const changed = new Set(Object.keys(changes).filter((name) => !isSame(state[name], changes[name])));
    if (!changed.size) return;
    state = { ...state, ...changes };
    for (const listener of [...listeners]) listener(state, changed);
  };
  const subscribe = (listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
  return { get: () => state, set, subscribe };
}
