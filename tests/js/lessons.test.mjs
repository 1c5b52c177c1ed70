import assert from 'node:assert/strict';
import { test } from 'node:test';

import { pull } from '../../sr_demo/ui/lessons/after.js';
import { apart, axes, path } from '../../sr_demo/ui/lessons/curves.js';
import {
  PIXELS, best, candidates, cost, drawn, edge, fromHex, meanOf, squaredError, toHex,
} from '../../sr_demo/ui/lessons/edges.js';
import { agreement, lettersOf, orderOf, sortedBy } from '../../sr_demo/ui/lessons/ranking.js';
import {
  channelsIn, channelsOut, corner, flight, flown, squares,
} from '../../sr_demo/ui/lessons/shuffle.js';
import { nextAlike, plate } from '../../sr_demo/ui/lessons/readings.js';
import { sameRound } from '../../sr_demo/ui/lessons/votes.js';

// --- 1: why MSE blurs ---------------------------------------------------------------------------

test('no row costs less than the mean of all candidates', () => {
  for (const k of [0, 1, 3, 6]) {
    const least = cost(best(k), k);
    assert.ok(candidates(k).every((row) => cost(row, k) >= least));
    for (let x = 0; x < PIXELS; x += 1) {
      for (const change of [-1, 1]) {
        const other = best(k).map((value, i) => (i === x ? value + change : value));
        assert.ok(cost(other, k) > least);
      }
    }
  }
  assert.equal(cost(edge(0), 0), 0);
});

test('an edge moves by its shift, and one pixel of sixteen costs 255² / 16', () => {
  assert.equal(edge(0).indexOf(255), PIXELS / 2);
  assert.equal(edge(-3).indexOf(255), PIXELS / 2 - 3);
  assert.equal(squaredError(edge(0), edge(1)), 255 ** 2 / PIXELS);
  assert.equal(candidates(3).length, 7);
});

test('what is drawn at random is the same again, stays in reach, and tends to the mean', () => {
  const k = 3;
  const lot = Array.from({ length: 400 }, (_, index) => drawn(index, k));
  assert.deepEqual(lot, lot.map((_, index) => drawn(index, k)));
  assert.equal(new Set(lot).size, 2 * k + 1);
  assert.ok(lot.every((shift) => Math.abs(shift) <= k));
  const far = (count) => squaredError(meanOf(count, k), best(k));
  assert.deepEqual(meanOf(1, k), edge(drawn(0, k)));
  assert.ok(far(400) < far(1) / 50);
});

test('a row survives its link, and nonsense is none', () => {
  const row = Array.from({ length: PIXELS }, (_, x) => 17 * x);
  assert.deepEqual(fromHex(toHex(row)), row);
  for (const text of ['', '00', 'zz'.repeat(16), '00'.repeat(17), `${'00'.repeat(15)}0-`]) {
    assert.equal(fromHex(text), null);
  }
});

// --- 2: PSNR is not sharpness -------------------------------------------------------------------

const LETTERS = { b: 'blur', n: 'noise', s: 'shift' };

test('an order survives its link; strange and repeated letters are left out', () => {
  assert.deepEqual(orderOf('snb', LETTERS), ['shift', 'noise', 'blur']);
  assert.equal(lettersOf(orderOf('snb', LETTERS), LETTERS), 'snb');
  assert.deepEqual(orderOf('sxs?b', LETTERS), ['shift', 'blur']);
  assert.deepEqual(orderOf(null, LETTERS), []);
});

test('a number sorts best first, and agrees with its own order on every pair', () => {
  const values = { blur: 3, noise: 9, shift: 5 };
  const more = sortedBy(['blur', 'noise', 'shift'], values, -1);
  assert.deepEqual(more, ['noise', 'shift', 'blur']);
  assert.deepEqual(sortedBy(more, values, 1), [...more].reverse());
  assert.equal(agreement(more, values, -1), 3);
  assert.equal(agreement(more, values, 1), 0);
  assert.equal(agreement(['shift', 'noise', 'blur'], values, -1), 2);
  assert.equal(agreement(more, { ...values, blur: null }, -1), null);
});

// --- 4: generator against discriminator ---------------------------------------------------------

test('curves go from the left edge to the right, 1 above 0, and skip steps without an answer', () => {
  const scale = axes(100, 640, 200);
  assert.equal(scale.x(0), 44);
  assert.equal(scale.x(100), 640 - 118);
  assert.ok(scale.y(1) < scale.y(0));
  const run = { steps: [0, 50, 100], means: [null, [0.5, 1], [0, 1]] };
  assert.equal(path(run, 0, scale).split('L').length, 2);
  assert.ok(path(run, 1, scale).endsWith(`${scale.x(100)},${scale.y(1)}`));
});

