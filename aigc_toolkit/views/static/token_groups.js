// Comes in: generated steps, in order, possibly in several portions. Goes out: groups that each have visible text: the
// byte pieces of one character (steps with text "") belong to the next step that has text.

/** What one visible piece of text cost the model; `open` is the step at which it was least certain. */
function groupOf(steps) {
  const logprob = steps.reduce((sum, step) => sum + step.logprob, 0);
  const open = steps.reduce((most, step) => (step.entropy > most.entropy ? step : most), steps[0]);
  const text = steps.map((step) => step.text).join("");
  const probability = Number.isNaN(logprob) ? null : Math.exp(logprob); // a server may not say it
  return { text, steps, open, probability, entropy: open.entropy };
}

/** add(steps) gives the groups that became complete; close() gives the last, textless one if there is any. */
export function tokenGroups() {
  let pending = [];
  const add = (steps) => {
    const complete = [];
    for (const step of steps) {
      pending.push(step);
      if (step.text === "") continue;
      complete.push(groupOf(pending));
      pending = [];
    }
    return complete;
  };
  const close = () => {
    const rest = pending;
    pending = [];
    return rest.length ? [groupOf(rest)] : [];
  };
  return { add, close };
}
