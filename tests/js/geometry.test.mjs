import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  MAX_ZOOM, STEPS, bestGrid, boxAround, boxBetween, boxMoved, columnWidth, cropSize, enlargement,
  middleOf, nextZoom, offGrid, pointAt, zoomed,
} from '../../sr_demo/ui/compare/geometry.js';
import {
  boxAt, clamp, fitZoom, held, tileWidth, transform,
} from '../../sr_demo/ui/geometry.js';

const IMAGE = { width: 300, height: 200 };
const STAGE = { width: 150, height: 150 };
const close = (a, b) => assert.ok(Math.abs(a - b) < 1e-9, `${a} is not ${b}`);

test('a fitted image touches two edges of its stage and no more', () => {
  for (const density of [1, 1.5, 2]) {
    const scale = fitZoom(IMAGE, STAGE, density) / density;
    close(Math.max((IMAGE.width * scale) / STAGE.width, (IMAGE.height * scale) / STAGE.height), 1);
  }
});

test('a held view shows nothing beyond the image, and centres one that is smaller', () => {
  assert.deepEqual(held({ zoom: 2, x: -50, y: 900 }, IMAGE, STAGE, 1), { zoom: 2, x: 37.5, y: 162.5 });
  assert.deepEqual(held({ zoom: 0.5, x: 9, y: 9 }, IMAGE, STAGE, 1), { zoom: 0.5, x: 150, y: 100 });
  const inside = { zoom: 2, x: 100, y: 100 };
  assert.deepEqual(held(inside, IMAGE, STAGE, 1), inside);
});

test('an image begins on a whole screen pixel, whatever the view and the density', () => {
  for (const density of [1, 1.25, 1.5, 2, 3]) {
    const [, left, top, scale] = transform({ zoom: 3, x: 33.37, y: 71.91 }, STAGE, density)
      .match(/^translate\((.+)px, (.+)px\) scale\((.+)\)$/).map(Number);
    close(left * density, Math.round(left * density));
    close(top * density, Math.round(top * density));
    close(scale, 3 / density);
    assert.ok(Math.abs(left - (STAGE.width / 2 - 33.37 * scale)) <= 0.5 / density + 1e-9);
  }
});

test('zooming leaves the point under the cursor where it is', () => {
  const view = { zoom: 1.5, x: 120, y: 80 };
  for (const at of [[0, 0], [40, -25], [-7, 60]]) {
    for (const next of [0.5, 3, 32]) {
      const before = pointAt(view, at, 2);
      const after = pointAt(zoomed(view, next, at, 2), at, 2);
      close(after[0], before[0]);
      close(after[1], before[1]);
    }
  }
});

test('steps of the zoom go through every stop and the fit, and end at the largest', () => {
  const fit = 0.7;
  const seen = [];
  for (let zoom = STEPS[0]; seen.length < 50 && zoom < MAX_ZOOM;) seen.push(zoom = nextZoom(zoom, 1, fit));
  assert.deepEqual(seen, [0.25, 0.5, fit, ...STEPS.slice(3)]);
  const back = [];
  for (let zoom = MAX_ZOOM; back.length < 50 && zoom > STEPS[0];) back.push(zoom = nextZoom(zoom, -1, fit));
  assert.deepEqual(back, [...STEPS, fit].sort((a, b) => b - a).slice(1));
  assert.equal(nextZoom(STEPS[0], -1, fit), fit);   // no stop below: back to the whole picture
  assert.equal(nextZoom(1.004, 1, fit), 2);         // as good as at a stop
});

test('a drawn box holds all pixels that it touches, at least one, and none outside', () => {
  assert.deepEqual(boxBetween([10.2, 20.9], [12.1, 19.5], IMAGE), [10, 19, 3, 2]);
  assert.deepEqual(boxBetween([5, 5], [5, 5], IMAGE), [5, 5, 1, 1]);
  assert.deepEqual(boxBetween([-40, -1], [999, 999], IMAGE), [0, 0, 300, 200]);
  assert.deepEqual(boxBetween([400, 400], [500, 500], IMAGE), [299, 199, 1, 1]);
});

