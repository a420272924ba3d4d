// The panel: the chosen number, the ways to it, and where it goes.

function drawPanel() {
  const { name, index } = state.chosen, step = STEPS[state.step];
  const made = step.make(name, index), value = step.value(name, index);
  const ways = listWays(made, name), uses = findUses(state.chosen), panel = byId("what");
  const say = (text, classes = "") => text && panel.append(element("p", classes, text));
  panel.replaceChildren(drawHeading(name, index, value));
  const others = otherNames(name);
  say(others.length && `also called ${others.join(" and ")}`, "soft");
  say(writeFormula(findFormula(name)), "soft");
  for (const way of ways) {
    if (way.title) panel.append(element("h3", way.kind, way.title));
    if (way.expression) panel.append(drawSum(way));
  }
  if (!isMadeSo(made, value)) say(sayWrong(made, value), "wrong");
  for (const sentence of listSentences(made, state.chosen)) say(italicize(escapeText(sentence)));
  if (uses.length) panel.append(drawUses(uses));
  drawFrames(ways, uses);
  sayAloud(name, index, value, made);
}

function drawHeading(name, index, value) {
  const place = index.length ? writeIndex(index) : "", letter = writeLetter(name);
  const end = letter.lastIndexOf("</i>") + 4;   // "change of W₀₀"; words have their index behind them
  const here = end < 4 ? `${letter} ${place}` : letter.slice(0, end) + place + letter.slice(end);
  return element("h2", "", `<span>${here} <small>${sayOwner(name)}</small></span>`
    + `<span class="value">${inSum(value)}</span>`);
}

const J_OF_SOFTMAX = "Jₖⱼ = yₖ (1 − yₖ) for k = j, else −yₖ yⱼ: as xⱼ grows, e^xⱼ does, and with it the sum. "
  + "So yⱼ gains, and the others lose.";
const OF_THE_LONG_WAY = {   // formulas that are in no docstring
  SoftmaxCrossEntropy: { dy: "dy = −t / y, times the share: the slope of −log y is −1 / y", J: J_OF_SOFTMAX },
  SigmoidCrossEntropy: { dy: "dy = (1 − t) / (1 − y) − t / y, times the share", J: "J = y (1 − y)" },
  Softmax: { J: J_OF_SOFTMAX },
};
// the formula of the whole array, as a rule from the docstring of the class
function findFormula(name) {
  const [prefix, local] = DATA.makers[name], letter = LETTERS[local] ?? local;
  const { kind, trainable, mean_over } = DATA.things[prefix] ?? {}, special = OF_THE_LONG_WAY[kind]?.[local];
  if (special) return special;
  const isOther = mean_over === "elements" || kind === "BatchNorm" && !trainable;
  if (local === "dx" && isOther) return "";
  const formulas = (DATA.things[prefix]?.formulas ?? [])
    .flatMap(line => line.replace(/^in training: /, "").split(",  "));
  return formulas.find(line => line.includes(" = ") && line.split(" = ")[0].split("[")[0] === letter) ?? "";
}

// ---- the ways to a number ----

// [{title, kind, expression, others, lines, whole, tail}]: the short way, and the long one beside it
function listWays({ expression, ways = [], entries = [] }, name) {
  const agreeing = ways.filter(way => way.mustAgree), isShort = name === "loss.dx" || !agreeing.length;
  const own = isShort ? "The short way" : "The long way, as it is computed";
  const title = agreeing.length ? own : "";
  const kinds = isShort ? ["made-of", "long"] : ["long", "made-of"];
  return [{ title, kind: kinds[0], expression, others: entries, ...linesOf(expression, name) },
          ...agreeing.map(way => ({ title: capitalize(way.title), kind: kinds[1], others: [],
                                    expression: way.expression, ...linesOf(way.expression, name) }))];
}
// the lines of a sum, the whole of it, and the quotient that it stands in, over something or under it
function linesOf(expression, name) {
  if (!expression) return { lines: [] };
  if (isOfKernel(name) && expression.parts.length > AT_MOST) {
    return { lines: [], groups: groupByRow(expression), whole: expression };
  }
  if (expression instanceof Sum) return { lines: expression.shown(), whole: expression };
  const whole = expression instanceof Quotient && expression.parts.find(part => part instanceof Sum);
  if (whole) return { lines: whole.shown(), whole, tail: expression };
  return { lines: [expression] };
}

// the gradient of a kernel has a product for each window of each row: one opens the row that one wants
function isOfKernel(name) {
  const [prefix, local] = DATA.makers[name];
  return DATA.things[prefix].kind === "Conv2D" && ["dW", "db"].includes(local);
}
function groupByRow(expression) {
  const rows = range(STEPS[state.step].n).map(i =>
    [i, expression.parts.filter(part => part.entries()[0].index[0] === i)]);
  return rows.map(([i, parts]) => ({ i, sum: new Sum(parts) }));
}

// ---- what else there is to say ----

