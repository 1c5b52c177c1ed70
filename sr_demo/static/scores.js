// PSNR, SSIM and LR-PSNR by the conventions of sr_demo/metrics: 8-bit pictures, luma of BT.601 or
// RGB, peak 255. Pictures are {data, width, height, channels: 3}.

import { imresize } from './resize.js';

const Y = [65.481 / 255, 128.553 / 255, 24.966 / 255];
const WINDOW = 11;                                // pixels a side of SSIM's Gaussian, sigma 1.5
const STRIP = 64;                                 // rows of SSIM at once, so that memory is bounded
const [C1, C2] = [(0.01 * 255) ** 2, (0.03 * 255) ** 2];

export const inside = ({ width, height }, border) =>
  [border, border, width - 2 * border, height - 2 * border];

// All of a restored picture's scores; null where one cannot be measured.
export function scoresOf(picture, original, lr, scale, colour) {
  const measured = original && Math.min(picture.width, picture.height) > 2 * scale;
  const box = inside(picture, scale);
  return {
    psnr: measured ? psnr(original, picture, box, colour) : null,
    ssim: measured ? ssim(original, picture, box, colour) : null,
    lrPsnr: lrPsnr(picture, lr, scale, colour),
  };
}

export function lrPsnr(picture, lr, scale, colour) {
  return psnr(lr, imresize(picture, 1 / scale), inside(lr, 0), colour);
}

// In dB within a box [left, top, width, height]; Infinity where nothing differs.
export function psnr(reference, picture, [left, top, width, height], colour) {
  let total = 0;
  for (let y = top; y < top + height; y += 1) {
    for (let i = 3 * (y * picture.width + left), end = i + 3 * width; i < end; i += 3) {
      const r = reference.data[i] - picture.data[i];
      const g = reference.data[i + 1] - picture.data[i + 1];
      const b = reference.data[i + 2] - picture.data[i + 2];
      total += colour === 'y' ? (Y[0] * r + Y[1] * g + Y[2] * b) ** 2 : (r * r + g * g + b * b) / 3;
    }
  }
  return 10 * Math.log10(255 ** 2 / (total / (width * height)));
}

// Within a box; null where the window fits nowhere.
export function ssim(reference, picture, [left, top, width, height], colour) {
  if (Math.min(width, height) < WINDOW) return null;
  const planes = colour === 'y' ? [Y] : [[1, 0, 0], [0, 1, 0], [0, 0, 1]];
  const places = (width - WINDOW + 1) * (height - WINDOW + 1);
  let total = 0;
  for (const plane of planes) {
    for (let y = 0; y <= height - WINDOW; y += STRIP) {
      const rows = Math.min(STRIP + WINDOW - 1, height - y);
      total += similarity(reference, picture, [left, top + y, width, rows], plane);
    }
  }
  return total / (places * planes.length);
}

// The sum of SSIM over all places of one strip.
function similarity(reference, picture, box, plane) {
  const [, , width, rows] = box;
  const [x, y] = [reference, picture].map((one) => planeOf(one, box, plane));
  const weighted = (field) => vertically(horizontally(field, width, rows), width - WINDOW + 1, rows);
  const meanX = weighted(x), meanY = weighted(y);
  const squares = weighted(x.map((value, i) => value * value + y[i] * y[i]));
  const product = weighted(x.map((value, i) => value * y[i]));
  let total = 0;
  for (let i = 0; i < meanX.length; i += 1) {
    const ofMeans = meanX[i] * meanY[i];
    const squaresOfMeans = meanX[i] ** 2 + meanY[i] ** 2;
    total += ((2 * ofMeans + C1) / (squaresOfMeans + C1)) *
      ((2 * (product[i] - ofMeans) + C2) / (squares[i] - squaresOfMeans + C2));
  }
  return total;
}

function planeOf({ data, width: stride }, [left, top, width, rows], [r, g, b]) {
  const plane = new Float64Array(width * rows);
  for (let y = 0, to = 0; y < rows; y += 1) {
    for (let i = 3 * ((top + y) * stride + left), end = i + 3 * width; i < end; i += 3, to += 1) {
      plane[to] = r * data[i] + g * data[i + 1] + b * data[i + 2];
    }
  }
  return r && g ? plane.map((value) => value + 16) : plane;   // luma begins at 16
}

const GAUSSIAN = gaussian();

function gaussian() {
  const weights = Array.from({ length: WINDOW }, (_, i) => Math.exp(-((i - 5) ** 2) / (2 * 1.5 ** 2)));
  const total = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / total);
}

function horizontally(field, width, rows) {
  const across = width - WINDOW + 1;
  const means = new Float64Array(across * rows);
  for (let y = 0; y < rows; y += 1) {
    for (let x = 0; x < across; x += 1) {
      let sum = 0;
      for (let tap = 0; tap < WINDOW; tap += 1) sum += GAUSSIAN[tap] * field[y * width + x + tap];
      means[y * across + x] = sum;
    }
  }
  return means;
}

function vertically(field, width, rows) {
  const means = new Float64Array(width * (rows - WINDOW + 1));
  for (let i = 0; i < means.length; i += 1) {
    let sum = 0;
    for (let tap = 0; tap < WINDOW; tap += 1) sum += GAUSSIAN[tap] * field[i + tap * width];
    means[i] = sum;
  }
  return means;
}
