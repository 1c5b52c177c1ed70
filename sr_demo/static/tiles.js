// A picture in tiles, as sr_demo/inference/tiles.py cuts it: each sees some of its surroundings, all
// of a picture are equally large, and none ends beyond the picture, where networks expect zeros.

import { mirrored } from './resize.js';

// Pixels of the small picture that one tile is computed from, at most: at ×4 SRResNet needs 5 kB for
// each. The first sample, 185 × 125, is one tile: in two it would take a sixth longer.
export const LARGEST = 160 * 160;
const OVERLAP = 16;
const TINY = 8;
const LONG = 4096;

// Yields {box, window, fraction}: the part of the small picture, the picture to compute it from,
// where in that it begins, and what will be done then.
export function* tilesOf(picture, radius, largest = LARGEST) {
  const overlap = Math.min(radius, OVERLAP);
  const { rows, columns } = cutting(picture, overlap, margin(picture, overlap), largest);
  let done = 0;
  for (const [top, bottom, y, yEnd] of rows) {
    for (const [left, right, x, xEnd] of columns) {
      done += 1;
      yield {
        box: [left, top, right - left, bottom - top],
        window: cut(picture, x, y, xEnd - x, yEnd - y),
        at: [left - x, top - y],
        fraction: done / (rows.length * columns.length),
      };
    }
  }
}

// The rows and columns with the least to compute, no window larger than it may be.
function cutting({ width, height }, overlap, around, largest) {
  let best = null;
  const side = Math.sqrt(largest);
  for (let count = 1; count <= Math.ceil((2 * width) / side) + 1; count += 1) {
    const columns = spans(width, Math.ceil(width / count), overlap, around);
    const rows = fewest(height, overlap, around, largest / lengthOf(columns));
    if (!rows) continue;
    const work = columns.length * lengthOf(columns) * rows.length * lengthOf(rows);
    if (!best || work < best.work) best = { work, rows, columns };
  }
  return best;
}

const lengthOf = ([[, , first, last]]) => last - first;

// The fewest parts of an axis whose windows are not longer; null where none are.
function fewest(length, overlap, around, longest) {
  for (let count = 1; count <= length; count += 1) {
    const parts = spans(length, Math.ceil(length / count), overlap, around);
    if (lengthOf(parts) <= longest) return parts;
    if (Math.ceil(length / count) <= overlap) return null;
  }
  return null;
}

function margin({ width, height }, overlap) {
  const [shorter, longer] = [Math.min(width, height), Math.max(width, height)];
  return shorter <= TINY && longer <= LONG ? overlap : Number(shorter < 2);
}

// [start, stop, first, last] of each part of an axis and of its window.
export function spans(length, size, overlap, around = 0) {
  const count = Math.ceil(length / size);
  const cut = (i) => Math.floor((i * length) / count);
  const parts = Array.from({ length: count }, (_, i) => [cut(i), cut(i + 1)]);
  const end = length + around;
  const window = Math.max(...parts.map(([a, b]) =>
    Math.min(end, b + overlap) - Math.max(-around, a - overlap)));
  return parts.map(([a, b]) => {
    const first = Math.min(Math.max(-around, a - overlap), end - window);
    return [a, b, first, first + window];
  });
}

// A part of a picture, mirrored where it reaches beyond.
function cut({ data, width, height, channels }, left, top, w, h) {
  const part = new Uint8Array(w * h * channels);
  for (let y = 0; y < h; y += 1) {
    const from = mirrored(top + y, height) * width;
    for (let x = 0; x < w; x += 1) {
      const pixel = (from + mirrored(left + x, width)) * channels;
      for (let c = 0; c < channels; c += 1) part[(y * w + x) * channels + c] = data[pixel + c];
    }
  }
  return { data: part, width: w, height: h, channels };
}

// Copies a box of one picture to a place of another.
export function paste(to, [toX, toY], from, [left, top, width, height]) {
  for (let y = 0; y < height; y += 1) {
    const start = ((top + y) * from.width + left) * 3;
    to.data.set(from.data.subarray(start, start + 3 * width), ((toY + y) * to.width + toX) * 3);
  }
}
