// Formulas of layers for images, which are (rows, columns, channels) of pixels.

const pairOf = size => Array.isArray(size) ? size : [size, size];
function windowsOf(part) {
  const { thing } = part, size = pairOf(thing.kernel_size ?? thing.size);
  const strides = pairOf(thing.stride ?? thing.size);
  const shape = part.cells("x").shape.slice(1, 3);
  const margins = shape.map((length, axis) =>
    marginBefore(length, size[axis], strides[axis], thing.padding, axis));
  return { size, strides, margins, shape, out: part.cells("y").shape.slice(1, 3) };
}
function marginBefore(length, size, stride, padding, axis) {
  if (padding === undefined || padding === "valid") return 0;
  if (padding !== "same") return pairOf(padding)[axis];
  return Math.floor(Math.max((Math.ceil(length / stride) - 1) * stride + size - length, 0) / 2);
}
// [[i, j, r, s]]: the places of a window, and the pixels there, without the padding
function windowAt(part, p, q) {
  const { size, strides: [down, right], margins: [above, before], shape } = windowsOf(part);
  const [rows, columns] = shape;
  return [...indices(size)].map(([i, j]) => [i, j, down * p + i - above, right * q + j - before])
    .filter(([, , r, s]) => 0 <= r && r < rows && 0 <= s && s < columns);
}
// [[p, q, i, j]]: the windows that hold a pixel, and its place in them
function windowsWith(part, r, s) {
  const { size, strides: [down, right], margins: [above, before], out: [h, w] } = windowsOf(part);
  return [...indices(size)].map(([i, j]) => [(r + above - i) / down, (s + before - j) / right, i, j])
    .filter(([p, q]) => Number.isInteger(p) && Number.isInteger(q) && 0 <= p && p < h && 0 <= q && q < w)
    .sort((a, b) => a[0] - b[0] || a[1] - b[1]);
}

const Conv2D = {
  y(part, row, p, q, f) {
    const [x, W, b] = ["x", "W", "b"].map(name => part.cells(name));
    return add(total(windowAt(part, p, q).flatMap(([i, j, r, s]) =>
      range(x.shape[3]).map(c => mul(x(row, r, s, c), W(i, j, c, f))))), b(f));
  },
  dx(part, row, r, s, c) {
    const dy = part.cells("dy"), W = part.cells("W");
    return total(windowsWith(part, r, s).flatMap(([p, q, i, j]) =>
      range(dy.shape[3]).map(f => mul(dy(row, p, q, f), W(i, j, c, f)))));
  },
  dW(part, i, j, c, f) {
    const x = part.cells("x"), dy = part.cells("dy");
    const met = [...indices(dy.shape.slice(1, 3))].flatMap(([p, q]) => windowAt(part, p, q)
      .filter(([a, b]) => a === i && b === j).map(([, , r, s]) => [p, q, r, s]));
    return total(range(x.shape[0]).flatMap(row =>
      met.map(([p, q, r, s]) => mul(x(row, r, s, c), dy(row, p, q, f)))));
  },
  db(part, f) {
    const dy = part.cells("dy");
    return total([...indices(dy.shape.slice(0, 3))].map(index => dy(...index, f)));
  },
};

const NO_WINDOW = "no window holds this pixel";
const AveragePool2D = {
  y(part, row, p, q, c) {
    const x = part.cells("x"), window = windowAt(part, p, q);
    return div(total(window.map(([, , r, s]) => x(row, r, s, c))), window.length);
  },
  dx(part, row, r, s, c) {
    const dy = part.cells("dy"), windows = windowsWith(part, r, s);
    const [height, width] = pairOf(part.thing.size);
    if (!windows.length) return { expression: new Num(0), sentence: NO_WINDOW };
    return div(total(windows.map(([p, q]) => dy(row, p, q, c))), height * width);
  },
};
const MaxPool2D = {
  y(part, row, p, q, c) {
    const x = part.cells("x");
    return maximum(...windowAt(part, p, q).map(([, , r, s]) => x(row, r, s, c)));
  },
  dx(part, row, r, s, c) {
    const x = part.cells("x"), dy = part.cells("dy"), windows = windowsWith(part, r, s);
    const firstLargest = ([p, q]) => windowAt(part, p, q).map(([, , a, b]) => [a, b])
      .reduce((best, pixel) => x(row, ...pixel, c).value > x(row, ...best, c).value ? pixel : best);
    const won = windows.filter(window => String(firstLargest(window)) === String([r, s]));
    if (won.length) return total(won.map(([p, q]) => dy(row, p, q, c)));
    const sentence = windows.length ? "this pixel is the first largest of none of its windows" : NO_WINDOW;
    return { expression: new Num(0), sentence };
  },
};
const GlobalAveragePool2D = {
  y(part, row, c) {
    const x = part.cells("x"), pixels = [...indices(x.shape.slice(1, 3))];
    return div(total(pixels.map(([r, s]) => x(row, r, s, c))), pixels.length);
  },
  dx(part, row, r, s, c) {
    const { shape } = part.cells("x");
    return div(part.cells("dy")(row, c), shape[1] * shape[2]);
  },
};

