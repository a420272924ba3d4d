// Names: how arrays and their entries are written and said.

const withoutTags = html => html.replace(/<[^>]*>/g, "");
const capitalize = text => text[0].toUpperCase() + text.slice(1);

// {prefix: "2.", local: "W.change"}
function splitName(name) {
  const prefixes = [...DATA.layers, "loss."].filter(each => name.startsWith(each));
  const prefix = prefixes.reduce((longest, each) => each.length > longest.length ? each : longest, "");
  return { prefix, local: name.slice(prefix.length) };
}
const WORDS = {   // of more than a letter
  keep: "keep", mean: "mean", var: "var", lr: "lr", norm: "norm", penalty: "penalty", rows: "row of the data",
  mean_dx_hat: "mean dx̂", mean_dx_hat_x_hat: "mean dx̂ x̂", change: "change", grads: "gradient used",
  running_mean: "running mean", running_var: "running var",
};
const writeWord = word => WORDS[word] ?? `<i>${LETTERS[word] ?? word}</i>`;

// as HTML: "<i>dW</i>", "change of <i>W</i>"
function writeLetter(name) {
  const parts = splitName(nameHere(name)).local.split("."), last = parts.pop();
  if (!parts.length) return name === "t" && FULLEST.has("loss.t") ? "given <i>t</i>" : writeWord(last);
  const of = writeWord(parts.join("."));
  if (last === "after") return `${of} after the step`;
  if (last.endsWith("_before")) return `${writeWord(last.replace("_before", ""))} of ${of} before`;
  return `${writeWord(last)} ${last === "grads" ? "for" : "of"} ${of}`;
}
// in the score: the staff says which step, and a heading of which parameter
function writeCaption(name, isUnderHeading = false) {
  const caption = writeLetter(name).replace(/ the step$/, "");
  return isUnderHeading ? caption.replace(/ (of|for) <i>.*<\/i>/, "") : caption;
}
function sayOwner(name) {
  const { prefix } = splitName(nameHere(name));
  return prefix && `of ${prefix === "loss." ? "the loss" : titleOf(prefix)}`;
}
const writeArray = name => `${writeLetter(name)} ${sayOwner(name)}`.trim();
const SAID = {};
const sayArray = name => SAID[name] ??= withoutTags(writeArray(name));
function sayIndex(index) {
  if (index.length === 0) return "";
  if (index.length === 2) return `, row ${index[0]}, column ${index[1]}`;
  return `, at ${index.join(", ")}`;
}
// as in x₀,₁₂
const writeIndex = index => `<sub>${index.join(index.some(i => i > 9) ? "," : "")}</sub>`;

// letters in a sentence or a formula
const italicize = text =>   // also before ᵀ and small letters such as ₖ
  text.replace(/(?<![\p{L}&;])(d?[xyWbltLJ]̂?)(?![^\P{L}ᵀₐ-ₜᵢⱼ]|\(|\u0302)/gu, "<i>$1</i>");
const writeFormula = text => italicize(escapeText(text.replaceAll("-", "−")));

function otherNames(name) {
  const here = nameHere(name), first = firstName(name);
  const all = [first, ...Object.keys(DATA.aliases).filter(other => DATA.aliases[other] === first)];
  const named = all.map(splitName).filter(({ prefix, local }) =>
    prefix && prefix + local !== here && !(prefix === "loss." && "xt".includes(local)));
  const of = prefix => prefix === "loss." ? "the loss" : titleOf(prefix);
  return named.map(({ prefix, local }) => `<i>${local}</i> of ${of(prefix)}`);
}
