// Keys: the score is one stop of Tab, and arrows go about in it. Letters act only with focus in the
// score or in the panel.

const DIRECTIONS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const OTHER_KEYS = {
  n: () => goInPass(state.now + 1),
  p: () => goInPass(state.now - 1),
  g: goToGradient,
  ",": () => goToStep(state.step - 1),
  ".": () => goToStep(state.step + 1),
  Backspace: goBack,
  Escape: () => choose(state.chosen.name, state.chosen.index, { focus: "cell", remember: false }),
};
function onKey(event) {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  const { key, target } = event, isRuler = target.closest(".ruler");
  const isInScore = target.closest("#score") && !isRuler || target.closest(".pass") && key in DIRECTIONS;
  if (isInScore && key in DIRECTIONS) goInDirection(...DIRECTIONS[key]);
  else if (isInScore && (key === "Enter" || key === " ")) focusPanel();
  else if (Object.hasOwn(OTHER_KEYS, key)) OTHER_KEYS[key]();
  else return;
  event.preventDefault();   // Enter would press the chip that has the focus now
}
const isFocusInScore = () => Boolean(document.activeElement?.closest("#score"));
const isFocusInPanel = () => Boolean(document.activeElement?.closest("#what"));
const focusPanel = () => (document.querySelector("#what .chip") ?? byId("panel")).focus();

// the nearest number in a direction, across arrays; at the edge of a window the window moves
function goInDirection(right, down) {
  const from = document.activeElement.closest(".cell") ?? cellOf(state.chosen);
  if (!from) return;   // it is out of sight
  const { index, where: { name } } = from, view = viewOf(name);
  const isAlong = (axis, k) => view.isShown(k) && axis === (down ? view.down : view.across);
  const d = down ? view.axes.findIndex(isAlong) : view.axes.findLastIndex(isAlong);
  const axis = view.axes[d], next = index[d] + right + down;
  const isInside = axis && next >= 0 && next < axis.length;
  if (isInside && (next < axis.start || next >= axis.start + axis.shown)) {
    return choose(name, index.with(d, next), { focus: "cell" });
  }
  const best = findNearest(from, right, down);
  if (best) choose(best.where.name, best.index, { focus: "cell" });
}
function findNearest(from, right, down) {
  const middleOf = cell => {
    const box = cell.getBoundingClientRect();
    return [box.x + box.width / 2, box.y + box.height / 2];
  };
  const [x, y] = middleOf(from);
  let best = null, least = Infinity;
  for (const cell of CELLS.values()) {
    const [u, v] = middleOf(cell), along = (u - x) * right + (v - y) * down;
    const aside = Math.abs((u - x) * down) + Math.abs((v - y) * right);
    if (along > 4 && along + 3 * aside < least) [best, least] = [cell, along + 3 * aside];
  }
  return best;
}

// to the gradient of a number, and back
function goToGradient() {
  const { name, index } = state.chosen, pairs = [
    ["L", "dL"], ...COLUMNS.map(({ wire, gradient }) => [wire, gradient]),
    ...Object.keys(DATA.updates).map(W => [W, gradientName(W)]),
  ].map(pair => pair.filter(Boolean).map(firstName));
  const other = pairs.find(pair => pair.includes(name))?.find(each => each !== name);
  if (other && STEPS[state.step].shape(other).length === index.length) {
    choose(other, index, { focus: isFocusInScore() ? "cell" : "chip" });
  }
}
