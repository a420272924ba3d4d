// The score: every array once, in its place. A row of the batch is a line through the whole network;
// products stand as in Falk's scheme, x left, W above, y where they cross. Under every number stands
// its gradient. A line that is too long breaks into systems, each beginning with the wire before it.

const CELLS = new Map();   // "2.dW|1,0": its cell
const DRAWN = {};          // "2.dW": all its cells, also where it stands again
const keyOf = (name, index) => `${firstName(name)}|${index}`;
const cellOf = ({ name, index }) => CELLS.get(keyOf(name, index));

function drawScore() {
  const score = byId("score");
  CELLS.clear();
  for (const name of Object.keys(DRAWN)) delete DRAWN[name];
  score.replaceChildren(...splitIntoSystems(score.clientWidth).map(drawSystem));
}

// ---- systems ----

const lengthOf = name => parseFloat(getComputedStyle(document.documentElement).getPropertyValue(name));
const isImage = column => viewOf(column.wire).isOfFollowed;
const gapBefore = column => column.title || column.again ? lengthOf("--gap") : 8;
const LETTER = 6.5, RING = 24, OF_ROW = 50;   // pixels of a caption: a letter, its place in the pass, its row

function widthOf(column) {
  const { wire, gradient, above, aboveBack, update, again } = column, cell = lengthOf("--cell-width");
  const names = [wire, gradient, ...again ? [] : [...above, ...aboveBack, ...update]].filter(Boolean);
  const cells = Math.max(...names.map(name => viewOf(name).across.shown));
  const captions = Math.max(...names.map(name => LETTER * withoutTags(captionOf(name, column)).length
    + (viewOf(name).axes.length ? RING : 0) + (viewOf(name).isOfFollowed ? OF_ROW : 0)));
  const pulls = column.hasPull && !again ? cell + PULL_WIDTH + 8 : 0;
  return Math.max(cells * cell, column.title ? 96 : 0, captions, pulls);
}
function splitIntoSystems(width) {
  const systems = [];
  let used = Infinity;
  COLUMNS.forEach((column, c) => {
    const needed = widthOf(column) + gapBefore(column), before = COLUMNS[c - 1];
    if (used + needed > width || isImage(column) !== isImage(before)) {
      const again = before && { ...before, again: true };
      systems.push(again ? [again] : []);
      used = lengthOf("--left") + (again ? widthOf(again) : 0);
    }
    systems.at(-1).push(column);
    used += needed;
  });
  return systems;
}

const STAVES = [["forward →", "each layer makes its y from its x"],
                ["← backward", "under each number its gradient: how fast L grows with it"],
                ["update", "the change is what the optimizer adds"]];

// lines of the grid: titles, rulers; above, wires, ruler of the rows; above, gradients; update
const LINES = { title: 1, ruler: 2, above: 3, wire: 4, rows: 5, aboveBack: 6, gradient: 7, update: 9 };

function drawSystem(columns, number) {
  const system = element("div", "system"), end = columns.length + 2;
  system.style.gridTemplateColumns = `var(--left) ${columns.map((column, c) =>
    `${widthOf(column) + (columns[c + 1] ? gapBefore(columns[c + 1]) : 0)}px`).join(" ")}`;
  const put = (made, area, classes = "") => {
    made.style.gridArea = area;
    if (classes) made.classList.add(classes);
    system.append(made);
  };
  STAVES.forEach(([title, text], i) => {
    if (i === 2 && !columns.some(column => !column.again && column.update.length)) return;
    const line = LINES.above + 3 * i, said = number ? "" : `<span>${text}</span>`;
    put(element("div", "staff", `<b>${title}</b>${said}`), `${line} / 1 / span 1 / span 2`);
    if (i) put(element("div", "rule"), `${line} / 1 / span 1 / -1`);
  });
  if (!isImage(columns.at(-1))) {
    for (const line of [LINES.wire, LINES.gradient]) {
      put(element("div", "band"), `${line} / 1 / span 1 / -1`);
      put(drawRowNumbers(), `${line} / 1`);
    }
    if (ROWS.length > WINDOW) put(drawRuler(ROWS), `${LINES.rows} / 1 / span 1 / span 3`);
  }
  columns.forEach((column, c) => {
    const at = c + 2, before = test => {   // the column before which it must end
      const next = columns.findIndex((other, k) => k > c && test(other));
      return next < 0 ? end : next + 2;
    };
    const nextTitle = before(other => other.title), nextUpdate = before(other => other.update.length);
    if (column.title) put(drawTitle(column), `${LINES.title} / ${at} / span 1 / ${nextTitle}`);
    put(drawArray(column.wire, column), `${LINES.wire} / ${at}`);
    if (column.gradient) put(drawArray(column.gradient, column), `${LINES.gradient} / ${at}`);
    if (column.again) return;
    put(drawStack(column.above, column), `${LINES.above} / ${at}`, "bottom");
    put(drawStack(column.aboveBack, column), `${LINES.aboveBack} / ${at}`, "bottom");
    put(drawUpdate(column), `${LINES.update} / ${at} / span 1 / ${nextUpdate}`,
        column === COLUMNS[0] ? "under-text" : "");
    if (column.hasPull) put(drawBars(), `${LINES.gradient} / ${at}`);
    const rulers = drawRulers(column);
    if (rulers) put(rulers, `${LINES.ruler} / ${at}`);
  });
  return system;
}
// layers within a layer stand under a bracket
function drawTitle({ title, text = "", formula = "", prefix = "" }) {
  const classes = prefix.split(".").length > 2 ? "title nested" : "title";
  return element("div", classes, `<b>${title}</b> ${escapeText(text)}<br>${writeFormula(formula)}`);
}
function drawRowNumbers() {
  const numbers = element("div", "row-numbers");
  numbers.append(...range(ROWS.shown).map(() => element("div")));
  numbers.setAttribute("aria-hidden", "true");
  return numbers;
}

