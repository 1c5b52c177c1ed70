// The viewer's geometry: zoom by steps and about a point, the crop's box, and the grid of panes.
// Views, sizes and boxes are as in ../geometry.js.

import { boxAt, clamp } from '../geometry.js';

export const STEPS = [0.125, 0.25, 0.5, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32];
export const MAX_ZOOM = STEPS.at(-1);

// --- a view -------------------------------------------------------------------------------------

// The same view at another zoom, where the point [dx, dy] (CSS pixels from the middle) stays.
export function zoomed({ zoom, x, y }, next, [dx, dy], density) {
  const moved = (distance) => (distance * density) / zoom - (distance * density) / next;
  return { zoom: next, x: x + moved(dx), y: y + moved(dy) };
}

const LARGE = 1600;                               // pixels a side: half as near shows enough

// CSS pixels for a pixel of a picture that is looked at closely.
export const closeness = ({ width, height }) => (Math.max(width, height) > LARGE ? 1 : 2);

// The view that a picture opens with: close to its telling place; null where all of it fits so.
export function opening(focus, image, fit, density) {
  const zoom = closeness(image) * Math.max(1, Math.round(density));
  return focus && zoom > fit ? { zoom, x: focus[0], y: focus[1] } : null;
}

// The part of the picture that a view shows: [left, top, width, height] in image pixels, not whole.
export function visible({ zoom, x, y }, stage, image, density) {
  const scale = zoom / density;
  const [w, h] = [stage.width / scale, stage.height / scale];
  const [left, right] = [x - w / 2, x + w / 2].map((value) => clamp(value, 0, image.width));
  const [top, bottom] = [y - h / 2, y + h / 2].map((value) => clamp(value, 0, image.height));
  return [left, top, right - left, bottom - top];
}

// Whether a box holds another, to the pixel.
export const contains = ([l, t, w, h], [left, top, width, height]) =>
  left > l - 1 && top > t - 1 && left + width < l + w + 1 && top + height < t + h + 1;

// Where a box of the picture lies on a stage, on whole screen pixels: [left, top, width, height].
export function boxOnStage([left, top, width, height], { zoom, x, y }, stage, density) {
  const scale = zoom / density;
  const snap = (value) => Math.round(value * density) / density;
  const start = [snap(stage.width / 2 - x * scale), snap(stage.height / 2 - y * scale)];
  const [x0, y0] = [snap(start[0] + left * scale), snap(start[1] + top * scale)];
  const x1 = snap(start[0] + (left + width) * scale);
  const y1 = snap(start[1] + (top + height) * scale);
  return [x0, y0, x1 - x0, y1 - y0];
}

// The next stop in a direction (1 or -1). The fit is a stop on the way, too.
export function nextZoom(zoom, direction, fit) {
  const beyond = direction > 0
    ? STEPS.find((stop) => stop > zoom * 1.01)
    : STEPS.findLast((stop) => stop < zoom * 0.99);
  const passes = (fit - zoom) * direction > zoom * 0.01 && (beyond - fit) * direction > 0;
  return passes || beyond === undefined ? fit : beyond;
}

export function pointAt({ zoom, x, y }, [dx, dy], density) {
  return [x + (dx * density) / zoom, y + (dy * density) / zoom];
}

export const distance = (a, b) => Math.hypot(a[0] - b[0], a[1] - b[1]);

// How far to shift what begins between two screen pixels.
export const offGrid = (value, density) => Math.round(value * density) / density - value;

// --- the crop -----------------------------------------------------------------------------------

// All whole pixels that two corners touch: at least one, and none outside.
export function boxBetween([x0, y0], [x1, y1], image) {
  const left = clamp(Math.floor(Math.min(x0, x1)), 0, image.width - 1);
  const top = clamp(Math.floor(Math.min(y0, y1)), 0, image.height - 1);
  const right = clamp(Math.ceil(Math.max(x0, x1)), left + 1, image.width);
  const bottom = clamp(Math.ceil(Math.max(y0, y1)), top + 1, image.height);
  return [left, top, right - left, bottom - top];
}

export function boxAround([x, y], [width, height], image) {
  const [w, h] = [Math.min(width, image.width), Math.min(height, image.height)];
  return boxAt([x - w / 2, y - h / 2], [w, h], image);
}

// The part of a box inside the image, at least a pixel.
export const clampedBox = ([left, top, width, height], image) =>
  boxBetween([left, top], [left + Math.max(1, width), top + Math.max(1, height)], image);

export const middleOf = ([left, top, width, height]) => [left + width / 2, top + height / 2];

// By an eighth of its width in a direction.
export function boxMoved(box, [dx, dy], image) {
  const step = Math.max(1, Math.round(box[2] / 8));
  const [x, y] = middleOf(box);
  return boxAround([x + dx * step, y + dy * step], box.slice(2), image);
}

// --- grids --------------------------------------------------------------------------------------

export const columnWidth = (width, columns, gap) =>
  Math.floor((width - gap * (columns - 1)) / columns);

// A crop to begin with: a tenth of the picture or less, so that all of it is seen in a pane as wide
// as a column, and as wide as a column shows by whole pixels.
export function cropSize(column, image) {
  const most = (0.6 * column) / closeness(image);
  const wanted = Math.min(most, clamp(Math.max(image.width, image.height) / 10, 24, 160));
  const width = Math.max(8, Math.floor(column / Math.max(1, Math.round(column / wanted))));
  return [width, Math.round(width * 0.75)];
}

// How many CSS pixels a crop's pixel takes, so that it fits a column and the height there is: whole
// screen pixels where there is one for each, and never more than eight.
export function enlargement([width, height], column, room, density) {
  const most = Math.min(8, column / width, room / height);
  return most * density >= 1 ? Math.floor(most * density) / density : most;
}

// A height, at most 7 less than asked, from which one row to the next is a whole number of screen
// pixels: else every second row would be shifted by a fraction.
export function wholePitch(most, rest, density) {
  const whole = (height) => Math.abs(offGrid(height + rest, density)) < 1e-6;
  return [0, 1, 2, 3, 4, 5, 6, 7].map((less) => most - less).find(whole) ?? most;
}

// The grid that fills the room with the largest panes for `count` pictures. What a pane is longer
// than one and a half times its width or height counts for nothing.
export function bestGrid({ count, width, room, captionHeight, gap, narrow, density = 1 }) {
  let best = null;
  const [first, last] = narrow ? [Math.min(2, count), Math.min(2, count)] : [1, count];
  for (let columns = first; columns <= last; columns += 1) {
    const rows = Math.ceil(count / columns);
    const paneWidth = columnWidth(width, columns, gap);
    const least = narrow ? 96 : 140;              // lower panes show nothing: then the page is longer
    const most = Math.max(least, Math.floor((room - gap * (rows - 1)) / rows - captionHeight));
    const height = wholePitch(most, captionHeight + gap, density);
    const total = rows * (height + captionHeight) + gap * (rows - 1);
    const useful = Math.min(paneWidth, 1.5 * height) * Math.min(height, 1.5 * paneWidth);
    const score = useful / Math.max(1, total / room) ** 2;
    if (!best || score > best.score * 1.02) best = { columns, rows, width: paneWidth, height, score };
  }
  return best;
}
