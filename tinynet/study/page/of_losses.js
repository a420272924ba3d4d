// Formulas of losses, and of a link such as softmax with the loss behind it.

const ofLoss = {
  t(part, i, j) {
    const smoothing = part.setting("label_smoothing"), t = part.step.cells("t", "t_given");
    return add(mul(sub(1, smoothing), t(i, j)), div(smoothing, new Num(t.shape[1], "k")));
  },
  dl(part, i) {
    const dL = part.step.cells("dL")(), n = part.step.cells("x").shape[0];
    if (!part.step.has("w")) return div(dL, new Num(n, "n"));
    const w = part.step.cells("w");
    return div(mul(dL, w(i)), total(range(n).map(row => w(row))));
  },
};
const outputsOf = (part, i, name = "y") => {
  const y = part.cells(name), t = part.cells("t");
  return range(y.shape[1]).map(j => [y(i, j), t(i, j)]);
};
const outputOf = (part, i, j) => [...part.at([i, j], "y", "t"), part.cells("dl")(i)];

function byK(part, number) {
  return part.thing.mean_over === "elements" ? div(number, new Num(part.cells("x").shape[1], "k")) : number;
}
const regression = (h, slope) => ({
  ...ofLoss,
  l(part, i) { return byK(part, total(outputsOf(part, i).map(([y, t]) => h(sub(y, t), part)))); },
  dx(part, i, j) {
    const [y, t, dl] = outputOf(part, i, j);
    return byK(part, mul(slope(sub(y, t), part), dl));
  },
});
const MeanSquaredError = regression(square, d => mul(2, d));
const HalfSquaredError = regression(d => div(square(d), 2), d => d);
const MeanAbsoluteError = regression(absolute, signOf);
const Huber = regression((d, part) => {
  const delta = part.setting("delta");
  return Math.abs(d.value) <= delta.value ? div(square(d), 2) : mul(delta, sub(absolute(d), div(delta, 2)));
}, (d, part) => maximum(neg(part.setting("delta")), minimum(d, part.setting("delta"))));

// 0 log 0 is 0, and so is 0 / 0: where the target is 0 nothing is lost, and there is no term
const isHard = t => t.value === 0 || t.value === 1;
const slopeOfCrossEntropy = (y, t) => t.value || y.value ? div(neg(t), y) : new Num(0);
function slopeOfBinaryCrossEntropy(y, t) {
  if (isHard(t)) return t.value ? div(neg(t), y) : div(1, sub(1, y));
  return sub(div(sub(1, t), sub(1, y)), div(t, y));
}
function gradientBy(slope, part, i, j) {
  const [y, t, dl] = outputOf(part, i, j);
  return mul(slope(y, t), dl);
}
const CrossEntropy = {
  ...ofLoss,
  l(part, i) {
    const outputs = outputsOf(part, i).filter(([, t]) => t.value);
    return neg(total(outputs.map(([y, t]) => mul(t, log(y)))));
  },
  dx(part, i, j) { return gradientBy(slopeOfCrossEntropy, part, i, j); },
};
const BinaryCrossEntropy = {
  ...ofLoss,
  l(part, i) {
    return total(outputsOf(part, i).map(([y, t]) => {
      const yes = mul(t, log(y)), no = mul(sub(1, t), log(sub(1, y)));
      return neg(!isHard(t) ? add(yes, no) : t.value ? yes : no);
    }));
  },
  dx(part, i, j) { return gradientBy(slopeOfBinaryCrossEntropy, part, i, j); },
};

