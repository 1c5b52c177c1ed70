import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  MAX_ZOOM, STEPS, bestGrid, boxAround, boxBetween, boxMoved, boxOnStage, clampedBox, contains,
  cropSize, enlargement, middleOf, nextZoom, offGrid, opening, pointAt, visible, zoomed,
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

test('crops are enlarged by whole screen pixels where there is one for each, and always fit', () => {
  for (const density of [1, 1.5, 2]) {
    for (const column of [100, 145, 221, 480]) {
      for (let width = 8; width <= 4000; width = Math.ceil(width * 1.7)) {
        const scale = enlargement([width, 48], column, 200, density);
        assert.ok(scale > 0 && scale <= 8);
        assert.ok(width * scale <= column + 1e-9 && 48 * scale <= 200 + 1e-9);
        if (scale * density >= 1) close(scale * density, Math.round(scale * density));
        else close(scale, Math.min(column / width, 200 / 48));
      }
    }
  }
});

test('a crop to begin with suits the picture, and fills its column by whole pixels', () => {
  for (const column of [145, 179, 221, 261, 540]) {
    const [small, large] = [300, 4000].map((width) => cropSize(column, { width, height: 200 })[0]);
    assert.ok(small >= 20 && small <= 60 && large >= 1.5 * small, `${small}, ${large} of ${column}`);
    assert.ok(large <= column);                     // all of it in a pane
    const scale = enlargement([large, 1], column, 999, 1);
    assert.ok(large * scale > column * 0.9);
  }
});

test('panes fill the room: none beyond its width, and none lower than can be seen', () => {
  const asked = { width: 1000, room: 700, captionHeight: 30, gap: 8, narrow: false };
  for (let count = 1; count <= 9; count += 1) {
    const { columns, rows, width, height } = bestGrid({ ...asked, count });
    assert.ok(rows * columns >= count && (rows - 1) * columns < count);
    assert.ok(columns * width + (columns - 1) * 8 <= 1000);
    const total = rows * (height + 30) + (rows - 1) * 8;
    assert.ok(total <= 700 && total > 700 - rows, `${count}: ${total}`);
  }
  assert.equal(bestGrid({ ...asked, count: 1 }).columns, 1);
  for (const [width, room] of [[910, 500], [1070, 680], [2190, 1200]]) {
    assert.equal(bestGrid({ ...asked, width, room, count: 7 }).columns, 4);
  }
  assert.ok(bestGrid({ ...asked, room: 100, count: 7 }).height >= 140);
  for (const density of [1, 1.25, 1.5, 2, 2.625]) {
    for (const room of [640, 641, 642, 643]) {
      const { height } = bestGrid({ ...asked, room, count: 7, density });
      const pitch = (height + asked.captionHeight + asked.gap) * density;
      assert.ok(Math.abs(pitch - Math.round(pitch)) < 1e-6, `${pitch} at ${density}`);
    }
  }
});

test('on a phone pictures stand two by two, all of them in the window', () => {
  const phone = { width: 366, room: 620, captionHeight: 26, gap: 8, narrow: true };
  const { columns, rows, height } = bestGrid({ ...phone, count: 7 });
  assert.equal(columns, 2);
  assert.ok(rows * (height + 26) + 3 * 8 <= 620 && height > 100);
});

test('a picture opens at its telling place, two screen pixels or more for each of its own', () => {
  assert.deepEqual(opening([70, 50], IMAGE, 0.5, 1), { zoom: 2, x: 70, y: 50 });
  assert.equal(opening([70, 50], IMAGE, 0.5, 3).zoom, 6);
  assert.equal(opening([70, 50], { width: 4000, height: 3000 }, 0.1, 1).zoom, 1);
  assert.equal(opening([70, 50], IMAGE, 2.5, 1), null);      // a tiny one is shown whole
  assert.equal(opening(null, IMAGE, 0.5, 1), null);
});

test('what a view shows ends at the picture', () => {
  assert.deepEqual(visible({ zoom: 2, x: 150, y: 100 }, STAGE, IMAGE, 1), [112.5, 62.5, 75, 75]);
  assert.deepEqual(visible({ zoom: 0.5, x: 150, y: 100 }, STAGE, IMAGE, 1), [0, 0, 300, 200]);
  assert.ok(contains([0, 0, 300, 200], [0.5, 0, 299.5, 200]));
  assert.ok(!contains([10, 10, 50, 50], [8, 20, 10, 10]));
});

test('a box lies on whole screen pixels, over the same pixels as the picture beneath', () => {
  for (const density of [1, 1.5, 2]) {
    const view = { zoom: 2.3, x: 111.7, y: 81.2 };
    const at = boxOnStage([100, 80, 40, 30], view, STAGE, density);
    for (const side of at) close(side * density, Math.round(side * density));
    const left = STAGE.width / 2 + (100 - view.x) * (view.zoom / density);
    assert.ok(Math.abs(at[0] - left) <= 1 / density);
  }
});

test('a typed box is moved and cut to lie inside', () => {
  assert.deepEqual(clampedBox([290, 190, 64, 48], IMAGE), [290, 190, 10, 10]);
  assert.deepEqual(clampedBox([-5, 10, 20, 0], IMAGE), [0, 10, 15, 1]);
  assert.deepEqual(clampedBox([900, 900, 5, 5], IMAGE), [299, 199, 1, 1]);
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
