// A row of pixels, black then white, whose edge lies up to ±k pixels from the middle; and what a
// guess at it costs. Rows are arrays of grey levels, 0 … 255.

export const PIXELS = 16;

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
const meanRow = (rows) => rows[0].map((_, x) => mean(rows.map((row) => row[x])));

export const edge = (shift) =>
  Array.from({ length: PIXELS }, (_, x) => (x < PIXELS / 2 + shift ? 0 : 255));

// All that it could have been.
export const candidates = (k) => Array.from({ length: 2 * k + 1 }, (_, index) => edge(index - k));

export const squaredError = (a, b) => mean(a.map((value, x) => (value - b[x]) ** 2));

// A guess's squared error, on average over all candidates; least at their mean.
export const cost = (row, k) => mean(candidates(k).map((one) => squaredError(row, one)));
export const best = (k) => meanRow(candidates(k));

// The shift of the index-th candidate drawn at random. Always the same lot: a hash of its number.
export function drawn(index, k) {
  let hash = Math.imul(index + 1, 2654435761);
  hash = Math.imul(hash ^ (hash >>> 15), 2246822519);
  hash ^= hash >>> 13;
  return ((hash >>> 0) % (2 * k + 1)) - k;
}

export const meanOf = (count, k) =>
  meanRow(Array.from({ length: count }, (_, index) => edge(drawn(index, k))));

// A row in a link: two hexadecimal digits a pixel; null for any other text.
export const toHex = (row) =>
  row.map((value) => Math.round(value).toString(16).padStart(2, '0')).join('');

export function fromHex(text) {
  const isRow = text.length === 2 * PIXELS && /^[0-9a-f]+$/.test(text);
  return isRow ? text.match(/../g).map((pair) => parseInt(pair, 16)) : null;
}