test('a box around a point is moved inside, and never larger than the image', () => {
  assert.deepEqual(boxAround([150, 100], [40, 30], IMAGE), [130, 85, 40, 30]);
  assert.deepEqual(boxAround([0, 199], [40, 30], IMAGE), [0, 170, 40, 30]);
  assert.deepEqual(boxAround([1, 1], [900, 900], IMAGE), [0, 0, 300, 200]);
  assert.deepEqual(boxAt([10.6, 290], [20, 20], IMAGE), [11, 180, 20, 20]);
  assert.deepEqual(boxAt([-3, 5], [400, 20], IMAGE), [0, 5, 400, 20]);   // larger: from its corner
});

test('the arrows move a box by an eighth of its width, there and back', () => {
  const box = [100, 80, 64, 48];
  const right = boxMoved(box, [1, 0], IMAGE);
  assert.deepEqual(right, [108, 80, 64, 48]);
  assert.deepEqual(boxMoved(right, [-1, 0], IMAGE), box);
  assert.deepEqual(boxMoved([0, 0, 3, 3], [0, 1], IMAGE), [0, 1, 3, 3]);
  assert.deepEqual(middleOf(box), [132, 104]);
});

test('crops are enlarged by whole screen pixels, four to eight times where that fits', () => {
  for (const density of [1, 1.5, 2]) {
    for (let width = 8; width <= 128; width += 7) {
      const { columns, scale } = enlargement(width, 1000, 4, 8, density);
      close(scale * density, Math.round(scale * density));
      assert.ok(columns >= 1 && columns <= 4);
      assert.ok(scale <= 8);
      assert.ok(width * scale <= columnWidth(1000, columns, 8) + 1e-9);
      assert.ok(scale >= 4 || columns === 1);
    }
  }
  assert.deepEqual(enlargement(3000, 1000, 4, 8, 2), { columns: 1, scale: 0.5 });
  for (const column of [100, 300, 480, 900]) assert.ok(cropSize(column)[0] * 4 <= Math.max(column, 96));
});

test('the grid keeps to its width, and to the room where panes would not be too low', () => {
  const asked = { image: IMAGE, width: 1000, room: 700, captionHeight: 30, gap: 8, narrow: false };
  for (let count = 1; count <= 9; count += 1) {
    const { columns, rows, width, height } = bestGrid({ ...asked, count });
    assert.ok(rows * columns >= count && (rows - 1) * columns < count);
    assert.ok(columns * width + (columns - 1) * 8 <= 1000);
    if (height > 140) assert.ok(rows * (height + 30) + (rows - 1) * 8 <= 700 + rows);
  }
  const one = bestGrid({ ...asked, count: 1 });
  const many = bestGrid({ ...asked, count: 7 });
  assert.equal(one.columns, 1);
  assert.ok(many.columns > 1 && many.width < one.width);
});

test('on a phone two pictures stand side by side, as high as they are', () => {
  const phone = { image: IMAGE, width: 366, room: Infinity, captionHeight: 30, gap: 8, narrow: true };
  const { columns, width, height } = bestGrid({ ...phone, count: 7 });
  assert.equal(columns, 2);
  assert.equal(height, Math.round((width * 200) / 300));
});

test('tiles take whole screen pixels for a pixel, or the whole room of a dense screen', () => {
  assert.deepEqual(tileWidth(900, 3, 96, 1), { width: 288, exact: true });
  assert.deepEqual(tileWidth(900, 3, 96, 1.5), { width: (4 * 96) / 1.5, exact: true });
  assert.deepEqual(tileWidth(900, 3, 96, 2), { width: 300, exact: false });
  assert.deepEqual(tileWidth(100, 3, 96, 1), { width: 33, exact: false });
  assert.deepEqual(tileWidth(1040, 3, 216, 1), { width: 346, exact: false });
});

test('clamp and the way to the next whole screen pixel', () => {
  assert.deepEqual([-1, 5, 11].map((value) => clamp(value, 0, 10)), [0, 5, 10]);
  for (const [value, density] of [[10.3, 1], [7.9, 1.5], [0.24, 2]]) {
    const there = (value + offGrid(value, density)) * density;
    close(there, Math.round(there));
    assert.ok(Math.abs(offGrid(value, density)) <= 0.5 / density);
  }
});
