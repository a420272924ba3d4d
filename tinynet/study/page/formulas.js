// Formulas: what each number of a step was made of, entry by entry.
// The same as tinynet/study/tracing/formulas, and tested to be so.
//
// A kind of layer has a function for each array, which takes an index and gives an Expression, or an
// object {expression, sentence, ways, low, high}. Arrays without one were given. An entry of an array is
// {name, index}.

const LETTERS = {   // where the letter differs from the name
  x_hat: "x̂", dx_hat: "dx̂", mean_dx_hat: "mean_dx̂", mean_dx_hat_x_hat: "mean_dx̂x̂",
  m_hat: "m̂", v_hat: "v̂",
};
const FAR = 500;    // beyond this, e^x is too large, or too small, for the steps in between
const LOST = 1e-290;  // probabilities below this have lost digits, and their logarithms with them

// all indices of an array of this shape
function* indices(shape) {
  for (let offset = 0; offset < product(shape); offset++) yield unravel(offset, shape);
}
// the index of a number that stands there in memory, and the other way round
function unravel(offset, shape) {
  const index = [];
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    index.unshift(offset % shape[axis]);
    offset = Math.floor(offset / shape[axis]);
  }
  return index;
}
const ravel = (index, shape) => index.reduce((offset, i, axis) => offset * shape[axis] + i, 0);

// of a number that may differ by so much from its formula
function makeNear(expression, off) {
  if (!Number.isFinite(expression.value + off)) return { expression };
  return { expression, low: expression.value - off, high: expression.value + off };
}

// The arrays of one part of a step, as functions from an index to a number
class Part {
  constructor(step, prefix, thing) { Object.assign(this, { step, prefix, thing }); }
  cells(name) { return this.step.cells(this.prefix + name, LETTERS[name] ?? name); }
  at(index, ...names) { return names.map(name => this.cells(name)(...index)); }
  setting(name) { return new Num(this.thing[name], name); }
}