// ---- arrays ----

function drawStack(names, column) {
  const made = element("div", "stack");
  made.append(...names.map(name => drawArray(name, column)));
  return made;
}
// of each parameter: two arrays below each other, or under a heading more of them in lines
function drawUpdate(column) {
  const { update, prefix } = column, made = element("div", "stack");
  for (const W of new Set(update.map(name => ofParameter(name, column)))) {
    const names = update.filter(name => ofParameter(name, column) === W);
    const hasHeading = isUnderHeading(names[0], column);
    if (hasHeading) made.append(element("div", "update-heading", `<i>${W}</i> of ${titleOf(prefix)}`));
    const line = element("div", hasHeading ? "line-of-arrays" : "stack");
    line.append(...names.map(name => drawArray(name, column)));
    made.append(line);
  }
  return made;
}
// the parameter of a layer to which an array of the update belongs
const ofParameter = (name, { params, prefix }) => params.find(W => name.startsWith(`${prefix}${W}.`));
function isUnderHeading(name, column) {
  const W = ofParameter(name, column);
  return W !== undefined && column.update.filter(other => ofParameter(other, column) === W).length > 2;
}
const captionOf = (name, column) => writeCaption(name, isUnderHeading(name, column));

function drawArray(name, column) {
  const view = viewOf(name), block = element("div", "array"), grid = element("div", "grid");
  const isAgain = Boolean(column.again), first = firstName(name);
  const isBeside = /(^|\.)d?b$/.test(name) && view.axes.length === 1;
  if (isBeside) block.classList.add("beside");   // b: its name in the gap before it
  block.append(drawCaption(name, column, isBeside), grid);
  if (isAgain) grid.setAttribute("aria-hidden", "true");
  else setAttributes(grid, { role: "grid", "aria-label": `${sayArray(name)}, ${sayShape(first)}`,
                             "aria-rowcount": view.down.length, "aria-colcount": view.across.length });
  for (const i of range(view.down.shown)) {
    const row = element("div", "row");
    if (!isAgain) row.setAttribute("role", "row");
    row.append(...range(view.across.shown).map(j => drawCell({ name: first, i, j, isAgain })));
    grid.append(row);
  }
  return block;
}
// where: {name, i, j, isAgain}, where it stands in what is seen of the array
function drawCell(where) {
  const cell = element("div", "cell");
  cell.tabIndex = -1;
  if (!where.isAgain) cell.setAttribute("role", "gridcell");
  cell.where = where;
  cell.append(document.createTextNode(""));
  (DRAWN[where.name] ??= []).push(cell);
  return cell;
}
function drawCaption(name, column, isBeside) {
  const order = PASS_OF[firstName(name)], isNumbered = order !== undefined && !isBeside && name !== "L.after";
  const number = isNumbered ? `<span class="number">${order + 1}</span>` : "";
  const ofRow = viewOf(name).isOfFollowed ? ` of row <span class="of-row"></span>` : "";
  const caption = element("div", "caption", `${captionOf(name, column)}${ofRow} `
    + (column.again ? `<span class="again">again</span>` : number));
  caption.dataset.name = firstName(name);
  caption.setAttribute("aria-hidden", "true");
  return caption;
}
const sayShape = name => FULLEST.shape(name).join(" by ") || "one number";

