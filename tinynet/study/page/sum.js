// The sum that made a number, as column addition: a letter, symbols, numbers, and what they come to.
// An entry of an array is a chip: a chip is its cell, and pressing it goes there.

const letterOf = i => "abcdefghijklmnop"[i] ?? "";   // of a line, and of the numbers in the score
const isRest = line => !line.entries().length && Boolean(line.symbol?.startsWith("the other"));

function drawSum({ lines, groups = [], whole, tail, kind }) {
  const table = element("div", "sum"), isSum = lines.length + groups.length > 1;
  const sizes = lines.map(line => isRest(line) ? 0 : Math.abs(line.value));
  const first = lines.flatMap(line => line.entries())[0]?.name;   // the array with a solid frame
  lines.forEach((line, i) => {
    const made = drawLine(line, i, { isSum, kind, first });
    if (lines.length > 3 && sizes[i] === Math.max(...sizes)) made.classList.add("largest");
    table.append(made);
  });
  for (const group of groups) table.append(drawGroup(group, kind));
  if (isSum) {
    const n = whole.parts.length;
    table.append(drawTotal(n > lines.length ? `sum of ${n}` : "sum", "", whole.value));
  }
  if (tail) {   // the sum over something, or something over the sum
    const parts = tail.parts.map(part => part === whole ? "sum" : writeSymbols(part.symbols()));
    const numbers = tail.parts.map(part => inSum(part.value));
    table.append(drawTotal(parts.join(" / "), numbers.join(" / "), tail.value));
  }
  return table;
}
function drawLine(line, i, { isSum, kind, first }) {
  const isLong = line.entries().length > 2 || line.symbols().length > 17;   // it takes two rows
  const made = element("div", isLong ? "line long-line" : "line");
  const sign = i ? "+ " : "", letter = isSum && !isRest(line) ? letterOf(i) : "";
  made.append(element("span", `which ${kind}`, letter),
              element("span", "symbols", sign + writeSymbols(line.symbols())),
              isRest(line) ? element("span") : drawParts(line, kind, first),
              element("span", "value", inSum(line.value)));
  return made;
}
// the products of a row, to be opened
function drawGroup({ i, sum: whole }, kind) {
  const value = `<span class="value">${inSum(whole.value)}</span>`;
  const made = element("details", "group",
    `<summary>row ${i}: ${whole.parts.length} products ${value}</summary>`);
  const fill = () => made.append(drawSum({ lines: whole.shown(), whole, kind }));
  made.addEventListener("toggle", fill, { once: true });
  return made;
}
function drawTotal(text, parts, value) {
  const made = element("div", "line total");
  made.append(element("span"), element("span", "", text), element("span", "", parts),
              element("span", "value", inSum(value)));
  return made;
}
function writeSymbols(text) {
  const lower = mark => mark.replace(/[₀-₉]/g, digit => SUBSCRIPTS.indexOf(digit));
  return escapeText(text.replaceAll("-", "−"))
    .replace(/[₀-₉,]*[₀-₉]/g, mark => `<sub>${lower(mark)}</sub>`);
}

// ---- the numbers of an expression ----

function drawParts(expression, kind, first) {
  const made = element("span", "parts");
  made.append(...writeParts(expression, number => drawChip(number, kind, number.entry.name !== first)));
  return made;
}
// [text, chip, text, ...]
function writeParts(part, write) {
  if (part instanceof Num) return [part.entry ? write(part) : inSum(part.value)];
  if (!part.entries().length) return [part.numbers(4).replaceAll("-", "−")];
  const inner = part.shown().map(each =>
    needsParentheses(part, each) ? [OPEN, ...writeParts(each, write), CLOSE] : writeParts(each, write));
  const join = separator => inner.flatMap((nodes, i) => i ? [separator, ...nodes] : nodes);
  if (part instanceof Negative) return ["−", ...inner[0]];
  if (part instanceof Sum) return inner.flatMap((nodes, i) => i ? addSign(nodes) : nodes);
  if (part instanceof Product) return join(" · ");
  if (part instanceof Quotient) return join(" / ");
  if (part instanceof Square) return [...inner[0], "²"];
  if (part instanceof Indicator) return ["1{", ...inner[0], " > ", ...inner[1], "}"];
  return [part.name + OPEN, ...join(", "), CLOSE];
}
const addSign = nodes => nodes[0] === "−" ? [" − ", ...nodes.slice(1)] : [" + ", ...nodes];
const OPEN = "(\u2060", CLOSE = "\u2060)";   // with no break between them and what they hold
function needsParentheses(part, inner) {
  const isBelow0 = inner instanceof Num && inner.value < 0;
  if (isBelow0 && (part instanceof Negative || part instanceof Square)) return true;
  if (part instanceof Product || part instanceof Square) return inner.level < 2;
  if (part instanceof Quotient) return inner === part.parts[1] ? inner.level < 2 : inner.level === 0;
  return part instanceof Negative && inner.level === 0;
}
function drawChip({ entry: { name, index }, value }, kind, isSecond) {
  if (!(firstName(name) in VIEWS)) return inSum(value);   // a slope, which is not recorded
  const made = element("button", `chip ${kind}${isSecond ? " second" : ""}`, inSum(value));
  paint(made, firstName(name), value);
  made.setAttribute("aria-label", `${sayArray(name)}${sayIndex(index)}: ${inSum(value)}. Go there`);
  made.onclick = () => choose(name, index, { focus: "chip" });
  return made;
}
