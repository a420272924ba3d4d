// Products: the gradient at the logit of the chosen row's true class, by each loss, as the sum of the
// products that it is: dy of each class times a slope of what makes probabilities.

function drawProducts() {
  const s = state.step, i = state.row, section = byId("products"), table = element("table", "products");
  const others = COUNT > 2 ? "other classes" : "other class", isOne = RUNS.every(run => run.k === 1);
  const titles = [["loss", 1], [sayProbability(), 1], ["true class: <i>dy</i> · slope", 2],
                  ...isOne ? [] : [[`${others}: <i>dy</i> · slope`, 2]], ["= <i>dx</i>", 1]];
  table.append(element("tr", "",
    titles.map(([title, span]) => `<th scope="col" colspan="${span}">${title}</th>`).join("")));
  for (const run of RUNS) table.append(drawProduct(run, s, i));
  const title = `Row ${DATA.rows[s][i]} at step ${DATA.steps[s]}: `;
  section.replaceChildren(element("h2", "", `${title}the gradient at the logit of its true class`), table,
                          ...sayWhy(s, i).map(sentence => element("p", "", sentence)));
}
function drawProduct(run, s, i) {
  const { k } = run, step = run.steps[s], own = step.places[i];
  const [dy, slopes] = ["dy", "slopes"].map(name => step[name].slice(i * k, i * k + k));
  const others = range(k).filter(c => c !== own), rest = sum(others.map(c => dy[c] * slopes[c]));
  const cells = [inTable(step.p[i]), `${inTable(dy[own])} ·`, inTable(slopes[own])];
  if (k === 2) cells.push(`+ ${inTable(dy[others[0]])} ·`, inTable(slopes[others[0]]));
  else if (k > 2) cells.push("+", inTable(rest));   // of more classes the sum
  const row = element("tr", "", `<th scope="row">${escapeText(run.name)}</th>`
    + cells.map(cell => `<td>${cell}</td>`).join(""));
  row.append(element("td", "total", inTable(step.dx[i])));
  return row;
}

// ---- why ----

const ofSquaredError = most => `The <i>dy</i> of squared error has at most the size ${most}. So the slope `
  + "wins, and a row that is surely wrong hardly pulls.";
const SENTENCES = {   // by the loss, of what stands behind softmax or a sigmoid
  CrossEntropy: "The <i>dy</i> of cross-entropy has the size 1 / <i>p</i>: it grows as the slope shrinks, "
    + "and their product is 1 − <i>p</i>. So a row pulls by as much as it is wrong.",
  MeanSquaredError: ofSquaredError(2), HalfSquaredError: ofSquaredError(1),
};
function sayWhy(s, i) {
  const links = RUNS.map(run => run.link), sentences = [];
  if (links.some(Boolean)) {
    const link = links.includes("Softmax") ? "Softmax" : "The sigmoid";
    sentences.push(`${link} hands back <i>dy</i> times its slope <i>p</i> (1 − <i>p</i>), which is near 0 `
      + "for a row that is surely right, and as near 0 for one that is surely wrong.");
    const kinds = new Set(RUNS.filter(run => run.link).map(run => run.kind));
    sentences.push(...[...kinds].map(kind => SENTENCES[kind]).filter(Boolean));
  }
  if (RUNS.some(run => !range(run.k).every(c => Number.isFinite(run.steps[s].dy[i * run.k + c])))) {
    sentences.push("Where <i>p</i> is 0, these products cannot be formed; the loss goes the short way, "
      + "<i>y</i> − <i>t</i>.");
  }
  const pulls = RUNS.map(run => `${escapeText(run.name)} by ${inTable(run.steps[s].pull[i])}`);
  return [`It pulls under ${pulls.join(", under ")}.`, sentences.join(" ")].filter(Boolean);
}
