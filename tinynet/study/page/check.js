// The check: whether every number of every step is what its explanation comes to. It goes on in pieces
// of 8 milliseconds, so that the page answers in between.

// whether an entry is what its formula comes to, but for rounding
function isMadeSo(made, value) {
  if (made.low !== undefined) return made.low <= value && value <= made.high;
  if (!made.expression) return true;
  const found = made.expression.value;
  return found === value || Math.abs(found - value) <= EXACT * made.expression.spread();
}
// whether two ways come to the same number, but for rounding, and for what a way says
function agree(expression, way) {
  const one = expression.value, other = way.expression.value;
  if (one === other || Number.isFinite(one) && !Number.isFinite(other)) return true;
  const spread = expression.spread() + way.expression.spread();
  return Math.abs(one - other) <= EXACT * spread + 2 * (way.off ?? 0);
}
const isRight = (made, value) =>
  isMadeSo(made, value) && (made.ways ?? []).every(way => !way.mustAgree || agree(made.expression, way));

// ---- of all entries ----

const WRONG = [];   // [{step, name, index}]
const PIECE = 8;    // milliseconds

function* allEntries() {
  for (const step of STEPS) for (const name of Object.keys(DATA.makers)) {
    if (name in step.unchecked) continue;
    for (const index of indices(step.shape(name))) yield { step, name, index };
  }
}
const countUnchecked = () => sum(STEPS.flatMap(step => Object.keys(step.unchecked)
  .map(name => product(step.shape(name)))));
function beginCheck() {
  const entries = allEntries();
  byId("check").textContent = "Adding up all sums …";
  let count = 0;
  const go = () => {
    const stop = performance.now() + PIECE;
    while (performance.now() < stop) {
      const { value, done } = entries.next();
      if (done) return drawCheck(count);
      count++;
      const { step, name, index } = value;
      if (isRight(step.make(name, index), step.value(name, index))) continue;
      WRONG.push({ step: step.position, name, index });
      if (step.position === state.step) markWrong();
    }
    if (WRONG.length) drawCheck();
    setTimeout(go);
  };
  setTimeout(go);
}

// how many were checked, when all were
function drawCheck(count = 0) {
  const made = byId("check"), write = n => n.toLocaleString("en"), others = countUnchecked();
  if (!WRONG.length) {
    const all = `${write(count)} numbers agree with their sums`;
    made.textContent = !others ? `All ${all}.`
      : `${all}; ${write(others)} of layers of one's own were not checked.`;
    return;
  }
  const button = made.querySelector("button") ?? element("button", "wrong");
  button.onclick = () => goToWrong(WRONG[0]);
  button.textContent = sayWrongOnes();
  if (!button.isConnected) made.replaceChildren(button);
  made.classList.add("has-wrong");
}
function sayWrongOnes() {
  const n = WRONG.length, steps = new Set(WRONG.map(wrong => wrong.step)).size, [{ name }] = WRONG;
  const which = n > 1 ? `${n} numbers do not agree with their sums` : "1 number does not agree with its sum";
  const { prefix, local } = splitName(name);   // of the layer that made it, whose mistake it is
  return `≠ ${which}, first in ${local} of ${titleOf(prefix)}${steps > 1 ? `, in ${steps} steps` : ""}`;
}
function goToWrong({ step, name, index }) {
  if (step !== state.step) goToStep(step);
  choose(name, index, { focus: "cell" });
}
function markWrong() {
  for (const { step, name, index } of WRONG) {
    const cell = step === state.step && cellOf({ name, index });
    if (!cell || cell.querySelector(".not-equal")) continue;
    cell.classList.add("is-wrong");
    cell.append(element("span", "not-equal"));
    label(cell);
  }
}
