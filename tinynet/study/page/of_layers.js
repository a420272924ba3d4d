// Formulas of layers that work on the numbers of a row, or on each number by itself.

const Dense = {
  y(part, i, k) {
    const [x, W, b] = ["x", "W", "b"].map(name => part.cells(name));
    return add(total(range(W.shape[0]).map(j => mul(x(i, j), W(j, k)))), b(k));
  },
  dx(part, i, j) {
    const dy = part.cells("dy"), W = part.cells("W");
    return total(range(W.shape[1]).map(k => mul(dy(i, k), W(j, k))));
  },
  dW(part, j, k) {
    const x = part.cells("x"), dy = part.cells("dy");
    return total(range(x.shape[0]).map(i => mul(x(i, j), dy(i, k))));
  },
  db(part, k) {
    const dy = part.cells("dy");
    return total(range(dy.shape[0]).map(i => dy(i, k)));
  },
};

// a function of each number by itself
const elementwise = (f, slope) => ({
  y(part, ...index) { return f(part.cells("x")(...index)); },
  dx(part, ...index) {
    const [x, y, dy] = part.at(index, "x", "y", "dy");
    return mul(dy, slope(x, y));
  },
});

const ReLU = elementwise(x => maximum(x, 0), (x, y) => isAbove(y, 0));
const Tanh = elementwise(tanh, (x, y) => sub(1, square(y)));
const GELU = elementwise(x => mul(x, normalDistribution(x)),
                         x => add(normalDistribution(x), mul(x, normalDensity(x))));
const softplus = a => a.value > 0 ? add(a, logOf1Plus(exp(neg(a)))) : logOf1Plus(exp(a));
const sigmoid = a => div(1, add(1, exp(neg(a))));
const Softplus = elementwise(softplus, sigmoid);
const Sigmoid = elementwise(sigmoid, (x, y) => mul(y, sub(1, y)));
const dxOfSigmoid = Sigmoid.dx;
Sigmoid.dx = (part, ...index) =>
  ({ expression: dxOfSigmoid(part, ...index), ways: findWaysOfPair(part, index) });

// y = x where x is above 0, and something else below
const bent = (below, slopeBelow) => ({
  y(part, ...index) {
    const x = part.cells("x")(...index);
    return x.value > 0 ? { expression: x, sentence: "x is above 0" } : below(part, x);
  },
  dx(part, ...index) {
    const [x, dy] = part.at(index, "x", "dy");
    if (x.value > 0) return { expression: dy, sentence: "x is above 0, where the slope is 1" };
    return mul(dy, slopeBelow(part, x));
  },
});
const LeakyReLU = bent((part, x) => mul(part.setting("negative_slope"), x),
                       part => part.setting("negative_slope"));
const ELU = bent((part, x) => mul(part.setting("alpha"), expMinus1(x)),
                 (part, x) => mul(part.setting("alpha"), exp(x)));

const SiLU = {
  s(part, ...index) { return sigmoid(part.cells("x")(...index)); },
  y(part, ...index) { return mul(...part.at(index, "x", "s")); },
  dx(part, ...index) {
    const [dy, y, s] = part.at(index, "dy", "y", "s");
    return mul(dy, add(s, mul(y, sub(1, s))));
  },
};

const Dropout = {
  keep(part) {
    const rate = writeNumber(part.thing.rate, 6);
    return { sentence: `drawn: 0 with probability ${rate}, else 1 / (1 - ${rate})` };
  },
  y(part, ...index) { return mul(...part.at(index, "x", "keep")); },
  dx(part, ...index) { return mul(...part.at(index, "dy", "keep")); },
};

function sameElsewhere(cells, shape, index) {
  return cells(...unravel(ravel(index, shape), cells.shape));
}
const Reshape = {
  y(part, ...index) { return sameElsewhere(part.cells("x"), part.cells("y").shape, index); },
  dx(part, ...index) { return sameElsewhere(part.cells("dy"), part.cells("dx").shape, index); },
};

// ---- softmax ----

const Softmax = {
  y(part, ...index) { return softmaxOf(part.cells("x"), index); },
  J(part, ...index) { return jacobianOfSoftmax(part.cells("y"), index); },
  dx(part, ...index) {
    const dy = part.cells("dy"), J = part.cells("J"), row = index.slice(0, -1), j = index.at(-1);
    const dx = total(range(dy.shape.at(-1)).map(k => mul(dy(...row, k), J(...row, k, j))));
    // Σ y is 1 but for rounding, which is all that is left of 1 - y where y is nearly 1
    const y = part.cells("y"), size = cells => Math.abs(cells(...index).value);
    const products = range(dy.shape.at(-1)).map(k => Math.abs(dy(...row, k).value * y(...row, k).value));
    const spread = dx.spread() + size(y) * (size(dy) + sum(products));
    return { ...makeNear(dx, EXACT * spread), ways: findWaysOfPair(part, index) };
  },
};

