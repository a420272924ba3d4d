// Expressions: a formula for one number, with the numbers in it.
// The same as tinynet/study/tracing/formulas/expressions.py and functions.py, and tested to be so.

const AT_MOST = 8, LARGEST = 6;   // of a sum of more than 8 terms the 6 largest are shown
const TINY = 1e-308;              // numbers below this have lost digits to underflow
const EXACT = 1e-12;              // how much of what they are made of two numbers may differ by
const SMALL = 1e-3;               // below this, a number beside 1 loses digits

// level: how tightly it binds; 0 for sums, 1 for products, 2 for what needs no parentheses
class Expression {
  constructor(parts = [], level = 2) { this.parts = parts; this.level = level; }
  get value() { return this.evaluate(); }
  shown() { return this.parts; }
  entries() { return this.parts.flatMap(part => part.entries()); }   // of arrays, as {name, index}
}

class Num extends Expression {
  constructor(number, symbol = null, entry = null) {
    super();
    Object.assign(this, { number, symbol, entry });
  }
  evaluate(digits) { return digits ? Number(writeNumber(this.number, digits)) : this.number; }
  spread() { return Math.max(Math.abs(this.number), TINY); }
  symbols() { return this.symbol ?? writeNumber(this.number, 6); }
  numbers(digits) { return writeNumber(this.number, digits); }
  entries() { return this.entry ? [this.entry] : []; }
}
// An entry of an array. Its symbol is written when it is asked for: most are only looked for, or added up.
class Entry extends Num {
  constructor(number, letter, entry, shape) {
    super(number, null, entry);
    Object.assign(this, { letter, shape });
  }
  symbols() { return this.letter + subscript(this.entry.index, this.shape); }
}

class Negative extends Expression {
  constructor(a) { super([a], Math.min(a.level, 1)); }
  evaluate(digits) { return -this.parts[0].evaluate(digits); }
  spread() { return this.parts[0].spread(); }
  symbols() { return negate(this.parts[0], this.parts[0].symbols()); }
  numbers(digits) { return negate(this.parts[0], this.parts[0].numbers(digits)); }
}

class Sum extends Expression {
  constructor(terms) {
    super(terms[0] instanceof Sum ? [...terms[0].parts, ...terms.slice(1)] : terms, 0);
  }
  evaluate(digits) {
    return sum((digits ? this.shown() : this.parts).map(part => part.evaluate(digits)));
  }
  spread() { return sum(this.parts.map(part => part.spread())); }
  shown() {
    const values = this.parts.map(part => part.value);
    const chosen = chooseShown(values.map(Math.abs));
    if (chosen.length === values.length) return this.parts;
    return [...chosen.map(i => this.parts[i]),
            new Num(sumOfOthers(values, chosen), `the other ${values.length - chosen.length}`)];
  }
  symbols() { return joinTerms(this.shown().map(part => part.symbols())); }
  numbers(digits) { return joinTerms(this.shown().map(part => part.numbers(digits))); }
}

class Product extends Expression {
  constructor(factors) { super(factors.flatMap(f => f.constructor === Product ? f.parts : [f]), 1); }
  evaluate(digits) { return product(this.parts.map(part => part.evaluate(digits))); }
  spread() {
    const values = this.parts.map(part => Math.abs(part.value));
    return sum(this.parts.map((part, i) => part.spread() * product(values.filter((_, j) => i !== j))));
  }
  symbols() { return this.parts.map(part => inProduct(part, part.symbols())).join(" "); }
  numbers(digits) { return this.parts.map(part => inProduct(part, part.numbers(digits))).join(" · "); }
}

class Square extends Expression {
  constructor(a) { super([a]); }
  evaluate(digits) { const a = this.parts[0].evaluate(digits); return a * a; }
  spread() { return 2 * Math.abs(this.parts[0].value) * this.parts[0].spread(); }
  symbols() { return this.raise(this.parts[0].symbols()); }
  numbers(digits) { return this.raise(this.parts[0].numbers(digits)); }
  raise(text) { return this.parts[0].level < 2 || text.startsWith("-") ? `(${text})²` : `${text}²`; }
}

class Quotient extends Expression {
  constructor(a, b) { super([a, b], 1); }
  evaluate(digits) { return this.parts[0].evaluate(digits) / this.parts[1].evaluate(digits); }
  spread() {
    const [a, b] = this.parts, size = Math.abs(b.value);
    return size ? (a.spread() + Math.abs(this.value) * b.spread()) / size : Infinity;
  }
  symbols() { return this.join(...this.parts.map(part => part.symbols())); }
  numbers(digits) { return this.join(...this.parts.map(part => part.numbers(digits))); }
  join(a, b) {
    const [numerator, denominator] = this.parts;
    return (numerator.level === 0 ? `(${a})` : a) + " / " + (denominator.level < 2 ? `(${b})` : b);
  }
}

// A function of one number, by its name, with its derivative
class Call extends Expression {
  constructor(name, f, slope, a) { super([a]); Object.assign(this, { name, f, slope }); }
  evaluate(digits) { return this.f(this.parts[0].evaluate(digits)); }
  spread() {
    const a = this.parts[0], slope = Math.abs(this.slope(a.value, this.value));
    return (slope ? slope * a.spread() : 0) + Math.abs(this.value);
  }
  symbols() { return `${this.name}(${this.parts[0].symbols()})`; }
  numbers(digits) { return `${this.name}(${this.parts[0].numbers(digits)})`; }
}

