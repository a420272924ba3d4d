// Axes and views: how an array is shown. Windows of 8 belong to axes, not to arrays: moving the units
// of layer 0 moves its y, dy and b, the columns of its W, and the rows of the next W.

const WINDOW = 8;

class Axis {
  constructor(name, length) {
    this.name = name;       // as "units of layer 0"
    this.length = length;
    this.start = 0;         // of the window, where the axis goes down or across
    this.slice = 0;         // where it does neither: the one index that is seen
  }
  get shown() { return Math.min(WINDOW, this.length); }
  moveTo(start) { this.start = clamp(start, 0, this.length - this.shown); }
  // move the window as far as an index needs; say whether it moved
  show(i) {
    const isSeen = i >= this.start && i < this.start + this.shown;
    if (!isSeen) this.moveTo(i - WINDOW / 2);
    return !isSeen;
  }
  resize(length) {
    this.length = length;
    this.slice = Math.min(this.slice, length - 1);
    this.moveTo(this.start);
  }
}

const NO_AXIS = new Axis("", 1);
const ROWS = new Axis("rows", STEPS[0].n);   // of the batch; its slice is the row that is followed

// The axes of an array, one of which goes down and one across; null where there is none
class View {
  constructor(axes, down, across) {
    this.axes = axes;
    this.down = down === null ? NO_AXIS : axes[down];
    this.across = across === null ? NO_AXIS : axes[across];
    this.isShown = d => d === down || d === across;
    this.index = (i, j) => axes.map((axis, d) =>
      this.isShown(d) ? axis.start + (d === down ? i : j) : axis.slice);
  }
  get isOfRows() { return this.axes.includes(ROWS); }
  get isOfFollowed() { return this.isOfRows && this.down !== ROWS; }   // of the followed row alone
  get sliced() { return this.axes.filter((axis, d) => !this.isShown(d) && axis !== ROWS); }
  // move the windows so that an entry is seen; return the axes that moved
  show(index) {
    return this.axes.filter((axis, d) => {
      const isSliced = !this.isShown(d), isOther = axis.slice !== index[d];
      if (axis === ROWS || isSliced) axis.slice = index[d];   // going to a row follows it
      const hasMoved = !isSliced && axis.show(index[d]);
      return hasMoved || isOther && (axis === ROWS || isSliced);
    });
  }
}

// rows down and units across; of images the row that is followed, and one channel
function viewOfBatch(axes) {
  if (axes.length === 1) return new View(axes, 0, null);
  return axes.length === 2 ? new View(axes, 0, 1) : new View(axes, 1, 2);
}
// what belongs to all rows: weights, biases, means of units
function viewOfParameter(axes) {
  if (axes.length === 0) return new View(axes, null, null);
  return axes.length === 1 ? new View(axes, null, 0) : new View(axes, 0, 1);
}
