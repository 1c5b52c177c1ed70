// Where a lesson looks, and what it makes of it: as sr_demo/ui/lessons/places.py has it.

import { boxAt, clamp } from '../ui/geometry.js';

const UNIT = 12;                                  // sides of a box are multiples of every scale
const [SIDE, LARGEST] = [216, 288];

// The place nearest to what is asked for.
export function placeIn({ image, crop }, { samples, lessonSample }, side = SIDE) {
  const sample = samples.find(({ name }) => name === image) ||
    samples.find(({ name }) => name === lessonSample);
  const [x, y] = sample.look;
  const asked = typeof crop === 'string' ? crop.split(',').map(Number) : crop;
  const usable = Array.isArray(asked) && asked.length === 4 && asked.every(Number.isInteger);
  const [left, top, width, height] = usable
    ? asked : [x - side / 2, y - side / 2, side, side];
  const size = [whole(width, sample.width), whole(height, sample.height)];
  return { image: sample.name, sample, box: boxAt([left, top], size, sample) };
}

const whole = (side, most) =>
  Math.floor(Math.min(clamp(side, 2 * UNIT, most), LARGEST) / UNIT) * UNIT;

// ESPCN's channels of an enlarged picture: its luma, stretched from 16 … 235, sub-pixel by sub-pixel.
// What the colour of a pixel adds has no luma, so the channels are all in it.
export function channelsOf(data, [, , width, height], r) {
  const [w, h] = [width / r, height / r];
  const values = [];
  for (let channel = 0; channel < r * r; channel += 1) {
    const [down, across] = [Math.floor(channel / r), channel % r];
    for (let y = 0; y < h; y += 1) {
      for (let x = 0; x < w; x += 1) {
        const i = 3 * ((y * r + down) * width + x * r + across);
        const luma = (65.481 * data[i] + 128.553 * data[i + 1] + 24.966 * data[i + 2]) / 255;
        values.push(clamp(Math.round(luma * (255 / 219)), 0, 255));
      }
    }
  }
  return { shape: [h, w], values };
}

// The same order for everyone who asks with the same text.
export function shuffled(items, text) {
  let state = [...text].reduce((hash, letter) => Math.imul(hash ^ letter.charCodeAt(0), 16777619), -2128831035);
  const random = () => {                          // xorshift
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
  const order = [...items];
  for (let i = order.length - 1; i > 0; i -= 1) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}
