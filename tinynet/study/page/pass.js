// The pass: the arrays of a step in the order in which they are made, each with a sentence.

const WHAT_LAYERS_DO = {   // forward, and from dy to dx
  Dense: ["each y is a row of x times a column of W, plus b",
          "each x went into every y through a weight; their dy come back through the same weights"],
  Softmax: ["softmax turns each row into probabilities with the sum 1",
            "each row of dy times the Jacobian of softmax"],
  Dropout: ["some numbers are left out, at random", "dy where x was kept"],
  Conv2D: ["each y is a window of x times the kernel, plus b",
           "each dy goes back to the pixels of its window"],
  MaxPool2D: ["each y is the largest of a window",
              "each dy goes back to the first largest pixel of its window"],
  AveragePool2D: ["each y is the mean of a window", "each dy is shared out among the pixels of its window"],
  GlobalAveragePool2D: ["each y is the mean of a channel",
                        "each dy is shared out among the pixels of its channel"],
  BatchNorm: ["each unit or channel is brought to mean 0 and variance 1, then times gamma, plus beta",
              "dy without its mean and without its part along x̂"],
  LayerNorm: ["each row is brought to mean 0 and variance 1, then times gamma, plus beta",
              "gamma dy without its mean and without its part along x̂"],
  Flatten: ["the same numbers in a row", "the same numbers in the shape of x"],
  Reshape: ["the same numbers in another shape", "the same numbers in the shape of x"],
};
const FROZEN_BATCH_NORM = [
  "x̂ is x by the running mean and variance, which stand still; then times gamma, plus beta",
  "dy times gamma / s"];
function sayWhatItDoes({ kind, trainable, formulas }) {
  if (kind === "BatchNorm" && !trainable) return FROZEN_BATCH_NORM;
  return WHAT_LAYERS_DO[kind] ?? [
    formulaOf({ formulas }) || "its own function of x",
    kind in OF_LAYERS ? "dy times the slope of the function there"
      : "each dy times the slopes of its y, added up"];
}

const WHAT_LOSSES_PREDICT = {
  SoftmaxCrossEntropy: "softmax turns each row of x, the logits, into probabilities y with the sum 1",
  SigmoidCrossEntropy: "the sigmoid turns each x, a logit, into a probability y",
};
function sayWhatIsMeasured({ kind, label_smoothing, mean_over }) {
  const sumOrMean = mean_over === "elements" ? "mean" : "sum";
  if (kind === "MeanSquaredError") return `the ${sumOrMean} of the squares of y − t`;
  if (!/^(Softmax)?CrossEntropy$/.test(kind)) return "how far its y is from t";
  if (label_smoothing || !DATA.hasClasses) return "−log of each y, times its t, added up";
  return "−log of the y of its true class. It is 0 where this y is 1, and grows as it nears 0";
}

