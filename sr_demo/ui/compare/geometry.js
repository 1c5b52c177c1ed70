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

// As large a crop as a column can show five times enlarged (four times on a phone).
export function cropSize(column) {
  const width = clamp(Math.floor(column / (column < 280 ? 4 : 5)), 24, 128);
  return [width, Math.round(width * 0.75)];
}

// A crop enlarged four to eight times where it fits: in as many columns as there are, in fewer if
// it would be smaller.
export function enlargement(cropWidth, width, columns, gap, density) {
  for (let count = columns; ; count -= 1) {
    const room = columnWidth(width, count, gap) * density;
    const scale = Math.min(8, Math.floor(room / cropWidth) / density);
    if (scale >= 4 || count === 1) return { columns: count, scale: Math.max(scale, 1 / density) };
  }
}

// The grid that shows `count` pictures largest. A row that runs out of the room counts less; a pane
// is never lower than 140, however many there are.
export function bestGrid({ count, image, width, room, captionHeight, gap, narrow }) {
  let best = null;
  for (let columns = narrow ? Math.min(2, count) : 1; columns <= count; columns += 1) {
    const paneWidth = columnWidth(width, columns, gap);
    if (best && paneWidth < (narrow ? 150 : 220)) break;
    const rows = Math.ceil(count / columns);
    const tallest = Math.max(140, (room - gap * (rows - 1)) / rows - captionHeight);
    const height = Math.round(clamp((paneWidth * image.height) / image.width, 100, tallest));
    const scale = Math.min(paneWidth / image.width, height / image.height);
    const total = rows * (height + captionHeight) + gap * (rows - 1);
    const score = (scale * (1 - 0.04 * (rows * columns - count))) / Math.max(1, total / room);
    if (!best || score > best.score * 1.02) best = { columns, rows, width: paneWidth, height, score };
  }
  return best;
}