function sayWrong(made, value) {
  if (!made.expression) return `≠ Recorded is ${inSum(value)}, but forward gives ${inSum(made.low)} now.`;
  return `≠ Recorded is ${inSum(value)}, the sum gives ${inSum(made.expression.value)}.`;
}
function listSentences({ expression, sentence, ways = [] }, { name, index }) {
  const isWord = /^\w\w/.test(sentence ?? ""), entries = expression?.entries() ?? [];
  const sentences = sentence ? [`${isWord ? capitalize(sentence) : sentence}.`] : [];
  for (const used of new Set(entries.map(entry => entry.name))) {   // "This x is the y of layer 1."
    const own = splitName(used).local, here = splitName(nameHere(used)).local;
    if (own !== here) sentences.push(`This ${own} is the ${here} ${sayOwner(used)}.`);
  }
  const isOfParameter = Object.keys(DATA.updates).some(W => gradientName(W) === name);
  if (isOfParameter && expression instanceof Sum && expression.parts.length > 2) {
    const sizes = groupByRow(expression).map(({ sum: part }) => Math.abs(part.value));
    if (Math.max(...sizes) > 0) sentences.push(`Row ${largestOf(sizes)} gives the largest part.`);
  }
  for (const way of ways) {
    sentences.push(...way.mustAgree ? sayDifference(expression, way, index) : sayComparison(way, index));
  }
  return sentences;
}
function sayDifference(expression, way, index) {
  const difference = expression.value - way.expression.value;
  if (!Number.isFinite(difference)) {
    return ["The long way divides by a y that is 0 or nearly 0; the short one does not."];
  }
  const said = difference ? inExponents(difference) + sayWhyTheyDiffer(expression, way) : "0";
  return [`Difference of the two ways: ${said}.`, ...sayWhyTheyAgree(index)];
}
function sayWhyTheyDiffer(expression, way) {
  if (agree(expression, { ...way, off: 0 })) return ", which is rounding";
  return agree(expression, way) ? `, since ${way.why}` : "";
}
// of softmax, a row of one class; of a sigmoid, a target of 0 or 1
function sayWhyTheyAgree([i, j]) {
  const t = STEPS[state.step].value("loss.t", [i, j]), isSigmoid = [LOSS, LAYERS.at(-1)].some(isOfSigmoid);
  if (!isSigmoid) return sayWhySoftmaxAgrees(i, j);
  if (t !== 0 && t !== 1) return [];
  const [dy, factor, rest] = t ? ["−1 / y", "y", "−(1 − y)"] : ["1 / (1 − y)", "1 − y", "y"];
  return [`Why they agree: dy is ${dy}, since t is ${t}, and J is y (1 − y). ${factor} cancels, and ${rest} `
    + "is left: y − t. Then comes the share."];
}
const isOfSigmoid = ({ kind }) => /^Sigmoid/.test(kind);
function sayWhySoftmaxAgrees(i, j) {
  const step = STEPS[state.step], k = step.shape("loss.t")[1], of = (name, c) => step.value(name, [i, c]);
  const targets = range(k).map(c => of("loss.t", c)), c = largestOf(targets);
  if (k < 2 || targets[c] !== 1 || targets.some((t, other) => t && other !== c)) return [];
  const y = inSum(of("loss.y", c)), other = inSum(of("loss.y", j));
  const slope = c === j ? `${y} (1 − ${y})` : `(−${y} · ${other})`;
  return ["The long way: each x moves every y, and each y moves L. A product for each y, added up.",
          "Why they agree: only the dy of the true class, −1 / y, is not 0, and its 1 / y cancels the factor "
          + `y in J: −1/${y} · ${slope} = ${inSum(of("loss.y", j) - of("loss.t", j))} = y − t. `
          + "Then comes the share."];
}
function sayComparison({ title, expression }, [i, j]) {
  const y = STEPS[state.step].value("loss.y", [i, j]);
  const value = inSum(expression.value), sentence = `${capitalize(title)} ${value} here.`;
  if (title.startsWith("squared error")) {
    return [`Squared error, l = Σ (y − t)², would give ${value} in its place.`];
  }
  const link = title.startsWith("binary") ? "the sigmoid" : "softmax";
  return [`The slope of ${link} is y (1 − y) = ${inSum(y * (1 - y))} from a logit to its own y, and here `
    + `nothing cancels it. ${sentence}`];
}

// "goes into dW of layer 2: 0,0 1,0 2,0", each of them to go to
function drawUses(uses) {
  const made = element("div", "uses", "goes into");
  const names = [...new Set(uses.map(use => use.name))].sort((a, b) => PASS_OF[a] - PASS_OF[b]);
  for (const name of names) {
    const own = uses.filter(use => use.name === name), line = element("p", "", `${writeArray(name)}: `);
    for (const { index } of own.slice(0, MOST_USES)) {
      const said = index.join(",") || "its number", button = element("button", "use", said);
      button.setAttribute("aria-label", `${said}: go to ${sayArray(name)}`);
      button.onclick = () => choose(name, index, { focus: "chip" });
      line.append(button, " ");
    }
    if (own.length > MOST_USES) line.append(`and ${own.length - MOST_USES} more in sight`);
    made.append(line);
  }
  return made;
}
const MOST_USES = 8;   // of an array
function sayAloud(name, index, value, { expression, sentence }) {
  const formula = expression ? `${expression.symbols()} = ${expression.numbers(4)}` : sentence ?? "";
  byId("live").textContent =
    `${sayArray(name)}${sayIndex(index)}, is ${inSum(value)}. ${formula.replaceAll("-", "−")}`;
}
