// The rows at this step: how right the network is about each, before and after the step, and how hard
// it pulls; and what the step changes most.

function drawRows() {
  const step = STEPS[state.step], { pulls, n } = step, hardest = largestOf(pulls);
  const header = ["row", ...step.isShuffled ? ["in data"] : [], isOfClasses() ? "true class" : "target",
                  "its <i>y</i>", "after", "pull", ""];
  const table = element("table", "rows",
    `<tr>${header.map(title => title ? `<th scope="col">${title}</th>` : "<td></td>").join("")}</tr>`);
  const byPull = isCovered(DATA.logits) ? range(n) : range(n).sort((i, j) => pulls[j] - pulls[i]);
  const shown = n <= 8 ? range(n) : byPull.slice(0, 8);
  const uncovered = (name, at) => isCovered(name) ? "" : inCell(step.value(name, at));
  for (const i of shown) {
    const at = entryOf(step, i), hasPull = !isCovered(DATA.logits);
    const target = isOfClasses() ? at[1] : inCell(step.value("loss.t", at));
    const cells = [i, ...step.isShuffled ? [step.value("rows", [i])] : [], target, uncovered("loss.y", at),
                   uncovered("loss.y.after", at), hasPull ? inCell(pulls[i]) : ""];
    const width = hasPull ? 100 * pulls[i] / MOST_PULL : 0;
    const bar = `<td class="share"><span class="bar" style="width:${width}%"></span></td>`;
    const made = element("tr", i === ROWS.slice ? "followed" : "",
                         cells.map(cell => `<td>${cell}</td>`).join("") + bar);
    made.onclick = () => followRow(i);
    table.append(made);
  }
  const y = inCell(step.value("loss.y", entryOf(step, hardest)));
  const which = isOfClasses() ? "the <i>y</i> of its true class" : "its <i>y</i>";
  const said = [];
  if (!isCovered(DATA.logits)) {
    said.push(`Row ${hardest} pulls hardest: ${which} is ${y}. ${saySquaredError(step, hardest)}`);
  }
  if (!isCovered("loss.y.after")) said.push(sayLargestChange(step));
  byId("rows").replaceChildren(
    element("h3", "", n <= 8 ? "The rows at this step" : "The 8 rows that pull hardest"),
    element("p", "", sayPull(step)), table, ...said.map(text => element("p", "", text)));
}
// with the numbers of the row that is followed, if they are few
function sayPull(step) {
  const size = step.values(DATA.logits).length / step.n, row = ROWS.slice;
  const values = [...step.values(DATA.logits).slice(row * size, (row + 1) * size)];
  const said = "Pull: how strongly a row asks for other outputs of the last layer. It is the length of its "
    + `${writeArray(DATA.logits)}, the root of the sum of its squares`;
  if (size < 2 || size > 3 || isCovered(DATA.logits)) return `${said}.`;
  const squares = values.map(value => `${inCell(Math.abs(value))}²`).join(" + ");
  return `${said}; of row ${row} √(${squares}) = ${inCell(step.pulls[row])}.`;
}
const PULLS_BY_SQUARED_ERROR = [];   // of each step
// what another loss would make of the same rows: of softmax with cross-entropy
function saySquaredError(step, hardest) {
  const way = (i, j) =>
    step.make(DATA.logits, [i, j]).ways?.find(each => each.title.startsWith("squared error"));
  const [n, k] = step.shape(DATA.logits);
  if (!k || !way(0, 0)) return "";
  const pulls = PULLS_BY_SQUARED_ERROR[step.position] ??= range(n).map(i =>
    Math.hypot(...range(k).map(j => way(i, j).expression.value)));
  const other = largestOf(pulls);
  const loss = "squared error, <i>l</i> = Σ (<i>y</i> − <i>t</i>)²,";
  if (other === hardest) return `Under ${loss} it would, too, with ${inCell(pulls[other])}.`;
  return `Under ${loss} row ${other} would, with ${inCell(pulls[other])}, and row ${hardest} with only `
    + `${inCell(pulls[hardest])}: the <i>y</i> of the true class stays as a factor in <i>J</i>, which the `
    + "1 / <i>y</i> of cross-entropy cancels.";
}
// where the y of a row stands that the table shows: that of its true class, or the first
function entryOf(step, i) {
  const [, k] = step.shape("loss.y");
  if (k === undefined) return [i];
  return [i, isOfClasses() ? largestOf(range(k).map(c => step.value("loss.t", [i, c]))) : 0];
}
const isOfClasses = () => DATA.hasClasses && STEPS[0].shape("loss.y")[1] > 1;
function sayLargestChange(step) {
  let most = { value: 0 };
  for (const W of Object.keys(DATA.updates)) step.values(`${W}.change`).forEach((value, offset) => {
    if (Math.abs(value) > Math.abs(most.value)) most = { W, value, index: unravel(offset, step.shape(W)) };
  });
  if (!most.value) return "The step changes nothing.";
  const letter = `<i>${splitName(most.W).local}</i>${writeIndex(most.index)}`;
  return `The largest change of this step is that of ${letter} ${sayOwner(most.W)}: ${inSum(most.value)}.`;
}
