// Comes in: a source. Goes out: the same source, watched: when what somebody waits for takes more than a second, `onSlow`
// is told, and `onAnswer` when nothing is waited for any more. Small pictures and scores come in their own time.

const SLOW = 1000; // milliseconds
const WATCHED = ["rows", "region", "cell"];

/** {source, first: Promise of the first answer} */
export function watchedSource(source, { onSlow, onAnswer }) {
  let [numWaiting, timer, isSlow] = [0, null, false];
  let answered = null;
  const first = new Promise((resolve) => {
    answered = resolve;
  });
  const begin = () => {
    if (numWaiting++ === 0) {
      timer = setTimeout(() => {
        isSlow = true;
        onSlow();
      }, SLOW);
    }
  };
  const end = () => {
    numWaiting -= 1;
    answered();
    if (numWaiting) return;
    clearTimeout(timer);
    if (isSlow) onAnswer();
    isSlow = false;
  };
  const watched = (name) => (given) => {
    begin();
    const answer = source[name](given);
    answer.then(end, end);
    return answer;
  };
  const close = () => {
    clearTimeout(timer);
    source.close();
  };
  return { source: { ...source, ...Object.fromEntries(WATCHED.map((name) => [name, watched(name)])), close }, first };
}

/** Runs `work` for the last thing asked for, one at a time: what was asked for meanwhile and is out of date is left out. */
export function latestOnly(work) {
  let [isRunning, waiting] = [false, null];
  const run = async (given) => {
    if (isRunning) {
      waiting = { given };
      return;
    }
    isRunning = true;
    await work(given, () => waiting === null);
    isRunning = false;
    if (waiting) {
      const next = waiting.given;
      waiting = null;
      run(next);
    }
  };
  return run;
}
