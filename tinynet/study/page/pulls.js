// Pulls: how hard each row pulls, by how right it is, as a picture and as a table.

const PLOT = { width: 520, height: 230, left: 44, right: 8, top: 22, bottom: 34 };
const AT_MOST_ROWS = 40;   // in the table
// of all steps, so that bars and discs of different steps compare
const MOST_PULL = greatest(RUNS.flatMap(run => run.steps.map(step => greatest(step.pull)))) || 1;

function drawPlot() {
  const section = byId("pulls"), curves = RUNS.flatMap(run => (run.curve ?? []).map(([, pull]) => pull));
  const highest = greatest([...curves, ...RUNS.map(run => greatest(run.steps[state.step].pull))]) || 1;
  const ps = RUNS.flatMap(run => [...run.steps[state.step].p]).filter(Number.isFinite);
  const low = -greatest([0, ...ps.map(p => -p)]), high = greatest([1, ...ps]);
  const x = p => PLOT.left + (PLOT.width - PLOT.left - PLOT.right) * (p - low) / (high - low);
  const y = pull => PLOT.height - PLOT.bottom - (PLOT.height - PLOT.top - PLOT.bottom) * pull / highest;
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  setAttributes(svg, { viewBox: `0 0 ${PLOT.width} ${PLOT.height}`, "aria-hidden": "true", class: "plot" });
  svg.innerHTML = drawAxes(x, y, low, high, highest)
    + RUNS.map((run, r) => drawRun(run, r, x, y)).join("") + drawKey();
  const said = "Pull: the length of the row's gradient at the logits, times the number of rows"
    + `${hasSoftmax() ? "; by cross-entropy at most √2 = 1.41" : ""}. Choose a row here, in the pictures or `
    + "in the table.";
  section.replaceChildren(element("h2", "", "How hard a row pulls, by how right it is"), svg,
                          element("p", "soft", said));
}
const hasSoftmax = () => RUNS.some(({ link, kind }) => link === "Softmax" && kind === "CrossEntropy");
function drawAxes(x, y, low, high, highest) {
  return `<path class="axis" d="M${x(low)} ${y(highest)}V${y(0)}H${x(high)}"/>
    <text x="${x(low)}" y="12" class="end">pull</text>
    <text x="${x(low) - 9}" y="${y(highest) + 4}" class="end">${inCell(highest, 2)}</text>
    <text x="${x(low) - 9}" y="${y(0) + 4}" class="end">0</text>
    <text x="${x(low)}" y="${y(0) + 16}" class="middle">${inCell(low, 1)}</text>
    <text x="${x(high)}" y="${y(0) + 16}" class="end">${inCell(high, 1)}</text>
    <text x="${x((low + high) / 2)}" y="${y(0) + 28}" class="middle">
      ${sayProbability()} of the true class</text>`;
}
function drawRun(run, r, x, y) {
  const { p, pull } = run.steps[state.step];
  const curve = (run.curve ?? []).map(([p, pull]) => `${x(p).toFixed(1)},${y(pull).toFixed(1)}`);
  const dots = range(p.length).map(i =>
    drawDot(r, x(p[i]), y(pull[i]), i === state.row ? 6 : 4, `data-row="${i}"`));
  return `<g class="${run.look}"><polyline points="${curve.join(" ")}"/>${dots.join("")}</g>`;
}
// the first run has dots, the second squares, the others diamonds
function drawDot(r, x, y, size, attributes) {
  const look = `class="${size > 4 ? "chosen" : ""}" ${attributes}`, length = 2 * size;
  if (r === 0) return `<circle ${look} cx="${x}" cy="${y}" r="${size}"/>`;
  const turn = r > 1 ? `transform="rotate(45 ${x} ${y})"` : "";
  return `<rect ${look} x="${x - size}" y="${y - size}" width="${length}" height="${length}" ${turn}/>`;
}
function drawKey() {
  return RUNS.map((run, r) => {
    const y = PLOT.top + 16 * r;
    const sample = `<path class="sample" d="M${PLOT.width - 210} ${y - 4}h28"/>`;
    return `<g class="${run.look}">${sample}${drawDot(r, PLOT.width - 196, y - 4, 4, "")}
      <text x="${PLOT.width - 174}" y="${y}">${escapeText(run.name)}</text></g>`;
  }).join("");
}
const sayProbability = () => RUNS.every(run => run.isProbability) ? "probability" : "y";

// ---- the table ----

// the places of the rows: the most wrong at the start first, where all steps have the same rows
function orderRows() {
  const isSame = DATA.rows.every(rows => String(rows) === String(DATA.rows[0]));
  const { p } = RUNS[0].steps[isSame ? 0 : state.step];
  return { isSame, order: range(p.length).sort((i, j) => p[i] - p[j] || i - j).slice(0, AT_MOST_ROWS) };
}
function drawTable() {
  const { isSame, order } = orderRows(), n = DATA.rows[state.step].length;
  const table = element("table", RUNS.length > 3 ? "rows many" : "rows");
  table.append(drawHead());
  for (const i of order) {
    const row = element("tr", i === state.row ? "followed" : "");
    row.append(drawRadio(i));
    RUNS.forEach((run, r) => row.append(...drawCells(run, i, r)));
    row.onclick = ({ target }) => target.closest("label") || chooseRow(i);
    table.append(row);
  }
  const which = order.length < n ? `${order.length} of the ${n} rows` : "The rows";
  const first = isSame ? "the most wrong at the start first" : "the most wrong first";
  const title = `${which} at step ${DATA.steps[state.step]}, ${first}`;
  const keys = "Keys in the table: arrows choose a row; comma and full stop go through the steps.";
  byId("rows").replaceChildren(element("h2", "", title), table, element("p", "soft", keys));
}
function drawRadio(i) {
  const cell = element("th"), made = element("label"), radio = element("input");
  cell.scope = "row";
  setAttributes(radio, { type: "radio", name: "row", value: i });
  radio.checked = i === state.row;
  radio.onchange = () => chooseRow(i);
  const isWrong = RUNS.some(run => run.steps[state.step].isWrong[i]);   // by one of them, at least
  const mark = markOf(DATA.classes[state.step][i], isWrong);
  made.append(radio, element("span", "", `${mark} ${DATA.rows[state.step][i]}`));
  cell.append(made);
  return cell;
}
const isMirror = r => RUNS.length === 2 && r === 1;   // of two runs the bars meet in the middle
function drawHead() {
  const titles = RUNS.flatMap((run, r) => {
    const own = [`<th scope="col">${sayProbability()}</th>`,
                 `<th scope="col" colspan="${RUNS.length > 3 ? 1 : 2}">pull, `
                   + `<span class="run-name">${escapeText(run.name)}</span></th>`];
    return isMirror(r) ? own.reverse() : own;
  });
  return element("tr", "", `<th scope="col">row</th>${titles.join("")}`);
}
function drawCells(run, i, r) {
  const { p, pull } = run.steps[state.step];
  const bar = `<span class="bar ${run.look}" style="width:${100 * pull[i] / MOST_PULL}%"></span>`;
  const cells = [element("td", "", inTable(p[i])), element("td", "", inTable(pull[i])),
                 element("td", `share${RUNS.length === 2 && r === 0 ? " left" : ""}`, bar)];
  return isMirror(r) ? cells.reverse() : cells;
}
