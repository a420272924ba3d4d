// Side by side: training runs that differ in the loss alone, at the same step of the training.

const state = { step: 0, row: 0 };   // the place of the row among those of the step

function draw() {
  const isInTable = Boolean(document.activeElement?.closest("#rows"));
  state.row = Math.min(state.row, DATA.rows[state.step].length - 1);
  drawTime();
  drawRegions();
  drawPlot();
  drawTable();
  drawProducts();
  if (isInTable) document.querySelector("#rows input:checked")?.focus();
}
function chooseRow(row) {
  state.row = row;
  draw();
}
function goToStep(step) {
  state.step = clamp(step, 0, DATA.steps.length - 1);
  draw();
}

const countWrong = step => sum(step.isWrong.map(Number));
function drawTime() {
  const number = DATA.steps[state.step], steps = RUNS.map(run => run.steps[state.step]);
  const kinds = ["line", "dashes", "dots", "dashes and dots"];
  byId("when").innerHTML = `Step <b>${number}</b>. Rows wrong: ` + RUNS.map((run, r) =>
    `<b>${countWrong(steps[r])}</b> under ${escapeText(run.name)}`).join(", ")
    + "<br>Above: <i>L</i>, each on a scale of its own: "
    + RUNS.map((run, r) => `${escapeText(run.name)} (${kinds[r % 4]})`).join(", ");
  drawSlider(DATA.steps.length, state.step, `step ${number}, `
    + RUNS.map((run, r) => `${countWrong(steps[r])} wrong under ${run.name}`).join(", "));
  drawCurve(RUNS.map(run => run.steps.map(step => step.L)), RUNS.map(run => run.look),
            DATA.steps, state.step);
}

function begin() {
  const words = ["", "", "Two", "Three", "Four"], losses = new Set(RUNS.map(run => run.text.split(", ")[0]));
  const what = losses.size === RUNS.length ? "losses" : "training runs";
  byId("title").textContent = `${words[RUNS.length] ?? RUNS.length} ${what}, the same first weights`;
  byId("about").textContent = DATA.about;
  byId("slider").oninput = event => goToStep(Number(event.target.value));
  for (const id of ["regions", "pulls"]) byId(id).addEventListener("click", event => {
    const mark = event.target.closest("[data-row]");
    if (mark) chooseRow(Number(mark.dataset.row));
  });
  document.querySelector("main").addEventListener("keydown", event => {
    if (event.altKey || event.ctrlKey || event.metaKey || ![",", "."].includes(event.key)) return;
    goToStep(state.step + (event.key === "." ? 1 : -1));
  });
  state.row = orderRows().order[0];
  for (const query of ["(prefers-color-scheme: dark)", "print"]) {   // pictures have other colours then
    matchMedia(query).addEventListener("change", () => { PICTURES.clear(); draw(); });
  }
  draw();
}
begin();
