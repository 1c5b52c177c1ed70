// What can be laid over the pictures, and where to look: as sr_demo/disagreement.py computes it.

import { resizePlane } from './resize.js';

const CELL = 8;                                   // pixels a side
const WINDOW = 12;                                // cells a side of what is seen at once
const HOT = 40;                                   // grey levels that are shown in full
const MAGENTA = [255, 0, 200];

const lumaOf = ({ data, width, height }) => {
  const plane = new Float32Array(width * height);
  for (let i = 0, j = 0; i < plane.length; i += 1, j += 3) {
    plane[i] = 16 + (65.481 * data[j] + 128.553 * data[j + 1] + 24.966 * data[j + 2]) / 255;
  }
  return plane;
};

// The range of luma over pictures of one place, the mean of each cell: {data, width, height}.
export function disagreement(pictures) {
  const { width, height } = pictures[0];
  const low = lumaOf(pictures[0]), high = low.slice();
  for (const picture of pictures.slice(1)) {
    lumaOf(picture).forEach((value, i) => {
      low[i] = Math.min(low[i], value);
      high[i] = Math.max(high[i], value);
    });
  }
  const [across, down] = [width, height].map((side) => Math.ceil(side / CELL));
  const sums = new Float64Array(across * down), counts = new Uint8Array(across * down);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const cell = Math.floor(y / CELL) * across + Math.floor(x / CELL);
      sums[cell] += high[y * width + x] - low[y * width + x];
      counts[cell] += 1;
    }
  }
  return { data: Float32Array.from(sums, (sum, i) => sum / counts[i]), width: across, height: down };
}

// The places [x, y] of most disagreement, each a window apart from those before, down to a quarter
// of the strongest.
export function spots({ data, width, height }, count = 9) {
  const size = [width, height].map((side) => Math.max(1, Math.min(WINDOW, Math.floor(side / 3))));
  const seen = smoothed(data, width, height, size);
  const found = [];
  const strongest = seen.reduce((a, b) => Math.max(a, b), 0);
  while (found.length < count) {
    let best = 0;
    for (let i = 1; i < seen.length; i += 1) if (seen[i] > seen[best]) best = i;
    if (seen[best] <= Math.max(0.5, strongest / 4)) break;
    const [column, row] = [best % width, Math.floor(best / width)];
    found.push([column, row].map((place) => place * CELL + CELL / 2));
    for (let y = Math.max(0, row - size[1]); y <= Math.min(height - 1, row + size[1]); y += 1) {
      seen.fill(0, y * width + Math.max(0, column - size[0]),
        y * width + Math.min(width - 1, column + size[0]) + 1);
    }
  }
  return found;
}

// Means over a window around each place, its edge continued.
function smoothed(plane, width, height, [wide, high]) {
  const inside = (place, length) => Math.min(Math.max(place, 0), length - 1);
  const across = plane.map((_, i) => {
    const [x, y] = [i % width, Math.floor(i / width)];
    return meanOf(wide, (offset) => plane[y * width + inside(x + offset, width)]);
  });
  return across.map((_, i) => {
    const [x, y] = [i % width, Math.floor(i / width)];
    return meanOf(high, (offset) => across[inside(y + offset, height) * width + x]);
  });
}

function meanOf(size, at) {
  let sum = 0;
  for (let k = 0; k < size; k += 1) sum += at(k - Math.floor(size / 2));
  return sum / size;
}

// The part of an enlarged picture that vanishes when it is reduced again: grey levels of luma.
export function undetermined(picture, scale) {
  let rest = { data: lumaOf(picture), width: picture.width, height: picture.height };
  for (let turn = 0; turn < 3; turn += 1) {
    const kept = resizePlane(resizePlane(rest, 1 / scale), scale);
    rest = { ...rest, data: rest.data.map((value, i) => value - kept.data[i]) };
  }
  return rest;
}

// A picture of disagreement to be laid over, and its opacity: clear where there is none. `colours`
// are 256 of red, green and blue.
export function heatOf({ data, width, height }, colours) {
  const heat = data.map((value) => Math.min(Math.max(value / HOT, 0), 1));
  const picture = new Uint8Array(data.length * 3);
  heat.forEach((value, i) => {
    const index = 3 * Math.min(255, Math.floor(value * 256));
    for (let c = 0; c < 3; c += 1) picture[3 * i + c] = colours[index + c];
  });
  const opacity = Uint8Array.from(heat, (value) => Math.sqrt(value) * 200);
  return overlay(picture, opacity, width, height);
}

// A picture of what a method adds of its own: the more, the less clear.
export function inventedOf({ data, width, height }) {
  const picture = new Uint8Array(data.length * 3);
  for (let i = 0; i < picture.length; i += 3) picture.set(MAGENTA, i);
  const opacity = Uint8Array.from(data, (value) => Math.min(255, Math.abs(value) * (255 / HOT)));
  return overlay(picture, opacity, width, height);
}

const overlay = (data, opacity, width, height) => [
  { data, width, height, channels: 3 }, { data: opacity, width, height, channels: 1 },
];
