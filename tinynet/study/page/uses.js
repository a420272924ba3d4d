// Uses: what a number goes into, found by asking every entry in sight what it was made of.

// the entries in sight whose formula has the number in it, as [{name, index}]
function findUses({ name, index }) {
  const step = STEPS[state.step], uses = [];
  const isChosen = part => part.index.every((i, d) => i === index[d]) && firstName(part.name) === name;
  for (const cell of CELLS.values()) {
    if (!arraysIn(cell.where.name).has(name)) continue;
    const use = { name: cell.where.name, index: cell.index };
    if (partsOf(step, use).some(isChosen)) uses.push(use);
  }
  return uses;
}
// the arrays that the entries of an array are made of, so that others are not looked at; by some of
// them, since all have the same formula, but where x is above 0 or below
const ARRAYS_IN = {};
const arraysIn = name => ARRAYS_IN[name] ??= findArrays(name);
function findArrays(name) {
  const found = new Set();
  for (const step of STEPS) {
    const all = [...indices(step.shape(name))], every = Math.ceil(all.length / 16);
    for (const index of all.filter((_, i) => i % every === 0)) {
      for (const part of partsOf(step, { name, index })) found.add(firstName(part.name));
    }
  }
  return found;
}
function partsOf(step, { name, index }) {
  const { expression, entries = [], ways = [] } = step.make(name, index);
  const agreeing = ways.filter(way => way.mustAgree).map(way => way.expression);
  return [expression, ...agreeing].flatMap(each => each?.entries() ?? []).concat(entries);
}
