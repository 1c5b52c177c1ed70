import assert from 'node:assert/strict';
import { test } from 'node:test';

import { STEPS, comesByItself } from '../../sr_demo/ui/guide/tour.js';
import { answer, mostInDoubt, reading } from '../../sr_demo/ui/lessons/doubt.js';

test('the tour comes by itself on a bare address alone, once, and never in a test', () => {
  assert.ok(comesByItself('', false, false));
  assert.ok(comesByItself('?__theme=dark', false, false));
  assert.ok(!comesByItself('', true, false));
  assert.ok(!comesByItself('', false, true));
  assert.ok(!comesByItself('?sample=coffee', false, false));
  assert.ok(comesByItself('?tour', true, true));
});

test('the tour is read in a minute', () => {
  const words = STEPS.map(({ title, text }) => `${title} ${text}`).join(' ').split(/\s+/).length;
  assert.ok(words <= 200, `${words} words`);     // three a second
});

test('D is most in doubt where its odds are closest', () => {
  assert.equal(mostInDoubt([null, [0.38, 0.62], [0.46, 0.54], [0.6, 0.4]]), 2);
  assert.equal(mostInDoubt([null]), -1);
  const run = { steps: [0, 589], means: [null, [0.46, 0.54]], learnt: 'Grain.' };
  assert.match(answer(run), /At step 589 .* 54 % for photos, 46 % for G’s pictures\. Grain\.$/);
});

test('a percentage of a photo never stands without what a guess would be', () => {
  assert.match(reading(0.4, 0.6), /photo 60 %.*picture 40 %; 50 % each.*guess\. D can tell which/);
  assert.match(reading(0.46, 0.54), /hardly/);
  assert.match(reading(0.55, 0.45), /takes G’s picture for the photo/);
});
