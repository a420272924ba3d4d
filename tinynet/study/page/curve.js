// The curve: the loss at the recorded steps, over the slider that goes through them. The steps are
// equally spaced, whatever lies between, and each point stands exactly over the thumb of the slider.

const INSET = 8;   // pixels that the thumb keeps from both ends

// lists: the losses of each run; classes: how each is drawn
function drawCurve(lists, classes, numbers, current) {
  const svg = byId("curve");
  svg.toggleAttribute("hidden", numbers.length < 2);
  if (numbers.length < 2) return;
  const width = svg.clientWidth || 500, height = svg.clientHeight || 44;
  const n = numbers.length, x = i => INSET + (width - 2 * INSET) * i / (n - 1);
  const drawn = lists.map((losses, run) => {
    const known = losses.filter(Number.isFinite);
    const highest = Math.max(...known), lowest = Math.min(0, ...known);
    const y = L => 6 + (height - 24) * (1 - (L - lowest) / (highest - lowest || 1));
    const line = losses.map((L, i) =>   // it breaks where a loss is not finite
      Number.isFinite(L) ? `${Number.isFinite(losses[i - 1]) ? "L" : "M"}${x(i)} ${y(L)}` : "");
    const dots = losses.map((L, i) =>
      Number.isFinite(L) ? `<circle cx="${x(i)}" cy="${y(L)}" r="${i === current ? 5 : 2}"/>` : "");
    return `<g class="${classes[run]}"><path class="trend" d="${line.join("")}"/>${dots.join("")}</g>`;
  });
  const every = Math.ceil(n * 26 / width);   // so that the numbers have room
  const labels = numbers.map((number, i) =>
    i % every ? "" : `<text x="${x(i)}" y="${height - 1}">${number}</text>`);
  svg.innerHTML = drawn.join("") + labels.join("");
}

function drawSlider(n, current, said) {
  const slider = byId("slider");
  slider.max = n - 1;
  slider.value = current;
  slider.hidden = n < 2;
  slider.setAttribute("aria-valuetext", said);
}
