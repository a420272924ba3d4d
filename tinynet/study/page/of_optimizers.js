// Formulas of the batch, and of what an optimizer makes of the gradients.

// ---- the batch ----

const OfBatch = {
  L(part) {
    const l = part.step.cells("loss.l"), rows = range(l.shape[0]);
    if (rows.some(i => Number.isNaN(l(i).value))) {
      return { sentence: "the losses of the single rows are not known" };
    }
    if (!part.step.has("w")) return div(total(rows.map(i => l(i))), new Num(rows.length, "n"));
    const w = part.step.cells("w");
    return div(total(rows.map(i => mul(w(i), l(i)))), total(rows.map(i => w(i))));
  },
  dL() { return { expression: new Num(1), sentence: "here the backward pass begins: dL is ∂L/∂L" }; },
  penalty({ step }) {   // l2/2 Σ W²
    const weights = listTrained().filter(name => step.shape(name).length > 1);
    const squares = sumOfSquares(weights.map(name =>
      [step.shape(name), index => step.cells(name, name)(...index)]));
    return mul(div(new Num(DATA.l2, "l2"), 2), squares);
  },
  norm({ step }) {      // √(Σ (dW + l2 W)²)
    return sqrt(sumOfSquares(listTrained().map(name => {
      const W = step.cells(name, name), dW = step.cells(gradientName(name), gradientName(name));
      return [W.shape, index => withPenalty(step, W, dW, index)];
    })));
  },
};
const listTrained = () => Object.keys(DATA.updates).filter(name => !DATA.frozen.includes(name));

// Σ a² over all entries of some arrays, each as [shape, function from an index to an entry]; of many
// entries the largest are shown
function sumOfSquares(parts) {
  const squares = parts.flatMap(([shape, entry]) => [...indices(shape)].map(index => square(entry(index))));
  const values = squares.map(each => each.value), shown = chooseShown(values);
  const terms = shown.map(i => squares[i]), others = squares.length - shown.length;
  if (others) terms.push(new Num(sumOfOthers(values, shown), `the other ${others}`));
  return total(terms);
}

// ---- optimizers: the prefix of a part is "2.W." for the parameter W of layer 2 ----

const gradientName = name => name.replace(/([^.]+)$/, "d$1");
const parameterOf = part => part.step.cells(part.prefix.slice(0, -1));
function withPenalty(step, W, dW, index) {
  const hasPenalty = DATA.l2 && W.shape.length > 1;
  return hasPenalty ? add(dW(...index), mul(new Num(DATA.l2, "l2"), W(...index))) : dW(...index);
}
function gradientAt(part, index) {
  if (part.step.has(`${part.prefix}grads`)) return part.cells("grads")(...index);
  return part.step.cells(gradientName(part.prefix.slice(0, -1)))(...index);
}
// room for the last digits of W, to which its change is rounded
function roundOff(part, expression, index) {
  const W = Math.abs(parameterOf(part)(...index).value), { value } = expression;
  const off = EXACT * expression.spread() + 4 * Number.EPSILON * (W + Math.abs(value));
  return makeNear(expression, off);
}
const isFrozen = part => DATA.frozen.includes(part.prefix.slice(0, -1));
const FROZEN = () => ({ expression: new Num(0), sentence: "the layer is frozen" });
const optimizer = (change, others = {}) => ({
  grads(part, ...index) {
    if (isFrozen(part)) return FROZEN();
    const name = part.prefix.slice(0, -1);
    const gradient = withPenalty(part.step, parameterOf(part), part.step.cells(gradientName(name)), index);
    if (!part.step.isClipped) return gradient;
    return mul(gradient, div(new Num(DATA.clipNorm, "clip_norm"), part.step.cells("norm")()));
  },
  change(part, ...index) { return isFrozen(part) ? FROZEN() : roundOff(part, change(part, index), index); },
  after(part, ...index) {
    return roundOff(part, add(parameterOf(part)(...index), part.cells("change")(...index)), index);
  },
  ...others,
});
const lrOf = part => part.step.cells("lr")();

const SGD = optimizer((part, index) => {
  const g = gradientAt(part, index);
  if (!part.thing.momentum) return neg(mul(lrOf(part), g));
  const v = part.cells("v")(...index);
  return neg(mul(lrOf(part), part.thing.nesterov ? add(g, mul(part.setting("momentum"), v)) : v));
}, {
  v(part, ...index) {
    const before = part.cells("v_before")(...index);
    return add(mul(part.setting("momentum"), before), gradientAt(part, index));
  },
});

// beta before + (1 - beta) g, for a setting of this name
function movingMean(part, name, before, g) {
  const beta = part.setting(name);
  return add(mul(beta, before), mul(sub(1, beta), g));
}
// of the squared gradient
const meanSquare = name => (part, ...index) =>
  movingMean(part, name, part.cells("v_before")(...index), square(gradientAt(part, index)));
const RMSprop = optimizer((part, index) => neg(div(
  mul(lrOf(part), gradientAt(part, index)), add(sqrt(part.cells("v")(...index)), part.setting("eps")))),
  { v: meanSquare("rho") });

function correction(part, name) {
  const steps = part.step.stepsBefore + 1;
  return new Num(1 - part.thing[name] ** steps, `(1 - ${name}^${steps})`);
}
function changeOfAdam(part, index) {
  const [mHat, vHat] = part.at(index, "m_hat", "v_hat");
  return neg(div(mul(lrOf(part), mHat), add(sqrt(vHat), part.setting("eps"))));
}
const ofAdam = {
  m(part, ...index) {
    return movingMean(part, "beta1", part.cells("m_before")(...index), gradientAt(part, index));
  },
  v: meanSquare("beta2"),
  m_hat(part, ...index) { return div(part.cells("m")(...index), correction(part, "beta1")); },
  v_hat(part, ...index) { return div(part.cells("v")(...index), correction(part, "beta2")); },
};
const Adam = optimizer(changeOfAdam, ofAdam);
const AdamW = optimizer((part, index) => {
  const W = parameterOf(part), change = changeOfAdam(part, index);
  if (W.shape.length < 2) return change;
  return sub(change, mul(lrOf(part), part.setting("weight_decay"), W(...index)));
}, ofAdam);

// of an optimizer that tinynet does not know only the change is seen
const OwnOptimizer = optimizer(
  (part, index) => sub(part.cells("after")(...index), parameterOf(part)(...index)), {
    after(part, ...index) {
      if (isFrozen(part)) return SGD.after(part, ...index);
      return { sentence: sayGiven(part.step, `${part.prefix}after`, index) };
    },
  });

const OF_OPTIMIZERS = { SGD, RMSprop, Adam, AdamW };
