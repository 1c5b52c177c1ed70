// Where the dots of a pixel shuffle lie, in dots: r × r channels of h × w in one square, beside or
// above the result of r·h × r·w. Both squares have the same number of dots.

import { clamp } from '../geometry.js';

// The whole drawing, and where the result begins.
export function squares(r, [h, w], stacked) {
  const gap = stacked ? 6 : 8;
  return stacked
    ? { across: r * w, down: 2 * r * h + gap, dx: 0, dy: r * h + gap }
    : { across: 2 * r * w + gap, down: r * h, dx: r * w + gap, dy: 0 };
}

// The corner of a channel's square.
export const corner = (channel, r, [h, w]) => [(channel % r) * w, Math.floor(channel / r) * h];

// The dot (x, y) of a channel: in its square, and in the result.
export function flight(channel, [x, y], r, shape, { dx, dy }) {
  const [left, top] = corner(channel, r, shape);
  const [row, column] = [Math.floor(channel / r), channel % r];
  return { from: [left + x, top + y], to: [dx + x * r + column, dy + y * r + row] };
}

// How much of its way a channel has flown when `at` channels have: 0 … 1, gently at both ends.
export function flown(channel, at) {
  const t = clamp(at - channel, 0, 1);
  return t < 0.5 ? 2 * t * t : 1 - 2 * (1 - t) * (1 - t);
}

// Channels that a link leaves out, counted from 1 there and from 0 here.
export const channelsIn = (text) => new Set(
  (text || '').split(',').map((number) => Number(number) - 1).filter((index) => index >= 0 && index < 9),
);

export const channelsOut = (off) => [...off].sort().map((channel) => channel + 1).join(',');
