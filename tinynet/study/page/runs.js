// Runs: the training runs that the page compares, by rows in the order of the data.

function decodeStep({ L, regions, ...step }) {
  for (const name of ["p", "pull", "dx", "dy", "slopes"]) step[name] = decode(step[name]);
  return { ...step, L: Number(L), regions: regions && decode(regions, Float32Array) };
}
const RUNS = DATA.runs.map((run, r) => {
  const steps = run.steps.map(decodeStep), k = steps[0].dy.length / steps[0].p.length;   // k outputs
  const kind = run.loss.replace(/^(Softmax|Sigmoid|Binary)/, "");   // the same loss, fused or not
  return { ...run, steps, k, kind, look: `look-${r % 4}` };
});
const COUNT = Math.max(2, ...RUNS.map(run => run.k));   // classes
