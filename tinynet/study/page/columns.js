// Columns: what stands where in the score. Each wire of the network is a column; over it stands what
// makes it, under it its gradient, and below that what the optimizer did.
//
// wire, gradient             arrays with a row for each row of the batch
// above, aboveBack, update   arrays that stand over the wire, over the gradient, and in the update
// units                      the axes of the wire, without the rows
//
// Names of arrays are as they are called here: the gradient of the wire of layer 2 is "2.dy".

const LAYERS = DATA.layers.map(prefix => ({ prefix, ...DATA.things[prefix] }));
const LOSS = DATA.things["loss."];
const titleOf = prefix => prefix === "loss." ? "loss" : `layer ${prefix.slice(0, -1)}`;
const has = name => FULLEST.has(name) || name in DATA.aliases;

// arrays of a layer that are wires too, and what stands under each
const OTHER_WIRES = {
  Dropout: [["keep", null]],
  SiLU: [["s", null]],
  BatchNorm: [["x_hat", null]],
  LayerNorm: [["mean", "mean_dx_hat"], ["var", null], ["s", "mean_dx_hat_x_hat"], ["x_hat", "dx_hat"]],
};

// the first of the formulas, as far as the comma: what a layer or a loss makes
const formulaOf = ({ formulas }) => (formulas[0] ?? "").split(",  ")[0];

function listColumns() {
  const update = ["lr", "norm", "penalty"].filter(has), gradient = `${LAYERS[0].prefix}dx`;
  const columns = [makeColumn({ title: "data", wire: "x", gradient, isNew: true, update })];
  for (const layer of LAYERS) columns.push(...columnsOfLayer(layer, columns.at(-1)));
  columns.push(...columnsOfLoss(columns.at(-1)));
  return columns;
}

function columnsOfLayer({ prefix, kind, text, formulas, params, arrays }, before) {
  const named = locals => locals.map(local => prefix + local);
  const pairs = OTHER_WIRES[kind] ?? [], wires = pairs.flat();
  const isBack = local => DATA.gradients.includes(prefix + local) || local === "J";
  const isAfter = local => local.endsWith(".after");
  const over = arrays.filter(local => ![...wires, "y", "dx"].includes(local));
  const [first, ...others] = [...pairs, ["y", "dy"]].map(([wire, gradient]) =>
    ({ prefix, wire: prefix + wire, gradient: gradient && prefix + gradient }));
  Object.assign(first, { title: titleOf(prefix), text, formula: formulaOf({ formulas }) });
  Object.assign(others.at(-1) ?? first, {
    above: named(over.filter(local => !isBack(local) && !isAfter(local))),
    aboveBack: named(over.filter(isBack)), params,
    update: [...named(params).flatMap(name => DATA.updates[name]), ...named(over.filter(isAfter))],
  });
  const isNew = params.some(local => FULLEST.shape(prefix + local).length > 1);   // its units are others
  return [first, ...others].map(column => makeColumn({ ...column, isNew }, before));
}

function columnsOfLoss(before) {
  const columns = [], isFused = FULLEST.has("loss.y");   // it predicts; else the last layer does
  const put = column => columns.push({ prefix: "loss.", ...column });
  if (isFused) {
    put({ wire: "loss.y", gradient: FULLEST.has("loss.dy") ? "loss.dy" : null, update: ["loss.y.after"],
          aboveBack: FULLEST.has("loss.J") ? ["loss.J"] : [] });
  }
  if (FULLEST.has("loss.t")) columns.push({ wire: "t" });   // before it is smoothed
  put({ wire: "loss.t", hasPull: true, update: isFused ? [] : ["loss.y.after"] });
  if (has("w")) columns.push({ wire: "w" });
  put({ wire: "loss.l", gradient: "loss.dl", above: ["L"], aboveBack: ["dL"], update: ["L.after"] });
  Object.assign(columns[0], { title: "loss", text: LOSS.text, formula: formulaOf(LOSS) });
  return columns.map(column => makeColumn(column, before));
}

function makeColumn(column, before) {
  const shape = FULLEST.shape(column.wire).slice(1);
  const units = shape.map((length, d) => {
    const other = before?.units[d];
    const isSame = other && !column.isNew && other.length === length && before.units.length === shape.length;
    if (isSame) return other;
    if (length === 1 && shape.length === 1) return NO_AXIS;
    return new Axis(nameOfAxis(column, d, shape.length), length);
  });
  return { above: [], aboveBack: [], update: [], params: [], ...column, units, before };
}
function nameOfAxis({ prefix }, d, n) {
  const of = prefix ? ` of ${titleOf(prefix)}` : "";
  if (n === 1) return prefix ? `units${of}` : "inputs";
  return (["rows", "columns", "channels"][d + (n === 2 ? 1 : 0)] ?? `axis ${d + 1}`) + of;
}

const COLUMNS = listColumns();

// ---- views, and the names that arrays have in the score ----

const VIEWS = {}, SHOWN_AS = {};   // by their first names
const viewOf = name => VIEWS[firstName(name)];
const nameHere = name => SHOWN_AS[firstName(name)] ?? name;   // the gradient of the wire of layer 2 is "2.dy"

function addView(name, view) {
  VIEWS[firstName(name)] ??= view(FULLEST.shape(name));
  SHOWN_AS[firstName(name)] ??= name;
}
for (const column of COLUMNS) {
  for (const name of [column.wire, column.gradient]) {
    if (name) addView(name, shape => viewOfBatch([ROWS, ...column.units].slice(0, shape.length)));
  }
  for (const name of [...column.above, ...column.aboveBack, ...column.update]) {
    addView(name, shape => isOfBatch(name) ? viewOfBatch(axesFor(name, shape, column, true))
      : viewOfParameter(axesFor(name, shape, column, false)));
  }
}
function isOfBatch(name) { return /(^|\.)J$|^loss\.y\.after$/.test(name); }

// axes of an array that stands over a column: those of its wire, or of the wire before, where they fit
function axesFor(name, shape, { units, before }, isBatch) {
  const own = d => new Axis(`${name}, axis ${d}`, shape[d]);
  const from = before?.units.at(-1), isJ = /(^|\.)J$/.test(name);
  const last = shape.length - 1, used = [];
  const axisOf = d => {   // null where it has none in common with a wire
    if (d === last) return units.at(-1);
    return d === last - 1 && !isJ ? from : null;
  };
  return shape.map((length, d) => {
    if (isBatch && d === 0) return ROWS;
    const axis = axisOf(d);
    if (axis?.length !== length || used.includes(axis)) return own(d);
    used.push(axis);
    return axis;
  });
}