test('labels of curves that end close to each other move apart, the upper one up', () => {
  assert.deepEqual(apart([0.2, 0.8]), [0, 0]);
  assert.deepEqual(apart([0.55, 0.5]), [-8, 10]);
  assert.deepEqual(apart([0.5, 0.55]), [10, -8]);
});

// --- 5: sub-pixel convolution -------------------------------------------------------------------

test('every dot leaves a place of its own and lands on a place of its own', () => {
  for (const stacked of [false, true]) {
    for (const r of [2, 3]) {
      const [h, w] = [4, 5];
      const whole = squares(r, [h, w], stacked);
      const [from, to] = [new Set(), new Set()];
      for (let channel = 0; channel < r * r; channel += 1) {
        for (let y = 0; y < h; y += 1) {
          for (let x = 0; x < w; x += 1) {
            const way = flight(channel, [x, y], r, [h, w], whole);
            from.add(String(way.from));
            to.add(String(way.to));
            assert.ok(way.to[0] < whole.across && way.to[1] < whole.down);
            assert.equal((way.to[0] - whole.dx) % r, channel % r);   // as PixelShuffle has it
            assert.equal((way.to[1] - whole.dy) % r, Math.floor(channel / r));
          }
        }
      }
      assert.equal(from.size, r * r * h * w);
      assert.equal(to.size, r * r * h * w);
      assert.ok([...from].every((place) => !to.has(place)));
    }
  }
  assert.deepEqual(corner(5, 3, [4, 5]), [10, 4]);
});

test('channels fly one after the other', () => {
  assert.equal(flown(0, 0), 0);
  assert.equal(flown(0, 1), 1);
  assert.equal(flown(1, 1), 0);
  assert.equal(flown(1, 1.5), 0.5);
  assert.ok(flown(1, 1.2) < 0.2 && flown(1, 1.8) > 0.8);
});

test('channels left out survive their link', () => {
  assert.equal(channelsOut(channelsIn('4,2')), '2,4');
  assert.deepEqual([...channelsIn('0,1,9,10,x,')], [0, 8]);
  assert.equal(channelsOut(channelsIn(null)), '');
});

// --- 6: blind test ------------------------------------------------------------------------------

test('votes belong to a place and a scale', () => {
  const here = { image: 'coffee', crop: [1, 2, 3, 4], scale: 4 };
  assert.ok(sameRound(here, { ...here, crop: [1, 2, 3, 4], more: true }));
  for (const other of [{ image: 'page' }, { crop: [1, 2, 3, 5] }, { scale: 2 }]) {
    assert.ok(!sameRound(here, { ...here, ...other }));
  }
});

// --- 7: many sharp pictures ---------------------------------------------------------------------

test('a plate is five letters or digits, in capitals', () => {
  assert.equal(plate(' b7s10 '), 'B7S10');
  for (const none of ['', null, undefined, 'B7S1', 'B7S100', 'B7 10', 'B7S1Ö']) assert.equal(plate(none), '');
});

test('letters that look alike follow each other round and round', () => {
  const alike = ['B86', '7T1', 'S58', '1I7', '0OQ'];
  let text = 'B7S10';
  const seen = [];
  for (let i = 0; i < 3; i += 1) {
    text = nextAlike(text, 0, alike);
    seen.push(text);
  }
  assert.deepEqual(seen, ['87S10', '67S10', 'B7S10']);
  assert.equal(nextAlike('X7S10', 0, alike), 'B7S10');
});

// --- 4: what ESRGAN changed -----------------------------------------------------------------------

test('photographs pull at ESRGAN’s pictures as much as its own do, and not at SRGAN’s', () => {
  for (const lead of [-4, 0, 2, 6]) {
    const { srgan, esrgan } = pull(lead);
    assert.equal(srgan.photos, 0);
    assert.equal(esrgan.own, esrgan.photos);
    const step = 1e-4;
    const loss = (d) => Math.log(1 + Math.exp(d)); // softplus of the lead, of each half
    const slope = (loss(lead + step) - loss(lead - step)) / (2 * step);
    assert.ok(Math.abs(esrgan.own + esrgan.photos - slope) < 1e-6);
  }
  assert.ok(pull(6).esrgan.own > pull(0).esrgan.own);
});
