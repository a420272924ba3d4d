// Colours: one scale for each array of values, one for all gradients of the page, so that one sees how
// they fade on the way back.

const isPlain = name =>   // without a colour
  /^(t|L|L\.after|dL|rows|w|lr|norm|penalty)$|^loss\.(l|dl|t)$/.test(name);
const GRADIENTS = new Set(DATA.gradients);
const isGradient = name => GRADIENTS.has(name) && !isPlain(name);
const withoutAfter = name => name.replace(/\.after$/, "");
const SCALES = {};

function scaleOf(name) {
  const key = isGradient(name) ? "gradients" : withoutAfter(name);
  const isOfScale = other => isGradient(name) ? isGradient(other) : withoutAfter(other) === key;
  return SCALES[key] ??= findScale(Object.keys(DATA.makers).filter(isOfScale).filter(isInScale));
}
// the loss makes no dy, which may be far larger: it stands outside the scale of those that it makes
const isInScale = name => name !== "loss.dy";

// the largest of all steps, at most 4 times that of the first, so that a diverging end does not bleach it
function findScale(names) {
  const largest = STEPS.map(step => {
    let most = 0;
    for (const name of names) for (const value of step.values(name)) {
      if (Math.abs(value) > most && Number.isFinite(value)) most = Math.abs(value);
    }
    return most;
  });
  return Math.min(4 * largest[0] || Infinity, Math.max(...largest)) || 1;
}

// the share of the hue in a cell has levels: cells of one level share what the browser works out for them
const LEVELS = 50;
const levels = element("style");
levels.textContent = range(LEVELS + 1).map(m => `[data-level="${m}"] { --m: ${m / LEVELS}; }`).join("\n");
document.head.append(levels);

function paint(cell, name, value) {
  if (isPlain(name)) return;
  const share = 0.08 + 0.92 * Math.min(1, Math.abs(value) / scaleOf(name)) ** 0.6;
  cell.dataset.level = value ? Math.round(LEVELS * share) || 0 : 0;   // of nan none
  cell.classList.toggle("above", value > 0);
  cell.classList.toggle("below", value < 0);
}