// the numbers of the step, at the places where the windows are; after a move only of arrays along the
// axes that moved
function fillCells(moved = null) {
  for (const [name, cells] of Object.entries(DRAWN)) {
    const view = viewOf(name);
    if (!moved || view.axes.some(axis => moved.includes(axis))) fillArray(name, view, cells);
  }
  for (const numbers of document.querySelectorAll(".row-numbers")) {
    [...numbers.children].forEach((number, i) => {
      number.textContent = ROWS.start + i;
      number.classList.toggle("followed", ROWS.start + i === ROWS.slice);
    });
  }
  for (const band of document.querySelectorAll(".band")) {
    band.hidden = ROWS.slice < ROWS.start || ROWS.slice >= ROWS.start + ROWS.shown;
    band.style.marginTop = `calc(var(--caption) + ${ROWS.slice - ROWS.start} * var(--cell-height))`;
  }
  for (const row of document.querySelectorAll(".of-row")) row.textContent = ROWS.slice;
  for (const ruler of document.querySelectorAll(".ruler")) ruler.fill();
  markWrong();
}
function fillArray(name, view, cells) {
  const step = STEPS[state.step], rows = view.axes.indexOf(ROWS), decimals = decimalsOf(name);
  for (const cell of cells) if (!cell.where.isAgain) CELLS.delete(keyOf(name, cell.index));
  for (const cell of cells) {
    const { i, j, isAgain } = cell.where, index = view.index(i, j), value = step.value(name, index);
    cell.index = index;
    writeInCell(cell, inCell(value, decimals));
    paint(cell, name, value);
    cell.classList.toggle("followed", rows >= 0 && index[rows] === ROWS.slice);
    if (isAgain) continue;
    const [row, column] = [view.down.start + i, view.across.start + j];
    setAttributes(cell, { "aria-rowindex": row + 1, "aria-colindex": column + 1 });
    CELLS.set(keyOf(name, index), cell);
  }
}
// what has not changed is not laid out again
function writeInCell(cell, text) {
  if (cell.firstChild.data !== text) cell.firstChild.data = text;
  cell.classList.remove("is-wrong");
  for (const mark of cell.querySelectorAll(".not-equal")) mark.remove();
  label(cell);
}
// what a reader of screens says
function label(cell) {
  const { where: { name }, index } = cell, isHidden = cell.classList.contains("covered");
  const isWrong = cell.classList.contains("is-wrong") && !isHidden;
  cell.setAttribute("aria-label", `${sayArray(name)}${sayIndex(index)}: `
    + (isHidden ? "covered" : cell.firstChild.data) + (isWrong ? ", does not agree with its sum" : ""));
}

// of whole numbers no decimals; one, where all inputs have at most one
const DECIMALS = {};
function decimalsOf(name) {
  const fits = decimals => STEPS.every(step => step.values(name).every(
    value => !Number.isFinite(value) || Number(value.toFixed(decimals)) === value));
  return DECIMALS[name] ??= [0, 1].find(fits) ?? 3;
}

// ---- pulls ----

const MOST_PULL = greatest(STEPS.map(step => greatest(step.pulls))) || 1;
const PULL_WIDTH = 44;   // of the longest bar

function drawBars() {
  const made = element("div", "array", `<div class="caption" aria-hidden="true">pull</div>`);
  const row = `<span></span><span class="bar"></span>`;
  made.append(...range(ROWS.shown).map(() => element("div", "pull", row)));
  return made;
}
function fillBars() {
  const { pulls } = STEPS[state.step];
  document.querySelectorAll(".pull").forEach((made, i) => {
    const pull = pulls[ROWS.start + i];
    made.firstChild.textContent = inCell(pull);
    made.lastChild.style.width = `${PULL_WIDTH * pull / MOST_PULL}px`;
  });
}

// ---- rulers: they move a window, or go through the channels ----

// of the axes that are longer than a window, over the first wire that has them
function drawRulers({ wire, units }) {
  const sliced = viewOf(wire).sliced.filter(axis => axis.length > 1);
  const axes = new Set([...sliced, ...units.filter(axis => axis.length > WINDOW)]);
  const isFirst = axis => COLUMNS.find(other => other.units.includes(axis)).wire === wire;
  const made = element("div", "rulers");
  made.append(...[...axes].filter(isFirst).map(drawRuler));
  return made.children.length ? made : null;
}
function drawRuler(axis) {
  const ruler = element("div", "ruler"), isWindow = axis.length > WINDOW && !/channels/.test(axis.name);
  const earlier = element("button", "", "◀"), text = element("span"), later = element("button", "", "▶");
  earlier.setAttribute("aria-label", `earlier ${axis.name}`);
  later.setAttribute("aria-label", `later ${axis.name}`);
  ruler.fill = () => {
    const stop = axis.start + axis.shown, word = axis.name.split(" ")[0].replace(/s$/, "");
    text.textContent = isWindow
      ? `${axis.start}–${stop - 1} of ${axis.length}${axis === ROWS ? " rows" : ""}`
      : `${word} ${axis.slice} of ${axis.length}`;
    disable(earlier, isWindow ? axis.start === 0 : axis.slice === 0);
    disable(later, isWindow ? stop === axis.length : axis.slice === axis.length - 1);
  };
  const move = by => {
    if (isWindow) axis.moveTo(axis.start + by * WINDOW);
    else axis.slice = clamp(axis.slice + by, 0, axis.length - 1);
    redraw();
  };
  earlier.onclick = () => move(-1);
  later.onclick = () => move(1);
  ruler.append(earlier, text, later);
  return ruler;
}