// [{names, sentence}]
function listPass() {
  const pass = [], said = new Set();
  const say = (names, sentence) => {   // of the arrays that are there, each once
    const there = names.filter(has).map(firstName).filter(name => !said.has(name));
    there.forEach(name => said.add(name));
    if (there.length) pass.push({ names: there, sentence });
  };
  LAYERS.forEach(layer => passForward(layer, say));
  passLoss(say);
  [...LAYERS].reverse().forEach((layer, i, layers) => passBackward(layer, layers[i + 1], say));
  LAYERS.forEach(layer => passUpdate(layer, say));
  say(Object.keys(DATA.makers).filter(name => name.endsWith(".after")),
      "The same rows once more, by the network after the step.");
  return pass;
}
function passForward(layer, say) {
  const { prefix, kind, params, states } = layer;
  const wires = (OTHER_WIRES[kind] ?? []).map(([wire]) => prefix + wire);
  const isGiven = name => [...params, ...states].includes(name.slice(prefix.length));
  const { above } = COLUMNS.find(column => column.wire === `${prefix}y`);
  say([...above.filter(name => !isGiven(name)), ...wires, `${prefix}y`],
      `${capitalize(titleOf(prefix))} forward: ${sayWhatItDoes(layer)[0]}.`);
}
function passLoss(say) {
  const isWeighted = has("w"), isFused = LOSS.kind in WHAT_LOSSES_PREDICT;
  const share = isWeighted ? "its weight over the sum of the weights" : "1/n for n rows";
  say(["loss.y"], `The prediction: ${WHAT_LOSSES_PREDICT[LOSS.kind] ?? "what the loss takes x for"}.`);
  if (FULLEST.has("loss.t")) say(["loss.t"], "The target: what y is to become, after smoothing.");
  say(["loss.l"], `l, the loss of each row: ${sayWhatIsMeasured(LOSS)}.`);
  say(["L"], `L is the ${isWeighted ? "weighted " : ""}mean of the l of all rows. `
    + "This one number is to become smaller.");
  say(["dL", "loss.dl"], "Backward: how fast does L grow with each number? With itself by 1 for 1. "
    + `With the l of a row by the row's share in the mean: ${share}.`);
  say(["loss.dy", "loss.J"], "How fast L grows with each y, and J, how fast each y grows with each x. The "
    + "loss takes a short way and makes neither; they are here for the long way to its dx.");
  say(["loss.dx"], `dx of the loss: ${isFused ? "y − t" : "the slope of l"}, times the row's share.`
    + (isFused ? " The long way comes to the same." : ""));
}
function passBackward(layer, next, say) {
  const { prefix, kind, params, arrays } = layer, title = titleOf(prefix);
  const names = params.map(gradientName);
  const isBack = local => (DATA.gradients.includes(prefix + local) || local === "J") && local !== "dx";
  say(names.map(name => prefix + name), kind === "Dense"
    ? `dW of ${title}: each row adds its x times its dy. For db, its dy alone.`
    : `${names.join(" and ")} of ${title}: each row adds its part.`);
  say([...arrays.filter(isBack).map(local => prefix + local), `${prefix}dx`],
      `dx of ${title}: ${sayWhatItDoes(layer)[1]}. ${next ? `It is the dy of ${titleOf(next.prefix)}.`
        : "The data does not change, so training has no use for it."}`);
}
function passUpdate({ prefix, params, trainable }, say) {
  const names = params.map(name => prefix + name), title = titleOf(prefix);
  const listed = params.length > 1 ? `${params.slice(0, -1).join(", ")} and ${params.at(-1)}` : params[0];
  const made = names.flatMap(name => DATA.updates[name]), isAfter = name => name.endsWith(".after");
  const isSimple = /^SGD\((lr=[\d.e-]+)?\)$/.test(DATA.optimizer);
  const direction = isSimple
    ? "if L grows with a number, this number is made smaller, and if L shrinks, larger"
    : `what ${DATA.optimizer} adds to ${listed}, to make L smaller`;
  say(made.filter(name => !isAfter(name)),
      `The update of ${title}: ${trainable ? direction : "it is frozen, and stays as it is"}.`);
  say(made.filter(isAfter),
      `${listed} of ${title} after the step: ${params.length > 1 ? "each" : listed} plus its change.`);
}

const PASS = listPass();
const PASS_OF = Object.fromEntries(PASS.flatMap(({ names }, i) => names.map(name => [name, i])));

// where a given array, such as W, is needed first
function findUse(name) {
  const found = PASS.findIndex(({ names }) => names.some(other => arraysIn(other).has(name)));
  return found < 0 ? null : found;
}

function goInPass(i) {
  const now = clamp(i, 0, PASS.length - 1), { name, index } = entryInPass(now);
  choose(name, index, { focus: isFocusInScore() ? "cell" : null, now });
}
// where one is then: in the row that is followed, at the beginning of the windows
function entryInPass(now) {
  const name = mainOf(PASS[now].names), view = viewOf(name);
  const index = view.axes.map((axis, d) => axis === ROWS || !view.isShown(d) ? axis.slice : axis.start);
  return { name, index };
}
// of the arrays of a part of the pass, the one to choose
function mainOf(names) {
  const find = pattern => names.find(name => pattern.test(name));
  return find(/(^|\.)(y|l|L|dx|dW|dy)$/) ?? find(/\.(change|after)$/) ?? names[0];
}
function drawPass() {
  byId("sentence").innerHTML = `<small>part ${state.now + 1} of ${PASS.length}</small> `
    + italicize(escapeText(PASS[state.now].sentence));
  disable(byId("previous"), state.now === 0);
  disable(byId("next"), state.now === PASS.length - 1);
  for (const caption of document.querySelectorAll(".caption")) {
    caption.classList.toggle("now", PASS_OF[caption.dataset.name] === state.now);
  }
  for (const pull of document.querySelectorAll(".pull")) {
    pull.classList.toggle("covered", isCovered(DATA.logits));
  }
  for (const cell of document.querySelectorAll(".cell")) {
    const covered = isCovered(cell.where.name);
    if (covered === cell.classList.contains("covered")) continue;
    cell.classList.toggle("covered", covered);
    label(cell);
  }
}
// what the pass has not reached, where the reader wants to guess
const isCovered = name => byId("cover").checked && PASS_OF[firstName(name)] > state.now;