function softmaxOf(x, index) {
  const row = index.slice(0, -1), j = index.at(-1);
  let powers = range(x.shape.at(-1)).map(k => x(...row, k));
  const isFar = Math.max(...powers.map(a => Math.abs(a.value))) > FAR;
  if (isFar) powers = takeOffLargest(powers);
  const expression = div(exp(powers[j]), total(powers.map(exp)));
  if (!isFar) return expression;
  return { expression,
           sentence: "the largest x is subtracted first: y is the same, and exp cannot overflow" };
}
function takeOffLargest(numbers) {
  const largest = numbers.reduce((a, b) => b.value > a.value ? b : a);
  return numbers.map(a => sub(a, largest));
}
function jacobianOfSoftmax(y, index) {
  const row = index.slice(0, -2), [k, j] = index.slice(-2);
  return k === j ? mul(y(...row, k), sub(1, y(...row, j))) : neg(mul(y(...row, k), y(...row, j)));
}

// ---- normalization ----

const sumOver = (cells, f) => total([...indices(cells.shape.slice(0, -1))].map(f));
const normalization = group => ({
  s(part, ...place) { return sqrt(add(part.cells("var")(...place), part.setting("eps"))); },
  x_hat(part, ...index) {
    const [mean, s] = part.at(group(index), "mean", "s");
    return div(sub(part.cells("x")(...index), mean), s);
  },
  y(part, ...index) {
    const [gamma, beta] = part.at([index.at(-1)], "gamma", "beta");
    return add(mul(gamma, part.cells("x_hat")(...index)), beta);
  },
  dgamma(part, j) {
    const dy = part.cells("dy"), xHat = part.cells("x_hat");
    return sumOver(dy, row => mul(dy(...row, j), xHat(...row, j)));
  },
  dbeta(part, j) {
    const dy = part.cells("dy");
    return sumOver(dy, row => dy(...row, j));
  },
});

const rowOf = (cells, row) => range(cells.shape.at(-1)).map(j => cells(...row, j));
const meanOf = (numbers, letter) => div(total(numbers), new Num(numbers.length, letter));
const LayerNorm = {
  ...normalization(index => index.slice(0, -1)),
  mean(part, ...row) { return meanOf(rowOf(part.cells("x"), row), "k"); },
  var(part, ...row) {
    const mean = part.cells("mean")(...row);
    return meanOf(rowOf(part.cells("x"), row).map(x => square(sub(x, mean))), "k");
  },
  dx_hat(part, ...index) { return mul(part.cells("gamma")(index.at(-1)), part.cells("dy")(...index)); },
  mean_dx_hat(part, ...row) { return meanOf(rowOf(part.cells("dx_hat"), row), "k"); },
  mean_dx_hat_x_hat(part, ...row) {
    const xHat = rowOf(part.cells("x_hat"), row);
    return meanOf(rowOf(part.cells("dx_hat"), row).map((dxHat, j) => mul(dxHat, xHat[j])), "k");
  },
  dx(part, ...index) {
    const [dxHat, xHat] = part.at(index, "dx_hat", "x_hat");
    const [mean, meanWithXHat, s] = part.at(index.slice(0, -1), "mean_dx_hat", "mean_dx_hat_x_hat", "s");
    return div(new Sum([dxHat, neg(mean), neg(mul(xHat, meanWithXHat))]), s);
  },
};

const channelOf = (cells, j) => [...indices(cells.shape.slice(0, -1))].map(row => cells(...row, j));
const countOf = part => {
  const { shape } = part.cells("x");
  return new Num(shape.reduce((a, b) => a * b, 1) / shape.at(-1), "m");
};
function updateRunning(part, running, latest) {
  if (!part.thing.trainable || countOf(part).value === 1) return running;
  const momentum = part.setting("momentum");
  return add(mul(momentum, running), mul(sub(1, momentum), latest));
}
const BatchNorm = {
  ...normalization(index => index.slice(-1)),
  mean(part, j) {
    if (!part.thing.trainable) return part.cells("running_mean")(j);
    return div(total(channelOf(part.cells("x"), j)), countOf(part));
  },
  var(part, j) {
    if (!part.thing.trainable) return part.cells("running_var")(j);
    const mean = part.cells("mean")(j);
    return div(total(channelOf(part.cells("x"), j).map(x => square(sub(x, mean)))), countOf(part));
  },
  dx(part, ...index) {
    const [dy, xHat] = part.at(index, "dy", "x_hat"), m = countOf(part);
    const [gamma, s, dgamma, dbeta] = part.at([index.at(-1)], "gamma", "s", "dgamma", "dbeta");
    if (!part.thing.trainable) return div(mul(gamma, dy), s);
    const centred = new Sum([dy, neg(div(dbeta, m)), neg(mul(xHat, div(dgamma, m)))]);
    return div(mul(gamma, centred), s);
  },
  running_mean_after(part, j) { return updateRunning(part, ...part.at([j], "running_mean", "mean")); },
  running_var_after(part, j) {
    const [running, variance] = part.at([j], "running_var", "var"), m = countOf(part);
    return updateRunning(part, running, mul(div(m, sub(m, 1)), variance));
  },
};

