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

test('D is most in doubt where its odds are closest, not where its answers are lowest', () => {
  assert.equal(mostInDoubt([null, [0.45, 0.62], [0.24, 0.34], [0.08, 0.17]]), 2);
  assert.equal(mostInDoubt([null]), -1);
  const run = { steps: [0, 589], means: [null, [0.24, 0.34]], learnt: 'Grain.' };
  assert.match(answer(run), /At step 589 .* 34 % on photos, 24 % on G’s pictures\. Grain\.$/);
});

test('a percentage of a photo never stands without what it means', () => {
  assert.match(reading(0.1, 0.27), /17 points apart.*can tell which.*need not come near 100 %/);
  assert.match(reading(0.22, 0.3), /hardly/);
  assert.match(reading(0.5, 0.4), /takes G’s picture for the photo/);
});
