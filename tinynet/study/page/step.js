// The trace, as the page has it: the arrays of each recorded step by their names, and how each entry
// was made.

const OF_LAYERS = {
  Dense, ReLU, LeakyReLU, ELU, GELU, SiLU, Softplus, Sigmoid, Tanh, Softmax, Dropout, BatchNorm, LayerNorm,
  Conv2D, MaxPool2D, AveragePool2D, GlobalAveragePool2D, Flatten: Reshape, Reshape,
};
function formulasOf(prefix, { kind }) {
  if (prefix === "") return OfBatch;
  if (prefix === "loss.") return OF_LOSSES[kind] ?? ofLoss;
  return OF_LAYERS[kind] ?? OF_OPTIMIZERS[kind] ?? OwnOptimizer;
}
const firstName = name => DATA.aliases[name] ?? name;   // arrays have other names, too

class Step {
  constructor(data, position) {
    const { number, arrays, isClipped, stepsBefore, given, own, unchecked, shapes = DATA.shapes } = data;
    Object.assign(this, { number, isClipped, stepsBefore, shapes, position });
    this.encoded = arrays;   // in base64
    this.decoded = {};
    this.given = given;      // what is said of arrays that no formula makes
    this.own = own;          // explanations of arrays for which Python alone can find the slopes
    this.unchecked = unchecked;   // what is said of those that have too many numbers for that
  }
  get n() { return this.shapes.x[0]; }   // rows
  get isShuffled() { return this.values("rows").some((row, i) => row !== i); }
  findRow(row) { return this.values("rows").indexOf(row); }   // where a row of the data is in the batch
  has(name) { return name in this.shapes; }
  shape(name) { return this.shapes[firstName(name)]; }
  values(name) {
    const first = firstName(name);
    return this.decoded[first] ??= decode(this.encoded[first]);
  }
  value(name, index) { return this.values(name)[ravel(index, this.shape(name))]; }
  cells(name, letter = name.split(".").at(-1)) {
    const shape = this.shape(name), values = this.values(name);
    const cells = (...index) => new Entry(values[ravel(index, shape)], letter, { name, index }, shape);
    cells.shape = shape;
    return cells;
  }

  // how hard each row pulls: the length of its part of the gradient at the logits
  get pulls() {
    const values = this.values(DATA.logits), k = values.length / this.n;
    return range(this.n).map(i => Math.hypot(...values.slice(i * k, (i + 1) * k)));
  }

  // {expression, sentence, ways, low, high} of an entry
  make(name, index) {
    const first = firstName(name), [prefix, local] = DATA.makers[first], thing = DATA.things[prefix];
    const written = this.own[first];
    if (written) return makeOwn(this, written[ravel(index, this.shape(first))]);
    const method = formulasOf(prefix, thing)[local.replaceAll(".", "_")];
    if (!method) return { sentence: sayGiven(this, first, index) };
    const made = method(new Part(this, prefix, thing), ...index);
    return made instanceof Expression ? { expression: made } : made;
  }
}
const STEPS = DATA.steps.map((data, position) => new Step(data, position));
// the last batch of an epoch may have fewer rows
const FULLEST = STEPS.reduce((a, b) => b.n > a.n ? b : a);

// of layers that tinynet does not know: the terms of the chain rule, with slopes found numerically
function makeOwn(step, { terms, low, high, sentence, rows }) {
  const numbers = terms?.map(factors => factors.map(([value, symbol, name, index]) =>
    new Num(Number(value), symbol, name === null ? null : { name, index })));
  const products = numbers?.map(factors => factors.length > 1 ? mul(...factors) : factors[0]);
  const made = { expression: products && total(products), sentence,
                 entries: rows.flatMap(([name, i]) => entriesOfRow(step, name, i)) };
  return low === undefined ? made : { ...made, low: Number(low), high: Number(high) };
}
const entriesOfRow = (step, name, i) =>
  [...indices(step.shape(name).slice(1))].map(rest => ({ name, index: [i, ...rest] }));

// what to say of an array that was not made in this step; of the data for each row
function sayGiven(step, name, index) {
  const first = firstName(name), given = step.given[first];
  if (first in step.unchecked) return step.unchecked[first].replace("INDEX", `(${index.join(", ")})`);
  return Array.isArray(given) ? given[index[0]] : given;
}
