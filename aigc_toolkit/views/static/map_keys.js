// Comes in: what keys do on a map. Goes out: the listener that calls it. Knows nothing of cells.

const STEP = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
const ZOOM = { "+": 1.6, "=": 1.6, "-": 1 / 1.6, _: 1 / 1.6 };
const PAN = 0.2; // of what is seen

/** `act` is {step([down, across]), pan(shares), zoom(factor), whole(), pin(), letGo()}. */
export function followKeys(node, act) {
  node.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target !== node) return;
    const step = STEP[event.key];
    if (step && event.shiftKey) act.pan(step.map((by) => by * PAN));
    else if (step) act.step(step);
    else if (ZOOM[event.key]) act.zoom(ZOOM[event.key]);
    else if (event.key === "0") act.whole();
    else if (event.key === "Enter" || event.key === " ") act.pin();
    else if (event.key === "Escape") act.letGo();
    else return;
    event.preventDefault();
  });
}
