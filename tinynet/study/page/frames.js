// Frames: what the chosen number is made of, framed in the score round whole rows or columns, solid for
// the first factor and dashed for the second; and, dotted, what it goes into.

function drawFrames(ways, uses) {
  for (const old of document.querySelectorAll(".frame, .letter")) old.remove();
  for (const old of document.querySelectorAll(".cell.chosen")) old.classList.remove("chosen");
  frame(uses, "into");
  for (const { expression, lines, groups = [], others, kind } of ways) {
    const winner = expression instanceof Extreme ? expression.winner.entries()[0] : null;   // of a max
    const parts = [...lines, ...groups.map(group => group.sum)];
    const all = [...parts.flatMap(part => part.entries()), ...others];
    const isFirst = ({ name }) => firstName(name) === firstName(all[0].name);
    const isSolid = winner ? entry => entry === winner : isFirst;
    frame(all.filter(isSolid), kind);
    frame(all.filter(entry => !isSolid(entry)), `${kind} second`);
    if (lines.length > 1) {
      lines.forEach((line, i) => line.entries().forEach(entry => addLetter(entry, letterOf(i), kind)));
    }
  }
  cellOf(state.chosen)?.classList.add("chosen");
}
// an edge is drawn where the next entry is not framed, too; it is open where the frame leaves a window
function frame(entries, classes) {
  const framed = new Set(entries.map(({ name, index }) => keyOf(name, index)));
  for (const key of framed) {
    const cell = CELLS.get(key);
    if (!cell) continue;
    const { name, i, j } = cell.where, view = viewOf(name);
    const edge = (axis, down, across) =>
      axis !== NO_AXIS && framed.has(keyOf(name, view.index(i + down, j + across))) ? "0" : "2px";
    const { down, across } = view, made = element("span", `frame ${classes}`);
    made.style.borderWidth =
      [edge(down, -1, 0), edge(across, 0, 1), edge(down, 1, 0), edge(across, 0, -1)].join(" ");
    cell.append(made);
  }
}
function addLetter(entry, letter, kind) {
  const cell = cellOf(entry);
  if (!cell || cell.querySelector(`.letter.${kind}`)) return;
  const made = element("span", `letter ${kind}`);
  made.dataset.mark = letter;   // drawn by CSS: it is no part of the number
  cell.append(made);
}
