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

/** Runs `work(isCurrent)`, one at a time: what is asked for meanwhile comes once, after it. What is urgent does not wait. */
export function latestOnly(work) {
  let [numStarted, running, isWanted] = [0, 0, false];
  const start = async () => {
    const mine = (numStarted += 1);
    [running, isWanted] = [mine, false];
    await work(() => running === mine);
    if (running !== mine) return;
    running = 0;
    if (isWanted) start();
  };
  return ({ isUrgent = false } = {}) => {
    if (running && !isUrgent) isWanted = true;
    else start();
  };
}
