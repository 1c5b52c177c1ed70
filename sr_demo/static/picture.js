// Pictures in and out of files, by the browser: {data, width, height, channels: 3}, and an opacity,
// {…, channels: 1}, where there is one.

import { fillHidden } from './hidden.js';

const MAX_PIXELS = 16e6;                          // of a file: reduced by 4, it is the networks' limit

// The picture and its opacity. Turned as its EXIF says and in sRGB, as browsers show it.
export async function decode(blob, name) {
  const bitmap = await createImageBitmap(blob).catch(() => {
    throw new Error(`${name} is no picture that this browser can read: save it as PNG or JPEG first.`);
  });
  const { width, height } = bitmap;
  try {
    if (width * height > MAX_PIXELS) throw new Error(tooLarge(name, width, height));
    const brush = brushOf(width, height);
    brush.drawImage(bitmap, 0, 0);
    return apart(brush.getImageData(0, 0, width, height));
  } finally {
    bitmap.close();
  }
}

const tooLarge = (name, width, height) =>
  `${name} has ${(width * height / 1e6).toFixed(1)} megapixels; the limit in a browser is ` +
  `${MAX_PIXELS / 1e6}. Crop the picture or make it smaller first.`;

function apart({ data: rgba, width, height }) {
  const data = new Uint8Array(width * height * 3);
  const alpha = new Uint8Array(width * height);
  let least = 255;
  for (let i = 0; i < alpha.length; i += 1) {
    data.set(rgba.subarray(4 * i, 4 * i + 3), 3 * i);
    alpha[i] = rgba[4 * i + 3];
    least = Math.min(least, alpha[i]);
  }
  const picture = { data, width, height, channels: 3 };
  if (least === 255) return { picture, opacity: null };
  if (least === 0) fillHidden(picture, alpha);
  return { picture, opacity: { data: alpha, width, height, channels: 1 } };
}

// A PNG with the picture's own bytes.
export function encode({ data, width, height }, opacity) {
  const rgba = new Uint8ClampedArray(width * height * 4);
  for (let i = 0, j = 0; j < rgba.length; i += 3, j += 4) {
    rgba[j] = data[i];
    rgba[j + 1] = data[i + 1];
    rgba[j + 2] = data[i + 2];
    rgba[j + 3] = opacity ? opacity.data[j / 4] : 255;
  }
  const brush = brushOf(width, height);
  brush.putImageData(new ImageData(rgba, width, height), 0, 0);
  return brush.canvas.convertToBlob({ type: 'image/png' });
}

const brushOf = (width, height) =>
  new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });

// A part [left, top, width, height] of a picture.
export function cropped({ data, width: stride, channels }, [left, top, width, height]) {
  const part = new Uint8Array(width * height * channels);
  for (let y = 0; y < height; y += 1) {
    const start = ((top + y) * stride + left) * channels;
    part.set(data.subarray(start, start + width * channels), y * width * channels);
  }
  return { data: part, width, height, channels };
}

export function croppedToMultiple(picture, scale) {
  const [width, height] = [picture.width, picture.height].map((n) => Math.floor(n / scale) * scale);
  return width === picture.width && height === picture.height
    ? picture
    : cropped(picture, [0, 0, width, height]);
}

// The middle [x, y] of the square, a sixth of the shorter side, with the most fine detail: as
// sr_demo/figures/crop_sheet.py finds it.
export function busiestSpot(picture) {
  const { width, height } = picture;
  const shorter = Math.min(width, height);
  const side = Math.min(shorter, Math.max(12, Math.floor(shorter / 6)));
  const sums = summed(detailOf(picture), width, height);
  let best = [-1, 0, 0];
  for (let y = 0; y <= height - side; y += 1) {
    for (let x = 0; x <= width - side; x += 1) {
      const [a, b] = [y * (width + 1) + x, (y + side) * (width + 1) + x];
      const detail = sums[b + side] - sums[b] - sums[a + side] + sums[a];
      if (detail > best[0]) best = [detail, x, y];
    }
  }
  return [best[1] + Math.floor(side / 2), best[2] + Math.floor(side / 2)];
}

// How far each pixel's luma is from the mean of its neighbours, edges mirrored.
function detailOf({ data, width, height }) {
  const gray = Float32Array.from({ length: width * height }, (_, i) =>
    (65.481 * data[3 * i] + 128.553 * data[3 * i + 1] + 24.966 * data[3 * i + 2]) / 255);
  return gray.map((value, i) => {
    const [x, y] = [i % width, Math.floor(i / width)];
    const beside = gray[x ? i - 1 : i] + gray[x < width - 1 ? i + 1 : i];
    const above = gray[y ? i - width : i] + gray[y < height - 1 ? i + width : i];
    return Math.abs(beside + above - 4 * value);
  });
}

// Of each corner between pixels, the sum of all that is above and to the left.
function summed(values, width, height) {
  const sums = new Float64Array((width + 1) * (height + 1));
  for (let y = 0; y < height; y += 1) {
    let row = 0;
    for (let x = 0; x < width; x += 1) {
      row += values[y * width + x];
      sums[(y + 1) * (width + 1) + x + 1] = sums[y * (width + 1) + x + 1] + row;
    }
  }
  return sums;
}
