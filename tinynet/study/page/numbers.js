// Numbers as they stand in cells and in sums: three decimals, a true minus, and tiny ones as 4e−5.

function inCell(value, decimals = 3) {
  if (value === 0) return "0";
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  const isShort = size < 0.5 * 10 ** -decimals || size >= 1e4;
  const places = size >= 100 ? Math.max(0, decimals - 2) : decimals;
  const text = isShort ? size.toExponential(0) : size.toFixed(places);
  return (value < 0 ? "−" : "") + text.replace("e-", "e−").replace("e+", "e");
}
const isShortInteger = value => Number.isInteger(value) && Math.abs(value) < 1e4;
const inSum = value => inCell(value, isShortInteger(value) ? 0 : 4);
const inExponents = value => value.toExponential(1).replaceAll("-", "−").replace("e+", "e");
// where small numbers are what one looks for
function inTable(value) {
  const size = Math.abs(value), isFar = size !== 0 && size < 1e-3 || size >= 1e4;
  return isFar && Number.isFinite(value) ? inExponents(value) : inCell(value);
}
