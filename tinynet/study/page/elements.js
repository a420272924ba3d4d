// Elements: how parts of a page are made, and small things that all scripts use.

const DATA = JSON.parse(document.getElementById("contents").textContent);
const byId = id => document.getElementById(id);

const range = n => Array.from({ length: n }, (_, i) => i);
const sum = values => values.reduce((a, b) => a + b, 0);
const product = values => values.reduce((a, b) => a * b, 1);
const greatest = values => values.reduce((a, b) => Math.max(a, b), -Infinity);   // of however many
const largestOf = values => values.indexOf(greatest(values));   // its place
const clamp = (value, low, high) => Math.max(low, Math.min(high, value));

function element(tag, classes = "", html = "") {
  const made = document.createElement(tag);
  if (classes) made.className = classes;
  if (html) made.innerHTML = html;
  return made;
}
// not `disabled`, which would lose the focus
const disable = (button, isDisabled) => button.setAttribute("aria-disabled", isDisabled);
function setAttributes(made, attributes) {
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
}

// numbers in base64, little end first
function decode(text, Numbers = Float64Array) {
  const bytes = Uint8Array.from(atob(text), letter => letter.charCodeAt(0));
  return new Numbers(bytes.buffer);
}

const escapeText = text => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
