// The page: what is chosen, and what is drawn when it changes.

const state = { step: 0, chosen: null, now: 0, before: [] };   // now: a part of the pass

// focus: "cell" to go there, "chip" to go to the first number of its sum
function choose(name, index, { focus = null, remember = true, now = null } = {}) {
  name = firstName(name);
  if (!(name in VIEWS)) return;
  if (remember) state.before.push(state.chosen);
  index = fit(name, index);
  state.chosen = { name, index };
  state.now = now ?? PASS_OF[name] ?? findUse(name) ?? state.now;
  const wasInPanel = isFocusInPanel(), moved = viewOf(name).show(index);
  if (moved.length) fillAll(moved);
  show();
  const cell = cellOf(state.chosen);
  if (focus === "cell") cell?.focus({ preventScroll: true });
  else if (focus === "chip" || wasInPanel) focusPanel();
  const isNarrow = matchMedia("(max-width: 860px)").matches;   // there, what it is made of is near
  cell?.scrollIntoView({ block: isNarrow ? "center" : "nearest", inline: "nearest" });
}
// rows may have been more at another step
const fit = (name, index) => index.map((i, d) => Math.min(i, STEPS[state.step].shape(name)[d] - 1));
function goBack() {
  const before = state.before.pop();
  const focus = isFocusInScore() ? "cell" : "chip";
  if (before) choose(before.name, before.index, { focus, remember: false });
}

function goToStep(i) {
  const followed = STEPS[state.step].values("rows")[ROWS.slice];
  state.step = clamp(i, 0, STEPS.length - 1);
  const { n } = STEPS[state.step], { name, index } = state.chosen, row = STEPS[state.step].findRow(followed);
  const isOfFollowed = index[viewOf(name).axes.indexOf(ROWS)] === ROWS.slice;
  if (n !== ROWS.length) {   // the last batch of an epoch has fewer rows
    ROWS.resize(n);
    drawScore();
  }
  if (row >= 0) {   // rows are shuffled: the same row of the data is followed
    ROWS.slice = row;
    ROWS.show(row);
    if (isOfFollowed) state.chosen.index = index.with(viewOf(name).axes.indexOf(ROWS), row);
  }
  state.chosen.index = fit(name, state.chosen.index);
  redraw();
}

// what depends on what is chosen
function show() {
  drawPanel();
  drawPass();
  drawTime();
  drawFollowed();
  drawRows();
  for (const cell of document.querySelectorAll('.cell[tabindex="0"]')) cell.tabIndex = -1;
  const cell = cellOf(state.chosen) ?? [...CELLS.values()][0];
  cell.tabIndex = 0;   // the one stop of Tab
}
function fillAll(moved = null) {
  fillCells(moved);
  fillBars();
}
// after another step, or other windows
function redraw() {
  const wasInPanel = isFocusInPanel();
  fillAll();
  show();
  drawCurve([STEPS.map(each => each.value("L", []))], [""], STEPS.map(each => each.number), state.step);
  if (wasInPanel) focusPanel();
}

function drawTime() {
  const step = STEPS[state.step], wide = text => `<span class="wide"> ${text}</span>`;
  const [L, after] = ["L", "L.after"].map(name => isCovered(name) ? "?" : inCell(step.value(name, []), 4));
  byId("when").innerHTML = `Step <b>${step.number}</b>${wide("of the training")}: <i>L</i> = <b>${L}</b>, `
    + `after its update <b>${after}</b>${wide("on the same rows")}`;
  drawSlider(STEPS.length, state.step, `step ${step.number}, L is ${L}`);
}
function drawFollowed() {
  byId("follow").replaceChildren(...range(ROWS.shown).map(i => i + ROWS.start).map(i => {
    const made = element("label"), radio = element("input");
    setAttributes(radio, { type: "radio", name: "row", value: i });
    radio.checked = i === ROWS.slice;
    radio.onchange = () => followRow(i);
    made.append(radio, element("span", "", String(i)));
    return made;
  }));
}
// the same number of another row
function followRow(row) {
  ROWS.slice = row;
  const { name, index } = state.chosen, d = viewOf(name).axes.indexOf(ROWS);
  fillAll();
  if (d >= 0) choose(name, index.with(d, row));
  else show();
  document.querySelector(`#follow input[value="${row}"]`)?.focus();
}

// ---- the beginning ----

function begin() {
  for (const id of ["about", "network"]) byId(id).textContent = DATA.about;
  byId("score").addEventListener("click", ({ target }) => {
    const cell = target.closest(".cell"), name = target.closest(".caption")?.dataset.name;
    const number = target.closest(".row-numbers div");
    if (cell) choose(cell.where.name, cell.index, { focus: "cell" });
    else if (number) followRow(Number(number.textContent));
    else if (name in PASS_OF) goInPass(PASS_OF[name]);
  });
  for (const id of ["score", "panel"]) byId(id).addEventListener("keydown", onKey);
  byId("next").onclick = () => goInPass(state.now + 1);
  byId("previous").onclick = () => goInPass(state.now - 1);
  byId("cover").onchange = show;
  byId("slider").oninput = event => goToStep(Number(event.target.value));
  state.chosen = entryInPass(0);
  let width = 0;
  new ResizeObserver(() => {   // as many columns in a line as there is room for
    const { clientWidth } = byId("score");
    if (clientWidth === width) return;
    width = clientWidth;
    drawScore();
    redraw();
  }).observe(byId("score"));
  beginCheck();
}
begin();
