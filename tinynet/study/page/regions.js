// Regions: for data of two inputs, which class each loss's network predicts where; at the first step,
// at the step of the slider, and at the last. Over them the rows: the shape is the class, solid is
// wrong, and the area of the disc round a row is its pull.

const PICTURE = { width: 206, height: 155 };
const FINENESS = 2;           // pixels of a picture for one of the page
const DISC = 17;              // the radius of the disc of the largest pull
const MARKS = ["●", "■", "▲", "◆", "▼"], HOLLOW = ["○", "□", "△", "◇", "▽"];   // of rows that are right
const markOf = (c, isWrong = true) => (isWrong ? MARKS : HOLLOW)[c] ?? String(c);

function drawRegions() {
  const section = byId("regions"), hasPictures = Boolean(DATA.box);
  const last = DATA.steps.length - 1, isBetween = state.step > 0 && state.step < last;
  const steps = [...new Set([0, isBetween ? state.step : Math.floor(last / 2), last])];
  section.replaceChildren(...RUNS.flatMap(run => [
    element("h2", "", `${escapeText(run.name)} <small>${escapeText(run.text)}</small>`),
    hasPictures ? drawPictures(run, steps) : "",
  ]), element("p", "soft", sayMarks(hasPictures)));
}
function sayMarks(hasPictures) {
  const swatch = c => `<span class="swatch" style="--class: var(--class-${c % MARKS.length})"></span>`;
  const marks = range(COUNT).map(c =>
    `${markOf(c)} class ${c}${hasPictures ? `, ${swatch(c)} predicted there` : ""}`);
  const said = `${marks.join("&ensp; ")}. Filled marks: rows that are wrong.`;
  if (!hasPictures) return `${said} Of two inputs, there would be pictures here.`;
  return `${said} On the line two classes are even. The area of the disc round a row is its pull: no disc, `
    + "no pull.";
}
function drawPictures(run, steps) {
  const made = element("div", "pictures");
  made.append(...steps.map(s => {
    const figure = element("figure", s === state.step ? "now" : ""), { L } = run.steps[s];
    figure.append(pictureOf(run, s), drawPoints(run, s), element("figcaption", "soft",
      `step <b>${DATA.steps[s]}</b>, ${countWrong(run.steps[s])} wrong, <i>L</i> = ${inCell(L)}`));
    return figure;
  }));
  return made;
}

// ---- the regions ----

const PICTURES = new Map();   // of each run and step: they stay the same when another row is chosen
function pictureOf(run, s) {
  const key = `${run.name}|${s}`;
  if (!PICTURES.has(key)) PICTURES.set(key, drawPicture(run.steps[s].regions));
  return PICTURES.get(key);
}
// the logits of the classes at a point of the picture, between the four points of the grid round it
function scoresAt(scores, u, v, found) {
  const [w, h] = DATA.grid, k = scores.length / (w * h), isOne = k === 1;   // of class 1, against 0
  const i = Math.min(w - 2, Math.floor(u * (w - 1))), j = Math.min(h - 2, Math.floor(v * (h - 1)));
  const right = u * (w - 1) - i, down = v * (h - 1) - j, here = (j * w + i) * k;
  for (let c = 0; c < k; c++) {
    const at = here + c, below = at + w * k;
    found[isOne ? 1 : c] = (1 - down) * ((1 - right) * scores[at] + right * scores[at + k])
      + down * ((1 - right) * scores[below] + right * scores[below + k]);
  }
}
function drawPicture(scores) {
  const canvas = element("canvas"), width = FINENESS * PICTURE.width, height = FINENESS * PICTURE.height;
  Object.assign(canvas, { width, height });
  const context = canvas.getContext("2d"), picture = context.createImageData(width, height);
  const tints = range(COUNT).map(c => readColour(`--class-${c % MARKS.length}`));
  const paper = readColour("--paper"), ink = readColour("--ink"), classes = new Uint8Array(width * height);
  const found = new Float64Array(COUNT);
  for (let row = 0; row < height; row++) for (let column = 0; column < width; column++) {
    scoresAt(scores, (column + 0.5) / width, (row + 0.5) / height, found);
    const c = found.indexOf(Math.max(...found)), pixel = row * width + column;
    classes[pixel] = c;
    let total = 0;
    for (const score of found) total += Math.exp(score - found[c]);
    const p = 1 / total;   // of the likeliest class
    const share = 0.15 + 0.45 * (p - 1 / COUNT) / (1 - 1 / COUNT);
    const isEven = column && classes[pixel - 1] !== c || row && classes[pixel - width] !== c;
    for (let part = 0; part < 3; part++) {
      const tint = share * tints[c][part] + (1 - share) * paper[part];
      picture.data[4 * pixel + part] = isEven ? ink[part] : tint;
    }
    picture.data[4 * pixel + 3] = 255;
  }
  context.putImageData(picture, 0, 0);
  canvas.setAttribute("aria-hidden", "true");
  return canvas;
}
function readColour(name) {
  const hex = getComputedStyle(document.documentElement).getPropertyValue(name).trim().slice(1);
  return [0, 2, 4].map(at => parseInt(hex.slice(at, at + 2), 16));
}

// ---- the rows ----

function drawPoints(run, s) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg"), step = run.steps[s];
  const [left, right, bottom, top] = DATA.box;
  setAttributes(svg, { viewBox: `0 0 ${PICTURE.width} ${PICTURE.height}`, "aria-hidden": "true" });
  const places = DATA.points[s].map(([x0, x1]) =>
    [PICTURE.width * (x0 - left) / (right - left), PICTURE.height * (top - x1) / (top - bottom)]);
  const discs = places.map(([x, y], i) =>
    `<circle class="disc" cx="${x}" cy="${y}" r="${DISC * Math.sqrt(step.pull[i] / MOST_PULL)}"/>`);
  const marks = places.map((point, i) => drawMark(point, DATA.classes[s][i],
    `class="${step.isWrong[i] ? "filled" : "hollow"}" data-row="${i}"`));
  const ring = ([x, y]) => `<circle class="ring" cx="${x}" cy="${y}" r="9"/>`;
  svg.innerHTML = discs.join("") + marks.join("") + (places[state.row] ? ring(places[state.row]) : "");
  return svg;
}
function drawMark([x, y], c, attributes) {
  const path = corners =>
    `<path ${attributes} d="M${corners.map(([a, b]) => `${x + a} ${y + b}`).join("L")}Z"/>`;
  if (c === 1) return path([[-3.5, -3.5], [3.5, -3.5], [3.5, 3.5], [-3.5, 3.5]]);
  if (c === 2) return path([[0, -4.5], [4.5, 3.5], [-4.5, 3.5]]);
  if (c === 3) return path([[0, -5], [5, 0], [0, 5], [-5, 0]]);
  if (c === 4) return path([[0, 4.5], [4.5, -3.5], [-4.5, -3.5]]);
  if (c > 4) return `<text ${attributes} x="${x}" y="${y + 4}">${c}</text>`;
  return `<circle ${attributes} cx="${x}" cy="${y}" r="3.7"/>`;
}