// max(a, b, ...) or min(a, b, ...)
class Extreme extends Expression {
  constructor(name, parts) { super(parts); this.name = name; this.pick = Math[name]; }
  evaluate(digits) { return this.pick(...this.parts.map(part => part.evaluate(digits))); }
  spread() { return Math.max(...this.parts.map(part => part.spread())); }
  get winner() { return this.parts.find(part => part.value === this.value) ?? this.parts[0]; }
  shown() {
    const values = this.parts.map(part => part.value);
    const chosen = chooseShown(this.name === "max" ? values : values.map(v => -v));
    if (chosen.length === values.length) return this.parts;
    const others = values.filter((_, i) => !chosen.includes(i));
    return [...chosen.map(i => this.parts[i]), new Num(this.pick(...others), `the other ${others.length}`)];
  }
  symbols() { return `${this.name}(${this.shown().map(part => part.symbols()).join(", ")})`; }
  numbers(digits) { return `${this.name}(${this.shown().map(part => part.numbers(digits)).join(", ")})`; }
}

// 1 where a > b, else 0
class Indicator extends Expression {
  constructor(a, b) { super([a, b]); }
  evaluate() { return this.parts[0].value > this.parts[1].value ? 1 : 0; }
  spread() { return 0; }
  symbols() { return `1{${this.parts[0].symbols()} > ${this.parts[1].symbols()}}`; }
  numbers(digits) { return writeNumber(this.value, digits); }
}

// ---- what formulas are written with ----

const as = a => a instanceof Expression ? a : new Num(a);
const add = (...terms) => new Sum(terms.map(as));
const sub = (a, b) => new Sum([as(a), new Negative(as(b))]);
const mul = (...factors) => new Product(factors.map(as));
const div = (a, b) => new Quotient(as(a), as(b));
const neg = a => new Negative(as(a));
const square = a => new Square(as(a));
const total = terms => terms.length > 1 ? new Sum(terms) : terms[0] ?? new Num(0);

const exp = a => new Call("exp", Math.exp, (x, y) => y, as(a));
const log = a => new Call("log", Math.log, x => 1 / x, as(a));
const sqrt = a => new Call("sqrt", Math.sqrt, (x, y) => 0.5 / Math.max(y, Math.sqrt(TINY)), as(a));
const tanh = a => new Call("tanh", Math.tanh, (x, y) => 1 - y * y, as(a));
const absolute = a => new Call("abs", Math.abs, () => 1, as(a));
const signOf = a => new Call("sign", Math.sign, () => 0, as(a));
const maximum = (...parts) => parts.length > 1 ? new Extreme("max", parts.map(as)) : parts[0];
const minimum = (...parts) => new Extreme("min", parts.map(as));
const isAbove = (a, b) => new Indicator(as(a), as(b));
const isSmall = a => 0 < Math.abs(a.value) && Math.abs(a.value) < SMALL;
const expMinus1 = a => isSmall(a) ? new Call("expm1", Math.expm1, (x, y) => 1 + y, a) : sub(exp(a), 1);
function logOf1Plus(a) {
  if (isSmall(a)) return new Call("log1p", Math.log1p, x => 1 / (1 + x), a);
  return log(a instanceof Negative ? sub(1, a.parts[0]) : add(1, a));
}
const density = x => Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
const normalDistribution = a => new Call("Φ", normalCdf, density, a);
const normalDensity = a => new Call("φ", density, (x, y) => x * y, a);

// Φ by erfc: a series near 0, a continued fraction further out, to all digits
function normalCdf(x) {
  const z = Math.abs(x);
  let upper;
  if (z < 3) {  // Φ(z) - 1/2 = φ(z) Σ z^(2n+1) / (1·3·5···)
    let term = z, series = z;
    for (let n = 1; Math.abs(term) > 1e-18 * Math.abs(series) && n < 200; n++) {
      term *= z * z / (2 * n + 1);
      series += term;
    }
    upper = 0.5 - density(z) * series;
  } else {      // 1 - Φ(z) = φ(z) / (z + 1/(z + 2/(z + 3/ ...)))
    let fraction = z;
    for (let n = 200; n > 0; n--) fraction = z + n / fraction;
    upper = density(z) / fraction;
  }
  return x < 0 ? upper : 1 - upper;
}

// ---- text ----

// as Python's "%.4g"
function writeNumber(number, digits) {
  if (number === 0) return "0";
  if (Number.isNaN(number)) return "nan";
  if (!Number.isFinite(number)) return number > 0 ? "inf" : "-inf";
  const [mantissa, power] = number.toExponential(digits - 1).split("e");
  if (power < -4 || power >= digits) {
    const sign = power < 0 ? "-" : "+";
    return `${trim(mantissa)}e${sign}${String(Math.abs(power)).padStart(2, "0")}`;
  }
  return trim(number.toFixed(Math.max(0, digits - 1 - power)));
}
const trim = text => text.includes(".") ? text.replace(/\.?0+$/, "") : text;

const SUBSCRIPTS = "₀₁₂₃₄₅₆₇₈₉";
function subscript(index, shape) {
  const text = index.join(shape.some(size => size > 10) ? "," : "");
  return text.replace(/\d/g, digit => SUBSCRIPTS[digit]);
}

function chooseShown(sizes) {
  const places = sizes.map((_, i) => i);
  if (sizes.length <= AT_MOST) return places;
  return places.sort((i, j) => sizes[j] - sizes[i] || i - j).slice(0, LARGEST).sort((i, j) => i - j);
}
const sumOfOthers = (values, chosen) => sum(values.filter((_, i) => !chosen.includes(i)));
const joinTerms = texts => texts.reduce((all, text) =>
  all + (text.startsWith("-") ? ` - ${text.slice(1)}` : ` + ${text}`));
function negate(part, text) {
  if (part.level === 0) return `-(${text})`;
  return text.startsWith("-") ? text.slice(1) : `-${text}`;
}
const inProduct = (part, text) => part.level < 2 ? `(${text})` : text;