const SoftmaxCrossEntropy = {
  ...ofLoss,
  y(part, ...index) { return softmaxOf(part.cells("x"), index); },
  J(part, ...index) { return jacobianOfSoftmax(part.cells("y"), index); },
  l(part, i) {
    const outputs = outputsOf(part, i).filter(([, t]) => t.value), x = part.cells("x"), t = part.cells("t");
    if (Math.min(...outputs.map(([y]) => y.value)) > LOST) {
      const expression = neg(total(outputs.map(([y, t]) => mul(t, log(y)))));
      const off = EXACT * expression.spread() + excessOf(t, i) * Math.log(t.shape[1]);
      return makeNear(expression, off);
    }
    const powers = takeOffLargest(range(x.shape[1]).map(j => x(i, j))), logS = log(total(powers.map(exp)));
    const terms = powers.map((power, j) => [power, t(i, j)]).filter(([, t]) => t.value);
    return { expression: total(terms.map(([power, t]) => mul(t, sub(logS, power)))),
             sentence: "by the logits, since y is too near to 0" };
  },
  dy(part, i, j) { return gradientBy(slopeOfCrossEntropy, part, i, j); },
  dx(part, i, j) {
    const [y, t, dl] = outputOf(part, i, j);
    const [ys, ts, dls, dy, J] = ["y", "t", "dl", "dy", "J"].map(name => part.cells(name));
    const long = { title: "the long way, through the Jacobian of softmax", mustAgree: true,
                   expression: total(range(dy.shape[1]).map(k => mul(dy(i, k), J(i, k, j)))),
                   ...allowForSum(ys, ts, dls, i, j) };
    return { expression: mul(sub(y, t), dl), ways: [long, compareWithSquaredError(ys, ts, dls, J, i, j)] };
  },
};

const SigmoidCrossEntropy = {
  ...ofLoss,
  y(part, i, j) { return sigmoid(part.cells("x")(i, j)); },
  J(part, i, j) { const y = part.cells("y")(i, j); return mul(y, sub(1, y)); },
  l(part, i) {
    return total(outputsOf(part, i, "x").map(([x, t]) => {
      const yes = mul(t, softplus(neg(x))), no = mul(sub(1, t), softplus(x));
      return !isHard(t) ? add(yes, no) : t.value ? yes : no;
    }));
  },
  dy(part, i, j) { return gradientBy(slopeOfBinaryCrossEntropy, part, i, j); },
  dx(part, i, j) {
    const [y, t, dl] = outputOf(part, i, j);
    return { expression: mul(sub(y, t), dl),
             ways: [{ title: "the long way, through the slope of the sigmoid", mustAgree: true,
                      expression: mul(...part.at([i, j], "dy", "J")) }] };
  },
};

const OF_LOSSES = { MeanSquaredError, HalfSquaredError, MeanAbsoluteError, Huber, CrossEntropy,
                    BinaryCrossEntropy, SoftmaxCrossEntropy, SigmoidCrossEntropy };

// ---- pairs of a link and a loss ----

const FUSED = { Softmax: "CrossEntropy", Sigmoid: "BinaryCrossEntropy" };   // dx of the pair is y - t
const NAME_OF_FUSED = { Softmax: "cross-entropy", Sigmoid: "binary cross-entropy" };

function findWaysOfPair(part, index) {
  const { step, thing: { kind: link } } = part, loss = DATA.things["loss."].kind;
  const isLast = DATA.aliases["loss.x"] === `${part.prefix}y`;
  if (!isLast || ![FUSED[link], "MeanSquaredError", "HalfSquaredError"].includes(loss)) return [];
  const [i, j] = index, y = part.cells("y"), t = step.cells("loss.t"), dl = step.cells("loss.dl");
  const short = mul(sub(y(i, j), t(i, j)), dl(i));
  if (loss !== FUSED[link]) {
    const title = `${NAME_OF_FUSED[link]} in its place would give`;
    return canBeJudged(link, range(t.shape[1]).map(k => t(i, k).value)) ? [{ title, expression: short }] : [];
  }
  const way = { title: "the short way", expression: short, mustAgree: true };
  if (link === "Sigmoid") return [way];
  return [{ ...way, ...allowForSum(y, t, dl, i, j) },
          compareWithSquaredError(y, t, dl, part.cells("J"), i, j)];
}
function canBeJudged(link, t) {
  const areShares = Math.min(...t) >= 0 && Math.max(...t) <= 1;
  return areShares && (link === "Sigmoid" || Math.abs(sum(t) - 1) < 1e-6);
}
const excessOf = (t, i) => Math.abs(sum(range(t.shape[1]).map(k => t(i, k).value)) - 1);
function allowForSum(y, t, dl, i, j) {
  const off = excessOf(t, i);
  return { off: off * y(i, j).value * dl(i).value,
           why: `the targets of this row sum to 1 only to within ${writeNumber(off, 1)}` };
}
function compareWithSquaredError(y, t, dl, J, i, j) {
  const terms = range(y.shape[1]).map(k => mul(mul(2, sub(y(i, k), t(i, k))), dl(i), J(i, k, j)));
  return { title: "squared error in its place would give", expression: total(terms) };
}

